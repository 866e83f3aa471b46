"""IAM roles: create, get, list, update, delete.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/; which members an answer leaves out was recorded from AWS.
"""

from __future__ import annotations

import msgspec

from watchword.core.errors import AlreadyExists
from watchword.core.ids import RandomBytes, new_unique_id
from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.directory import Directory
from watchword.directory.roles import SESSION_SECONDS_DEFAULT, Role
from watchword.services.call import Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.boundaries import boundary_view, checked_boundary
from watchword.services.iam.documents import checked_trust_policy, encoded, shown_trust_policy
from watchword.services.iam.errors import DeleteConflict, EntityAlreadyExists, InvalidInput, UnmodifiableEntity
from watchword.services.iam.holders import refuse_while_holding_policies
from watchword.services.iam.lookups import RESERVED_PATHS, describable_role_named, modifiable_role_named, role_named
from watchword.services.iam.tagging import checked_tags, tag_views
from watchword.services.operation import operation


def role_view(
    role: Role, directory: Directory, *, description: bool = True, session_seconds: bool = True, extras: bool = True
) -> shapes.Role:
    """A role as the API shows it. `extras` are tags and boundary."""
    return shapes.Role(
        path=role.path,
        role_name=role.name,
        role_id=role.id,
        arn=role.arn,
        create_date=role.created_at,
        assume_role_policy_document=encoded(shown_trust_policy(role, directory)),
        description=role.description if description else None,
        max_session_duration=role.session_seconds_max if session_seconds else None,
        permissions_boundary=boundary_view(role.boundary) if extras else None,
        tags=tag_views(role.tags) if extras and role.tags else None,
    )


def last_used_view(role: Role, directory: Directory) -> shapes.RoleLastUsed:
    """When and where a role was last used; empty when it never was."""
    used = directory.roles_last_used.get(role.id)
    if used is None:
        return shapes.RoleLastUsed()
    return shapes.RoleLastUsed(last_used_date=used.used_at, region=used.region)


@operation("iam:CreateRole", writes=True)
def create_role(
    call: Call[shapes.CreateRoleRequest], directory: Directory, random_bytes: RandomBytes, aws_policies: AwsPolicies
) -> shapes.CreateRoleResponse:
    """Create a role; its trust policy says who may assume it.

    Raises MalformedPolicyDocument, EntityAlreadyExists, LimitExceeded, NoSuchEntity (the boundary), InvalidInput.
    """
    asked = call.request
    path = asked.path or "/"
    if path.startswith(RESERVED_PATHS):
        raise InvalidInput(f"The path {path} is reserved for AWS services.")
    trust_policy, bound_trust_policy = checked_trust_policy(asked.assume_role_policy_document, directory)
    role = Role(
        account=call.account,
        name=asked.role_name,
        path=path,
        id=new_unique_id("AROA", random_bytes),
        created_at=call.now,
        trust_policy=trust_policy,
        bound_trust_policy=bound_trust_policy,
        description=asked.description,
        session_seconds_max=asked.max_session_duration or SESSION_SECONDS_DEFAULT,
        tags=checked_tags(asked.tags, fold=True),
        boundary=checked_boundary(asked.permissions_boundary, directory, aws_policies, call.account),
    )
    quotas.ROLES.check(directory.roles.count(call.account))
    try:
        directory.roles.add(role)
    except AlreadyExists:
        raise EntityAlreadyExists(f"Role with name {role.name} already exists.") from None
    return shapes.CreateRoleResponse(role=role_view(role, directory, description=False, session_seconds=False))


@operation("iam:GetRole")
def get_role(call: Call[shapes.GetRoleRequest], directory: Directory) -> shapes.GetRoleResponse:
    """Get a role. Raises NoSuchEntity."""
    role = role_named(directory, call.account, call.request.role_name)
    view = msgspec.structs.replace(role_view(role, directory), role_last_used=last_used_view(role, directory))
    return shapes.GetRoleResponse(role=view)


@operation("iam:ListRoles")
def list_roles(call: Call[shapes.ListRolesRequest], directory: Directory) -> shapes.ListRolesResponse:
    """List roles by name, those under a path if asked."""
    prefix = call.request.path_prefix or "/"
    after = (call.account, call.after) if call.after is not None else None
    rows = (role for role in directory.roles.under(call.account, after=after) if role.path.startswith(prefix))
    page = call.paged(rows, lambda role: role.name.lower())
    return shapes.ListRolesResponse(
        roles=[role_view(role, directory, extras=False) for role in page.rows],
        is_truncated=page.is_truncated,
        marker=page.marker,
    )


@operation("iam:UpdateRole", writes=True)
def update_role(call: Call[shapes.UpdateRoleRequest], directory: Directory) -> shapes.UpdateRoleResponse:
    """Change what is asked of description and session length; the rest stays.

    Raises NoSuchEntity, UnmodifiableEntity.
    """
    asked = call.request
    role = describable_role_named(directory, call.account, asked.role_name)
    if role.is_service_linked and asked.max_session_duration is not None:
        raise UnmodifiableEntity(f"{role.name} is an AWS service linked role, max session duration cannot be changed.")
    directory.roles.replace(
        msgspec.structs.replace(
            role,
            description=role.description if asked.description is None else asked.description,
            session_seconds_max=asked.max_session_duration or role.session_seconds_max,
        )
    )
    return shapes.UpdateRoleResponse()


@operation("iam:UpdateRoleDescription", writes=True)
def update_role_description(
    call: Call[shapes.UpdateRoleDescriptionRequest], directory: Directory
) -> shapes.UpdateRoleDescriptionResponse:
    """Change the description. Raises NoSuchEntity, UnmodifiableEntity."""
    role = describable_role_named(directory, call.account, call.request.role_name)
    role = msgspec.structs.replace(role, description=call.request.description)
    directory.roles.replace(role)
    return shapes.UpdateRoleDescriptionResponse(role=role_view(role, directory, session_seconds=False))


@operation("iam:UpdateAssumeRolePolicy", writes=True)
def update_assume_role_policy(call: Call[shapes.UpdateAssumeRolePolicyRequest], directory: Directory) -> None:
    """Replace the trust policy. Raises NoSuchEntity, MalformedPolicyDocument, LimitExceeded, UnmodifiableEntity."""
    role = modifiable_role_named(directory, call.account, call.request.role_name)
    trust_policy, bound = checked_trust_policy(call.request.policy_document, directory)
    directory.roles.replace(msgspec.structs.replace(role, trust_policy=trust_policy, bound_trust_policy=bound))


@operation("iam:DeleteRole", writes=True)
def delete_role(call: Call[shapes.DeleteRoleRequest], directory: Directory) -> None:
    """Delete a role that holds nothing any more. Raises NoSuchEntity, DeleteConflict, UnmodifiableEntity."""
    role = modifiable_role_named(directory, call.account, call.request.role_name)
    if any(directory.instance_profiles.where("role", call.account, role.id, limit=1)):
        raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
    refuse_while_holding_policies(directory, call.account, role.id)
    remove_role(directory, role)


def remove_role(directory: Directory, role: Role) -> None:
    """Remove a role, and what is remembered of its use."""
    directory.roles.remove(role)
    used = directory.roles_last_used.get(role.id)
    if used is not None:
        directory.roles_last_used.remove(used)
