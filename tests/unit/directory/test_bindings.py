"""Principals in documents: bound to who they are now, not to who has their name later."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.core.ids import AccountId
from watchword.directory.accounts import Account
from watchword.directory.bindings import bind, principal_exists, show
from watchword.directory.directory import Directory
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.storage.memory import MemoryStore

ACME = AccountId("111122223333")
THEN = datetime(2026, 1, 1, tzinfo=UTC)
ADA = User(account=ACME, name="Ada", path="/staff/", id="AIDAAAAAAAAAAAAAAAAAA", created_at=THEN)
BUILD = Role(account=ACME, name="build", path="/", id="AROABBBBBBBBBBBBBBBBB", created_at=THEN, trust_policy="{}")
KNOWN = [
    ADA.arn,
    BUILD.arn,
    f"arn:aws:iam::{ACME}:root",
    f"arn:aws:sts::{ACME}:assumed-role/build/night",
    f"arn:aws:sts::{ACME}:federated-user/guest",
    ADA.id,
    "*",
]


def in_directory(check: Any) -> None:
    """Run a check in a directory with one account, one user and one role."""

    def change(transaction: Any) -> None:
        directory = Directory(transaction)
        directory.accounts.add(Account(id=ACME, name="acme", email="root@example.com", created_at=THEN))
        directory.users.add(ADA)
        directory.roles.add(BUILD)
        check(directory)

    MemoryStore().write(change)


def document(principal: Any, **more: Any) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}]})


def aws_principals(text: str) -> Any:
    return json.loads(text)["Statement"][0]["Principal"]["AWS"]


@given(st.one_of(st.sampled_from(KNOWN), st.lists(st.sampled_from(KNOWN), min_size=1)), st.booleans())
def test_what_did_not_change_is_shown_as_it_was_submitted(named: Any, is_spaced: bool) -> None:
    text = document({"AWS": named}, Condition={"StringEquals": {"aws:PrincipalArn": ADA.arn}})
    text = text.replace(" ", "\n ") if is_spaced else text

    def check(directory: Directory) -> None:
        shown, bound = bind(text, directory)
        assert shown == text
        if ADA.id not in str(named):
            assert show(shown, bound, directory) == text
        assert ADA.arn not in str(aws_principals(bound or shown))
        assert json.loads(bound or shown)["Statement"][0]["Condition"] == json.loads(text)["Statement"][0]["Condition"]

    in_directory(check)


def test_a_principal_that_is_gone_is_shown_as_its_id_and_a_namesake_changes_nothing() -> None:
    def check(directory: Directory) -> None:
        shown, bound = bind(document({"AWS": [ADA.arn, BUILD.arn]}), directory)
        directory.users.remove(ADA)
        assert aws_principals(show(shown, bound, directory)) == [ADA.id, BUILD.arn]
        directory.users.add(msgspec.structs.replace(ADA, id="AIDACCCCCCCCCCCCCCCCC"))
        assert aws_principals(show(shown, bound, directory)) == [ADA.id, BUILD.arn]
        assert aws_principals(bound) == [ADA.id, BUILD.id]

    in_directory(check)


def test_a_principal_that_moved_is_shown_under_its_present_arn() -> None:
    def check(directory: Directory) -> None:
        shown, bound = bind(document({"AWS": ADA.arn}), directory)
        directory.users.remove(ADA)
        directory.users.add(msgspec.structs.replace(ADA, name="Lovelace", path="/"))
        assert aws_principals(show(shown, bound, directory)) == f"arn:aws:iam::{ACME}:user/Lovelace"

    in_directory(check)


def test_an_account_id_is_shown_as_the_root_arn_and_only_where_it_is_a_principal() -> None:
    def check(directory: Directory) -> None:
        condition = {"StringEquals": {"aws:PrincipalAccount": str(ACME)}}
        shown, bound = bind(document({"AWS": str(ACME)}, Condition=condition), directory)
        assert aws_principals(shown) == f"arn:aws:iam::{ACME}:root"
        assert json.loads(shown)["Statement"][0]["Condition"] == condition
        assert bound == ""

    in_directory(check)


@pytest.mark.parametrize("value", KNOWN)
def test_who_is_known_exists(value: str) -> None:
    def check(directory: Directory) -> None:
        assert principal_exists(directory, "AWS", value)

    in_directory(check)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nobody",
        "999999999999",
        "arn:aws:iam::999999999999:root",
        f"arn:aws:iam::{ACME}:user/Ada",
        f"arn:aws:iam::{ACME}:user/staff/ada",
        f"arn:aws:iam::{ACME}:role/staff/Ada",
        f"arn:aws:iam::{ACME}:group/Ada",
        f"arn:aws-cn:iam::{ACME}:root",
        f"arn:aws:iam:us-east-1:{ACME}:root",
        f"arn:aws:iam::{ACME}:root/x",
        f"arn:aws:sts::{ACME}:assumed-role/build",
        f"arn:aws:sts::{ACME}:assumed-role/none/night",
        f"arn:aws:sts::{ACME}:federated-user/",
        "arn:aws:s3:::bucket",
        "AIDAZZZZZZZZZZZZZZZZZ",
    ],
)
def test_who_is_not_known_does_not_exist(value: str) -> None:
    def check(directory: Directory) -> None:
        assert not principal_exists(directory, "AWS", value)

    in_directory(check)


@given(st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser", "Other"]), st.text(max_size=60))
def test_any_text_is_judged_without_an_error(kind: str, value: str) -> None:
    def check(directory: Directory) -> None:
        assert principal_exists(directory, kind, value) in (True, False)

    in_directory(check)
