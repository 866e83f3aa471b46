"""What can be called: one package a service, one file a resource, one function an operation.

`call.py` is what a function is given, `operation.py` declares one, `authorization.py` reads what it asks for,
`registry.py` finds them. Services never import each other.
"""
