"""What our writers answer, botocore's parsers read as the same values: botocore's own output cases."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import parsers as boto_parsers
from botocore import utils as boto_utils
from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel
from botocore.model import ServiceModel as BotoServiceModel
from tests.protocol.wire_cases import Case, as_written, cases, from_written

from watchword.core.errors import ApiError
from watchword.core.http import HttpResponse
from watchword.protocols.bindings import Ids
from watchword.protocols.service import Service

parsers: Any = boto_parsers
utils: Any = boto_utils
IDS = Ids("0bdc1a5e-2d2f-4d3c-a5a2-3b0f11111111")


def parsed(response: HttpResponse, case: Case, shape: str | None) -> dict[str, Any]:
    """What botocore makes of a response."""
    description = case.description()
    model: Any = BotoServiceModel(description)
    operation: Any = OperationModel(description["operations"][case.operation], model)
    protocol = description["metadata"]["protocol"]
    parser: Any = parsers.create_parser(protocol)
    parser._timestamp_parser = utils.parse_timestamp
    output = model.shape_for(shape) if shape else operation.output_shape
    if protocol == "query" and output is not None and not shape and output.members:
        output.serialization["resultWrapper"] = f"{case.operation}Result"
    headers: Any = HeadersDict({name.decode(): value.decode() for name, value in response.headers})
    context = {"operation_name": case.operation}
    raw: Any = {"status_code": response.status, "headers": headers, "body": response.body, "context": context}
    result: dict[str, Any] = parser.parse(raw, output)
    result.pop("ResponseMetadata", None)
    return as_written(result)


@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in cases("output") if "result" in c.given])
def test_output_is_understood(case: Case) -> None:
    model = case.model()
    operation = Service(model).operation(case.operation)
    output = operation.facts.output
    value = from_written(case.given["result"], output, model) if output else None
    response = operation.write(value, IDS)
    assert response.status == case.given["response"]["status_code"]
    assert parsed(response, case, None) == case.given["result"]


@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in cases("output") if "error" in c.given])
def test_error_is_understood(case: Case) -> None:
    model = case.model()
    error = ApiError(case.given["errorCode"], case.given.get("errorMessage", ""), case.given["response"]["status_code"])
    response = Service(model).error(error, IDS)
    found = parsed(response, case, None)["Error"]
    assert (found["Code"], found["Message"] or "") == (error.code, error.message)
