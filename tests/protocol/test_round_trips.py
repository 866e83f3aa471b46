"""Every operation of every service: what botocore sends is read back, what we answer is understood by botocore.

Values are made from the models, with every member present, so that names, places and formats of all of them are tried.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore import parsers as boto_parsers
from botocore import serialize as boto_serialize
from botocore import session as boto_session
from botocore.awsrequest import HeadersDict

from watchword.core.errors import ApiError
from watchword.core.http import HttpResponse, RequestHead
from watchword.protocols.bindings import Ids
from watchword.protocols.model import Ref, ServiceModel, load_service, service_names
from watchword.protocols.service import Service

IDS = Ids("0bdc1a5e-2d2f-4d3c-a5a2-3b0f11111111", "aG9zdA==")
MOMENT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
EXPIRES = "Sun, 30 Aug 2015 12:36:00 GMT"
parsers: Any = boto_parsers
serialize: Any = boto_serialize
session: Any = boto_session
SESSION: Any = session.get_session()
SCALARS: dict[str, Any] = {
    "string": "a&b<é>", "character": "c", "boolean": True, "timestamp": MOMENT, "blob": b"\x00\xff",
    "float": 1.5, "double": 2.5,
}  # fmt: skip
HOST_LABELS = ("AccountId", "RequestRoute")
"""Members that botocore also writes into the host name, where not every text can stand."""
SAME_REQUEST = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "ListDirectoryBuckets": "ListBuckets",
}
"""Operations of S3 whose requests look like another's; the deprecated ones, and one that only its host name tells."""
TWO_MEMBERS_ONE_TAG = {"PutBucketNotification"}
"""Deprecated: a scalar and a list are written under the same tag, and no reader can tell them apart."""
OWN_READERS = {
    "GetBucketLocation": "botocore reads its document outside of its parser; tested below",
    "GetBucketNotification": "deprecated; botocore reads its flattened list of scalars as elements",
    "SelectObjectContent": "answers with an event stream, which no codec here writes",
}


def operations(*, but: Collection[str] = ()) -> list[Any]:
    return [
        pytest.param(service, name, id=f"{service}:{name}")
        for service in service_names()
        for name in load_service(service).operations
        if name not in but
    ]


def sample(ref: Ref, model: ServiceModel, depth: int = 0) -> Any:
    """A value with every member present, except where a shape contains itself."""
    shape = model.shapes[ref.shape]
    if shape.type == "structure":
        members = list(shape.members.items())[:1] if shape.union else list(shape.members.items())
        if depth > 6:
            return {}
        return {
            key: "123456789012" if key in HOST_LABELS else sample(member, model, depth + 1) for key, member in members
        }
    if shape.type == "list" and shape.member:
        return [sample(shape.member, model, depth + 1) for _ in range(2)]
    if shape.type == "map" and shape.value:
        return {"key": sample(shape.value, model, depth + 1)}
    if ref.location == "headers":
        return {"key": "value"}
    if ref.shape == "Expires":
        return EXPIRES
    if shape.enum:
        return shape.enum[0]
    return SCALARS.get(shape.type, 7)


def sent(service: str, name: str, params: dict[str, Any]) -> tuple[RequestHead, bytes]:
    """What botocore sends for an operation."""
    boto: Any = SESSION.get_service_model(service)
    serializer: Any = serialize.create_serializer(boto.metadata["protocol"], include_validation=False)
    request: Any = serializer.serialize_to_request(params, boto.operation_model(name))
    body: Any = request["body"]
    if isinstance(body, dict):
        body = urlencode(body).encode()  # pyright: ignore[reportUnknownArgumentType]
    query: Any = request["query_string"]
    url_path: str = request["url_path"]
    url = urlsplit(url_path)
    pairs: list[tuple[str, str]] = []
    if query:
        for key, value in query.items():
            values: list[str] = list(value) if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownArgumentType]
            pairs += [(key, entry) for entry in values]
    parts = [part for part in (url.query, urlencode(pairs)) if part]
    headers = [(key.lower().encode(), str(value).encode()) for key, value in request["headers"].items()]
    return RequestHead(request["method"], url.path.encode(), "&".join(parts).encode(), headers), body or b""


def text(response: HttpResponse) -> str:
    assert isinstance(response.body, bytes)
    return response.body.decode()


def streaming_member(ref: Ref | None, model: ServiceModel) -> str | None:
    payload = model.shapes[ref.shape].payload if ref else None
    if ref is None or payload is None:
        return None
    member = model.shapes[ref.shape].members[payload]
    return payload if member.streaming or model.shapes[member.shape].eventstream else None


@pytest.mark.parametrize(("service", "name"), operations(but=TWO_MEMBERS_ONE_TAG))
def test_request_of_botocore_is_read_back(service: str, name: str) -> None:
    model = load_service(service)
    facts = model.operations[name]
    params: dict[str, Any] = sample(facts.input, model) if facts.input else {}
    stream = streaming_member(facts.input, model)
    if stream:
        params[stream] = b"body"
    head, body = sent(service, name, dict(params))
    ours = Service(model)
    match = ours.match(head, body)
    assert match.operation.name == SAME_REQUEST.get(name, name)
    assert ours.operation(name).parse(head, body, match.labels, body or None) == params


@pytest.mark.parametrize(("service", "name"), operations(but=OWN_READERS))
def test_answer_is_understood_by_botocore(service: str, name: str) -> None:
    model = load_service(service)
    output = model.operations[name].output
    value = sample(output, model) if output else None
    stream = streaming_member(output, model)
    if value is not None and stream:
        value[stream] = b"body"
    response = Service(model).operation(name).write(value, IDS)
    boto: Any = SESSION.get_service_model(service)
    operation: Any = boto.operation_model(name)
    raw: Any = {
        "status_code": response.status,
        "headers": HeadersDict({key.decode(): line.decode() for key, line in response.headers}),
        "body": response.body,
        "context": {"operation_name": name},
    }
    parser: Any = parsers.create_parser(boto.metadata["protocol"])
    parsed: Any = parser.parse(raw, operation.output_shape)
    assert parsed.pop("ResponseMetadata")["HTTPStatusCode"] == response.status
    if stream and value:
        assert response.body == value.pop(stream)
        del parsed[stream]
    if parsed.get("Expires") == MOMENT:
        parsed["Expires"] = EXPIRES
    assert parsed == (value or {})


def test_bucket_location_is_the_root_of_its_document() -> None:
    operation = Service(load_service("s3")).operation("GetBucketLocation")
    namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    somewhere = operation.write({"LocationConstraint": "eu-west-1"}, IDS)
    assert f"<LocationConstraint {namespace}>eu-west-1</LocationConstraint>" in text(somewhere)
    virginia = operation.write({}, IDS)
    assert f"<LocationConstraint {namespace}></LocationConstraint>" in text(virginia)


@pytest.mark.parametrize("service", service_names())
def test_error_is_understood_by_botocore(service: str) -> None:
    model = load_service(service)
    error = ApiError("AccessDenied", "no <b>&", 403)
    response = Service(model).error(error, IDS)
    parser: Any = parsers.create_parser(model.metadata.protocol)
    raw: Any = {
        "status_code": response.status,
        "headers": HeadersDict({key.decode(): line.decode() for key, line in response.headers}),
        "body": response.body,
        "context": {"operation_name": "Any"},
    }
    parsed: Any = parser.parse(raw, None)
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == ("AccessDenied", "no <b>&")
    assert parsed["ResponseMetadata"]["RequestId"] == IDS.request_id
