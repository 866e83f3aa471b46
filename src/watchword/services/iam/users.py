"""IAM users: create, get, list, update, delete.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/
"""

from __future__ import annotations

import msgspec

from watchword.core.arn import root_arn
from watchword.core.errors import AlreadyExists
from watchword.core.ids import RandomBytes, new_unique_id
from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.directory import Directory
from watchword.directory.users import User
from watchword.services.call import Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.boundaries import boundary_view, checked_boundary
from watchword.services.iam.errors import DeleteConflict, EntityAlreadyExists
from watchword.services.iam.holders import refuse_while_holding_policies
from watchword.services.iam.lookups import is_root, own_user, user_named
from watchword.services.iam.tagging import checked_tags, tag_views
from watchword.services.operation import operation


def user_view(user: User, *, is_whole: bool = True) -> shapes.User:
    """A user as the API shows it; lists leave out tags and boundary."""
    return shapes.User(
        path=user.path,
        user_name=user.name,
        user_id=user.id,
        arn=user.arn,
        create_date=user.created_at,
        tags=tag_views(user.tags) if is_whole and user.tags else None,
        permissions_boundary=boundary_view(user.boundary) if is_whole else None,
    )


@operation("iam:CreateUser", writes=True)
def create_user(
    call: Call[shapes.CreateUserRequest], directory: Directory, random_bytes: RandomBytes, aws_policies: AwsPolicies
) -> shapes.CreateUserResponse:
    """Create a user.

    Raises EntityAlreadyExists, LimitExceeded, NoSuchEntity (the boundary), InvalidInput (tags).
    """
    asked = call.request
    user = User(
        account=call.account,
        name=asked.user_name,
        path=asked.path or "/",
        id=new_unique_id("AIDA", random_bytes),
        created_at=call.now,
        tags=checked_tags(asked.tags, fold=True),
        boundary=checked_boundary(asked.permissions_boundary, directory, aws_policies, call.account),
    )
    quotas.USERS.check(directory.users.count(call.account))
    _add(directory, user)
    return shapes.CreateUserResponse(user=user_view(user))


def _add(directory: Directory, user: User) -> None:
    try:
        directory.users.add(user)
    except AlreadyExists:
        raise EntityAlreadyExists(f"User with name {user.name} already exists.") from None


@operation("iam:GetUser")
def get_user(call: Call[shapes.GetUserRequest], directory: Directory) -> shapes.GetUserResponse:
    """Get a user; without a name, the caller. Raises NoSuchEntity, ValidationError."""
    name = call.request.user_name
    if name is None and is_root(call.caller):
        return shapes.GetUserResponse(user=_root_view(call, directory))
    user = own_user(directory, call.caller) if name is None else user_named(directory, call.account, name)
    return shapes.GetUserResponse(user=user_view(user))


def _root_view(call: Call[shapes.GetUserRequest], directory: Directory) -> shapes.User:
    """The root user, who has neither a name nor a path."""
    account = directory.accounts.get(call.account)
    assert account is not None, "a root user without an account was authenticated"
    return shapes.User(user_id=account.id, arn=root_arn(account.id), create_date=account.created_at)


@operation("iam:ListUsers")
def list_users(call: Call[shapes.ListUsersRequest], directory: Directory) -> shapes.ListUsersResponse:
    """List users by name, those under a path if asked."""
    prefix = call.request.path_prefix or "/"
    after = (call.account, call.after) if call.after is not None else None
    rows = (user for user in directory.users.under(call.account, after=after) if user.path.startswith(prefix))
    page = call.paged(rows, lambda user: user.name.lower())
    return shapes.ListUsersResponse(
        users=[user_view(user, is_whole=False) for user in page.rows],
        is_truncated=page.is_truncated,
        marker=page.marker,
    )


@operation("iam:UpdateUser", writes=True)
def update_user(call: Call[shapes.UpdateUserRequest], directory: Directory) -> None:
    """Change a user's name or path; the unique id stays, and with it all that the user holds.

    Raises NoSuchEntity, EntityAlreadyExists.
    """
    asked = call.request
    old = user_named(directory, call.account, asked.user_name)
    new = msgspec.structs.replace(old, name=asked.new_user_name or old.name, path=asked.new_path or old.path)
    if new.name.lower() == old.name.lower():
        directory.users.replace(new)
        return
    directory.users.remove(old)
    _add(directory, new)


@operation("iam:DeleteUser", writes=True)
def delete_user(call: Call[shapes.DeleteUserRequest], directory: Directory) -> None:
    """Delete a user that holds nothing any more. Raises NoSuchEntity, DeleteConflict."""
    user = user_named(directory, call.account, call.request.user_name)
    if any(directory.access_keys.where("owner", call.account, user.id, limit=1)):
        raise DeleteConflict("Cannot delete entity, must delete access keys first.")
    if any(directory.mfa_devices.where("owner", call.account, user.id, limit=1)):
        raise DeleteConflict("Cannot delete entity, must remove tokens from principal first.")
    refuse_while_holding_policies(directory, call.account, user.id)
    if any(directory.memberships.where("user", call.account, user.id, limit=1)):
        raise DeleteConflict("Cannot delete entity, must remove users from group first.")
    directory.users.remove(user)
