"""The data directory: its layout, its lock, and the files that tell other programs about a running server.

    DIR/                 0700
      fronts/NUMBER/     a front node's own lock, server.json and spool/
      credentials        the first account's keys as an AWS credentials file, 0600
      lock               held by the server that runs on this directory; holds its process id
      keys-known         which master.key the running server has read
      keys.json          when the last rotation of the master key was over
      keys.lock          held by a rotation of the master key
      master.key         0600 (see master_key.py)
      server.json        where the running server listens
      spool/             request bodies on their way in
      tls/               the local CA and the server's certificate (see tls.py)

What else lies there belongs to the store. Everything is the owner's alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from watchword.core.errors import OperatorError

CREDENTIALS = "credentials"
FRONTS = "fronts"
LOCK = "lock"
SERVER_JSON = "server.json"
FRONTS_MAX = 256


def is_initialized(data_dir: Path) -> bool:
    """True when `init` has finished here: the credentials file is its last step."""
    return (data_dir / CREDENTIALS).exists()


def create_layout(data_dir: Path) -> None:
    """Make the directory and its folders. Raises OperatorError when it holds something already."""
    if data_dir.exists() and any(data_dir.iterdir()):
        hint = "it is initialized already" if is_initialized(data_dir) else "it is not empty"
        raise OperatorError(f"`{data_dir}` cannot be initialized: {hint}; choose another --data directory")
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        data_dir.chmod(0o700)
        for name in ("spool", "tls"):
            (data_dir / name).mkdir(mode=0o700)
    except OSError as error:
        raise OperatorError(f"`{data_dir}` cannot be made: {error.strerror}") from None


def discard_layout(data_dir: Path) -> None:
    """Empty a directory whose initialization failed half way, so that it can be tried again."""
    for entry in data_dir.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def require_initialized(data_dir: Path) -> None:
    """Raises OperatorError when the directory was never initialized."""
    if not is_initialized(data_dir):
        raise OperatorError(f"`{data_dir}` holds no Watchword data; run `watchword init --data {data_dir}` first")


def write_private(path: Path, text: str) -> None:
    """Write a file that only the owner of its folder may read, whole or not at all.

    What root writes is the owner's too, so that a server of that user can read it.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        owner = path.parent.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def locked(data_dir: Path, name: str = LOCK) -> Generator[None]:
    """Hold the directory for one server, or for what else has a lock. Raises OperatorError, naming the holder.

    The lock is the open file's: it ends with the last process that inherited it, however that ends.
    """
    descriptor = os.open(data_dir / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise OperatorError(
                f"`{data_dir}` is in use by process {holder}; stop that server first, or choose another --data"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked_front(data_dir: Path) -> Generator[Path]:
    """Hold the first folder of a front node that no other holds, made where there is none. Raises OperatorError."""
    for number in range(1, FRONTS_MAX + 1):
        folder = data_dir / FRONTS / str(number)
        (folder / "spool").mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(locked(folder))
            except OperatorError:
                continue
            yield folder
            return
    raise OperatorError(f"`{data_dir}` has {FRONTS_MAX} front nodes already")


def empty_spool(run_dir: Path) -> None:
    """Remove what a killed server left in the spool. Only under the lock."""
    for left in (run_dir / "spool").iterdir():
        left.unlink(missing_ok=True)


def read_server_json(data_dir: Path) -> Mapping[str, Any]:
    """Where the running server listens. Raises OperatorError when none runs."""
    try:
        return json.loads((data_dir / SERVER_JSON).read_text())
    except (FileNotFoundError, ValueError):
        raise OperatorError(
            f"no server runs on `{data_dir}`; start one with `watchword serve --data {data_dir}`"
        ) from None


def write_credentials(data_dir: Path, access_key_id: str, secret_access_key: str, region: str) -> None:
    """Keep the administrator's keys as an AWS credentials file: the last step of `init`."""
    text = (
        "# IAM user `administrator`. Keep this file as secret as the keys in it.\n"
        f"[default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"
        f"region = {region}\n"
    )
    write_private(data_dir / CREDENTIALS, text)


def read_credentials(data_dir: Path) -> tuple[str, str, str]:
    """The administrator's access key id, secret and region. Raises OperatorError."""
    require_initialized(data_dir)
    lines = (data_dir / CREDENTIALS).read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    values = {name.strip(): value.strip() for name, value in pairs}
    try:
        return values["aws_access_key_id"], values["aws_secret_access_key"], values["region"]
    except KeyError:
        raise OperatorError(f"`{data_dir / CREDENTIALS}` holds no keys; use those that you have") from None
