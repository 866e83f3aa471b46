"""Structures of IAM for the operations in `served.toml`. Written by tools/generate_shapes.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from watchword.protocols.shapes import Shape


class AccessKey(Shape, frozen=True, kw_only=True):
    """Used by CreateAccessKey."""

    secret_members: ClassVar[frozenset[str]] = frozenset({"secret_access_key"})
    user_name: str | None = None
    access_key_id: str
    status: str
    secret_access_key: str
    create_date: datetime | None = None


class AccessKeyLastUsed(Shape, frozen=True, kw_only=True):
    """Used by GetAccessKeyLastUsed."""

    last_used_date: datetime | None = None
    service_name: str
    region: str


class AccessKeyMetadata(Shape, frozen=True, kw_only=True):
    """Used by ListAccessKeys."""

    user_name: str | None = None
    access_key_id: str | None = None
    status: str | None = None
    create_date: datetime | None = None


class AddRoleToInstanceProfileRequest(Shape, frozen=True, kw_only=True):
    """Input of AddRoleToInstanceProfile."""

    instance_profile_name: str
    role_name: str


class AddUserToGroupRequest(Shape, frozen=True, kw_only=True):
    """Input of AddUserToGroup."""

    group_name: str
    user_name: str


class AttachGroupPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of AttachGroupPolicy."""

    group_name: str
    policy_arn: str


class AttachRolePolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of AttachRolePolicy."""

    role_name: str
    policy_arn: str


class AttachUserPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of AttachUserPolicy."""

    user_name: str
    policy_arn: str


class AttachedPermissionsBoundary(Shape, frozen=True, kw_only=True):
    """Used by CreateUser, GetUser and 11 more."""

    permissions_boundary_type: str | None = None
    permissions_boundary_arn: str | None = None


class AttachedPolicy(Shape, frozen=True, kw_only=True):
    """Used by ListAttachedUserPolicies, ListAttachedGroupPolicies and 2 more."""

    policy_name: str | None = None
    policy_arn: str | None = None


class CreateAccessKeyRequest(Shape, frozen=True, kw_only=True):
    """Input of CreateAccessKey."""

    user_name: str | None = None


class CreateAccessKeyResponse(Shape, frozen=True, kw_only=True):
    """Output of CreateAccessKey."""

    access_key: AccessKey


class CreateAccountAliasRequest(Shape, frozen=True, kw_only=True):
    """Input of CreateAccountAlias."""

    account_alias: str


class CreateGroupRequest(Shape, frozen=True, kw_only=True):
    """Input of CreateGroup."""

    path: str | None = None
    group_name: str


class CreateGroupResponse(Shape, frozen=True, kw_only=True):
    """Output of CreateGroup."""

    group: Group


class CreateInstanceProfileRequest(Shape, frozen=True, kw_only=True):
    """Input of CreateInstanceProfile."""

    instance_profile_name: str
    path: str | None = None
    tags: Sequence[Tag] | None = None


class CreateInstanceProfileResponse(Shape, frozen=True, kw_only=True):
    """Output of CreateInstanceProfile."""

    instance_profile: InstanceProfile


class CreatePolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of CreatePolicy."""

    policy_name: str
    path: str | None = None
    policy_document: str
    description: str | None = None
    tags: Sequence[Tag] | None = None


class CreatePolicyResponse(Shape, frozen=True, kw_only=True):
    """Output of CreatePolicy."""

    policy: Policy | None = None


class CreatePolicyVersionRequest(Shape, frozen=True, kw_only=True):
    """Input of CreatePolicyVersion."""

    policy_arn: str
    policy_document: str
    set_as_default: bool | None = None


class CreatePolicyVersionResponse(Shape, frozen=True, kw_only=True):
    """Output of CreatePolicyVersion."""

    policy_version: PolicyVersion | None = None


class CreateRoleRequest(Shape, frozen=True, kw_only=True):
    """Input of CreateRole."""

    path: str | None = None
    role_name: str
    assume_role_policy_document: str
    description: str | None = None
    max_session_duration: int | None = None
    permissions_boundary: str | None = None
    tags: Sequence[Tag] | None = None


class CreateRoleResponse(Shape, frozen=True, kw_only=True):
    """Output of CreateRole."""

    role: Role


class CreateUserRequest(Shape, frozen=True, kw_only=True):
    """Input of CreateUser."""

    path: str | None = None
    user_name: str
    permissions_boundary: str | None = None
    tags: Sequence[Tag] | None = None


class CreateUserResponse(Shape, frozen=True, kw_only=True):
    """Output of CreateUser."""

    user: User | None = None


class DeleteAccessKeyRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteAccessKey."""

    user_name: str | None = None
    access_key_id: str


class DeleteAccountAliasRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteAccountAlias."""

    account_alias: str


class DeleteGroupPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteGroupPolicy."""

    group_name: str
    policy_name: str


class DeleteGroupRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteGroup."""

    group_name: str


class DeleteInstanceProfileRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteInstanceProfile."""

    instance_profile_name: str


class DeletePolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of DeletePolicy."""

    policy_arn: str


class DeletePolicyVersionRequest(Shape, frozen=True, kw_only=True):
    """Input of DeletePolicyVersion."""

    policy_arn: str
    version_id: str


class DeleteRolePermissionsBoundaryRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteRolePermissionsBoundary."""

    role_name: str


class DeleteRolePolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteRolePolicy."""

    role_name: str
    policy_name: str


class DeleteRoleRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteRole."""

    role_name: str


class DeleteUserPermissionsBoundaryRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteUserPermissionsBoundary."""

    user_name: str


class DeleteUserPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteUserPolicy."""

    user_name: str
    policy_name: str


class DeleteUserRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteUser."""

    user_name: str


class DetachGroupPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of DetachGroupPolicy."""

    group_name: str
    policy_arn: str


class DetachRolePolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of DetachRolePolicy."""

    role_name: str
    policy_arn: str


class DetachUserPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of DetachUserPolicy."""

    user_name: str
    policy_arn: str


class GetAccessKeyLastUsedRequest(Shape, frozen=True, kw_only=True):
    """Input of GetAccessKeyLastUsed."""

    access_key_id: str


class GetAccessKeyLastUsedResponse(Shape, frozen=True, kw_only=True):
    """Output of GetAccessKeyLastUsed."""

    user_name: str | None = None
    access_key_last_used: AccessKeyLastUsed | None = None


class GetAccountAuthorizationDetailsRequest(Shape, frozen=True, kw_only=True):
    """Input of GetAccountAuthorizationDetails."""

    filter: Sequence[str] | None = None
    max_items: int | None = None
    marker: str | None = None


class GetAccountAuthorizationDetailsResponse(Shape, frozen=True, kw_only=True):
    """Output of GetAccountAuthorizationDetails."""

    user_detail_list: Sequence[UserDetail] | None = None
    group_detail_list: Sequence[GroupDetail] | None = None
    role_detail_list: Sequence[RoleDetail] | None = None
    policies: Sequence[ManagedPolicyDetail] | None = None
    is_truncated: bool | None = None
    marker: str | None = None


class GetAccountSummaryResponse(Shape, frozen=True, kw_only=True):
    """Output of GetAccountSummary."""

    summary_map: Mapping[str, int] | None = None


class GetGroupPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of GetGroupPolicy."""

    group_name: str
    policy_name: str


class GetGroupPolicyResponse(Shape, frozen=True, kw_only=True):
    """Output of GetGroupPolicy."""

    group_name: str
    policy_name: str
    policy_document: str


class GetGroupRequest(Shape, frozen=True, kw_only=True):
    """Input of GetGroup."""

    group_name: str
    marker: str | None = None
    max_items: int | None = None


class GetGroupResponse(Shape, frozen=True, kw_only=True):
    """Output of GetGroup."""

    group: Group
    users: Sequence[User]
    is_truncated: bool | None = None
    marker: str | None = None


class GetInstanceProfileRequest(Shape, frozen=True, kw_only=True):
    """Input of GetInstanceProfile."""

    instance_profile_name: str


class GetInstanceProfileResponse(Shape, frozen=True, kw_only=True):
    """Output of GetInstanceProfile."""

    instance_profile: InstanceProfile


class GetPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of GetPolicy."""

    policy_arn: str


class GetPolicyResponse(Shape, frozen=True, kw_only=True):
    """Output of GetPolicy."""

    policy: Policy | None = None


class GetPolicyVersionRequest(Shape, frozen=True, kw_only=True):
    """Input of GetPolicyVersion."""

    policy_arn: str
    version_id: str


class GetPolicyVersionResponse(Shape, frozen=True, kw_only=True):
    """Output of GetPolicyVersion."""

    policy_version: PolicyVersion | None = None


class GetRolePolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of GetRolePolicy."""

    role_name: str
    policy_name: str


class GetRolePolicyResponse(Shape, frozen=True, kw_only=True):
    """Output of GetRolePolicy."""

    role_name: str
    policy_name: str
    policy_document: str


class GetRoleRequest(Shape, frozen=True, kw_only=True):
    """Input of GetRole."""

    role_name: str


class GetRoleResponse(Shape, frozen=True, kw_only=True):
    """Output of GetRole."""

    role: Role


class GetUserPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of GetUserPolicy."""

    user_name: str
    policy_name: str


class GetUserPolicyResponse(Shape, frozen=True, kw_only=True):
    """Output of GetUserPolicy."""

    user_name: str
    policy_name: str
    policy_document: str


class GetUserRequest(Shape, frozen=True, kw_only=True):
    """Input of GetUser."""

    user_name: str | None = None


class GetUserResponse(Shape, frozen=True, kw_only=True):
    """Output of GetUser."""

    user: User


class Group(Shape, frozen=True, kw_only=True):
    """Used by CreateGroup, GetGroup and 2 more."""

    path: str
    group_name: str
    group_id: str
    arn: str
    create_date: datetime


class GroupDetail(Shape, frozen=True, kw_only=True):
    """Used by GetAccountAuthorizationDetails."""

    path: str | None = None
    group_name: str | None = None
    group_id: str | None = None
    arn: str | None = None
    create_date: datetime | None = None
    group_policy_list: Sequence[PolicyDetail] | None = None
    attached_managed_policies: Sequence[AttachedPolicy] | None = None


class InstanceProfile(Shape, frozen=True, kw_only=True):
    """Used by CreateInstanceProfile, GetInstanceProfile and 3 more."""

    path: str
    instance_profile_name: str
    instance_profile_id: str
    arn: str
    create_date: datetime
    roles: Sequence[Role]
    tags: Sequence[Tag] | None = None


class ListAccessKeysRequest(Shape, frozen=True, kw_only=True):
    """Input of ListAccessKeys."""

    user_name: str | None = None
    marker: str | None = None
    max_items: int | None = None


class ListAccessKeysResponse(Shape, frozen=True, kw_only=True):
    """Output of ListAccessKeys."""

    access_key_metadata: Sequence[AccessKeyMetadata]
    is_truncated: bool | None = None
    marker: str | None = None


class ListAccountAliasesRequest(Shape, frozen=True, kw_only=True):
    """Input of ListAccountAliases."""

    marker: str | None = None
    max_items: int | None = None


class ListAccountAliasesResponse(Shape, frozen=True, kw_only=True):
    """Output of ListAccountAliases."""

    account_aliases: Sequence[str]
    is_truncated: bool | None = None
    marker: str | None = None


class ListAttachedGroupPoliciesRequest(Shape, frozen=True, kw_only=True):
    """Input of ListAttachedGroupPolicies."""

    group_name: str
    path_prefix: str | None = None
    marker: str | None = None
    max_items: int | None = None


class ListAttachedGroupPoliciesResponse(Shape, frozen=True, kw_only=True):
    """Output of ListAttachedGroupPolicies."""

    attached_policies: Sequence[AttachedPolicy] | None = None
    is_truncated: bool | None = None
    marker: str | None = None


class ListAttachedRolePoliciesRequest(Shape, frozen=True, kw_only=True):
    """Input of ListAttachedRolePolicies."""

    role_name: str
    path_prefix: str | None = None
    marker: str | None = None
    max_items: int | None = None


class ListAttachedRolePoliciesResponse(Shape, frozen=True, kw_only=True):
    """Output of ListAttachedRolePolicies."""

    attached_policies: Sequence[AttachedPolicy] | None = None
    is_truncated: bool | None = None
    marker: str | None = None


class ListAttachedUserPoliciesRequest(Shape, frozen=True, kw_only=True):
    """Input of ListAttachedUserPolicies."""

    user_name: str
    path_prefix: str | None = None
    marker: str | None = None
    max_items: int | None = None


class ListAttachedUserPoliciesResponse(Shape, frozen=True, kw_only=True):
    """Output of ListAttachedUserPolicies."""

    attached_policies: Sequence[AttachedPolicy] | None = None
    is_truncated: bool | None = None
    marker: str | None = None


class ListEntitiesForPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of ListEntitiesForPolicy."""

    policy_arn: str
    entity_filter: str | None = None
    path_prefix: str | None = None
    policy_usage_filter: str | None = None
    marker: str | None = None
    max_items: int | None = None


class ListEntitiesForPolicyResponse(Shape, frozen=True, kw_only=True):
    """Output of ListEntitiesForPolicy."""

    policy_groups: Sequence[PolicyGroup] | None = None
    policy_users: Sequence[PolicyUser] | None = None
    policy_roles: Sequence[PolicyRole] | None = None
    is_truncated: bool | None = None
    marker: str | None = None


class ListGroupPoliciesRequest(Shape, frozen=True, kw_only=True):
    """Input of ListGroupPolicies."""

    group_name: str
    marker: str | None = None
    max_items: int | None = None


class ListGroupPoliciesResponse(Shape, frozen=True, kw_only=True):
    """Output of ListGroupPolicies."""

    policy_names: Sequence[str]
    is_truncated: bool | None = None
    marker: str | None = None


class ListGroupsForUserRequest(Shape, frozen=True, kw_only=True):
    """Input of ListGroupsForUser."""

    user_name: str
    marker: str | None = None
    max_items: int | None = None


class ListGroupsForUserResponse(Shape, frozen=True, kw_only=True):
    """Output of ListGroupsForUser."""

    groups: Sequence[Group]
    is_truncated: bool | None = None
    marker: str | None = None


class ListGroupsRequest(Shape, frozen=True, kw_only=True):
    """Input of ListGroups."""

    path_prefix: str | None = None
    marker: str | None = None
    max_items: int | None = None


class ListGroupsResponse(Shape, frozen=True, kw_only=True):
    """Output of ListGroups."""

    groups: Sequence[Group]
    is_truncated: bool | None = None
    marker: str | None = None


class ListInstanceProfileTagsRequest(Shape, frozen=True, kw_only=True):
    """Input of ListInstanceProfileTags."""

    instance_profile_name: str
    marker: str | None = None
    max_items: int | None = None


class ListInstanceProfileTagsResponse(Shape, frozen=True, kw_only=True):
    """Output of ListInstanceProfileTags."""

    tags: Sequence[Tag]
    is_truncated: bool | None = None
    marker: str | None = None


class ListInstanceProfilesForRoleRequest(Shape, frozen=True, kw_only=True):
    """Input of ListInstanceProfilesForRole."""

    role_name: str
    marker: str | None = None
    max_items: int | None = None


class ListInstanceProfilesForRoleResponse(Shape, frozen=True, kw_only=True):
    """Output of ListInstanceProfilesForRole."""

    instance_profiles: Sequence[InstanceProfile]
    is_truncated: bool | None = None
    marker: str | None = None


class ListInstanceProfilesRequest(Shape, frozen=True, kw_only=True):
    """Input of ListInstanceProfiles."""

    path_prefix: str | None = None
    marker: str | None = None
    max_items: int | None = None


class ListInstanceProfilesResponse(Shape, frozen=True, kw_only=True):
    """Output of ListInstanceProfiles."""

    instance_profiles: Sequence[InstanceProfile]
    is_truncated: bool | None = None
    marker: str | None = None


class ListPoliciesRequest(Shape, frozen=True, kw_only=True):
    """Input of ListPolicies."""

    scope: str | None = None
    only_attached: bool | None = None
    path_prefix: str | None = None
    policy_usage_filter: str | None = None
    marker: str | None = None
    max_items: int | None = None


class ListPoliciesResponse(Shape, frozen=True, kw_only=True):
    """Output of ListPolicies."""

    policies: Sequence[Policy] | None = None
    is_truncated: bool | None = None
    marker: str | None = None


class ListPolicyTagsRequest(Shape, frozen=True, kw_only=True):
    """Input of ListPolicyTags."""

    policy_arn: str
    marker: str | None = None
    max_items: int | None = None


class ListPolicyTagsResponse(Shape, frozen=True, kw_only=True):
    """Output of ListPolicyTags."""

    tags: Sequence[Tag]
    is_truncated: bool | None = None
    marker: str | None = None


class ListPolicyVersionsRequest(Shape, frozen=True, kw_only=True):
    """Input of ListPolicyVersions."""

    policy_arn: str
    marker: str | None = None
    max_items: int | None = None


class ListPolicyVersionsResponse(Shape, frozen=True, kw_only=True):
    """Output of ListPolicyVersions."""

    versions: Sequence[PolicyVersion] | None = None
    is_truncated: bool | None = None
    marker: str | None = None


class ListRolePoliciesRequest(Shape, frozen=True, kw_only=True):
    """Input of ListRolePolicies."""

    role_name: str
    marker: str | None = None
    max_items: int | None = None


class ListRolePoliciesResponse(Shape, frozen=True, kw_only=True):
    """Output of ListRolePolicies."""

    policy_names: Sequence[str]
    is_truncated: bool | None = None
    marker: str | None = None


class ListRoleTagsRequest(Shape, frozen=True, kw_only=True):
    """Input of ListRoleTags."""

    role_name: str
    marker: str | None = None
    max_items: int | None = None


class ListRoleTagsResponse(Shape, frozen=True, kw_only=True):
    """Output of ListRoleTags."""

    tags: Sequence[Tag]
    is_truncated: bool | None = None
    marker: str | None = None


class ListRolesRequest(Shape, frozen=True, kw_only=True):
    """Input of ListRoles."""

    path_prefix: str | None = None
    marker: str | None = None
    max_items: int | None = None


class ListRolesResponse(Shape, frozen=True, kw_only=True):
    """Output of ListRoles."""

    roles: Sequence[Role]
    is_truncated: bool | None = None
    marker: str | None = None


class ListUserPoliciesRequest(Shape, frozen=True, kw_only=True):
    """Input of ListUserPolicies."""

    user_name: str
    marker: str | None = None
    max_items: int | None = None


class ListUserPoliciesResponse(Shape, frozen=True, kw_only=True):
    """Output of ListUserPolicies."""

    policy_names: Sequence[str]
    is_truncated: bool | None = None
    marker: str | None = None


class ListUserTagsRequest(Shape, frozen=True, kw_only=True):
    """Input of ListUserTags."""

    user_name: str
    marker: str | None = None
    max_items: int | None = None


class ListUserTagsResponse(Shape, frozen=True, kw_only=True):
    """Output of ListUserTags."""

    tags: Sequence[Tag]
    is_truncated: bool | None = None
    marker: str | None = None


class ListUsersRequest(Shape, frozen=True, kw_only=True):
    """Input of ListUsers."""

    path_prefix: str | None = None
    marker: str | None = None
    max_items: int | None = None


class ListUsersResponse(Shape, frozen=True, kw_only=True):
    """Output of ListUsers."""

    users: Sequence[User]
    is_truncated: bool | None = None
    marker: str | None = None


class ManagedPolicyDetail(Shape, frozen=True, kw_only=True):
    """Used by GetAccountAuthorizationDetails."""

    policy_name: str | None = None
    policy_id: str | None = None
    arn: str | None = None
    path: str | None = None
    default_version_id: str | None = None
    attachment_count: int | None = None
    permissions_boundary_usage_count: int | None = None
    is_attachable: bool | None = None
    description: str | None = None
    create_date: datetime | None = None
    update_date: datetime | None = None
    policy_version_list: Sequence[PolicyVersion] | None = None


class Policy(Shape, frozen=True, kw_only=True):
    """Used by CreatePolicy, GetPolicy and 1 more."""

    policy_name: str | None = None
    policy_id: str | None = None
    arn: str | None = None
    path: str | None = None
    default_version_id: str | None = None
    attachment_count: int | None = None
    permissions_boundary_usage_count: int | None = None
    is_attachable: bool | None = None
    description: str | None = None
    create_date: datetime | None = None
    update_date: datetime | None = None
    tags: Sequence[Tag] | None = None


class PolicyDetail(Shape, frozen=True, kw_only=True):
    """Used by GetAccountAuthorizationDetails."""

    policy_name: str | None = None
    policy_document: str | None = None


class PolicyGroup(Shape, frozen=True, kw_only=True):
    """Used by ListEntitiesForPolicy."""

    group_name: str | None = None
    group_id: str | None = None


class PolicyRole(Shape, frozen=True, kw_only=True):
    """Used by ListEntitiesForPolicy."""

    role_name: str | None = None
    role_id: str | None = None


class PolicyUser(Shape, frozen=True, kw_only=True):
    """Used by ListEntitiesForPolicy."""

    user_name: str | None = None
    user_id: str | None = None


class PolicyVersion(Shape, frozen=True, kw_only=True):
    """Used by CreatePolicyVersion, GetPolicyVersion and 2 more."""

    document: str | None = None
    version_id: str | None = None
    is_default_version: bool | None = None
    create_date: datetime | None = None


class PutGroupPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of PutGroupPolicy."""

    group_name: str
    policy_name: str
    policy_document: str


class PutRolePermissionsBoundaryRequest(Shape, frozen=True, kw_only=True):
    """Input of PutRolePermissionsBoundary."""

    role_name: str
    permissions_boundary: str


class PutRolePolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of PutRolePolicy."""

    role_name: str
    policy_name: str
    policy_document: str


class PutUserPermissionsBoundaryRequest(Shape, frozen=True, kw_only=True):
    """Input of PutUserPermissionsBoundary."""

    user_name: str
    permissions_boundary: str


class PutUserPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of PutUserPolicy."""

    user_name: str
    policy_name: str
    policy_document: str


class RemoveRoleFromInstanceProfileRequest(Shape, frozen=True, kw_only=True):
    """Input of RemoveRoleFromInstanceProfile."""

    instance_profile_name: str
    role_name: str


class RemoveUserFromGroupRequest(Shape, frozen=True, kw_only=True):
    """Input of RemoveUserFromGroup."""

    group_name: str
    user_name: str


class Role(Shape, frozen=True, kw_only=True):
    """Used by CreateRole, GetRole and 7 more."""

    path: str
    role_name: str
    role_id: str
    arn: str
    create_date: datetime
    assume_role_policy_document: str | None = None
    description: str | None = None
    max_session_duration: int | None = None
    permissions_boundary: AttachedPermissionsBoundary | None = None
    tags: Sequence[Tag] | None = None
    role_last_used: RoleLastUsed | None = None
    source_role_template: SourceRoleTemplate | None = None


class RoleDetail(Shape, frozen=True, kw_only=True):
    """Used by GetAccountAuthorizationDetails."""

    path: str | None = None
    role_name: str | None = None
    role_id: str | None = None
    arn: str | None = None
    create_date: datetime | None = None
    assume_role_policy_document: str | None = None
    instance_profile_list: Sequence[InstanceProfile] | None = None
    role_policy_list: Sequence[PolicyDetail] | None = None
    attached_managed_policies: Sequence[AttachedPolicy] | None = None
    permissions_boundary: AttachedPermissionsBoundary | None = None
    tags: Sequence[Tag] | None = None
    role_last_used: RoleLastUsed | None = None


class RoleLastUsed(Shape, frozen=True, kw_only=True):
    """Used by CreateRole, GetRole and 7 more."""

    last_used_date: datetime | None = None
    region: str | None = None


class SetDefaultPolicyVersionRequest(Shape, frozen=True, kw_only=True):
    """Input of SetDefaultPolicyVersion."""

    policy_arn: str
    version_id: str


class SourceRoleTemplate(Shape, frozen=True, kw_only=True):
    """Used by CreateRole, GetRole and 7 more."""

    template_arn: str
    template_minor_version: int


class Tag(Shape, frozen=True, kw_only=True):
    """Used by CreateUser, GetUser and 22 more."""

    key: str
    value: str


class TagInstanceProfileRequest(Shape, frozen=True, kw_only=True):
    """Input of TagInstanceProfile."""

    instance_profile_name: str
    tags: Sequence[Tag]


class TagPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of TagPolicy."""

    policy_arn: str
    tags: Sequence[Tag]


class TagRoleRequest(Shape, frozen=True, kw_only=True):
    """Input of TagRole."""

    role_name: str
    tags: Sequence[Tag]


class TagUserRequest(Shape, frozen=True, kw_only=True):
    """Input of TagUser."""

    user_name: str
    tags: Sequence[Tag]


class UntagInstanceProfileRequest(Shape, frozen=True, kw_only=True):
    """Input of UntagInstanceProfile."""

    instance_profile_name: str
    tag_keys: Sequence[str]


class UntagPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of UntagPolicy."""

    policy_arn: str
    tag_keys: Sequence[str]


class UntagRoleRequest(Shape, frozen=True, kw_only=True):
    """Input of UntagRole."""

    role_name: str
    tag_keys: Sequence[str]


class UntagUserRequest(Shape, frozen=True, kw_only=True):
    """Input of UntagUser."""

    user_name: str
    tag_keys: Sequence[str]


class UpdateAccessKeyRequest(Shape, frozen=True, kw_only=True):
    """Input of UpdateAccessKey."""

    user_name: str | None = None
    access_key_id: str
    status: str


class UpdateAssumeRolePolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of UpdateAssumeRolePolicy."""

    role_name: str
    policy_document: str


class UpdateGroupRequest(Shape, frozen=True, kw_only=True):
    """Input of UpdateGroup."""

    group_name: str
    new_path: str | None = None
    new_group_name: str | None = None


class UpdateRoleDescriptionRequest(Shape, frozen=True, kw_only=True):
    """Input of UpdateRoleDescription."""

    role_name: str
    description: str


class UpdateRoleDescriptionResponse(Shape, frozen=True, kw_only=True):
    """Output of UpdateRoleDescription."""

    role: Role | None = None


class UpdateRoleRequest(Shape, frozen=True, kw_only=True):
    """Input of UpdateRole."""

    role_name: str
    description: str | None = None
    max_session_duration: int | None = None


class UpdateRoleResponse(Shape, frozen=True, kw_only=True):
    """Output of UpdateRole."""


class UpdateUserRequest(Shape, frozen=True, kw_only=True):
    """Input of UpdateUser."""

    user_name: str
    new_path: str | None = None
    new_user_name: str | None = None


class User(Shape, frozen=True, kw_only=True):
    """Used by CreateUser, GetUser and 2 more."""

    path: str | None = None
    user_name: str | None = None
    user_id: str
    arn: str
    create_date: datetime
    password_last_used: datetime | None = None
    permissions_boundary: AttachedPermissionsBoundary | None = None
    tags: Sequence[Tag] | None = None


class UserDetail(Shape, frozen=True, kw_only=True):
    """Used by GetAccountAuthorizationDetails."""

    path: str | None = None
    user_name: str | None = None
    user_id: str | None = None
    arn: str | None = None
    create_date: datetime | None = None
    user_policy_list: Sequence[PolicyDetail] | None = None
    group_list: Sequence[str] | None = None
    attached_managed_policies: Sequence[AttachedPolicy] | None = None
    permissions_boundary: AttachedPermissionsBoundary | None = None
    tags: Sequence[Tag] | None = None


TYPES: dict[str, type[Shape]] = {
    "AccessKey": AccessKey,
    "AccessKeyLastUsed": AccessKeyLastUsed,
    "AccessKeyMetadata": AccessKeyMetadata,
    "AddRoleToInstanceProfileRequest": AddRoleToInstanceProfileRequest,
    "AddUserToGroupRequest": AddUserToGroupRequest,
    "AttachGroupPolicyRequest": AttachGroupPolicyRequest,
    "AttachRolePolicyRequest": AttachRolePolicyRequest,
    "AttachUserPolicyRequest": AttachUserPolicyRequest,
    "AttachedPermissionsBoundary": AttachedPermissionsBoundary,
    "AttachedPolicy": AttachedPolicy,
    "CreateAccessKeyRequest": CreateAccessKeyRequest,
    "CreateAccessKeyResponse": CreateAccessKeyResponse,
    "CreateAccountAliasRequest": CreateAccountAliasRequest,
    "CreateGroupRequest": CreateGroupRequest,
    "CreateGroupResponse": CreateGroupResponse,
    "CreateInstanceProfileRequest": CreateInstanceProfileRequest,
    "CreateInstanceProfileResponse": CreateInstanceProfileResponse,
    "CreatePolicyRequest": CreatePolicyRequest,
    "CreatePolicyResponse": CreatePolicyResponse,
    "CreatePolicyVersionRequest": CreatePolicyVersionRequest,
    "CreatePolicyVersionResponse": CreatePolicyVersionResponse,
    "CreateRoleRequest": CreateRoleRequest,
    "CreateRoleResponse": CreateRoleResponse,
    "CreateUserRequest": CreateUserRequest,
    "CreateUserResponse": CreateUserResponse,
    "DeleteAccessKeyRequest": DeleteAccessKeyRequest,
    "DeleteAccountAliasRequest": DeleteAccountAliasRequest,
    "DeleteGroupPolicyRequest": DeleteGroupPolicyRequest,
    "DeleteGroupRequest": DeleteGroupRequest,
    "DeleteInstanceProfileRequest": DeleteInstanceProfileRequest,
    "DeletePolicyRequest": DeletePolicyRequest,
    "DeletePolicyVersionRequest": DeletePolicyVersionRequest,
    "DeleteRolePermissionsBoundaryRequest": DeleteRolePermissionsBoundaryRequest,
    "DeleteRolePolicyRequest": DeleteRolePolicyRequest,
    "DeleteRoleRequest": DeleteRoleRequest,
    "DeleteUserPermissionsBoundaryRequest": DeleteUserPermissionsBoundaryRequest,
    "DeleteUserPolicyRequest": DeleteUserPolicyRequest,
    "DeleteUserRequest": DeleteUserRequest,
    "DetachGroupPolicyRequest": DetachGroupPolicyRequest,
    "DetachRolePolicyRequest": DetachRolePolicyRequest,
    "DetachUserPolicyRequest": DetachUserPolicyRequest,
    "GetAccessKeyLastUsedRequest": GetAccessKeyLastUsedRequest,
    "GetAccessKeyLastUsedResponse": GetAccessKeyLastUsedResponse,
    "GetAccountAuthorizationDetailsRequest": GetAccountAuthorizationDetailsRequest,
    "GetAccountAuthorizationDetailsResponse": GetAccountAuthorizationDetailsResponse,
    "GetAccountSummaryResponse": GetAccountSummaryResponse,
    "GetGroupPolicyRequest": GetGroupPolicyRequest,
    "GetGroupPolicyResponse": GetGroupPolicyResponse,
    "GetGroupRequest": GetGroupRequest,
    "GetGroupResponse": GetGroupResponse,
    "GetInstanceProfileRequest": GetInstanceProfileRequest,
    "GetInstanceProfileResponse": GetInstanceProfileResponse,
    "GetPolicyRequest": GetPolicyRequest,
    "GetPolicyResponse": GetPolicyResponse,
    "GetPolicyVersionRequest": GetPolicyVersionRequest,
    "GetPolicyVersionResponse": GetPolicyVersionResponse,
    "GetRolePolicyRequest": GetRolePolicyRequest,
    "GetRolePolicyResponse": GetRolePolicyResponse,
    "GetRoleRequest": GetRoleRequest,
    "GetRoleResponse": GetRoleResponse,
    "GetUserPolicyRequest": GetUserPolicyRequest,
    "GetUserPolicyResponse": GetUserPolicyResponse,
    "GetUserRequest": GetUserRequest,
    "GetUserResponse": GetUserResponse,
    "Group": Group,
    "GroupDetail": GroupDetail,
    "InstanceProfile": InstanceProfile,
    "ListAccessKeysRequest": ListAccessKeysRequest,
    "ListAccessKeysResponse": ListAccessKeysResponse,
    "ListAccountAliasesRequest": ListAccountAliasesRequest,
    "ListAccountAliasesResponse": ListAccountAliasesResponse,
    "ListAttachedGroupPoliciesRequest": ListAttachedGroupPoliciesRequest,
    "ListAttachedGroupPoliciesResponse": ListAttachedGroupPoliciesResponse,
    "ListAttachedRolePoliciesRequest": ListAttachedRolePoliciesRequest,
    "ListAttachedRolePoliciesResponse": ListAttachedRolePoliciesResponse,
    "ListAttachedUserPoliciesRequest": ListAttachedUserPoliciesRequest,
    "ListAttachedUserPoliciesResponse": ListAttachedUserPoliciesResponse,
    "ListEntitiesForPolicyRequest": ListEntitiesForPolicyRequest,
    "ListEntitiesForPolicyResponse": ListEntitiesForPolicyResponse,
    "ListGroupPoliciesRequest": ListGroupPoliciesRequest,
    "ListGroupPoliciesResponse": ListGroupPoliciesResponse,
    "ListGroupsForUserRequest": ListGroupsForUserRequest,
    "ListGroupsForUserResponse": ListGroupsForUserResponse,
    "ListGroupsRequest": ListGroupsRequest,
    "ListGroupsResponse": ListGroupsResponse,
    "ListInstanceProfileTagsRequest": ListInstanceProfileTagsRequest,
    "ListInstanceProfileTagsResponse": ListInstanceProfileTagsResponse,
    "ListInstanceProfilesForRoleRequest": ListInstanceProfilesForRoleRequest,
    "ListInstanceProfilesForRoleResponse": ListInstanceProfilesForRoleResponse,
    "ListInstanceProfilesRequest": ListInstanceProfilesRequest,
    "ListInstanceProfilesResponse": ListInstanceProfilesResponse,
    "ListPoliciesRequest": ListPoliciesRequest,
    "ListPoliciesResponse": ListPoliciesResponse,
    "ListPolicyTagsRequest": ListPolicyTagsRequest,
    "ListPolicyTagsResponse": ListPolicyTagsResponse,
    "ListPolicyVersionsRequest": ListPolicyVersionsRequest,
    "ListPolicyVersionsResponse": ListPolicyVersionsResponse,
    "ListRolePoliciesRequest": ListRolePoliciesRequest,
    "ListRolePoliciesResponse": ListRolePoliciesResponse,
    "ListRoleTagsRequest": ListRoleTagsRequest,
    "ListRoleTagsResponse": ListRoleTagsResponse,
    "ListRolesRequest": ListRolesRequest,
    "ListRolesResponse": ListRolesResponse,
    "ListUserPoliciesRequest": ListUserPoliciesRequest,
    "ListUserPoliciesResponse": ListUserPoliciesResponse,
    "ListUserTagsRequest": ListUserTagsRequest,
    "ListUserTagsResponse": ListUserTagsResponse,
    "ListUsersRequest": ListUsersRequest,
    "ListUsersResponse": ListUsersResponse,
    "ManagedPolicyDetail": ManagedPolicyDetail,
    "Policy": Policy,
    "PolicyDetail": PolicyDetail,
    "PolicyGroup": PolicyGroup,
    "PolicyRole": PolicyRole,
    "PolicyUser": PolicyUser,
    "PolicyVersion": PolicyVersion,
    "PutGroupPolicyRequest": PutGroupPolicyRequest,
    "PutRolePermissionsBoundaryRequest": PutRolePermissionsBoundaryRequest,
    "PutRolePolicyRequest": PutRolePolicyRequest,
    "PutUserPermissionsBoundaryRequest": PutUserPermissionsBoundaryRequest,
    "PutUserPolicyRequest": PutUserPolicyRequest,
    "RemoveRoleFromInstanceProfileRequest": RemoveRoleFromInstanceProfileRequest,
    "RemoveUserFromGroupRequest": RemoveUserFromGroupRequest,
    "Role": Role,
    "RoleDetail": RoleDetail,
    "RoleLastUsed": RoleLastUsed,
    "SetDefaultPolicyVersionRequest": SetDefaultPolicyVersionRequest,
    "SourceRoleTemplate": SourceRoleTemplate,
    "Tag": Tag,
    "TagInstanceProfileRequest": TagInstanceProfileRequest,
    "TagPolicyRequest": TagPolicyRequest,
    "TagRoleRequest": TagRoleRequest,
    "TagUserRequest": TagUserRequest,
    "UntagInstanceProfileRequest": UntagInstanceProfileRequest,
    "UntagPolicyRequest": UntagPolicyRequest,
    "UntagRoleRequest": UntagRoleRequest,
    "UntagUserRequest": UntagUserRequest,
    "UpdateAccessKeyRequest": UpdateAccessKeyRequest,
    "UpdateAssumeRolePolicyRequest": UpdateAssumeRolePolicyRequest,
    "UpdateGroupRequest": UpdateGroupRequest,
    "UpdateRoleDescriptionRequest": UpdateRoleDescriptionRequest,
    "UpdateRoleDescriptionResponse": UpdateRoleDescriptionResponse,
    "UpdateRoleRequest": UpdateRoleRequest,
    "UpdateRoleResponse": UpdateRoleResponse,
    "UpdateUserRequest": UpdateUserRequest,
    "User": User,
    "UserDetail": UserDetail,
}
"""The classes above by shape name."""
