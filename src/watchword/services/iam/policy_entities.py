"""Who has a managed policy: attached, or as a permissions boundary.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator

from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.directory import Directory
from watchword.directory.groups import Group
from watchword.directory.policies import HolderKind
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.services.call import Call
from watchword.services.iam import shapes
from watchword.services.iam.lookups import any_policy
from watchword.services.operation import operation

Entity = User | Group | Role
Row = tuple[str, Entity]
"""A cursor and the entity that stands there: `attached KIND/ID` or `bounded KIND/NAME`."""


@operation("iam:ListEntitiesForPolicy")
def list_entities_for_policy(
    call: Call[shapes.ListEntitiesForPolicyRequest], directory: Directory, aws_policies: AwsPolicies
) -> shapes.ListEntitiesForPolicyResponse:
    """List who has a policy. Raises NoSuchEntity, ValidationError."""
    asked = call.request
    policy = any_policy(directory, aws_policies, call.account, asked.policy_arn)
    prefix = asked.path_prefix or "/"
    rows = (
        row
        for row in _rows(call, directory, policy.arn)
        if row[1].path.startswith(prefix) and asked.entity_filter in (None, type(row[1]).__name__)
    )
    page = call.paged(rows, lambda row: row[0])
    found = [entity for _, entity in page.rows]
    groups = [each for each in found if isinstance(each, Group)]
    users = [each for each in found if isinstance(each, User)]
    roles = [each for each in found if isinstance(each, Role)]
    return shapes.ListEntitiesForPolicyResponse(
        policy_groups=[shapes.PolicyGroup(group_name=each.name, group_id=each.id) for each in groups],
        policy_users=[shapes.PolicyUser(user_name=each.name, user_id=each.id) for each in users],
        policy_roles=[shapes.PolicyRole(role_name=each.name, role_id=each.id) for each in roles],
        is_truncated=page.is_truncated,
        marker=page.marker,
    )


def _rows(call: Call[shapes.ListEntitiesForPolicyRequest], directory: Directory, arn: str) -> Iterator[Row]:
    """Everybody who has the policy after the cursor, nobody twice: attachments first, then boundaries alone."""
    usage = call.request.policy_usage_filter
    phase, _, place = (call.after or "").partition(" ")
    if usage != "PermissionsBoundary" and phase != "bounded":
        yield from _attached(directory, call.account, arn, place)
    if usage == "PermissionsPolicy":
        return
    for cursor, entity in _bounded(directory, call.account, arn, place if phase == "bounded" else ""):
        kind: HolderKind = "user" if isinstance(entity, User) else "role"
        if usage is not None or directory.attachments.get(call.account, arn, kind, entity.id) is None:
            yield cursor, entity


def _attached(directory: Directory, account: str, arn: str, place: str) -> Iterator[Row]:
    after = (account, arn, *place.split("/", 1)) if place else None
    for attachment in directory.attachments.under(account, arn, after=after):
        holder = _holder(directory, attachment.holder_kind, attachment.holder_id)
        if holder is not None:
            yield f"attached {attachment.holder_kind}/{attachment.holder_id}", holder


def _holder(directory: Directory, kind: HolderKind, holder_id: str) -> Entity | None:
    if kind == "user":
        return directory.users.seek("id", holder_id)
    if kind == "group":
        return directory.groups.seek("id", holder_id)
    return directory.roles.seek("id", holder_id)


def _bounded(directory: Directory, account: str, arn: str, place: str) -> Iterator[Row]:
    kind, _, name = place.partition("/")
    after = (account, name) if name else None
    if kind != "user":
        for role in directory.roles.where("boundary", account, arn, after=after):
            yield f"bounded role/{role.name.lower()}", role
        after = None
    for user in directory.users.where("boundary", account, arn, after=after):
        yield f"bounded user/{user.name.lower()}", user
