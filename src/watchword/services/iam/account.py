"""The account itself: its summary and its one alias.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html, API_CreateAccountAlias.html
"""

from __future__ import annotations

from typing import Any

from watchword.directory.accounts import AccountAlias
from watchword.directory.directory import Directory
from watchword.directory.policies import VERSIONS_MAX
from watchword.services.call import Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.errors import EntityAlreadyExists, NoSuchEntity
from watchword.services.operation import operation


@operation("iam:GetAccountSummary", request=dict)
def get_account_summary(call: Call[Any], directory: Directory) -> shapes.GetAccountSummaryResponse:
    """Count what the account holds, beside its quotas."""
    return shapes.GetAccountSummaryResponse(summary_map=_held(directory, call.account) | _QUOTAS)


def _held(directory: Directory, account: str) -> dict[str, int]:
    record = directory.accounts.get(account)
    root_keys = directory.access_keys.where("owner", account, account, limit=1)
    return {
        "Users": directory.users.count(account),
        "Groups": directory.groups.count(account),
        "Roles": directory.roles.count(account),
        "Policies": directory.managed_policies.count(account),
        "PolicyVersionsInUse": directory.policy_versions.count(account),
        "InstanceProfiles": directory.instance_profiles.count(account),
        "MFADevices": directory.mfa_devices.count(account),
        "MFADevicesInUse": sum(1 for each in directory.mfa_devices.under(account) if each.owner_id),
        "AccountMFAEnabled": int(any(directory.mfa_devices.where("owner", account, account, limit=1))),
        "AccountAccessKeysPresent": int(any(root_keys)),
        "AccountPasswordPresent": int(record is not None and record.root_password_hash != ""),
    }


_NOT_SERVED = (
    "AccountSigningCertificatesPresent",
    "Providers",
    "ServerCertificates",
)
"""What an account cannot hold here yet."""
_QUOTAS = {
    "AccessKeysPerUserQuota": quotas.ACCESS_KEYS_PER_USER.limit,
    "AssumeRolePolicySizeQuota": quotas.TRUST_POLICY_SIZE.limit,
    "AttachedPoliciesPerGroupQuota": quotas.POLICIES_PER_GROUP.limit,
    "AttachedPoliciesPerRoleQuota": quotas.POLICIES_PER_ROLE.limit,
    "AttachedPoliciesPerUserQuota": quotas.POLICIES_PER_USER.limit,
    "GlobalEndpointTokenVersion": 2,
    "GroupPolicySizeQuota": quotas.GROUP_INLINE_SIZE,
    "GroupsPerUserQuota": quotas.GROUPS_PER_USER.limit,
    "GroupsQuota": quotas.GROUPS.limit,
    "InstanceProfilesQuota": quotas.INSTANCE_PROFILES.limit,
    "PoliciesQuota": quotas.POLICIES.limit,
    "PolicySizeQuota": quotas.POLICY_SIZE.limit,
    "PolicyVersionsInUseQuota": quotas.POLICY_VERSIONS_IN_USE,
    "RolePolicySizeQuota": quotas.ROLE_INLINE_SIZE,
    "RolesQuota": quotas.ROLES.limit,
    "ServerCertificatesQuota": quotas.SERVER_CERTIFICATES,
    "SigningCertificatesPerUserQuota": quotas.SIGNING_CERTIFICATES_PER_USER,
    "UserPolicySizeQuota": quotas.USER_INLINE_SIZE,
    "UsersQuota": quotas.USERS.limit,
    "VersionsPerPolicyQuota": VERSIONS_MAX,
} | dict.fromkeys(_NOT_SERVED, 0)


@operation("iam:CreateAccountAlias", writes=True)
def create_account_alias(call: Call[shapes.CreateAccountAliasRequest], directory: Directory) -> None:
    """Give the account its alias, in the place of the one that it had. Raises EntityAlreadyExists."""
    alias = AccountAlias(alias=call.request.account_alias, account=call.account)
    if directory.account_aliases.get(alias.alias) is not None:
        raise EntityAlreadyExists(f"The account alias {alias.alias} already exists.")
    old = directory.account_aliases.seek("account", call.account)
    if old is not None:
        directory.account_aliases.remove(old)
    directory.account_aliases.add(alias)


@operation("iam:ListAccountAliases")
def list_account_aliases(
    call: Call[shapes.ListAccountAliasesRequest], directory: Directory
) -> shapes.ListAccountAliasesResponse:
    """List the one alias of the account, if it has one."""
    alias = directory.account_aliases.seek("account", call.account)
    return shapes.ListAccountAliasesResponse(account_aliases=[alias.alias] if alias else [], is_truncated=False)


@operation("iam:DeleteAccountAlias", writes=True)
def delete_account_alias(call: Call[shapes.DeleteAccountAliasRequest], directory: Directory) -> None:
    """Take the alias away. Raises NoSuchEntity."""
    alias = directory.account_aliases.get(call.request.account_alias)
    if alias is None or alias.account != call.account:
        raise NoSuchEntity(f"The account alias {call.request.account_alias} cannot be found.")
    directory.account_aliases.remove(alias)
