"""From a request's head to the answer's last byte: the front's side of every exchange.

Two ways lead through this file. A request that arrived whole with a small body is run at once by `answer_now`, and
answered there unless it waits for the disk. Everything else runs as an ASGI application: bodies are spooled, what waits
runs in a worker thread, files are sent in pieces.

Decides what happens to bodies that nobody reads: a short rest is skipped, a long one is thrown away for a moment, so
that the client sees its answer, and the connection closes. Answers `/_watchword/health`, `ready` and `metrics` itself.
Never decides anything about who may do what.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from watchword.core.errors import BodyTooSlow, Unavailable, WatchwordError
from watchword.core.http import FileBody, HttpResponse, RequestHead, Spooled
from watchword.server.answers import with_length
from watchword.server.arrivals import ClientGone
from watchword.server.bodies import (
    INLINE_BYTES_MAX,
    Body,
    Intake,
    Receive,
    Room,
    Send,
    read_small,
    send_file,
    take_whole,
)
from watchword.server.contract import Commit, Exchange, Gateway
from watchword.server.metrics import MetricsPage
from watchword.server.settings import Settings
from watchword.server.threads import Done, Threads, tell
from watchword.server.turns import Turns

OWN_PREFIX = b"/_watchword/"
"""No legal bucket name begins with `_`."""
_FILE_ATTEMPTS = 3
"""An object may be replaced, and its file removed, between the decision and the reading: the request is run again."""
_NOTHING = Spooled(data=b"", path=None, size=0, checksums={})

log = logging.getLogger("watchword.server")


@dataclass(slots=True)
class _OwnExchange:
    """A request to the front itself."""

    response: HttpResponse | None
    reader: None = None
    body_bytes_max: int = INLINE_BYTES_MAX
    is_brief: bool = False
    is_page: bool = False
    """The page of metrics, which is made off the event loop."""


@dataclass(slots=True)
class Started:
    """What `answer_now` leaves to do: a commit that waits, or an answer that does not fit into memory."""

    exchange: Exchange
    answer: HttpResponse | Commit | None = None


class Front:
    """The application behind every connection of one process."""

    def __init__(self, gateway: Gateway[Any], settings: Settings, threads: Threads, metrics: MetricsPage) -> None:
        self._gateway = gateway
        self._metrics = metrics
        self._spool_dir = settings.spool_dir
        self._limits = settings.limits
        self.threads = threads
        self._turns: Turns[Any] = Turns(gateway.commit_all, threads)

    @property
    def waiting(self) -> int:
        """How many commits wait for their turn."""
        return self._turns.waiting

    def commit(self, exchange: Exchange, answer: Commit, done: Done) -> None:
        """Let a commit run off the event loop, then run `done` on it."""
        if exchange.is_brief:
            self._turns.submit(exchange, done)
        else:
            self.threads.submit(answer, done)

    def answer_now(self, head: RequestHead, body: bytes) -> HttpResponse | Started:
        """Answer a request whose small body has arrived, or say what is left to do."""
        exchange = self._begin(head)
        response = exchange.response or self._finish_small(exchange, body)
        if not isinstance(response, HttpResponse):
            return Started(exchange, response)
        if not isinstance(response.body, FileBody):
            return response
        if head.method == "HEAD" or response.body.length > INLINE_BYTES_MAX:
            return Started(exchange, response)
        try:
            return HttpResponse(response.status, response.headers, read_small(response.body))
        except FileNotFoundError:
            return Started(self._begin(head))

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer over ASGI. The scope carries the head, what `answer_now` began, and a way to answer in one write."""
        try:
            await self._answer(scope, receive, send)
        except (TimeoutError, EOFError) as error:
            if isinstance(error, EOFError):
                head: RequestHead = scope["watchword.head"]
                target = head.host + head.raw_path.decode("latin-1")
                log.error("%s %s: the answer was cut: %s", head.method, target, error)  # noqa: TRY400  the disk's fault
            scope["watchword.abort"]()
            await asyncio.sleep(0)

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        head: RequestHead = scope["watchword.head"]
        started: Started | None = scope.get("watchword.started")
        exchange = started.exchange if started else self._begin(head)
        body = Body(receive, scope["watchword.arriving"])
        answer = started.answer if started else None
        response = answer if isinstance(answer, HttpResponse) else exchange.response
        closing = _has_long_rest(head) if response is not None else False
        draining = closing
        if answer is not None and not isinstance(answer, HttpResponse):
            response = await self._committed(exchange, answer)
        elif response is None:
            try:
                response = await self._receive_and_finish(exchange, body)
            except ClientGone:
                return
            except _Refused as refused:
                response, closing, draining = refused.response, True, refused.draining
        if draining or (isinstance(response.body, FileBody) and head.method != "HEAD"):
            room: Room = scope["watchword.room"]
            await self._send(head, response, send, room, body if draining else None, closing=closing)
            return
        async with asyncio.timeout(self._limits.send_seconds):
            await scope["watchword.answer"](response, closing=closing)

    async def _receive_and_finish(self, exchange: Exchange, arriving: Body) -> HttpResponse:
        with Intake(exchange, self._spool_dir, self._limits, self.threads) as intake:
            try:
                body = await intake.receive(arriving)
            except WatchwordError as error:
                answer = self._gateway.refuse(exchange, error)
                raise _Refused(answer, draining=not isinstance(error, BodyTooSlow)) from None
            except OSError as error:
                log.error("a body could not be spooled: %s", error)  # noqa: TRY400 - the disk's fault, not the code's
                answer = self._gateway.refuse(exchange, Unavailable("the spool directory cannot be written"))
                raise _Refused(answer, draining=True) from None
            if body.path is None:
                answer = self._finish(exchange, body)
            else:
                answer = await self.threads.run(partial(self._finish, exchange, body))
            if isinstance(answer, HttpResponse):
                return answer
            return await self._committed(exchange, answer)

    def _committed(self, exchange: Exchange, answer: Commit) -> asyncio.Future[HttpResponse]:
        committed: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
        self.commit(exchange, answer, partial(tell, committed))
        return committed

    async def _send(
        self, head: RequestHead, response: HttpResponse, send: Send, room: Room, drain: Body | None, *, closing: bool
    ) -> None:
        file: BinaryIO | None = None
        if isinstance(response.body, FileBody) and head.method != "HEAD" and response.body.length:
            response, file = await self._open(head, response)
        try:
            headers = with_length(response)
            if closing:
                headers = [*headers, (b"connection", b"close")]
            async with asyncio.timeout(self._limits.send_seconds):
                await send({"type": "http.response.start", "status": response.status, "headers": headers})
            if file is not None and isinstance(response.body, FileBody):
                await send_file(file, response.body, send, room, self._limits, self.threads)
                return
            body = b"" if isinstance(response.body, FileBody) else response.body
            await send({"type": "http.response.body", "body": body, "more_body": drain is not None})
            if drain is not None:
                await self._drain(drain)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if file is not None:
                file.close()

    async def _drain(self, body: Body) -> None:
        """Throw away what the client still sends, within bounds."""
        drained = 0
        try:
            async with asyncio.timeout(self._limits.linger_seconds):
                while drained < self._limits.drain_bytes_max:
                    message = await body()
                    if message["type"] == "http.disconnect" or not message["more_body"]:
                        return
                    drained += len(message["body"])
        except TimeoutError:
            return

    async def _open(self, head: RequestHead, response: HttpResponse) -> tuple[HttpResponse, BinaryIO | None]:
        for _ in range(_FILE_ATTEMPTS):
            if not isinstance(response.body, FileBody):
                return response, None
            try:
                return response, await self.threads.run(partial(_open_file, response.body))
            except FileNotFoundError:
                exchange = self._begin(head)
                again = exchange.response or self._finish_small(exchange, b"")
                if not isinstance(again, HttpResponse):
                    raise TypeError("what answers with a file does not write") from None
                response = again
        raise FileNotFoundError(str(response.body))

    def _begin(self, head: RequestHead) -> Exchange:
        return self._own(head) if head.raw_path.startswith(OWN_PREFIX) else self._gateway.begin(head)

    def _own(self, head: RequestHead) -> _OwnExchange:
        name = head.raw_path[len(OWN_PREFIX) :]
        if name not in (b"health", b"ready") and not (name == b"metrics" and self._metrics.may_see(head)):
            return _OwnExchange(_plain(404, b"not found\n"))
        if head.method not in ("GET", "HEAD"):
            return _OwnExchange(_plain(405, b"only GET\n"))
        return _OwnExchange(_plain(200, b"healthy\n") if name == b"health" else None, is_page=name == b"metrics")

    def _finish_small(self, exchange: Exchange, body: bytes) -> HttpResponse | Commit:
        try:
            spooled = take_whole(exchange, body)
        except WatchwordError as error:
            return self._gateway.refuse(exchange, error)
        return self._finish(exchange, spooled)

    def _finish(self, exchange: Exchange, body: Spooled) -> HttpResponse | Commit:
        if isinstance(exchange, _OwnExchange):
            return self._metrics.response if exchange.is_page else self._readiness
        return self._gateway.finish(exchange, body)

    def _readiness(self) -> HttpResponse:
        return _plain(200, b"ready\n") if self._gateway.is_ready() else _plain(503, b"not ready\n")


class _Refused(Exception):  # noqa: N818 - carries an answer
    def __init__(self, response: HttpResponse, *, draining: bool) -> None:
        super().__init__()
        self.response = response
        self.draining = draining


def _open_file(body: FileBody) -> BinaryIO:
    return body.path.open("rb")


def _plain(status: int, body: bytes) -> HttpResponse:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    return HttpResponse(status, headers, body)


def _has_long_rest(head: RequestHead) -> bool:
    """True when a refused request's body is too long to skip, or may never come (`Expect: 100-continue`)."""
    if head.header(b"transfer-encoding") is not None or head.header(b"expect") is not None:
        return True
    length = head.header(b"content-length")
    return length is not None and int(length) > INLINE_BYTES_MAX
