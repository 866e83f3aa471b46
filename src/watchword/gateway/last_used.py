"""When each access key and role was last used: noted in memory by every request, written in the background.

Requests never wait for it. What is noted and not yet written is lost when the process is killed: the figure is a
few seconds behind, as at AWS it is minutes behind.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from watchword.core.errors import WatchwordError
from watchword.core.ids import AccessKeyId
from watchword.directory.access_keys import AccessKeyLastUsed
from watchword.directory.directory import Directory
from watchword.directory.ports import Collection, R, Store, Transaction
from watchword.directory.roles import RoleLastUsed
from watchword.policy.principals import Kind
from watchword.services.call import Authenticated

log = logging.getLogger("watchword.gateway")

WRITE_AFTER = timedelta(seconds=10)
NOTES_MAX = 10_000
"""Keys that are noted between two writes; those beyond it are noted at their next use."""


class LastUsed:
    """Notes uses and writes them now and then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[str, tuple[datetime, str, str]] = {}
        self._roles: dict[str, tuple[datetime, str]] = {}
        self._written_at: datetime | None = None

    def note(self, caller: Authenticated, service: str, region: str, now: datetime) -> None:
        """Note that a caller was authenticated for a service."""
        key_id = caller.access_key_id
        principal = caller.principal
        if caller.session is None:
            if key_id and (key_id in self._keys or len(self._keys) < NOTES_MAX):
                self._keys[key_id] = (now, service, region)
        elif principal.kind is Kind.ASSUMED_ROLE and (
            principal.unique_id in self._roles or len(self._roles) < NOTES_MAX
        ):
            self._roles[principal.unique_id] = (now, region)

    def write_due(self, now: datetime) -> None:
        """Write what was noted, when it is time. May wait for the disk: call it off the request's path."""
        if not (self._keys or self._roles):
            return
        if self._written_at is not None and now - self._written_at < WRITE_AFTER:
            return
        self.write(now)

    def write(self, now: datetime) -> None:
        """Write what was noted. Never raises: what cannot be written now is kept until the next time."""
        self._written_at = now
        keys, self._keys = self._keys, {}
        roles, self._roles = self._roles, {}

        def change(transaction: Transaction) -> None:
            directory = Directory(transaction)
            for key_id, (used_at, service, region) in keys.items():
                if directory.access_keys.get(key_id) is None:
                    continue  # deleted since
                used = AccessKeyLastUsed(key_id=AccessKeyId(key_id), used_at=used_at, service=service, region=region)
                _put(directory.access_keys_last_used, used, key_id)
            for role_id, (used_at, region) in roles.items():
                if directory.roles.seek("id", role_id) is None:
                    continue
                _put(directory.roles_last_used, RoleLastUsed(role_id=role_id, used_at=used_at, region=region), role_id)

        if not (keys or roles):
            return
        try:
            self._store.write(change)
        except WatchwordError as error:
            log.warning("when keys and roles were last used cannot be written now: %s", error)
            self._keys = keys | self._keys
            self._roles = roles | self._roles


def _put(collection: Collection[R], record: R, key: str) -> None:
    if collection.get(key) is None:
        collection.add(record)
    else:
        collection.replace(record)
