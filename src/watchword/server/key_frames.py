"""The wire between a front node and the node that holds the keys: frames over a Unix socket, and who is at its end.

    4 bytes   length of what follows, big-endian
    …         one message (`gateway/key_questions.py`), MessagePack

One question is asked at a time on a connection, and answered before the next. Whoever sends anything else is cut off.
Both ends ask the kernel who the other is (SO_PEERCRED) and speak only to a process of the same user.
"""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

from watchword.core.errors import OperatorError
from watchword.gateway.key_desk import Node

LENGTH = struct.Struct(">I")
_CREDENTIALS = struct.Struct("=3i")
_PATH_BYTES_MAX = 107
"""What the kernel takes as the name of a Unix socket."""
_BACKLOG = 256


def frame(message: bytes) -> bytes:
    """A message with its length."""
    return LENGTH.pack(len(message)) + message


def peer_of(connection: socket.socket) -> Node:
    """The process at the other end, by the kernel's word. Raises OSError."""
    pid, uid, _gid = _CREDENTIALS.unpack(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    )
    return Node(uid, pid)


def is_of_this_user(node: Node) -> bool:
    """True when a process belongs to the user of this one. Root is no exception."""
    return node.uid == os.geteuid()


def check_path(path: Path) -> None:
    """Raises OperatorError for a path that no Unix socket can have."""
    if len(os.fsencode(path)) > _PATH_BYTES_MAX:
        raise OperatorError(f"`{path}` is too long for a socket: {_PATH_BYTES_MAX} bytes at most")


def listen(path: Path) -> socket.socket:
    """A listening socket that only its owner may connect to. What an earlier node left there is replaced.

    Raises OperatorError.
    """
    check_path(path)
    if not hasattr(socket, "SO_PEERCRED"):
        raise OperatorError("this system does not say who is at the end of a socket: keys are given on Linux only")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    listener.setblocking(False)
    try:
        if path.is_socket() and not _is_served(path):
            path.unlink()
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise OperatorError(f"cannot listen at `{path}`: {error.strerror}") from None
    return listener


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as attempt:
        attempt.settimeout(1)
        try:
            attempt.connect(str(path))
        except OSError:
            return False
    return True
