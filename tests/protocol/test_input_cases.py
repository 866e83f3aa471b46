"""What botocore's serializers send, our readers read back: botocore's own input cases."""

from __future__ import annotations

from typing import Any

import pytest
from tests.protocol.wire_cases import Case, as_written, cases

from watchword.core.http import RequestHead
from watchword.protocols.service import Service


def request_of(case: Case) -> tuple[RequestHead, bytes]:
    sent = case.given["serialized"]
    path, _, query = sent["uri"].partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in sent.get("headers", {}).items()]
    return RequestHead(sent["method"], path.encode(), query.encode(), headers), sent.get("body", "").encode()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases("input")])
def test_input_is_read_back(case: Case) -> None:
    service = Service(case.model())
    head, body = request_of(case)
    match = service.match(head, body)
    assert match.operation.name == case.operation
    stream = body or None
    read: Any = service.operation(case.operation).parse(head, body, match.labels, stream)
    # A client leaves out what is None.
    assert as_written(read) == {key: value for key, value in case.given["params"].items() if value is not None}
