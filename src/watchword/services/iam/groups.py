"""IAM groups and their members.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from watchword.core.errors import AlreadyExists
from watchword.core.ids import RandomBytes, new_unique_id
from watchword.directory.directory import Directory
from watchword.directory.groups import Group, Membership
from watchword.directory.users import User
from watchword.services.call import Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.errors import DeleteConflict, EntityAlreadyExists
from watchword.services.iam.holders import refuse_while_holding_policies
from watchword.services.iam.lookups import group_named, user_named
from watchword.services.iam.users import user_view
from watchword.services.operation import operation


def group_view(group: Group) -> shapes.Group:
    """A group as the API shows it."""
    return shapes.Group(
        path=group.path, group_name=group.name, group_id=group.id, arn=group.arn, create_date=group.created_at
    )


@operation("iam:CreateGroup", writes=True)
def create_group(
    call: Call[shapes.CreateGroupRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.CreateGroupResponse:
    """Create a group. Raises EntityAlreadyExists, LimitExceeded."""
    group = Group(
        account=call.account,
        name=call.request.group_name,
        path=call.request.path or "/",
        id=new_unique_id("AGPA", random_bytes),
        created_at=call.now,
    )
    quotas.GROUPS.check(directory.groups.count(call.account))
    _add(directory, group)
    return shapes.CreateGroupResponse(group=group_view(group))


def _add(directory: Directory, group: Group) -> None:
    try:
        directory.groups.add(group)
    except AlreadyExists:
        raise EntityAlreadyExists(f"Group with name {group.name} already exists.") from None


@operation("iam:GetGroup")
def get_group(call: Call[shapes.GetGroupRequest], directory: Directory) -> shapes.GetGroupResponse:
    """Get a group and a page of its users. Raises NoSuchEntity."""
    group = group_named(directory, call.account, call.request.group_name)
    after = (call.account, group.id, call.after) if call.after is not None else None
    page = call.paged(_users(directory, group, after), lambda user: user.id)
    return shapes.GetGroupResponse(
        group=group_view(group),
        users=[user_view(user, is_whole=False) for user in page.rows],
        is_truncated=page.is_truncated,
        marker=page.marker,
    )


def _users(directory: Directory, group: Group, after: tuple[str, ...] | None) -> Iterator[User]:
    for membership in directory.memberships.under(group.account, group.id, after=after):
        user = directory.users.seek("id", membership.user_id)
        if user is not None:
            yield user


@operation("iam:ListGroups")
def list_groups(call: Call[shapes.ListGroupsRequest], directory: Directory) -> shapes.ListGroupsResponse:
    """List groups by name, those under a path if asked."""
    prefix = call.request.path_prefix or "/"
    after = (call.account, call.after) if call.after is not None else None
    rows = (group for group in directory.groups.under(call.account, after=after) if group.path.startswith(prefix))
    page = call.paged(rows, lambda group: group.name.lower())
    return shapes.ListGroupsResponse(
        groups=[group_view(group) for group in page.rows], is_truncated=page.is_truncated, marker=page.marker
    )


@operation("iam:UpdateGroup", writes=True)
def update_group(call: Call[shapes.UpdateGroupRequest], directory: Directory) -> None:
    """Change a group's name or path. Raises NoSuchEntity, EntityAlreadyExists."""
    asked = call.request
    old = group_named(directory, call.account, asked.group_name)
    new = msgspec.structs.replace(old, name=asked.new_group_name or old.name, path=asked.new_path or old.path)
    if new.name.lower() == old.name.lower():
        directory.groups.replace(new)
        return
    directory.groups.remove(old)
    _add(directory, new)


@operation("iam:DeleteGroup", writes=True)
def delete_group(call: Call[shapes.DeleteGroupRequest], directory: Directory) -> None:
    """Delete a group that is empty. Raises NoSuchEntity, DeleteConflict."""
    group = group_named(directory, call.account, call.request.group_name)
    if any(directory.memberships.under(call.account, group.id, limit=1)):
        raise DeleteConflict("Cannot delete entity, must remove users from group first.")
    refuse_while_holding_policies(directory, call.account, group.id)
    directory.groups.remove(group)


@operation("iam:AddUserToGroup", writes=True)
def add_user_to_group(call: Call[shapes.AddUserToGroupRequest], directory: Directory) -> None:
    """Put a user into a group; a member stays one. Raises NoSuchEntity, LimitExceeded."""
    user, group = _pair(call, directory)
    if directory.memberships.get(call.account, group.id, user.id) is not None:
        return
    quotas.GROUPS_PER_USER.check(sum(1 for _ in directory.memberships.where("user", call.account, user.id)))
    directory.memberships.add(Membership(account=call.account, group_id=group.id, user_id=user.id))


@operation("iam:RemoveUserFromGroup", writes=True)
def remove_user_from_group(call: Call[shapes.RemoveUserFromGroupRequest], directory: Directory) -> None:
    """Take a user out of a group; one that is not in it is no error. Raises NoSuchEntity."""
    user, group = _pair(call, directory)
    membership = directory.memberships.get(call.account, group.id, user.id)
    if membership is not None:
        directory.memberships.remove(membership)


def _pair(
    call: Call[shapes.AddUserToGroupRequest] | Call[shapes.RemoveUserFromGroupRequest], directory: Directory
) -> tuple[User, Group]:
    user = user_named(directory, call.account, call.request.user_name)
    return user, group_named(directory, call.account, call.request.group_name)


@operation("iam:ListGroupsForUser")
def list_groups_for_user(
    call: Call[shapes.ListGroupsForUserRequest], directory: Directory
) -> shapes.ListGroupsForUserResponse:
    """List the groups that a user is in. Raises NoSuchEntity."""
    user = user_named(directory, call.account, call.request.user_name)
    rows = [group for group in groups_of(directory, user) if call.after is None or group.name.lower() > call.after]
    page = call.paged(rows, lambda group: group.name.lower())
    return shapes.ListGroupsForUserResponse(
        groups=[group_view(group) for group in page.rows], is_truncated=page.is_truncated, marker=page.marker
    )


def groups_of(directory: Directory, user: User) -> list[Group]:
    """The groups that a user is in, by name."""
    memberships = directory.memberships.where("user", user.account, user.id)
    groups = (directory.groups.seek("id", membership.group_id) for membership in memberships)
    return sorted((group for group in groups if group is not None), key=lambda group: group.name.lower())
