"""A service from end to end: typed inputs and outputs, and requests that name nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead, Spooled
from watchword.protocols.bindings import Ids
from watchword.protocols.model import load_service
from watchword.protocols.service import Service
from watchword.services.iam import shapes as iam_shapes
from watchword.services.s3 import shapes as s3_shapes
from watchword.services.sts import shapes as sts_shapes

POST = RequestHead("POST", b"/", b"", [])
IDS = Ids("0bdc1a5e-2d2f-4d3c-a5a2-3b0f11111111")
IAM = Service(load_service("iam"), iam_shapes.TYPES)
STS = Service(load_service("sts"), sts_shapes.TYPES)
S3 = Service(load_service("s3"), s3_shapes.TYPES)


def test_an_input_is_typed() -> None:
    body = b"Action=CreateUser&Version=2010-05-08&UserName=alice&Tags.member.1.Key=a&Tags.member.1.Value=b"
    match = IAM.match(POST, body)
    assert match.operation.name == "CreateUser"
    assert IAM.operation("CreateUser").read(POST, body) == iam_shapes.CreateUserRequest(
        user_name="alice", tags=[iam_shapes.Tag(key="a", value="b")]
    )


def test_an_output_is_typed() -> None:
    user = iam_shapes.User(
        path="/", user_name="alice", user_id="A", arn="arn", create_date=datetime(2015, 8, 30, tzinfo=UTC)
    )
    typed = IAM.operation("CreateUser").write(iam_shapes.CreateUserResponse(user=user), IDS)
    plain = Service(load_service("iam")).operation("CreateUser").write(
        {"User": {"Path": "/", "UserName": "alice", "UserId": "A", "Arn": "arn", "CreateDate": user.create_date}}, IDS
    )  # fmt: skip
    assert typed.body == plain.body


def test_a_spooled_body_reaches_the_input() -> None:
    body = Spooled(data=b"x", path=None, size=1, checksums={})
    head = RequestHead("PUT", b"/b/k", b"", [(b"x-amz-meta-a", b"1"), (b"content-type", b"text/plain")])
    match = S3.match(head)
    read = S3.operation(match.operation.name).read(head, b"", match.labels, body)
    assert read == s3_shapes.PutObjectRequest(
        bucket="b", key="k", body=body, metadata={"a": "1"}, content_type="text/plain"
    )


def test_s3_input_that_lacks_what_it_needs_is_malformed() -> None:
    head = RequestHead("POST", b"/b", b"delete", [])
    with pytest.raises(ApiError, match="MalformedXML"):
        S3.operation("DeleteObjects").read(head, b"<Delete><Object/></Delete>", {"Bucket": "b"})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"Action=&Version=2010-05-08", "InvalidAction: Could not find operation  for version 2010-05-08"),
        (b"Action=GetUser", "InvalidAction: Could not find operation GetUser for version NO_VERSION_SPECIFIED"),
        (b"Action=GetUser&Version=", "InvalidAction: Could not find operation GetUser for version "),
        (b"Action=Nope&Version=2010-05-08", "InvalidAction: Could not find operation Nope for version 2010-05-08"),
        (
            b"Action=GetUser&Version=2000-01-01",
            "InvalidAction: Could not find operation GetUser for version 2000-01-01",
        ),
    ],
)
def test_a_request_that_names_no_operation(body: bytes, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        IAM.match(POST, body)
    assert str(caught.value) == message
    answer = IAM.error(caught.value, IDS)
    assert answer.status == 400
    assert answer.body.startswith(  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        b'<ErrorResponse xmlns="http://webservices.amazon.com/AWSFault/2005-15-09"><Error><Type>Sender</Type>'
    )


@pytest.mark.parametrize(
    ("query", "body", "location"),
    [
        (b"", b"Version=2010-05-08", "https://aws.amazon.com/iam"),
        (b"Version=2010-05-08", b"", "https://aws.amazon.com/iam?Version=2010-05-08"),
    ],
)
def test_a_request_without_an_action_is_sent_to_a_page(query: bytes, body: bytes, location: str) -> None:
    """As measured at STS."""
    with pytest.raises(ApiError) as caught:
        IAM.match(RequestHead("POST", b"/", query, []), body)
    error = caught.value
    assert (error.status, error.is_bare, error.headers) == (302, True, {"location": location})


def test_no_representation_shows_a_secret() -> None:
    moment = datetime(2015, 8, 30, tzinfo=UTC)
    credentials = sts_shapes.Credentials(
        access_key_id="ASIA", secret_access_key="hush", session_token="hush", expiration=moment
    )
    shown = repr(sts_shapes.AssumeRoleResponse(credentials=credentials))
    assert "hush" not in shown
    assert "access_key_id='ASIA', secret_access_key=<hidden>, session_token=<hidden>" in shown


@pytest.mark.parametrize("service", [IAM, STS, S3], ids=["iam", "sts", "s3"])
def test_wire_names_of_generated_structures_are_the_models(service: Service) -> None:
    model, types = service.model, service.types
    assert types
    for name, kind in types.items():
        assert kind.__struct_encode_fields__ == tuple(model.shapes[name].members)


def test_the_form_is_read_once() -> None:
    body = b"Action=GetUser&Version=2010-05-08&UserName=alice"
    match = IAM.match(POST, body)
    expected = iam_shapes.GetUserRequest(user_name="alice")
    assert IAM.operation("GetUser").read(POST, body) == expected
    assert IAM.operation("GetUser").read(POST, b"", match.labels) == expected
