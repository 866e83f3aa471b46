"""The AWS managed policies that ship with the program."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from watchword.directory.aws_policies import AwsPolicies
from watchword.storage.aws_policies import ShippedAwsPolicies, policy_id

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture
def policies() -> ShippedAwsPolicies:
    return ShippedAwsPolicies()


def test_the_archive_is_an_engine_of_the_port(policies: ShippedAwsPolicies) -> None:
    port: AwsPolicies = policies
    assert port.get(ADMINISTRATOR) is not None


def test_administrator_access_allows_everything(policies: ShippedAwsPolicies) -> None:
    policy = policies.get(ADMINISTRATOR)
    assert policy is not None
    assert (policy.arn, policy.name, policy.path, policy.version) == (ADMINISTRATOR, "AdministratorAccess", "/", "v1")
    assert policy.created_at == datetime(2015, 2, 6, 18, 39, 46, tzinfo=UTC)
    assert json.loads(policy.document) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "arn:aws:iam::aws:policy/administratoraccess",
        "arn:aws:iam::aws:policy/job-function/AdministratorAccess",
        "arn:aws:iam::123456789012:policy/AdministratorAccess",
        "arn:aws-cn:iam::aws:policy/AdministratorAccess",
    ],
)
def test_what_is_not_exactly_its_arn_is_no_aws_policy(policies: ShippedAwsPolicies, arn: str) -> None:
    assert policies.get(arn) is None


def test_every_policy_is_found_by_its_arn_and_holds_a_document(policies: ShippedAwsPolicies) -> None:
    listed = list(policies.under())
    assert len(listed) == policies.count() > 1500
    for policy in listed:
        assert policies.get(policy.arn) == policy
        assert policy.arn == f"arn:aws:iam::aws:policy{policy.path}{policy.name}"
        assert json.loads(policy.document)["Statement"], policy.arn
        assert policy.created_at <= policy.updated_at


def test_policies_are_listed_by_name_in_lower_case_from_where_the_last_page_ended(policies: ShippedAwsPolicies) -> None:
    names = [policy.name for policy in policies.under()]
    assert names == sorted(names, key=str.lower)
    middle = names[700]
    assert [policy.name for policy in policies.under(after=middle)] == names[701:]
    assert list(policies.under(after="zzzz")) == []


def test_a_path_prefix_selects(policies: ShippedAwsPolicies) -> None:
    names = {policy.name for policy in policies.under("/job-function/")}
    assert {"Billing", "ViewOnlyAccess"} <= names
    assert "AdministratorAccess" not in names


def test_ids_have_the_form_of_aws_and_differ(policies: ShippedAwsPolicies) -> None:
    ids = {policy.id for policy in policies.under()}
    assert len(ids) == policies.count()
    assert all(len(id_) == 21 and id_.startswith("ANPA") for id_ in ids)
    assert policy_id(ADMINISTRATOR) in ids


class Sealed(ShippedAwsPolicies):
    """An archive whose documents nobody may read."""

    def _decompress(self, index: int) -> bytes:
        raise PermissionError(f"block {index} was read")


def test_who_lists_policies_reads_no_document() -> None:
    sealed = Sealed()
    listed = list(sealed.under())
    assert len(listed) == sealed.count()
    assert sealed.get(ADMINISTRATOR) in listed
    with pytest.raises(PermissionError):
        assert listed[0].document
