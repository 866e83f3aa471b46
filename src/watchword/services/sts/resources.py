"""Finds what an STS request is about: the role with its trust policy, or the federated user to make."""

from __future__ import annotations

from functools import lru_cache

from watchword.core.arn import federated_user_arn, parse_arn
from watchword.core.errors import InvalidArn
from watchword.core.ids import is_account_id
from watchword.credentials.sessions import SessionKind
from watchword.directory.directory import Directory
from watchword.directory.roles import Role
from watchword.services.authorization import Resolver, Resource
from watchword.services.call import Authenticated
from watchword.services.sts import shapes
from watchword.services.sts.faults import AccessDenied, ValidationError


def none(request: object, directory: Directory, caller: Authenticated) -> Resource:
    """Operations without a resource type."""
    return Resource("*", caller.account)


def role(request: shapes.AssumeRoleRequest, directory: Directory, caller: Authenticated) -> Resource:
    """The role to assume. One that does not exist has no trust policy, so it is denied like one that trusts nobody.

    Raises ValidationError when the text is no role ARN, AccessDenied for federated users, who may assume none.
    """
    if caller.session is not None and caller.session.kind is SessionKind.FEDERATED_USER:
        raise AccessDenied("Cannot call AssumeRole with session credentials")
    account = role_account(request.role_arn)
    found = find_role(request.role_arn, directory)
    if found is None:
        return Resource(request.role_arn, account, is_trust=True)
    return Resource(
        found.arn,
        found.account,
        found.tags,
        found.effective_trust_policy,
        is_trust=True,
        is_service_linked=found.is_service_linked,
    )


def federated_user(request: shapes.GetFederationTokenRequest, directory: Directory, caller: Authenticated) -> Resource:
    """The federated user to make. Raises AccessDenied for callers with temporary credentials, who may make none."""
    if caller.session is not None:
        raise AccessDenied("Cannot call GetFederationToken with session credentials")
    return Resource(federated_user_arn(caller.account, request.name), caller.account)


def role_account(role_arn: str) -> str:
    """The account of a role ARN. Raises ValidationError."""
    return role_place(role_arn)[0]


@lru_cache(maxsize=1024)
def role_place(role_arn: str) -> tuple[str, str]:
    """The account of a role ARN, and the name of the role as it is looked up. Raises ValidationError."""
    try:
        arn = parse_arn(role_arn)
    except InvalidArn:
        arn = None
    if (
        arn is None
        or arn[:3] != ("aws", "iam", "")
        or not is_account_id(arn.account)
        or not arn.resource.startswith("role/")
    ):
        raise ValidationError(f"{role_arn} is invalid")
    return arn.account, arn.resource.rsplit("/", 1)[-1].lower()


def find_role(role_arn: str, directory: Directory) -> Role | None:
    """The role with exactly this ARN, its path included. Raises ValidationError."""
    account, name = role_place(role_arn)
    found = directory.roles.get(account, name)
    return found if found is not None and found.arn == role_arn else None


RESOLVERS: dict[str, Resolver] = {"none": none, "role": role, "federated_user": federated_user}
