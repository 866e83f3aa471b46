"""Long-term access keys of users and of the root user. The secret is shown once, when the key is made.

Without a user name an operation acts on the caller.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from watchword.core.ids import RandomBytes
from watchword.credentials.access_keys import new_access_key, seal_secret
from watchword.credentials.sealing import Sealer
from watchword.directory.access_keys import AccessKey
from watchword.directory.directory import Directory
from watchword.services.call import Authenticated, Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.errors import InvalidInput, NoSuchEntity
from watchword.services.iam.faults import AccessDenied
from watchword.services.iam.lookups import is_root, own_user, user_named
from watchword.services.operation import operation


class Owner(NamedTuple):
    """Whose keys are meant."""

    id: str
    name: str | None
    """None for the root user."""


def owner(directory: Directory, caller: Authenticated, user_name: str | None) -> Owner:
    """The named user, or the caller. Raises NoSuchEntity, ValidationError."""
    if user_name is None and is_root(caller):
        return Owner(caller.account, None)
    user = own_user(directory, caller) if user_name is None else user_named(directory, caller.account, user_name)
    return Owner(user.id, user.name)


def _key(directory: Directory, caller: Authenticated, user_name: str | None, key_id: str) -> AccessKey:
    owned_by = owner(directory, caller, user_name)
    key = directory.access_keys.get(key_id)
    if key is None or key.account != caller.account or key.owner_id != owned_by.id:
        raise NoSuchEntity(f"The Access Key with id {key_id} cannot be found.")
    return key


@operation("iam:CreateAccessKey", writes=True)
def create_access_key(
    call: Call[shapes.CreateAccessKeyRequest], directory: Directory, random_bytes: RandomBytes, key_sealer: Sealer
) -> shapes.CreateAccessKeyResponse:
    """Make a key and tell its secret. Raises NoSuchEntity, LimitExceeded, ValidationError."""
    owned_by = owner(directory, call.caller, call.request.user_name)
    held = sum(1 for _ in directory.access_keys.where("owner", call.account, owned_by.id))
    quotas.ACCESS_KEYS_PER_USER.check(held)
    pair = new_access_key(call.account, random_bytes)
    key = AccessKey(
        id=pair.access_key_id,
        account=call.account,
        owner_id=owned_by.id,
        sealed_secret=seal_secret(key_sealer, pair),
        status="Active",
        created_at=call.now,
    )
    directory.access_keys.add(key)
    return shapes.CreateAccessKeyResponse(
        access_key=shapes.AccessKey(
            user_name=owned_by.name,
            access_key_id=key.id,
            status=key.status,
            secret_access_key=pair.secret.reveal(),
            create_date=key.created_at,
        )
    )


@operation("iam:ListAccessKeys")
def list_access_keys(call: Call[shapes.ListAccessKeysRequest], directory: Directory) -> shapes.ListAccessKeysResponse:
    """List the keys of a user. Raises NoSuchEntity, ValidationError."""
    owned_by = owner(directory, call.caller, call.request.user_name)
    after = (call.after,) if call.after is not None else None
    page = call.paged(directory.access_keys.where("owner", call.account, owned_by.id, after=after), lambda key: key.id)
    views = [
        shapes.AccessKeyMetadata(
            user_name=owned_by.name, access_key_id=key.id, status=key.status, create_date=key.created_at
        )
        for key in page.rows
    ]
    return shapes.ListAccessKeysResponse(access_key_metadata=views, is_truncated=page.is_truncated, marker=page.marker)


@operation("iam:UpdateAccessKey", writes=True)
def update_access_key(call: Call[shapes.UpdateAccessKeyRequest], directory: Directory) -> None:
    """Activate or deactivate a key. Raises NoSuchEntity, InvalidInput, ValidationError."""
    asked = call.request
    key = _key(directory, call.caller, asked.user_name, asked.access_key_id)
    if asked.status == "Expired":
        raise InvalidInput("The status of an access key can only be set to Active or Inactive.")
    directory.access_keys.replace(
        msgspec.structs.replace(key, status="Active" if asked.status == "Active" else "Inactive")
    )


@operation("iam:DeleteAccessKey", writes=True)
def delete_access_key(call: Call[shapes.DeleteAccessKeyRequest], directory: Directory) -> None:
    """Delete a key. Raises NoSuchEntity, ValidationError."""
    key = _key(directory, call.caller, call.request.user_name, call.request.access_key_id)
    directory.access_keys.remove(key)
    used = directory.access_keys_last_used.get(key.id)
    if used is not None:
        directory.access_keys_last_used.remove(used)


@operation("iam:GetAccessKeyLastUsed")
def get_access_key_last_used(
    call: Call[shapes.GetAccessKeyLastUsedRequest], directory: Directory
) -> shapes.GetAccessKeyLastUsedResponse:
    """Say when, where and for what a key was last used. Raises AccessDenied for a key that is not of this account."""
    key = directory.access_keys.get(call.request.access_key_id)
    if key is None or key.account != call.account:
        raise AccessDenied(
            f"User: {call.caller.principal.arn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: "
            f"access key {call.request.access_key_id}"
        )
    user = directory.users.seek("id", key.owner_id)
    used = directory.access_keys_last_used.get(key.id)
    view = (
        shapes.AccessKeyLastUsed(service_name="N/A", region="N/A")
        if used is None
        else shapes.AccessKeyLastUsed(last_used_date=used.used_at, service_name=used.service, region=used.region)
    )
    return shapes.GetAccessKeyLastUsedResponse(user_name=user.name if user else None, access_key_last_used=view)
