"""The directory: every collection, bound to one transaction or snapshot."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from watchword.directory import access_keys, accounts, buckets, groups, instance_profiles, policies, roles, users
from watchword.directory.ports import Collection, RecordType, Transaction

RECORD_TYPES: tuple[RecordType[Any], ...] = (
    accounts.ACCOUNTS,
    accounts.ACCOUNT_ALIASES,
    users.USERS,
    groups.GROUPS,
    groups.MEMBERSHIPS,
    roles.ROLES,
    roles.ROLES_LAST_USED,
    policies.MANAGED_POLICIES,
    policies.POLICY_VERSIONS,
    policies.INLINE_POLICIES,
    policies.ATTACHMENTS,
    access_keys.ACCESS_KEYS,
    access_keys.ACCESS_KEYS_LAST_USED,
    instance_profiles.INSTANCE_PROFILES,
    buckets.BUCKETS,
    buckets.OBJECTS,
)


class Directory:
    """Who and what exists, as one transaction sees it."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction

    @cached_property
    def accounts(self) -> Collection[accounts.Account]:
        return self.transaction.collection(accounts.ACCOUNTS)

    @cached_property
    def account_aliases(self) -> Collection[accounts.AccountAlias]:
        return self.transaction.collection(accounts.ACCOUNT_ALIASES)

    @cached_property
    def users(self) -> Collection[users.User]:
        return self.transaction.collection(users.USERS)

    @cached_property
    def groups(self) -> Collection[groups.Group]:
        return self.transaction.collection(groups.GROUPS)

    @cached_property
    def memberships(self) -> Collection[groups.Membership]:
        return self.transaction.collection(groups.MEMBERSHIPS)

    @cached_property
    def roles(self) -> Collection[roles.Role]:
        return self.transaction.collection(roles.ROLES)

    @cached_property
    def roles_last_used(self) -> Collection[roles.RoleLastUsed]:
        return self.transaction.collection(roles.ROLES_LAST_USED)

    @cached_property
    def managed_policies(self) -> Collection[policies.ManagedPolicy]:
        return self.transaction.collection(policies.MANAGED_POLICIES)

    @cached_property
    def policy_versions(self) -> Collection[policies.PolicyVersion]:
        return self.transaction.collection(policies.POLICY_VERSIONS)

    @cached_property
    def inline_policies(self) -> Collection[policies.InlinePolicy]:
        return self.transaction.collection(policies.INLINE_POLICIES)

    @cached_property
    def attachments(self) -> Collection[policies.Attachment]:
        return self.transaction.collection(policies.ATTACHMENTS)

    @cached_property
    def access_keys(self) -> Collection[access_keys.AccessKey]:
        return self.transaction.collection(access_keys.ACCESS_KEYS)

    @cached_property
    def access_keys_last_used(self) -> Collection[access_keys.AccessKeyLastUsed]:
        return self.transaction.collection(access_keys.ACCESS_KEYS_LAST_USED)

    @cached_property
    def instance_profiles(self) -> Collection[instance_profiles.InstanceProfile]:
        return self.transaction.collection(instance_profiles.INSTANCE_PROFILES)

    @cached_property
    def buckets(self) -> Collection[buckets.Bucket]:
        return self.transaction.collection(buckets.BUCKETS)

    @cached_property
    def objects(self) -> Collection[buckets.StoredObject]:
        return self.transaction.collection(buckets.OBJECTS)
