"""Service models as frozen values: what the operations, shapes, errors and page tokens of a service are called.

Decides nothing. Reads the program's own data files (`models/`), which `tools/convert_models.py` and its neighbours
write; field names are those of the AWS SDK model format, so that a model in that format is a model here.

Source: https://github.com/boto/botocore (see NOTICE).
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

import msgspec

_FOLDER = Path(__file__).parents[1] / "models" / "services"
_NAMES = _FOLDER.parent / "signing_names.json"

Protocol = Literal["query", "ec2", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"]
Location = Literal["uri", "querystring", "header", "headers", "statusCode"]
ShapeType = Literal[
    "structure", "list", "map", "string", "character", "integer", "long", "short", "byte", "float", "double",
    "boolean", "timestamp", "blob", "bigInteger", "bigDecimal",
]  # fmt: skip


class Facts(msgspec.Struct, frozen=True, rename="camel"):
    """What all parts of a model share: they are frozen, and written in camel case."""


class Namespace(Facts, frozen=True):
    """An XML namespace, with the prefix that a document must declare for it."""

    uri: str
    prefix: str | None = None


class Ref(Facts, frozen=True):
    """A use of a shape: as member, list element, map key or value, input or output."""

    shape: str
    location: Location | None = None
    location_name: str | None = None
    query_name: str | None = None
    result_wrapper: str | None = None
    xml_namespace: Namespace | str | None = None
    xml_attribute: bool = False
    flattened: bool = False
    streaming: bool = False
    jsonvalue: bool = False
    idempotency_token: bool = False
    unwrapped_output: bool = False
    """The document's root is the only member itself (S3 GetBucketLocation)."""

    @property
    def leaves_body(self) -> bool:
        """True when a member of an output stands in the head of the answer."""
        return self.location in ("header", "headers", "statusCode")


class ErrorFacts(Facts, frozen=True):
    """How an error is written."""

    code: str | None = None
    http_status_code: int | None = None
    sender_fault: bool | None = None


class Shape(Facts, frozen=True):
    """A type of the service."""

    type: ShapeType
    members: dict[str, Ref] = {}
    required: tuple[str, ...] = ()
    member: Ref | None = None
    key: Ref | None = None
    value: Ref | None = None
    payload: str | None = None
    min: int | float | None = None
    max: int | float | None = None
    pattern: str | None = None
    """A Java regular expression that the whole value must match."""
    enum: tuple[str, ...] = ()
    sensitive: bool = False
    flattened: bool = False
    union: bool = False
    document: bool = False
    eventstream: bool = False
    exception: bool = False
    fault: bool = False
    error: ErrorFacts | None = None
    location_name: str | None = None
    timestamp_format: str | None = None
    xml_namespace: Namespace | str | None = None


class Http(Facts, frozen=True):
    """Where an operation stands in HTTP."""

    method: str = "POST"
    request_uri: str = "/"
    response_code: int = 200


class OperationFacts(Facts, frozen=True):
    """An operation."""

    name: str
    http: Http = Http()
    input: Ref | None = None
    output: Ref | None = None
    errors: tuple[Ref, ...] = ()
    authtype: str | None = None
    auth: tuple[str, ...] = ()
    deprecated: bool = False
    readonly: bool = False


class Metadata(Facts, frozen=True):
    """What a service is called, and how it speaks."""

    protocol: Protocol
    api_version: str = ""
    endpoint_prefix: str = ""
    service_id: str = ""
    signing_name: str | None = None
    json_version: str = "1.0"
    target_prefix: str = ""
    xml_namespace: str | None = None


class Paginator(msgspec.Struct, frozen=True):
    """How the answers of an operation are cut into pages."""

    input_token: tuple[str, ...] = ()
    output_token: tuple[str, ...] = ()
    result_key: tuple[str, ...] = ()
    limit_key: str | None = None
    more_results: str | None = None


class ServiceModel(Facts, frozen=True):
    """All of a service."""

    metadata: Metadata
    operations: dict[str, OperationFacts]
    shapes: dict[str, Shape]
    pagination: dict[str, Paginator] = {}

    @property
    def signing_name(self) -> str:
        """The service's name in a credential scope."""
        return self.metadata.signing_name or self.metadata.endpoint_prefix


def namespace_of(value: Namespace | str | None) -> Namespace | None:
    """The namespace, whichever way the model writes it."""
    return Namespace(value) if isinstance(value, str) else value


def error_code(name: str, shape: Shape) -> str:
    """The code that an error shape has on the wire."""
    return (shape.error and shape.error.code) or name


def error_status(shape: Shape) -> int:
    """The HTTP status of an error shape."""
    return (shape.error and shape.error.http_status_code) or (500 if shape.fault else 400)


_decoder = msgspec.json.Decoder(ServiceModel)


def decode_model(data: bytes) -> ServiceModel:
    """Read a model from JSON; what it says beyond the facts above is ignored."""
    return _decoder.decode(data)


@functools.cache
def load_service(name: str) -> ServiceModel:
    """The model of a service by its SDK name (`iam`, `sso-admin`, …). Raises LookupError."""
    try:
        data = (_FOLDER / f"{name}.json").read_bytes()
    except FileNotFoundError:
        raise LookupError(f"no model of a service `{name}`") from None
    return decode_model(data)


def service_names() -> list[str]:
    """Every service that has a model, by its SDK name."""
    return sorted(file.stem for file in _FOLDER.glob("*.json"))


@functools.cache
def signing_names() -> dict[str, Protocol]:
    """Every service of AWS, whether it has a model here or not: its protocol by its name in scopes and hosts."""
    return msgspec.json.decode(_NAMES.read_bytes(), type=dict[str, Protocol])
