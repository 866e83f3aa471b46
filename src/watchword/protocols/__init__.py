"""AWS wire protocols as bindings and codecs, driven by the service models and compiled once per operation.

| protocol        | binding (where things stand)        | codec (how they are written)  |
|-----------------|-------------------------------------|-------------------------------|
| query, ec2      | `query.py`: form parameters, Action | `forms.py` in, `xml_out.py`   |
| json 1.0, 1.1   | `json_rpc.py`: X-Amz-Target         | `json_values.py`              |
| rest-json       | `rest.py`: method, path, headers    | `json_values.py`              |
| rest-xml        | `rest.py`: method, path, headers    | `xml_in.py`, `xml_out.py`     |

`service.py` opens a service: find the operation, parse its input, check the model's constraints, render its answer.
Nothing here decides who may call what, and nothing here knows what an operation does.
"""
