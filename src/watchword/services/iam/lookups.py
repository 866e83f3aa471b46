"""Finds the entity that a request names, or answers with IAM's own words that there is none.

Names are compared without case, as AWS does; the stored spelling is kept.
"""

from __future__ import annotations

from watchword.core.arn import Arn, parse_arn
from watchword.core.errors import InvalidArn
from watchword.directory.aws_policies import AwsPolicies, AwsPolicy
from watchword.directory.directory import Directory
from watchword.directory.groups import Group
from watchword.directory.instance_profiles import InstanceProfile
from watchword.directory.mfa_devices import MfaDevice
from watchword.directory.policies import ManagedPolicy
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.policy.principals import Kind
from watchword.services.call import Authenticated
from watchword.services.iam.errors import NoSuchEntity, UnmodifiableEntity
from watchword.services.iam.faults import ValidationError

RESERVED_PATHS = ("/aws-service-role/", "/aws-reserved/")
"""Roles under these paths belong to AWS services: account holders can neither make nor change them."""


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


def describable_role_named(directory: Directory, account: str, name: str) -> Role:
    """The role, or NoSuchEntity; UnmodifiableEntity when a service keeps even its description and tags to itself."""
    role = role_named(directory, account, name)
    return role if role.is_service_linked else modifiable_role_named(directory, account, name)


def modifiable_role_named(directory: Directory, account: str, name: str) -> Role:
    """The role, or NoSuchEntity; UnmodifiableEntity when it belongs to a service."""
    role = role_named(directory, account, name)
    if role.path.startswith(RESERVED_PATHS):
        raise UnmodifiableEntity(
            f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS"
        )
    return role


def instance_profile_named(directory: Directory, account: str, name: str) -> InstanceProfile:
    """The instance profile, or NoSuchEntity."""
    profile = directory.instance_profiles.get(account, name.lower())
    if profile is None:
        raise NoSuchEntity(f"Instance Profile {name} cannot be found.")
    return profile


def mfa_device_numbered(directory: Directory, account: str, serial_number: str) -> MfaDevice:
    """The virtual MFA device, or NoSuchEntity."""
    device = directory.mfa_devices.seek("serial", serial_number)
    if device is None or device.account != account:
        raise NoSuchEntity(f"VirtualMFADevice with serial number {serial_number} doesn't exist.")
    return device


def policy_arn(text: str) -> Arn:
    """The ARN of a managed policy. Raises ValidationError when the text is none."""
    try:
        arn = parse_arn(text)
    except InvalidArn:
        arn = None
    if arn is None or arn[:3] != ("aws", "iam", "") or not arn.resource.startswith("policy/"):
        raise ValidationError(f"ARN {text} is not valid.")
    return arn


def own_policy(directory: Directory, account: str, arn: str) -> ManagedPolicy | None:
    """The customer managed policy of this account with exactly this ARN, if there is one."""
    policy = directory.managed_policies.seek("arn", arn)
    return policy if policy is not None and policy.account == account else None


def policy_with_arn(directory: Directory, account: str, arn: str) -> ManagedPolicy:
    """The customer managed policy of this account. Raises NoSuchEntity, ValidationError."""
    policy_arn(arn)
    policy = own_policy(directory, account, arn)
    if policy is None:
        raise NoSuchEntity(f"Policy {arn} was not found.")
    return policy


def any_policy(directory: Directory, aws_policies: AwsPolicies, account: str, arn: str) -> ManagedPolicy | AwsPolicy:
    """The policy, of this account or AWS's. Raises NoSuchEntity, ValidationError."""
    if policy_arn(arn).account != "aws":
        return policy_with_arn(directory, account, arn)
    policy = aws_policies.get(arn)
    if policy is None:
        raise NoSuchEntity(f"Policy {arn} was not found.")
    return policy


def own_user(directory: Directory, caller: Authenticated) -> User:
    """The calling user, for operations whose UserName may be left out.

    INVARIANT: found by unique id, since another may have taken the name after the caller was authenticated.
    Raises ValidationError for callers that are no user (the operation handles the root user before), NoSuchEntity.
    """
    if caller.principal.kind is not Kind.USER:
        raise ValidationError("Must specify userName when calling with non-User credentials")
    user = directory.users.seek("id", caller.principal.unique_id)
    if user is None:
        raise NoSuchEntity(f"The user with name {caller.principal.name} cannot be found.")
    return user


def is_root(caller: Authenticated) -> bool:
    """True when the caller is its account's root user."""
    return caller.principal.kind is Kind.ROOT
