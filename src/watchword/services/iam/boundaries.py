"""Permissions boundaries of users and roles: a managed policy that bounds what identity policies can grant.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

import msgspec

from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.iam import shapes
from watchword.services.iam.errors import InvalidInput, NoSuchEntity
from watchword.services.iam.faults import ValidationError
from watchword.services.iam.lookups import modifiable_role_named, own_policy, policy_arn, user_named
from watchword.services.operation import operation


def boundary_view(boundary: str | None) -> shapes.AttachedPermissionsBoundary | None:
    """A boundary as the API shows it: its type is `Policy`, whatever the model's enumeration says."""
    if boundary is None:
        return None
    return shapes.AttachedPermissionsBoundary(permissions_boundary_type="Policy", permissions_boundary_arn=boundary)


def checked_boundary(asked: str | None, directory: Directory, aws_policies: AwsPolicies, account: str) -> str | None:
    """The ARN of a policy that may be a boundary. Raises InvalidInput, NoSuchEntity."""
    if asked is None:
        return None
    try:
        owner = policy_arn(asked).account
    except ValidationError as error:
        raise InvalidInput(error.message) from None
    found = aws_policies.get(asked) if owner == "aws" else own_policy(directory, account, asked)
    if found is None:
        raise NoSuchEntity(f"Scope ARN: {asked} does not exist or is not attachable.")
    return asked


@operation("iam:PutUserPermissionsBoundary", writes=True)
def put_user_permissions_boundary(
    call: Call[shapes.PutUserPermissionsBoundaryRequest], directory: Directory, aws_policies: AwsPolicies
) -> None:
    """Set the boundary of a user. Raises NoSuchEntity, InvalidInput."""
    asked = call.request
    user = user_named(directory, call.account, asked.user_name)
    boundary = checked_boundary(asked.permissions_boundary, directory, aws_policies, call.account)
    directory.users.replace(msgspec.structs.replace(user, boundary=boundary))


@operation("iam:DeleteUserPermissionsBoundary", writes=True)
def delete_user_permissions_boundary(
    call: Call[shapes.DeleteUserPermissionsBoundaryRequest], directory: Directory
) -> None:
    """Take the boundary of a user away. Raises NoSuchEntity."""
    user = user_named(directory, call.account, call.request.user_name)
    if user.boundary is None:
        raise NoSuchEntity(f"The user with name {user.name} does not have a permissions boundary.")
    directory.users.replace(msgspec.structs.replace(user, boundary=None))


@operation("iam:PutRolePermissionsBoundary", writes=True)
def put_role_permissions_boundary(
    call: Call[shapes.PutRolePermissionsBoundaryRequest], directory: Directory, aws_policies: AwsPolicies
) -> None:
    """Set the boundary of a role. Raises NoSuchEntity, InvalidInput, UnmodifiableEntity."""
    asked = call.request
    role = modifiable_role_named(directory, call.account, asked.role_name)
    boundary = checked_boundary(asked.permissions_boundary, directory, aws_policies, call.account)
    directory.roles.replace(msgspec.structs.replace(role, boundary=boundary))


@operation("iam:DeleteRolePermissionsBoundary", writes=True)
def delete_role_permissions_boundary(
    call: Call[shapes.DeleteRolePermissionsBoundaryRequest], directory: Directory
) -> None:
    """Take the boundary of a role away. Raises NoSuchEntity, UnmodifiableEntity."""
    role = modifiable_role_named(directory, call.account, call.request.role_name)
    if role.boundary is None:
        raise NoSuchEntity(f"The role with name {role.name} does not have a permissions boundary.")
    directory.roles.replace(msgspec.structs.replace(role, boundary=None))
