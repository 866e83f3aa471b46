"""Finds what an IAM request is about, as policies see it.

What exists is given with its path, tags and boundary; what does not as its path-less ARN in the caller's account; what
is to be created as the ARN that it will have. Lists are about a path: `arn:aws:iam::ACCOUNT:user/`. Denials name things
as AWS's do: mostly `role build`, for creations, tags and boundaries the ARN.

Source: AWS's service authorization reference for IAM; the names in denials are those of AWS's messages.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from watchword.core.arn import iam_arn, parse_arn
from watchword.core.errors import ApiError, InvalidArn
from watchword.core.ids import is_account_id
from watchword.credentials.sessions import SessionKind
from watchword.directory.directory import Directory
from watchword.directory.groups import Group
from watchword.directory.instance_profiles import InstanceProfile
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.policy.principals import Kind
from watchword.services.authorization import Resolver, Resource
from watchword.services.call import Authenticated
from watchword.services.iam.service_linked_roles import PATH, deleted_role_place, linked_role_name


class IamResource(Resource, frozen=True):
    """A resource of IAM with what IAM's own condition keys ask for."""

    boundary: str | None = None
    """ARN of the permissions boundary that a user or role has."""
    is_principal: bool = False
    """True for users and roles, whose tags `iam:ResourceTag` shows."""


def none(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """Operations without a resource type."""
    return Resource("*", caller.account)


def user(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The named user, or the caller."""
    if request.user_name is None:
        return _caller(directory, caller)
    found = directory.users.get(caller.account, request.user_name.lower())
    return _known(found, "user", request.user_name, caller, "user")


def _caller(directory: Directory, caller: Authenticated) -> Resource:
    principal = caller.principal
    if principal.kind is Kind.USER:
        found = directory.users.seek("id", principal.unique_id)
        return _known(found, "user", principal.name if found is None else found.name, caller, "user")
    return Resource(principal.arn if principal.kind is Kind.ROOT else "*", caller.account)


def access_key_owner(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The user whose key it is. A key of another account is as unknown as one that does not exist."""
    shown = f"access key {request.access_key_id}"
    key = directory.access_keys.get(request.access_key_id)
    owner = directory.users.seek("id", key.owner_id) if key is not None and key.account == caller.account else None
    if owner is None:
        return Resource("*", caller.account, shown=shown)
    return replace(_known(owner, "user", owner.name, caller, "user"), shown=shown)


def group(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The named group."""
    found = directory.groups.get(caller.account, request.group_name.lower())
    return _known(found, "group", request.group_name, caller, "group")


def role(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The named role."""
    found = directory.roles.get(caller.account, request.role_name.lower())
    return _known(found, "role", request.role_name, caller, "role")


def new_service_linked_role(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The role that the service will get; for a service without one, what such roles are called."""
    service = request.aws_service_name
    name = linked_role_name(service, request.custom_suffix) or "AWSServiceRoleFor"
    return IamResource(iam_arn(caller.account, "role", f"{PATH}{service}/", name), caller.account, is_principal=True)


def deleted_role(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The role that a deletion is about, which may be gone."""
    place = deleted_role_place(request.deletion_task_id)
    return Resource("*" if place is None else iam_arn(caller.account, "role", *place), caller.account)


def group_user_or_role(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The user, group or role whose policies are asked about, found by name whatever the path in its ARN."""
    arn = request.policy_source_arn
    kind, _, rest = arn.split(":", 5)[-1].partition("/")
    name = rest.rpartition("/")[2].lower()
    if kind == "user":
        return _known(directory.users.get(caller.account, name), kind, name, caller, kind)
    if kind == "group":
        return _known(directory.groups.get(caller.account, name), kind, name, caller, kind)
    if kind == "role":
        return _known(directory.roles.get(caller.account, name), kind, name, caller, kind)
    return Resource(arn, caller.account)


def instance_profile(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The named instance profile."""
    name = request.instance_profile_name
    found = directory.instance_profiles.get(caller.account, name.lower())
    return _known(found, "instance-profile", name, caller, "instance profile")


def mfa(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The virtual MFA device with the serial number, which is its ARN."""
    found = directory.mfa_devices.seek("serial", request.serial_number)
    if found is None or found.account != caller.account:
        return Resource(request.serial_number, caller.account)
    return Resource(found.serial_number, found.account, found.tags)


def new_mfa(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The virtual MFA device to make."""
    return Resource(
        iam_arn(caller.account, "mfa", request.path or "/", request.virtual_mfa_device_name), caller.account
    )


def _known(
    found: User | Group | Role | InstanceProfile | None, kind: str, name: str, caller: Authenticated, word: str
) -> Resource:
    shown = f"{word} {name}"
    if found is None:
        return Resource(iam_arn(caller.account, kind, "/", name), caller.account, shown=shown)
    if isinstance(found, Group):
        return Resource(found.arn, found.account, shown=shown)
    if isinstance(found, InstanceProfile):
        return Resource(found.arn, found.account, found.tags, shown=shown)
    return IamResource(found.arn, found.account, found.tags, shown=shown, boundary=found.boundary, is_principal=True)


def policy(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The managed policy to read: of any account, or AWS's, which everybody may be allowed to read."""
    resource = own_policy(request, directory, caller)
    return replace(resource, account=caller.account) if resource.account == "aws" else resource


def own_policy(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The managed policy to change. AWS's belong to the account `aws`, to which no caller belongs."""
    arn: str = request.policy_arn
    shown = f"policy {arn}"
    found = directory.managed_policies.seek("arn", arn)
    if found is not None:
        return Resource(arn, found.account, found.tags, shown=shown)
    try:
        account = parse_arn(arn).account
    except InvalidArn:
        account = ""
    is_account = account == "aws" or is_account_id(account)
    return Resource(arn, account if is_account else caller.account, shown=shown)


def new_policy(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The policy to create."""
    name = request.policy_name
    return Resource(
        iam_arn(caller.account, "policy", request.path or "/", name), caller.account, shown=f"policy {name}"
    )


def policies(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """All policies under a path: no ARN, so that only `*` allows it."""
    return Resource(f"policy path {request.path_prefix or '/'}", caller.account)


def _new(kind: str, name_of: str) -> Resolver:
    """A resolver for what is to be created."""

    def created(request: Any, directory: Directory, caller: Authenticated) -> Resource:
        arn = iam_arn(caller.account, kind, request.path or "/", getattr(request, name_of))
        return IamResource(arn, caller.account, is_principal=kind in ("user", "role"))

    return created


def _all(kind: str) -> Resolver:
    """A resolver for all of one kind under a path."""

    def listed(request: Any, directory: Directory, caller: Authenticated) -> Resource:
        return Resource(iam_arn(caller.account, kind, request.path_prefix or "/", ""), caller.account)

    return listed


def renamed_user(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The user as it will be after UpdateUser."""
    found = directory.users.get(caller.account, request.user_name.lower())
    return _renamed(found, "user", request.new_path, request.new_user_name or request.user_name, caller)


def renamed_group(request: Any, directory: Directory, caller: Authenticated) -> Resource:
    """The group as it will be after UpdateGroup."""
    found = directory.groups.get(caller.account, request.group_name.lower())
    return _renamed(found, "group", request.new_path, request.new_group_name or request.group_name, caller)


def _renamed(found: User | Group | None, kind: str, new_path: str | None, name: str, caller: Authenticated) -> Resource:
    path = new_path or (found.path if found is not None else "/")
    arn = iam_arn(caller.account, kind, path, name)
    if isinstance(found, User):
        return IamResource(arn, caller.account, found.tags, boundary=found.boundary, is_principal=True)
    return Resource(arn, caller.account)


def _by_arn(resolver: Resolver) -> Resolver:
    """The same resource, named by its ARN in denials."""

    def resolved(request: Any, directory: Directory, caller: Authenticated) -> Resource:
        return replace(resolver(request, directory, caller), shown="")

    return resolved


def _served(resolver: Resolver) -> Resolver:
    """The resolver behind IAM's own gate for callers.

    Raises InvalidClientTokenId for the sessions of GetSessionToken without a second factor and of GetFederationToken,
    which IAM does not serve whatever their policies say.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_request.html
    """

    def resolved(request: Any, directory: Directory, caller: Authenticated) -> Resource:
        session = caller.session
        if session is not None and (
            session.kind is SessionKind.FEDERATED_USER
            or (session.kind is SessionKind.SESSION_TOKEN and session.mfa_at is None)
        ):
            raise ApiError("InvalidClientTokenId", "The security token included in the request is invalid", 403)
        return resolver(request, directory, caller)

    return resolved


_RESOLVERS: dict[str, Resolver] = {
    "none": none,
    "user": user,
    "user_arn": _by_arn(user),
    "new_user": _new("user", "user_name"),
    "renamed_user": renamed_user,
    "users": _all("user"),
    "access_key_owner": access_key_owner,
    "group": group,
    "new_group": _new("group", "group_name"),
    "renamed_group": renamed_group,
    "groups": _all("group"),
    "role": role,
    "role_arn": _by_arn(role),
    "new_role": _new("role", "role_name"),
    "new_service_linked_role": new_service_linked_role,
    "deleted_role": deleted_role,
    "roles": _all("role"),
    "policy": policy,
    "group_user_or_role": group_user_or_role,
    "own_policy": own_policy,
    "new_policy": new_policy,
    "policies": policies,
    "mfa": mfa,
    "new_mfa": new_mfa,
    "instance_profile": instance_profile,
    "instance_profile_arn": _by_arn(instance_profile),
    "new_instance_profile": _new("instance-profile", "instance_profile_name"),
    "instance_profiles": _all("instance-profile"),
}
RESOLVERS: dict[str, Resolver] = {name: _served(resolver) for name, resolver in _RESOLVERS.items()}
