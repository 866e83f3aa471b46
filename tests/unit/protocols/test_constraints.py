"""Model constraints in AWS's own sentences."""

from __future__ import annotations

import pytest

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.protocols.model import load_service
from watchword.protocols.service import Service

HEAD = RequestHead("POST", b"/", b"", [])
SERVICES = {name: Service(load_service(name)) for name in ("iam", "sts", "organizations", "s3")}
ROLE = "RoleArn=arn:aws:iam::123456789012:role/demo"


def message(service: str, operation: str, body: str) -> str:
    with pytest.raises(ApiError) as caught:
        SERVICES[service].operation(operation).read(HEAD, body.encode())
    expected = "InvalidInputException" if service == "organizations" else "ValidationError"
    assert (caught.value.code, caught.value.status) == (expected, 400)
    return caught.value.message


def test_sts_shows_the_value_that_does_not_match() -> None:
    assert message("sts", "AssumeRole", f"{ROLE}&RoleSessionName=Session1:2") == (
        "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*"
    )


def test_a_number_out_of_range() -> None:
    assert message("sts", "AssumeRole", f"{ROLE}&RoleSessionName=s2&DurationSeconds=1") == (
        "1 validation error detected: Value '1' at 'durationSeconds' failed to satisfy constraint: "
        "Member must have value greater than or equal to 900"
    )


def test_several_errors_are_counted_and_joined() -> None:
    assert message("sts", "AssumeRole", f"{ROLE}&RoleSessionName=%20") == (
        "2 validation errors detected: Value ' ' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*; "
        "Value ' ' at 'roleSessionName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 2"
    )


@pytest.mark.parametrize("code", ["9182736", "91827", "91827x"])
@pytest.mark.parametrize(
    ("service", "operation", "rest", "member"),
    [
        ("sts", "AssumeRole", f"{ROLE}&RoleSessionName=s2&", "TokenCode"),
        ("sts", "GetSessionToken", "", "TokenCode"),
        (
            "iam",
            "EnableMFADevice",
            "UserName=a&SerialNumber=123456789&AuthenticationCode2=123456&",
            "AuthenticationCode1",
        ),
        (
            "iam",
            "ResyncMFADevice",
            "UserName=a&SerialNumber=123456789&AuthenticationCode1=123456&",
            "AuthenticationCode2",
        ),
    ],
)
def test_a_mistyped_one_time_code_is_not_shown(service: str, operation: str, rest: str, member: str, code: str) -> None:
    said = message(service, operation, f"{rest}{member}={code}")
    assert said.startswith(f"1 validation error detected: Value at '{member[0].lower()}{member[1:]}' failed to satisfy")
    assert code not in said


def test_what_is_missing() -> None:
    assert message("iam", "DeleteUser", "") == (
        "1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null"
    )


def test_iam_shows_neither_the_value_nor_the_enumeration() -> None:
    assert message("iam", "UpdateAccessKey", f"AccessKeyId={'A' * 20}&Status=On") == (
        "1 validation error detected: Value at 'status' failed to satisfy constraint: "
        "Member must satisfy enum value set"
    )


def test_other_services_show_the_enumeration() -> None:
    assert message("organizations", "CreateOrganization", '{"FeatureSet":"SOME"}') == (
        "1 validation error detected: Value 'SOME' at 'featureSet' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ALL, CONSOLIDATED_BILLING]"
    )


def test_elements_of_lists_are_named_by_number() -> None:
    tags = f"Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.2.Key={'k' * 129}&Tags.member.2.Value=c"
    assert message("sts", "AssumeRole", f"{ROLE}&RoleSessionName=s2&{tags}") == (
        f"1 validation error detected: Value '{'k' * 129}' at 'tags.2.member.key' failed to satisfy constraint: "
        "Member must have length less than or equal to 128"
    )


def test_a_bad_scalar_in_a_list_is_reported_at_the_list_with_all_rules() -> None:
    keys = f"TransitiveTagKeys.member.1=ok&TransitiveTagKeys.member.2={'k' * 129}"
    assert message("sts", "AssumeRole", f"{ROLE}&RoleSessionName=s2&{keys}") == (
        f"1 validation error detected: Value '[ok, {'k' * 129}]' at 'transitiveTagKeys' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length "
        r"greater than or equal to 1, Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+]"
    )


def test_too_many_elements() -> None:
    tags = "&".join(f"Tags.member.{n}.Key=k{n}&Tags.member.{n}.Value=v" for n in range(1, 52))
    assert message("sts", "AssumeRole", f"{ROLE}&RoleSessionName=s2&{tags}") == (
        "1 validation error detected: Value at 'tags' failed to satisfy constraint: "
        "Member must have length less than or equal to 50"
    )


def test_a_secret_is_never_echoed() -> None:
    secret = "A" * 7 + "\u20ac"
    shown = message("organizations", "CreateAccount", f'{{"Email":"{secret}","AccountName":"n"}}')
    assert secret not in shown
    assert "Value at 'email' failed to satisfy constraint: Member must satisfy regular expression pattern" in shown


def test_what_is_too_long_is_not_searched_for_a_pattern() -> None:
    assert message("iam", "GetUser", f"UserName={'é' * 200_000}") == (
        "1 validation error detected: Value at 'userName' failed to satisfy constraint: "
        "Member must have length less than or equal to 128"
    )


def test_s3_checks_for_itself() -> None:
    head = RequestHead("GET", b"/b", b"list-type=2&encoding-type=nope", [])
    assert SERVICES["s3"].operation("ListObjectsV2").read(head, b"", {"Bucket": "b"})["EncodingType"] == "nope"


def test_a_hostile_list_does_not_make_a_large_answer() -> None:
    body = "&".join(f"ServiceNamespaces.member.{n}=%20" for n in range(1, 300)) + "&Arn=" + "a" * 20
    body += "&" + "&".join(f"Tags.member.{n}.Key=%01&Tags.member.{n}.Value=" for n in range(1, 300))
    shown = message("iam", "TagUser", f"UserName=u&{body}")
    assert shown.startswith("300 validation errors detected: ")
    assert shown.count("failed to satisfy constraint") == 20
