"""The side of a front node: asks the node that holds the keys, and hands requests on to it.

Rules:

* A question is asked on the event loop, so it may take a fraction of a second and no longer. When an answer is late,
  nothing is sent for some seconds: what needs an answer is refused at once, and what needs none goes on undisturbed.
* A request that is handed on waits on a worker thread, and is never sent twice: the other node may have served it. So
  many at once, and no more: threads stay free for what waits for the disk.
* Nobody is asked but a process of this user.

Never keeps an answer.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from watchword.core.errors import OperatorError, Unavailable
from watchword.gateway.key_questions import (
    ANSWER_BYTES_MAX,
    PROTOCOL_VERSION,
    Answer,
    EndpointFacts,
    HandedOn,
    Question,
    Start,
    Started,
    decode_answer,
    encode,
)
from watchword.gateway.surroundings import VpcEndpoint
from watchword.server.key_frames import LENGTH, check_path, frame, is_of_this_user, peer_of

ASK_SECONDS = 0.5
HAND_ON_SECONDS = 10.0
HANDED_ON_MAX = 32
"""Requests of one process that are handed on at once."""
QUIET_SECONDS = 5.0
"""After an answer that did not come in time."""

log = logging.getLogger("watchword.keys")


class KeyClient:
    """`Asking` over the socket of the node that holds the keys. Threads may share it."""

    def __init__(self, path: Path, monotonic: Callable[[], float]) -> None:
        self._path = str(path)
        self._monotonic = monotonic
        self._idle: deque[socket.socket] = deque()
        self._quiet_until = 0.0
        self._lock = threading.Lock()
        self._handed_on = threading.BoundedSemaphore(HANDED_ON_MAX)
        self._is_reachable = True

    def ask(self, question: Question, /) -> Answer:
        """Ask. Raises Unavailable."""
        return self._in_time(encode(question), ASK_SECONDS)

    def hand_on(self, request: HandedOn, /) -> Answer:
        """Hand a request on. Raises Unavailable."""
        if not self._handed_on.acquire(blocking=False):
            raise Unavailable("too many requests wait for the node that holds the keys")
        try:
            return self._in_time(encode(request), HAND_ON_SECONDS)
        finally:
            self._handed_on.release()

    def _in_time(self, message: bytes, seconds: float) -> Answer:
        """The answer, if it comes in time and the last one did. Raises Unavailable."""
        if self._monotonic() < self._quiet_until:
            raise Unavailable("the node that holds the keys did not answer in time just now")
        try:
            return self._exchange(message, seconds)
        except TimeoutError:
            self._quiet_until = self._monotonic() + QUIET_SECONDS
            raise Unavailable("the node that holds the keys does not answer in time") from None

    def close(self) -> None:
        """Let go of all connections that wait."""
        while self._idle:
            self._idle.pop().close()

    def _exchange(self, message: bytes, seconds: float) -> Answer:
        """One question and its answer. Raises TimeoutError, Unavailable."""
        connection = None
        try:
            connection = self._connection()
            connection.settimeout(seconds)
            connection.sendall(frame(message))
            (length,) = LENGTH.unpack(_read(connection, LENGTH.size))
            if length > ANSWER_BYTES_MAX:
                raise Unavailable("the node that holds the keys sends too much")
            answer = decode_answer(_read(connection, length))
        except TimeoutError:
            raise
        except (OSError, EOFError) as error:
            self._say_reachable(False)
            raise Unavailable(f"the node that holds the keys cannot be reached at {self._path}: {error}") from None
        except msgspec.MsgspecError:
            raise Unavailable("the node that holds the keys sends what is no answer") from None
        else:
            self._idle.append(connection)
            connection = None
        finally:
            if connection is not None:
                connection.close()
        self._say_reachable(True)
        return answer

    def _connection(self) -> socket.socket:
        """One that waits and is whole, or a new one. Raises OSError."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was first
                break
            if _is_whole(connection):
                return connection
            connection.close()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            connection.settimeout(ASK_SECONDS)
            connection.connect(self._path)
            if not is_of_this_user(peer_of(connection)):
                raise PermissionError("it belongs to another user")
        except OSError:
            connection.close()
            raise
        return connection

    def _say_reachable(self, is_reachable: bool) -> None:
        with self._lock:
            if self._is_reachable is is_reachable:
                return
            self._is_reachable = is_reachable
        if is_reachable:
            log.warning("the node that holds the keys is reached again")
        else:
            log.error("the node that holds the keys is not reached: only what is held is served")


def check_answers(path: Path, endpoints: Mapping[str, VpcEndpoint], monotonic: Callable[[], float]) -> None:
    """Raises OperatorError when no node that holds keys answers at a socket, or not one with these VPC endpoints."""
    check_path(path)
    client = KeyClient(path, monotonic)
    try:
        answer = client.ask(Start(PROTOCOL_VERSION))
        if not isinstance(answer, Started):
            raise OperatorError(f"the node at `{path}` speaks another version of the protocol for keys")
        for endpoint in endpoints.values():
            _check_endpoint(path, endpoint, answer.endpoints)
    except Unavailable as error:
        raise OperatorError(f"{error}; start that node first: `watchword serve --keys-to {path}`") from None
    finally:
        client.close()


def _check_endpoint(path: Path, endpoint: VpcEndpoint, known: Mapping[str, EndpointFacts]) -> None:
    """Raises OperatorError when requests through an endpoint would be judged otherwise at the other node, or not."""
    here, there = EndpointFacts.of(endpoint), known.get(endpoint.id)
    if there is None:
        raise OperatorError(
            f"the node at `{path}` knows no VPC endpoint `{endpoint.id}`, only {', '.join(sorted(known)) or 'none'}:"
            " correct the id, or start that node with the same --vpc-endpoint (at an address of its own)"
        )
    parts = {
        "VPC": here.vpc != there.vpc,
        "account": here.account != there.account,
        "policy": here.policy != there.policy,
    }
    differing = " and ".join(name for name, differs in parts.items() if differs)
    if differing:
        raise OperatorError(
            f"the VPC endpoint `{endpoint.id}` has another {differing} at the node at `{path}`: give both nodes the"
            " same --vpc-endpoint, and start that one again after its policy was changed"
        )


def _is_whole(connection: socket.socket) -> bool:
    """False when the other end has closed, or said something that nobody asked for."""
    try:
        connection.setblocking(False)
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _read(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        piece = connection.recv(size - len(received))
        if not piece:
            raise EOFError("it closed the connection")
        received += piece
    return bytes(received)
