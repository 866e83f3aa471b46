"""The directory: every collection, bound to one transaction or snapshot."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from watchword.directory.access_keys import ACCESS_KEYS, ACCESS_KEYS_LAST_USED
from watchword.directory.access_points import ACCESS_POINTS
from watchword.directory.accounts import ACCOUNT_ALIASES, ACCOUNTS
from watchword.directory.buckets import BUCKET_SETTINGS, BUCKETS, OBJECTS, S3_ACCOUNTS, VERSIONS
from watchword.directory.groups import GROUPS, MEMBERSHIPS
from watchword.directory.instance_profiles import INSTANCE_PROFILES
from watchword.directory.mfa_devices import MFA_CODE_USES, MFA_DEVICES
from watchword.directory.organizations import (
    ACCOUNT_CREATIONS,
    CONTROL_POLICIES,
    MEMBERS,
    ORGANIZATIONAL_UNITS,
    ORGANIZATIONS,
    POLICY_TARGETS,
)
from watchword.directory.policies import ATTACHMENTS, INLINE_POLICIES, MANAGED_POLICIES, POLICY_VERSIONS
from watchword.directory.ports import Collection, Record, RecordType, Transaction
from watchword.directory.roles import ROLES, ROLES_LAST_USED
from watchword.directory.service_linked_roles import ROLE_DELETIONS
from watchword.directory.uploads import ASSEMBLIES, UPLOAD_PARTS, UPLOADS
from watchword.directory.users import USERS

R = TypeVar("R", bound=Record)

RECORD_TYPES: tuple[RecordType[Any], ...] = (
    ACCOUNTS,
    ACCOUNT_ALIASES,
    USERS,
    GROUPS,
    MEMBERSHIPS,
    ROLES,
    ROLES_LAST_USED,
    ROLE_DELETIONS,
    MANAGED_POLICIES,
    POLICY_VERSIONS,
    INLINE_POLICIES,
    ATTACHMENTS,
    ACCESS_KEYS,
    ACCESS_KEYS_LAST_USED,
    MFA_DEVICES,
    MFA_CODE_USES,
    INSTANCE_PROFILES,
    BUCKETS,
    OBJECTS,
    VERSIONS,
    BUCKET_SETTINGS,
    S3_ACCOUNTS,
    ACCESS_POINTS,
    UPLOADS,
    UPLOAD_PARTS,
    ASSEMBLIES,
    ORGANIZATIONS,
    ORGANIZATIONAL_UNITS,
    MEMBERS,
    ACCOUNT_CREATIONS,
    CONTROL_POLICIES,
    POLICY_TARGETS,
)


class _Bound(Generic[R]):
    """An attribute that is a collection of the directory's transaction, made at first use."""

    def __init__(self, record_type: RecordType[R]) -> None:
        self._record_type = record_type
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, directory: Directory, owner: type) -> Collection[R]:
        collection = directory.transaction.collection(self._record_type)
        # The instance's own attribute is found before this descriptor from now on.
        directory.__dict__[self._name] = collection
        return collection


class Directory:
    """Who and what exists, as one transaction sees it."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction

    accounts = _Bound(ACCOUNTS)
    account_aliases = _Bound(ACCOUNT_ALIASES)
    users = _Bound(USERS)
    groups = _Bound(GROUPS)
    memberships = _Bound(MEMBERSHIPS)
    roles = _Bound(ROLES)
    roles_last_used = _Bound(ROLES_LAST_USED)
    role_deletions = _Bound(ROLE_DELETIONS)
    managed_policies = _Bound(MANAGED_POLICIES)
    policy_versions = _Bound(POLICY_VERSIONS)
    inline_policies = _Bound(INLINE_POLICIES)
    attachments = _Bound(ATTACHMENTS)
    access_keys = _Bound(ACCESS_KEYS)
    access_keys_last_used = _Bound(ACCESS_KEYS_LAST_USED)
    mfa_devices = _Bound(MFA_DEVICES)
    mfa_code_uses = _Bound(MFA_CODE_USES)
    instance_profiles = _Bound(INSTANCE_PROFILES)
    buckets = _Bound(BUCKETS)
    objects = _Bound(OBJECTS)
    versions = _Bound(VERSIONS)
    bucket_settings = _Bound(BUCKET_SETTINGS)
    s3_accounts = _Bound(S3_ACCOUNTS)
    access_points = _Bound(ACCESS_POINTS)
    uploads = _Bound(UPLOADS)
    upload_parts = _Bound(UPLOAD_PARTS)
    assemblies = _Bound(ASSEMBLIES)
    organizations = _Bound(ORGANIZATIONS)
    organizational_units = _Bound(ORGANIZATIONAL_UNITS)
    members = _Bound(MEMBERS)
    account_creations = _Bound(ACCOUNT_CREATIONS)
    control_policies = _Bound(CONTROL_POLICIES)
    policy_targets = _Bound(POLICY_TARGETS)
