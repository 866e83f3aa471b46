"""JSON bodies: kinds are not converted into each other, and depth is bounded."""

from __future__ import annotations

import pytest

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.protocols.bindings import Ids
from watchword.protocols.json_values import DEPTH_MAX, decode_json
from watchword.protocols.model import load_service
from watchword.protocols.service import Service

ORGANIZATIONS = Service(load_service("organizations"))
HEAD = RequestHead("POST", b"/", b"", [])
IDS = Ids("0bdc1a5e-2d2f-4d3c-a5a2-3b0f11111111")


def list_accounts(body: bytes) -> object:
    return ORGANIZATIONS.operation("ListAccounts").parse(HEAD, body)


@pytest.mark.parametrize("body", [b"", b"  ", b"{}", b'{"NextToken":null}', b'{"Unknown":[1]}'])
def test_absent_members_are_absent(body: bytes) -> None:
    assert list_accounts(body) == {}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"NextToken":1}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"NextToken":true}', "TRUE_VALUE can not be converted to a String"),
        (b'{"NextToken":{}}', "Start of structure or map found where not expected."),
        (b'{"MaxResults":"1"}', "STRING_VALUE can not be converted to an Integer"),
        (b'{"MaxResults":true}', "TRUE_VALUE can not be converted to an Integer"),
        (b'{"MaxResults":1.5}', "DECIMAL_VALUE can not be converted to an Integer"),
        (b'{"MaxResults":2147483648}', "out of range"),
        (b"[]", "Unexpected field type"),
        (b'"x"', "Unexpected field type"),
        (b"{", ""),
        (b"{} {}", ""),
        (b'{"NextToken":"\xff"}', ""),
        (b"NaN", ""),
    ],
)
def test_a_body_that_does_not_fit_is_a_serialization_exception(body: bytes, message: str) -> None:
    with pytest.raises(ApiError, match="SerializationException") as caught:
        list_accounts(body)
    assert message in caught.value.message
    assert bool(message) == bool(caught.value.message)


def test_depth_is_bounded() -> None:
    assert decode_json(b"[" * DEPTH_MAX + b"]" * DEPTH_MAX)
    with pytest.raises(ApiError, match="levels"):
        decode_json(b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1))


def test_brackets_in_a_text_are_not_depth() -> None:
    assert decode_json(b'["' + b"[{" * 1000 + b'"]')


def test_a_bomb_of_brackets_is_refused_without_a_crash() -> None:
    with pytest.raises(ApiError, match="SerializationException"):
        decode_json(b"[" * 1_000_000)


def test_an_error_of_the_service_has_its_own_type_and_message_member() -> None:
    answer = ORGANIZATIONS.error(ApiError("AccountNotFoundException", "no"), IDS)
    assert answer.body == b'{"__type":"AccountNotFoundException","Message":"no"}'


def test_a_common_error_has_the_common_prefix() -> None:
    answer = ORGANIZATIONS.error(ApiError("UnrecognizedClientException", "no"), IDS)
    assert answer.body == b'{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"no"}'


@pytest.mark.parametrize("target", [b"AWSOrganizationsV20161128.Nope", b"Other.ListAccounts", b"ListAccounts", b""])
def test_an_unknown_target_is_an_unknown_operation(target: bytes) -> None:
    head = RequestHead("POST", b"/", b"", [(b"x-amz-target", target)])
    with pytest.raises(ApiError) as caught:
        ORGANIZATIONS.match(head)
    answer = ORGANIZATIONS.error(caught.value, IDS)
    assert (answer.status, answer.body) == (400, b'{"__type":"com.amazon.coral.service#UnknownOperationException"}')


def test_another_method_than_post_is_no_operation() -> None:
    with pytest.raises(ApiError) as caught:
        ORGANIZATIONS.match(
            RequestHead("GET", b"/", b"", [(b"x-amz-target", b"AWSOrganizationsV20161128.ListAccounts")])
        )
    answer = ORGANIZATIONS.error(caught.value, IDS)
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")
    assert [name for name, _ in answer.headers] == [b"x-amzn-requestid"]
