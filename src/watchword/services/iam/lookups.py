"""Finds the entity that a request names, or answers with IAM's own words that there is none.

Names are compared without case, as AWS does; the stored spelling is kept.
"""

from __future__ import annotations

from watchword.directory.directory import Directory
from watchword.directory.groups import Group
from watchword.directory.instance_profiles import InstanceProfile
from watchword.directory.policies import ManagedPolicy
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.policy.principals import PrincipalKind
from watchword.services.call import Authenticated
from watchword.services.iam.errors import NoSuchEntity, ValidationError


def user_named(directory: Directory, account: str, name: str) -> User:
    """The user, or NoSuchEntity."""
    user = directory.users.get(account, name.lower())
    if user is None:
        raise NoSuchEntity(f"The user with name {name} cannot be found.")
    return user


def group_named(directory: Directory, account: str, name: str) -> Group:
    """The group, or NoSuchEntity."""
    group = directory.groups.get(account, name.lower())
    if group is None:
        raise NoSuchEntity(f"The group with name {name} cannot be found.")
    return group


def role_named(directory: Directory, account: str, name: str) -> Role:
    """The role, or NoSuchEntity."""
    role = directory.roles.get(account, name.lower())
    if role is None:
        raise NoSuchEntity(f"The role with name {name} cannot be found.")
    return role


def instance_profile_named(directory: Directory, account: str, name: str) -> InstanceProfile:
    """The instance profile, or NoSuchEntity."""
    profile = directory.instance_profiles.get(account, name.lower())
    if profile is None:
        raise NoSuchEntity(f"Instance Profile {name} cannot be found.")
    return profile


def policy_with_arn(directory: Directory, account: str, arn: str) -> ManagedPolicy:
    """The customer managed policy of this account, or NoSuchEntity."""
    policy = directory.managed_policies.seek("arn", arn)
    if policy is None or policy.account != account:
        raise NoSuchEntity(f"Policy {arn} was not found.")
    return policy


def own_user_name(caller: Authenticated) -> str:
    """The name of the calling user, for operations whose UserName may be left out.

    Raises ValidationError for callers that are no user; the caller handles the root user before.
    """
    if caller.principal.kind is not PrincipalKind.USER:
        raise ValidationError("Must specify userName when calling with non-User credentials")
    return caller.principal.name
