"""The declared table of global condition keys, held against AWS's reference."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import pytest

from watchword.core.http import RequestHead
from watchword.core.ids import AccountId
from watchword.credentials.sessions import Session, SessionKind
from watchword.directory.directory import Directory
from watchword.directory.organizations import Member, Organization
from watchword.gateway.condition_keys import GLOBAL_KEYS, NAMED_KEYS, Key, NamedKey
from watchword.gateway.context import RequestContext
from watchword.gateway.plans import Documents
from watchword.gateway.s3_condition_keys import S3_KEYS
from watchword.gateway.surroundings import Surroundings, VpcEndpoint
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.principals import Kind, Principal
from watchword.services.authorization import Requirement, Resource
from watchword.services.call import Authenticated
from watchword.storage.memory import MemoryStore

ACME = AccountId("111122223333")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
REFERENCE: dict[str, Any] = json.loads(
    files("watchword.models").joinpath("reference", "condition_keys.json").read_text("utf-8")
)
EVERYTHING = '{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}'


class _Context(RequestContext):
    """A context that keeps its snapshot open as long as it lives."""

    def __init__(self, around: Surroundings, resource: Resource, store: MemoryStore) -> None:
        self.reading = ExitStack()
        super().__init__(around, resource, Directory(self.reading.enter_context(store.read())))


def context(
    caller: Authenticated, *, has_endpoint: bool = False, is_member: bool = True, **request: Any
) -> RequestContext:
    """The context of a request of this caller in an organization, for a bucket of its account."""
    store = MemoryStore()

    def change(transaction: Any) -> None:
        directory = Directory(transaction)
        directory.organizations.add(
            Organization(
                id="o-1234567890", root_id="r-abcd", management_account=AccountId("999999999999"), created_at=NOW
            )
        )
        if is_member:
            directory.members.add(
                Member(
                    account=ACME,
                    organization="o-1234567890",
                    parent_id="r-abcd",
                    joined_method="CREATED",
                    joined_at=NOW,
                )
            )

    store.write(change)
    policy = Documents().sourced(PolicySource(Layer.ENDPOINT, "vpce-1"), EVERYTHING)
    endpoint = VpcEndpoint(id="vpce-1", vpc="vpc-1", policy=policy, account=ACME, region="us-east-1")
    around = Surroundings(
        head=RequestHead(
            "GET", b"/", b"", [(b"user-agent", b"agent"), (b"referer", b"page")], client_address="10.0.0.1"
        ),
        claim=None,
        caller=caller,
        region="eu-west-1",
        now=NOW,
        request=SimpleNamespace(**request),
        requirement=Requirement((), frozenset()),
        keys={},
        prefixes={},
        endpoint=endpoint if has_endpoint else None,
    )
    return _Context(around, Resource("arn:aws:s3:::b", ACME, (("Env", "dev"),)), store)


def session(kind: Kind = Kind.ASSUMED_ROLE, **more: Any) -> Authenticated:
    """A caller with temporary credentials, carrying every key that a session can carry."""
    carried = (
        ("aws:FederatedProvider", "arn:aws:iam::111122223333:oidc-provider/x"),
        ("aws:AssumedRoot", "true"),
        ("aws:Ec2InstanceSourceVpc", "vpc-2"),
        ("aws:Ec2InstanceSourcePrivateIPv4", "10.0.0.2"),
        ("ec2:RoleDelivery", "2.0"),
        ("ec2:SourceInstanceArn", "arn:aws:ec2:us-east-1:111122223333:instance/i-1"),
        ("glue:CredentialIssuingService", "glue.amazonaws.com"),
        ("glue:RoleAssumedBy", "glue.amazonaws.com"),
        ("identitystore:UserId", "u-1"),
        ("lambda:SourceFunctionArn", "arn:aws:lambda:us-east-1:111122223333:function:f"),
        ("ssm:SourceInstanceArn", "arn:aws:ssm:us-east-1:111122223333:managed-instance/mi-1"),
        ("saml:sub", "ada"),
    )
    details: dict[str, Any] = {
        "kind": SessionKind.ROLE,
        "account": ACME,
        "principal_id": "AROAAAAAAAAAAAAAAAAAA",
        "issued_at": NOW,
        "expires_at": NOW,
        "mfa_at": NOW,
        "source_identity": "ada",
        "tags": (("Team", "red"),),
        "context": carried,
    }
    principal = Principal(
        kind=kind,
        account=ACME,
        arn=f"arn:aws:sts::{ACME}:assumed-role/r/s",
        id="AROAAAAAAAAAAAAAAAAAA:s",
        issuer_arn=f"arn:aws:iam::{ACME}:role/path/r",
        unique_id="AROAAAAAAAAAAAAAAAAAA",
        name="r",
    )
    return Authenticated(principal, "ASIA", Session(**(details | more)))


USER = Authenticated(
    Principal(
        kind=Kind.USER, account=ACME, arn=f"arn:aws:iam::{ACME}:user/u", id="AIDAAAAAAAAAAAAAAAAAA",
        issuer_arn=f"arn:aws:iam::{ACME}:user/u", unique_id="AIDAAAAAAAAAAAAAAAAAA", name="u",
    )
)  # fmt: skip
ROOT = Authenticated(Principal(kind=Kind.ROOT, account=ACME, arn=f"arn:aws:iam::{ACME}:root", id=ACME, unique_id=ACME))
ANONYMOUS = Authenticated(Principal(kind=Kind.ANONYMOUS, account="", arn="anonymous"))
SERVICE = Authenticated(Principal(kind=Kind.SERVICE, account="", arn="x.amazonaws.com", name="x.amazonaws.com"))


def declared() -> Iterable[Key | NamedKey]:
    return (*GLOBAL_KEYS, *NAMED_KEYS, *S3_KEYS)


def test_every_global_key_of_the_reference_is_declared() -> None:
    names = {key.name for key in declared() if key.name.startswith("aws:")}
    assert names == set(REFERENCE["aws"])


@pytest.mark.parametrize("key", declared(), ids=lambda key: key.name)
def test_types_are_those_of_the_reference(key: Key | NamedKey) -> None:
    assert REFERENCE[key.name.partition(":")[0]][key.name] == key.type


@pytest.mark.parametrize(
    "caller", [session(), USER, ROOT, ANONYMOUS, SERVICE], ids=lambda caller: caller.principal.kind.value
)
def test_a_value_is_a_tuple_exactly_when_the_type_is_a_list(caller: Authenticated) -> None:
    for has_endpoint in (True, False):
        facts = context(caller, has_endpoint=has_endpoint, tags=[SimpleNamespace(key="Env", value="dev")])
        for key in GLOBAL_KEYS:
            value = facts.get(key.name.lower())
            assert value is None or isinstance(value, tuple) == key.type.endswith("[]"), key.name


NEVER = {
    "aws:ChatbotSourceArn", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:CalledViaAWSMCP",
    "aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceOwner",
}  # fmt: skip
"""No service calls another here on behalf of a caller, and no chat does."""


def test_every_key_that_can_exist_here_exists_for_somebody() -> None:
    callers = (session(), USER, SERVICE)
    facts = [
        context(caller, has_endpoint=has_endpoint, tags=[SimpleNamespace(key="Env", value="dev")])
        for caller in callers
        for has_endpoint in (True, False)
    ]
    missing = {key.name for key in GLOBAL_KEYS if all(each.get(key.name.lower()) is None for each in facts)}
    assert missing == NEVER


@pytest.mark.parametrize(
    ("caller", "values"),
    [
        (
            ROOT,
            {
                "aws:username": None,
                "aws:userid": ACME,
                "aws:principaltype": "Account",
                "aws:multifactorauthpresent": None,
            },
        ),
        (
            USER,
            {
                "aws:username": "u",
                "aws:userid": "AIDAAAAAAAAAAAAAAAAAA",
                "aws:principaltype": "User",
                "aws:tokenissuetime": None,
            },
        ),
        (
            session(),
            {
                "aws:username": None,
                "aws:userid": "AROAAAAAAAAAAAAAAAAAA:s",
                "aws:principaltype": "AssumedRole",
                "aws:principalarn": f"arn:aws:iam::{ACME}:role/path/r",
                "aws:multifactorauthpresent": "true",
                "aws:multifactorauthage": "0",
                "aws:tokenissuetime": "2026-01-02T03:04:05Z",
                "aws:principaltag/team": "red",
                "aws:principalorgpaths": ("o-1234567890/r-abcd/",),
                "aws:resourcetag/env": "dev",
                "saml:sub": "ada",
            },
        ),
        (session(mfa_at=None), {"aws:multifactorauthpresent": "false", "aws:multifactorauthage": None}),
        (
            ANONYMOUS,
            {
                "aws:userid": None,
                "aws:username": None,
                "aws:principaltype": "Anonymous",
                "aws:principalarn": None,
                "aws:principalaccount": None,
                "aws:principalorgid": None,
                "aws:resourceorgid": "o-1234567890",
            },
        ),
        (
            SERVICE,
            {
                "aws:principalisawsservice": "true",
                "aws:principalservicenameslist": ("x.amazonaws.com",),
                "aws:principalarn": None,
            },
        ),
    ],
    ids=["root", "user", "session", "session without MFA", "anonymous", "service"],
)
def test_what_callers_have(caller: Authenticated, values: dict[str, Any]) -> None:
    facts = context(caller)
    assert {key: facts.get(key) for key in values} == values


def test_outside_an_organization_its_keys_are_absent() -> None:
    facts = context(USER, is_member=False)
    for key in ("aws:principalorgid", "aws:principalorgpaths", "aws:resourceorgid", "aws:resourceorgpaths"):
        assert facts.get(key) is None


def test_a_service_key_that_the_operation_does_not_declare_is_absent() -> None:
    assert context(USER).get("s3:signatureversion") is None
    assert context(USER).get("s3:prefix") is None
