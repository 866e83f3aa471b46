"""A data directory's beginning and its copies: the steps of `init`, `backup` and `restore`, in order.

A failed beginning leaves nothing behind.
"""

from __future__ import annotations

import os
from pathlib import Path

from watchword.core.clock import Clock
from watchword.core.errors import OperatorError
from watchword.core.ids import RandomBytes
from watchword.credentials.keyring import parse_keyring
from watchword.server.bootstrap import DATABASE, Initialized, create_account, open_store
from watchword.server.data_directory import (
    CREDENTIALS,
    create_layout,
    discard_layout,
    require_initialized,
    write_credentials,
    write_private,
)
from watchword.server.master_key import COMMAND_VARIABLE, FILE_NAME, KEY_VARIABLE, create_keyring, load_keyring
from watchword.server.sealed_secrets import check_opens
from watchword.server.settings import REGION_DEFAULT
from watchword.server.tls import ensure_authority
from watchword.storage import backup as store_backup

OBJECTS = "objects"


def initialize(
    data_dir: Path,
    *,
    name: str,
    email: str,
    account_id: str | None,
    with_root_key: bool,
    clock: Clock,
    random_bytes: RandomBytes,
) -> Initialized:
    """Make the directory, the master key, the CA and the first account. Raises OperatorError."""
    create_layout(data_dir)
    try:
        create_keyring(data_dir, random_bytes)
        ensure_authority(data_dir / "tls", [], clock.now())
        made = create_account(
            data_dir,
            name=name,
            email=email,
            account_id=account_id,
            region=REGION_DEFAULT,
            with_root_key=with_root_key,
            clock=clock,
            random_bytes=random_bytes,
        )
        write_credentials(data_dir, made.access_key_id, made.secret_access_key.reveal(), made.region)
    except BaseException:
        discard_layout(data_dir)
        raise
    return made


def back_up(data_dir: Path, target: Path, clock: Clock) -> store_backup.Manifest:
    """Copy the records and objects of a directory, in use or not. Raises OperatorError."""
    require_initialized(data_dir)
    if target.resolve().is_relative_to(data_dir.resolve()):
        raise OperatorError(f"`{target}` lies within `{data_dir}`, which it would spoil: back up to another place")
    objects = data_dir / OBJECTS
    return store_backup.back_up(data_dir / DATABASE, objects if objects.is_dir() else None, target, clock.now())


def restore(source: Path, data_dir: Path, master_key: Path | None, clock: Clock) -> store_backup.Manifest:
    """Make a new directory from a backup and the master key, which was kept apart. Raises OperatorError."""
    key_text = _read_master_key(master_key)
    create_layout(data_dir)
    try:
        if key_text is not None:
            write_private(data_dir / FILE_NAME, key_text)
        ensure_authority(data_dir / "tls", [], clock.now())
        manifest = store_backup.restore(source, data_dir / DATABASE, data_dir / OBJECTS)
        _check_master_key(data_dir)
        write_private(data_dir / CREDENTIALS, "# restored from a backup: the keys are those of the original\n")
    except BaseException:
        discard_layout(data_dir)
        raise
    return manifest


def _check_master_key(data_dir: Path) -> None:
    """Raise OperatorError when the master key does not open what the records seal."""
    store = open_store(data_dir)
    try:
        check_opens(store, load_keyring(data_dir))
    finally:
        store.close()


def _read_master_key(path: Path | None) -> str | None:
    if path is None:
        if os.environ.get(KEY_VARIABLE) or os.environ.get(COMMAND_VARIABLE):
            return None
        raise OperatorError(
            f"without the master key of the original no secret can be opened; "
            f"give --master-key FILE, or set {KEY_VARIABLE} or {COMMAND_VARIABLE}"
        )
    try:
        return parse_keyring(path.read_text()).text()
    except (OSError, UnicodeDecodeError):
        raise OperatorError(f"`{path}` cannot be read") from None
