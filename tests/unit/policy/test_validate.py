"""What the services say when a policy is saved: the vectors of `tests/vectors/policy/*_documents.yaml`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from watchword.policy.language import MalformedPolicy
from watchword.policy.validate import (
    validate_bucket_policy,
    validate_control_policy,
    validate_identity_policy,
    validate_session_policy,
    validate_trust_policy,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "policy"
S3_ACTIONS: dict[str, frozenset[Literal["bucket", "object"]]] = {
    "s3:getobject": frozenset({"object"}),
    "s3:putobject": frozenset({"object"}),
    "s3:listbucket": frozenset({"bucket"}),
}
S3_KEYS = {
    "s3:getobject": frozenset({"s3:existingobjecttag/", "s3:tlsversion"}),
    "s3:putobject": frozenset({"s3:x-amz-acl", "s3:tlsversion"}),
    "s3:listbucket": frozenset({"s3:prefix", "s3:max-keys", "s3:tlsversion"}),
}


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in yaml.safe_load((VECTORS / name).read_text())]


def text_of(case: dict[str, Any]) -> str:
    if "text" in case:
        return case["text"]
    return json.dumps(case.get("document") or {"Version": "2012-10-17", "Statement": case["statement"]})


def exists(kind: str, value: str) -> bool:
    return "unknown" not in value


def said(validate: Callable[[str], object], text: str) -> str | None:
    try:
        validate(text)
    except MalformedPolicy as error:
        return error.message
    return None


@pytest.mark.parametrize("case", cases("identity_documents.yaml"))
def test_identity_policy(case: dict[str, Any]) -> None:
    assert said(validate_identity_policy, text_of(case)) == case["says"]


@pytest.mark.parametrize("case", cases("trust_documents.yaml"))
def test_trust_policy(case: dict[str, Any]) -> None:
    assert said(lambda text: validate_trust_policy(text, principal_exists=exists), text_of(case)) == case["says"]


@pytest.mark.parametrize("case", cases("bucket_documents.yaml"))
def test_bucket_policy(case: dict[str, Any]) -> None:
    def validate(text: str) -> object:
        return validate_bucket_policy(text, "arn:aws:s3:::b", principal_exists=exists, actions=S3_ACTIONS, keys=S3_KEYS)

    assert said(validate, text_of(case)) == case["says"]


def test_the_size_of_a_bucket_policy_is_that_of_its_compact_form() -> None:
    names = [f"arn:aws:s3:::b/{number:04}/*" for number in range(900)]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}

    def answer(count: int) -> str | None:
        text = json.dumps({"Statement": {**statement, "Resource": names[:count]}}, indent=16)
        assert len(text) > 20 * 1024
        return said(lambda each: validate_bucket_policy(each, "arn:aws:s3:::b", principal_exists=exists), text)

    assert answer(700) is None
    assert answer(900) == "Normalized policy document exceeds the maximum allowed size of 20480 bytes"


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}])
def test_managed_policy_must_be_of_the_present_version(version: dict[str, str]) -> None:
    text = json.dumps({**version, "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}})
    with pytest.raises(MalformedPolicy, match=r"^Policy document must be version 2012-10-17 or greater\.$"):
        validate_identity_policy(text, is_managed=True)


LITERALS = {"NumericEquals": {"k": "x"}, "DateEquals": {"k": "x"}, "IpAddress": {"k": "x"}, "ArnLike": {"k": "x"}}


def with_condition(condition: dict[str, Any], **elements: Any) -> str:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition, **elements}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def test_malformed_literals_are_refused_when_saved_and_accepted_in_a_session() -> None:
    text = with_condition(LITERALS)
    assert said(validate_identity_policy, text) == "The policy failed legacy parsing"
    assert said(validate_session_policy, text) is None


@pytest.mark.parametrize(
    "text",
    [
        with_condition({"BinaryEquals": {"k": "not base64!"}}),
        with_condition({}, Principal="*"),
        with_condition({}, Effect="allow"),
        with_condition({}, Resource="arn:aws:sqs"),
        json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject"}}),
        "{",
    ],
)
def test_session_policy_refuses_bad_structure_bad_base64_and_incomplete_arns(text: str) -> None:
    assert said(validate_session_policy, text) is not None


RCP = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
SCP = {"Effect": "Allow", "Action": "*", "Resource": "*"}
SERVICES = frozenset({"s3", "sqs"})


@pytest.mark.parametrize(
    ("kind", "statement", "is_accepted"),
    [
        ("SCP", SCP, True),
        ("SCP", {**SCP, "Principal": "*"}, False),
        ("SCP", {"Effect": "Allow", "Action": "*"}, False),
        ("RCP", RCP, True),
        ("RCP", {**RCP, "Principal": {"AWS": "*"}}, True),
        ("RCP", {**RCP, "Principal": {"AWS": "111111111111"}}, False),
        ("RCP", {**RCP, "Principal": {"AWS": ["*", "111111111111"]}}, False),
        ("RCP", {**RCP, "Effect": "Allow"}, False),
        ("RCP", {**RCP, "Action": "*"}, False),
        ("RCP", {**RCP, "Action": "iam:CreateUser"}, False),
        ("RCP", {**RCP, "Action": ["s3:GetObject", "unknown:Read"]}, False),
        ("RCP", {**RCP, "Action": "s*:GetObject"}, False),
        ("RCP", {**RCP, "Action": "SQS:SendMessage"}, True),
        ("RCP", {**RCP, "Action": "sqs:Unknown"}, True),
        ("RCP", {**RCP, "Principal": ["*"]}, False),
        ("RCP", {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}, False),
        ("RCP", {"Effect": "Deny", "NotPrincipal": "*", "Action": "s3:*", "Resource": "*"}, False),
        ("RCP", {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "NotResource": "arn:aws:s3:::b"}, True),
    ],
)
def test_control_policy(kind: Literal["SCP", "RCP"], statement: dict[str, Any], is_accepted: bool) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    says = (
        None
        if is_accepted
        else "The provided policy document does not meet the requirements of the specified policy type."
    )
    assert said(lambda given: validate_control_policy(given, None if kind == "SCP" else SERVICES), text) == says
