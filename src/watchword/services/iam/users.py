"""IAM users: create, get, list, update, delete, and their permissions boundary.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/
"""

from __future__ import annotations

import msgspec

from watchword.core.errors import AlreadyExists
from watchword.core.ids import RandomBytes, new_unique_id
from watchword.directory.directory import Directory
from watchword.directory.users import User
from watchword.policy.principals import PrincipalKind
from watchword.services.call import Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.boundaries import boundary_view, checked_boundary
from watchword.services.iam.errors import DeleteConflict, EntityAlreadyExists
from watchword.services.iam.lookups import own_user_name, user_named
from watchword.services.iam.tagging import checked_tags, tag_views
from watchword.services.operation import operation


def user_view(user: User, *, whole: bool = True) -> shapes.User:
    """A user as the API shows it; lists leave out tags and boundary."""
    return shapes.User(
        path=user.path,
        user_name=user.name,
        user_id=user.id,
        arn=user.arn,
        create_date=user.created_at,
        tags=tag_views(user.tags) if whole and user.tags else None,
        permissions_boundary=boundary_view(user.boundary) if whole else None,
    )


@operation("iam:CreateUser", writes=True)
def create_user(
    call: Call[shapes.CreateUserRequest], directory: Directory, random_bytes: RandomBytes, aws_policies: AwsPolicies
) -> shapes.CreateUserResponse:
    """Create a user.

    Raises EntityAlreadyExists, LimitExceeded, NoSuchEntity (the boundary), InvalidInput (tags).
    """
    asked = call.request
    quotas.USERS.check(directory.users.count(call.account))
    user = User(
        account=call.account,
        name=asked.user_name,
        path=asked.path or "/",
        id=new_unique_id("AIDA", random_bytes),
        created_at=call.now,
        tags=checked_tags(asked.tags, fold=True),
        boundary=checked_boundary(asked.permissions_boundary, directory, aws_policies, call.account),
    )
    try:
        directory.users.add(user)
    except AlreadyExists:
        raise EntityAlreadyExists(f"User with name {asked.user_name} already exists.") from None
    return shapes.CreateUserResponse(user=user_view(user))
