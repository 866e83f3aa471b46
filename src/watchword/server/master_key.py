"""Where the master key is kept: a file of the data directory, the environment, or an external command.

Decides which of the three is asked, in that order of strength: `WATCHWORD_MASTER_KEY_COMMAND` (a key management
system, say; run without a shell, prints the key), `WATCHWORD_MASTER_KEY` (the key itself), DIR/master.key (0600).
Never logs or quotes a key. What a key is: `credentials/keyring.py`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from watchword.core.errors import OperatorError
from watchword.core.ids import RandomBytes
from watchword.credentials.keyring import Keyring, new_keyring, parse_keyring
from watchword.server.data_directory import write_private

COMMAND_VARIABLE = "WATCHWORD_MASTER_KEY_COMMAND"
KEY_VARIABLE = "WATCHWORD_MASTER_KEY"
FILE_NAME = "master.key"
KNOWN = "keys-known"
_COMMAND_SECONDS_MAX = 30


def load_keyring(data_dir: Path, environment: Mapping[str, str] = os.environ) -> Keyring:
    """The master keys of this system. Raises OperatorError, which says what to do."""
    if command := environment.get(COMMAND_VARIABLE):
        return parse_keyring(_run(command))
    if text := environment.get(KEY_VARIABLE):
        return parse_keyring(text)
    return _load_file(data_dir / FILE_NAME)


def require_no_key(environment: Mapping[str, str] = os.environ) -> None:
    """Raises OperatorError when the environment of a node that must hold no master key holds one."""
    if environment.get(KEY_VARIABLE):
        raise OperatorError(f"a front node must hold no master key: take {KEY_VARIABLE} out of its environment")


def create_keyring(data_dir: Path, random_bytes: RandomBytes, environment: Mapping[str, str] = os.environ) -> Keyring:
    """The master keys for a new system: those that the environment gives, else fresh ones, kept in the directory."""
    if environment.get(COMMAND_VARIABLE) or environment.get(KEY_VARIABLE):
        return load_keyring(data_dir, environment)
    keyring = new_keyring(random_bytes)
    write_private(data_dir / FILE_NAME, keyring.text())
    return keyring


def source_name(environment: Mapping[str, str] = os.environ) -> str:
    """Which variable gives the master key; empty when the file of the directory does."""
    return next((name for name in (COMMAND_VARIABLE, KEY_VARIABLE) if environment.get(name)), "")


def file_version(data_dir: Path, environment: Mapping[str, str] = os.environ) -> str:
    """What changes whenever the file does; empty when the key comes from the environment, or there is no file."""
    try:
        found = (data_dir / FILE_NAME).stat()
    except OSError:
        return ""
    return "" if source_name(environment) else f"{found.st_ino} {found.st_mtime_ns}"


def note_known_keys(data_dir: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Write down which file a server is about to read. Only under the directory's lock."""
    write_private(data_dir / KNOWN, file_version(data_dir, environment))


def knows_present_keys(data_dir: Path) -> bool:
    """True when the server that runs on a directory has read the master key as the file has it now."""
    # INVARIANT: the version is noted before the file is read: what is noted is never newer than what is known.
    try:
        known = (data_dir / KNOWN).read_text()
    except OSError:
        return False
    return known != "" and known == file_version(data_dir, {})


def remove_half_written(data_dir: Path) -> None:
    """Remove what a rotation that was killed left of the file it was writing."""
    for left in data_dir.glob(f".{FILE_NAME}.*"):
        left.unlink(missing_ok=True)


def rotate_keyring(data_dir: Path, random_bytes: RandomBytes) -> Keyring:
    """Add a key to the file; servers started from now on seal with it. Raises OperatorError."""
    keyring = _load_file(data_dir / FILE_NAME).rotated(random_bytes)
    write_private(data_dir / FILE_NAME, keyring.text())
    return keyring


def drop_older_keys(data_dir: Path) -> Keyring:
    """Leave only the newest key in the file. Raises OperatorError."""
    keyring = _load_file(data_dir / FILE_NAME).only_newest()
    write_private(data_dir / FILE_NAME, keyring.text())
    return keyring


def _load_file(path: Path) -> Keyring:
    try:
        mode = path.stat().st_mode
        if mode & 0o077:
            raise OperatorError(f"`{path}` can be read by others; run `chmod 600 {path}`")
        return parse_keyring(path.read_text())
    except FileNotFoundError:
        raise OperatorError(
            f"`{path}` is missing, and without the master key no secret can be opened; "
            f"put it back, or set {KEY_VARIABLE} or {COMMAND_VARIABLE}"
        ) from None
    except (OSError, UnicodeDecodeError):
        raise OperatorError(f"`{path}` cannot be read") from None


def _run(command: str) -> str:
    try:
        arguments = shlex.split(command)
        done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
            arguments, capture_output=True, timeout=_COMMAND_SECONDS_MAX, check=True, text=True
        )
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
        raise OperatorError(f"the command in {COMMAND_VARIABLE} failed ({type(error).__name__})") from None
    return done.stdout
