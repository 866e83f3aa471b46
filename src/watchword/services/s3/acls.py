"""Access control lists: canned ones, grants in headers and documents, and how answers show them.

An empty list stands for the owner's full control alone. Grantees are accounts, which S3 calls by their canonical ids,
and S3's groups. Decides what a list says; what that allows is for `acl_policies`.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from watchword.directory.buckets import Grant
from watchword.directory.directory import Directory
from watchword.services.s3 import shapes
from watchword.services.s3.faults import invalid_argument, invalid_request, malformed_acl, unresolvable_grant
from watchword.services.s3.names import canonical_user_id
from watchword.services.s3.owners import Owners

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
PERMISSIONS = ("FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP")
GRANTS_MAX = 100
_NO_GRANT = Grant("", "NONE")

_CANNED = {
    "private": (),
    "public-read": ((ALL_USERS, "READ"),),
    "public-read-write": ((ALL_USERS, "READ"), (ALL_USERS, "WRITE")),
    "authenticated-read": ((AUTHENTICATED_USERS, "READ"),),
    "log-delivery-write": ((LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")),
    "aws-exec-read": (),
}
_OF_OWNERS = {"bucket-owner-read": "READ", "bucket-owner-full-control": "FULL_CONTROL"}
_HEADERS = {
    "grant_read": "READ",
    "grant_write": "WRITE",
    "grant_read_acp": "READ_ACP",
    "grant_write_acp": "WRITE_ACP",
    "grant_full_control": "FULL_CONTROL",
}
_GRANTEE = re.compile(r'\s*(id|uri|emailaddress)\s*=\s*"?([^",]*)"?\s*\Z', re.IGNORECASE)


def asks_for_acl(asked: Any) -> bool:
    """True when a request's headers speak of an ACL."""
    return asked.acl is not None or any(getattr(asked, name, None) for name in _HEADERS)


def header_grants(asked: Any, directory: Directory, owner_account: str, bucket_account: str) -> tuple[Grant, ...]:
    """The ACL that headers ask for. Raises InvalidArgument, InvalidRequest, UnresolvableGrantByEmailAddress."""
    wanted = [(text, each) for name, each in _HEADERS.items() for text in _split(getattr(asked, name, None))]
    if len(wanted) > GRANTS_MAX:
        raise malformed_acl()
    accounts = _Accounts(directory)
    found = [Grant(_grantee(text, accounts), permission) for text, permission in wanted]
    if asked.acl is None:
        return kept(found, owner_account)
    if found:
        raise invalid_request("Specifying both Canned ACLs and Header Grants is not allowed")
    return canned_grants(asked.acl, owner_account, bucket_account)


def canned_grants(name: str, owner_account: str, bucket_account: str) -> tuple[Grant, ...]:
    """The grants of a canned ACL. Raises InvalidArgument."""
    if name in _OF_OWNERS:
        others = [Grant(bucket_account, _OF_OWNERS[name])] if bucket_account != owner_account else []
    elif name in _CANNED:
        others = [Grant(grantee, permission) for grantee, permission in _CANNED[name]]
    else:
        raise invalid_argument("", "x-amz-acl", name)
    return kept([Grant(owner_account, "FULL_CONTROL"), *others], owner_account)


def kept(grants: Sequence[Grant], owner_account: str) -> tuple[Grant, ...]:
    """A list as records keep it: one without any line is told from one that stands for the owner's full control."""
    unique = tuple(dict.fromkeys(grants)) or (_NO_GRANT,)
    return () if unique == (Grant(owner_account, "FULL_CONTROL"),) else unique


def document_grants(policy: shapes.AccessControlPolicy, directory: Directory, owner_account: str) -> tuple[Grant, ...]:
    """The grants of an ACL document. Raises MalformedACLError, InvalidArgument, AccessDenied for another owner."""
    if policy.owner is None or policy.grants is None or len(policy.grants) > GRANTS_MAX:
        raise malformed_acl()
    if policy.owner.id != canonical_user_id(owner_account):
        raise invalid_argument("Invalid id", "CanonicalUser/ID", policy.owner.id or "")
    found: list[Grant] = []
    accounts = _Accounts(directory)
    for grant in policy.grants:
        grantee = grant.grantee
        if grantee is None or grant.permission not in PERMISSIONS:
            raise malformed_acl()
        if grantee.type == "CanonicalUser":
            found.append(Grant(accounts.called(grantee.id or ""), grant.permission))
        elif grantee.type == "Group":
            found.append(Grant(_group(grantee.uri or ""), grant.permission))
        else:
            found.append(Grant(accounts.with_email(grantee.email_address or ""), grant.permission))
    return kept(found, owner_account)


def is_public(grants: Sequence[Grant]) -> bool:
    """True when a list lets in everybody, or everybody with an AWS account."""
    return any(grant.grantee in (ALL_USERS, AUTHENTICATED_USERS) for grant in grants)


def grant_views(grants: Sequence[Grant], owner_account: str, owners: Owners) -> list[shapes.Grant]:
    """A list as answers show it.

    DIFFERS: 0005. Who keeps the old ways gets the grants to groups before those to accounts: Ceph's public suite, for
    which these ways are kept, compares lists. AWS documents no order, and sends the owner of a canned ACL first.
    """
    shown = [grant for grant in grants or (Grant(owner_account, "FULL_CONTROL"),) if grant != _NO_GRANT]
    if owners[owner_account].display_name is not None:
        shown.sort(key=lambda grant: not _is_group(grant))
    return [_view(grant, owners) for grant in shown]


def _is_group(grant: Grant) -> bool:
    return grant.grantee.startswith("http")


def _view(grant: Grant, owners: Owners) -> shapes.Grant:
    if _is_group(grant):
        return shapes.Grant(grantee=shapes.Grantee(type="Group", uri=grant.grantee), permission=grant.permission)
    shown = owners[grant.grantee]
    return shapes.Grant(
        grantee=shapes.Grantee(type="CanonicalUser", id=shown.id, display_name=shown.display_name),
        permission=grant.permission,
    )


def _split(text: str | None) -> list[str]:
    return [each for each in (text or "").split(",") if each.strip()]


class _Accounts:
    """The accounts that one request may name; all are looked through once, however many it names."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def called(self, canonical_id: str) -> str:
        found = self._by_canonical_id.get(canonical_id)
        if found is None:
            raise invalid_argument("Invalid id", "CanonicalUser/ID", canonical_id)
        return found

    def with_email(self, email: str) -> str:
        account = self._directory.accounts.seek("email", email.lower())
        if account is None:
            raise unresolvable_grant(email)
        return account.id

    @cached_property
    def _by_canonical_id(self) -> dict[str, str]:
        return {canonical_user_id(account.id): account.id for account in self._directory.accounts.under()}


def _grantee(text: str, accounts: _Accounts) -> str:
    match = _GRANTEE.match(text)
    if match is None:
        raise invalid_argument("Argument format not recognized", "x-amz-grant", text)
    kind, value = match[1].lower(), match[2]
    if kind == "uri":
        return _group(value)
    return accounts.called(value) if kind == "id" else accounts.with_email(value)


def _group(uri: str) -> str:
    if uri not in (ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY):
        raise invalid_argument("Invalid group uri", "uri", uri)
    return uri
