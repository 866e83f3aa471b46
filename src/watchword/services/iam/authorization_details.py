"""GetAccountAuthorizationDetails: users, groups, roles and policies of an account, paged as one list.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from watchword.directory.aws_policies import AwsPolicies, AwsPolicy
from watchword.directory.directory import Directory
from watchword.directory.groups import Group
from watchword.directory.policies import ManagedPolicy
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.services.call import Call
from watchword.services.iam import shapes
from watchword.services.iam.attachments import attached_policy_views
from watchword.services.iam.boundaries import boundary_view
from watchword.services.iam.documents import encoded, shown_trust_policy
from watchword.services.iam.groups import groups_of
from watchword.services.iam.inline_policies import inline_policy_views
from watchword.services.iam.instance_profiles import instance_profile_view
from watchword.services.iam.policy_usage import PolicyUsage
from watchword.services.iam.policy_versions import version_view, versions_of
from watchword.services.iam.roles import last_used_view
from watchword.services.iam.tagging import tag_views
from watchword.services.operation import operation

Entity = User | Group | Role | ManagedPolicy | AwsPolicy
Read = Callable[[Directory, AwsPolicies, str, str | None], Iterator[Entity]]
"""Reads the entities of one type after a name in lower case."""


def _users(directory: Directory, aws_policies: AwsPolicies, account: str, after: str | None) -> Iterator[Entity]:
    return directory.users.under(account, after=_key(account, after))


def _groups(directory: Directory, aws_policies: AwsPolicies, account: str, after: str | None) -> Iterator[Entity]:
    return directory.groups.under(account, after=_key(account, after))


def _roles(directory: Directory, aws_policies: AwsPolicies, account: str, after: str | None) -> Iterator[Entity]:
    return directory.roles.under(account, after=_key(account, after))


def _local_policies(
    directory: Directory, aws_policies: AwsPolicies, account: str, after: str | None
) -> Iterator[Entity]:
    return directory.managed_policies.under(account, after=_key(account, after))


def _aws_policies(directory: Directory, aws_policies: AwsPolicies, account: str, after: str | None) -> Iterator[Entity]:
    """Only those of AWS's policies that are in use."""
    usage = PolicyUsage(directory, account, of_many=True)
    return (policy for policy in aws_policies.under(after=after) if usage.is_used(policy.arn, None))


def _key(account: str, after: str | None) -> tuple[str, str] | None:
    return None if after is None else (account, after)


READERS: dict[str, Read] = {
    "User": _users,
    "Group": _groups,
    "Role": _roles,
    "LocalManagedPolicy": _local_policies,
    "AWSManagedPolicy": _aws_policies,
}
"""By the word of the `Filter` parameter, in the order of the list."""


@operation("iam:GetAccountAuthorizationDetails")
def get_account_authorization_details(
    call: Call[shapes.GetAccountAuthorizationDetailsRequest], directory: Directory, aws_policies: AwsPolicies
) -> shapes.GetAccountAuthorizationDetailsResponse:
    """Show a page of what the account holds."""
    page = call.paged(_rows(call, directory, aws_policies), lambda row: f"{row[0]} {row[1].name.lower()}")
    users: list[shapes.UserDetail] = []
    groups: list[shapes.GroupDetail] = []
    roles: list[shapes.RoleDetail] = []
    policies: list[shapes.ManagedPolicyDetail] = []
    usage: PolicyUsage | None = None
    for _, entity in page.rows:
        if isinstance(entity, User):
            users.append(_user_detail(directory, entity))
        elif isinstance(entity, Group):
            groups.append(_group_detail(directory, entity))
        elif isinstance(entity, Role):
            roles.append(_role_detail(directory, entity))
        else:
            usage = usage or PolicyUsage(directory, call.account, of_many=True)
            policies.append(_policy_detail(directory, usage, entity))
    return shapes.GetAccountAuthorizationDetailsResponse(
        user_detail_list=users,
        group_detail_list=groups,
        role_detail_list=roles,
        policies=policies,
        is_truncated=page.is_truncated,
        marker=page.marker,
    )


def _rows(
    call: Call[shapes.GetAccountAuthorizationDetailsRequest], directory: Directory, aws_policies: AwsPolicies
) -> Iterator[tuple[str, Entity]]:
    wanted = [kind for kind in READERS if not call.request.filter or kind in call.request.filter]
    began, _, name = (call.after or "").partition(" ")
    kinds = list(READERS)
    for kind in wanted:
        if began and kinds.index(kind) < kinds.index(began):
            continue
        for entity in READERS[kind](directory, aws_policies, call.account, name if kind == began else None):
            yield kind, entity


def _user_detail(directory: Directory, user: User) -> shapes.UserDetail:
    return shapes.UserDetail(
        path=user.path,
        user_name=user.name,
        user_id=user.id,
        arn=user.arn,
        create_date=user.created_at,
        user_policy_list=inline_policy_views(directory, user.account, user.id) or None,
        group_list=[group.name for group in groups_of(directory, user)],
        attached_managed_policies=attached_policy_views(directory, user.account, user.id),
        permissions_boundary=boundary_view(user.boundary),
        tags=tag_views(user.tags),
    )


def _group_detail(directory: Directory, group: Group) -> shapes.GroupDetail:
    return shapes.GroupDetail(
        path=group.path,
        group_name=group.name,
        group_id=group.id,
        arn=group.arn,
        create_date=group.created_at,
        group_policy_list=inline_policy_views(directory, group.account, group.id),
        attached_managed_policies=attached_policy_views(directory, group.account, group.id),
    )


def _role_detail(directory: Directory, role: Role) -> shapes.RoleDetail:
    profiles = directory.instance_profiles.where("role", role.account, role.id)
    return shapes.RoleDetail(
        path=role.path,
        role_name=role.name,
        role_id=role.id,
        arn=role.arn,
        create_date=role.created_at,
        assume_role_policy_document=encoded(shown_trust_policy(role, directory)),
        instance_profile_list=[instance_profile_view(profile, directory) for profile in profiles],
        role_policy_list=inline_policy_views(directory, role.account, role.id),
        attached_managed_policies=attached_policy_views(directory, role.account, role.id),
        permissions_boundary=boundary_view(role.boundary),
        tags=tag_views(role.tags),
        role_last_used=last_used_view(role, directory),
    )


def _policy_detail(
    directory: Directory, usage: PolicyUsage, policy: ManagedPolicy | AwsPolicy
) -> shapes.ManagedPolicyDetail:
    if isinstance(policy, ManagedPolicy):
        default_version, description = f"v{policy.default_version}", policy.description
        versions = [version_view(version, policy, is_whole=True) for version in versions_of(directory, policy)]
    else:
        default_version, description = policy.version, None
        versions = [
            shapes.PolicyVersion(
                document=encoded(policy.document),
                version_id=policy.version,
                is_default_version=True,
                create_date=policy.updated_at,
            )
        ]
    return shapes.ManagedPolicyDetail(
        policy_name=policy.name,
        policy_id=policy.id,
        arn=policy.arn,
        path=policy.path,
        default_version_id=default_version,
        attachment_count=usage.attachments(policy.arn),
        permissions_boundary_usage_count=usage.boundaries(policy.arn),
        is_attachable=True,
        description=description or None,
        create_date=policy.created_at,
        update_date=policy.updated_at,
        policy_version_list=versions,
    )
