"""HTTP/1.1 on one connection: who is answered when, and how long anything may take.

uvicorn's protocol on httptools gives parsing, flow control and the ASGI cycle; it has no limits. This subclass adds:

* the rules of `heads.py`, and bounds on pipelined requests, on connections, on what lies unparsed;
* deadlines: for a head to arrive, for an idle connection, for the unread rest of a refused request. Deadlines are plain
  numbers which `sweep`, called once a second, compares with the time: nothing is scheduled per request;
* the short way: a request that arrived whole is answered within the callback, without an ASGI cycle.

What is not HTTP gets a bare 400, 408, 414 or 431 and the connection closes, never in the middle of another answer.
Never decides anything about AWS.

Source: RFC 9112 (section 9).
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from watchword.core.http import HttpResponse, RequestHead
from watchword.server.answers import Cycle, bare_answer, encode_answer
from watchword.server.app import OWN_PREFIX, Started
from watchword.server.arrivals import Arriving
from watchword.server.bodies import INLINE_BYTES_MAX
from watchword.server.connections import FrontState, scope_of
from watchword.server.heads import IncomingHead, NotHttp
from watchword.server.proxies import Scheme, client_of, is_vouched_for

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application, HTTPScope

_VERSIONS = ("1.1", "1.0")
"""What the parser takes besides is no HTTP of this connection: a request line that says 0.9 or 2.0."""
_AT_ONCE_MAX = 8
"""Requests answered within one callback, so that one connection's pipeline does not hold up the others."""
_LINGER_BYTES_MAX = 64 * 1024 * 1024
_READS_BYTES_MAX = 512 * 1024
"""Two reads of the event loop: what may lie in the parser before a line's end shows, on top of a head's bytes."""
_STOP = 0
"""Not an answer: what follows the last request of a connection is not read."""

log = logging.getLogger("watchword.server")


class FrontProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, config: Config, state: FrontState, loop: asyncio.AbstractEventLoop, endpoint: str = "") -> None:
        super().__init__(config, state, {}, loop)
        self.access_log = False
        self._endpoint = endpoint
        """The id of the VPC endpoint that the listener stands for."""
        self._tls_version = ""
        self.state = state
        self.front = state.front
        self.limits = state.limits
        self.deadline = float("inf")
        self._idle = True
        """Between requests: nothing of the next head has come."""
        self._in_head = False
        self._in_body = False
        self._refused = False
        self._lingered = 0
        self._unparsed = 0
        """Bytes read since the parser last gave anything, at most."""
        self._keep_alive = True
        self._running: Cycle | None = None
        self._parser = self.parser
        self._now: RequestHead | None = None
        """A request that may be answered within this callback."""
        self._at_once = 0
        self._incoming = IncomingHead(self.limits)
        self._body = b""
        self._body_bytes = 0
        """Of a long body, what the parser has given so far."""

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and not self.state.trusted_proxies:
            self._tls_version = (tls.version() or "").removeprefix("TLSv")
        self.state.open.add(self)
        self.deadline = self.loop.time() + self.limits.head_seconds
        if len(self.state.open) > self.limits.connections_max:
            self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        self.state.open.discard(self)
        for cycle in [cycle for cycle, _ in self.pipeline] + [self._running]:
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        super().connection_lost(exc)
        del self._parser

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """A client may close its sending side after the request and still read the answer; not under TLS."""
        return self._is_busy() and not self.cycle.more_body and self.transport.can_write_eof()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            self._lingered += len(data)
            if self._lingered > _LINGER_BYTES_MAX:
                self.transport.abort()
            return
        self._at_once = 0
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refused = True
        except httptools.HttpParserError as error:
            verdict = error.__context__
            self._refuse(verdict.status if isinstance(verdict, NotHttp) else 400)
            return
        if self._now is not None:
            self._answer_later(None)
        self._set_deadline()
        if self._in_head or self._in_body:
            self._unparsed += len(data)
            if self._unparsed > self.limits.head_bytes_max + _READS_BYTES_MAX:
                self._refuse(431)

    def _set_deadline(self) -> None:
        if self._is_busy():
            self.deadline = float("inf")
            self._idle = False
        elif self._in_head and self._idle:
            self._idle = False
            self.deadline = self.loop.time() + self.limits.head_seconds

    def _is_busy(self) -> bool:
        return self._running is not None and not self.cycle.response_complete

    def deadline_passed(self, now: float) -> None:
        """Close the connection: with 408 when a head did not arrive in time, else silently."""
        self.deadline = now + self.limits.linger_seconds
        if self.transport.is_closing() or self._refused:
            self.transport.abort()
        elif self._in_head:
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        """Answer barely and close; never into the middle of another answer."""
        self._refused = True
        self._keep_alive = False
        self._now = None
        if status == _STOP:
            return
        running = self._running
        if running is not None and not running.response_complete:
            running.keep_alive = False
            body_is_cut = running is self.cycle and running.more_body
            self.pipeline.clear()
            self.cycle = running
            if not body_is_cut:
                return
            running.disconnected = True
            running.message_event.set()
            if running.response_started:
                self.transport.close()
                return
        self.transport.write(bare_answer(status, self.state.head_lines))
        self.deadline = self.loop.time() + self.limits.linger_seconds
        if self.transport.can_write_eof():
            self.transport.write_eof()

    # The parser's callbacks

    def on_message_begin(self) -> None:
        self._incoming = IncomingHead(self.limits)
        self._body = b""
        self._body_bytes = 0
        self._in_head = True
        self._in_body = False

    def on_url(self, url: bytes) -> None:
        self._unparsed = 0
        self._incoming.add_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._unparsed = 0
        self._incoming.add_header(name, value, is_trailer=self._in_body)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._in_body = True
        if not self._keep_alive:
            raise NotHttp(_STOP)
        if len(self.pipeline) >= self.limits.pipelined_max:
            raise NotHttp(400)
        parser, incoming = self._parser, self._incoming
        version, is_upgrade = parser.get_http_version(), parser.should_upgrade()
        if version not in _VERSIONS:
            raise NotHttp(400)
        is_old = version == "1.0"
        incoming.check(is_old=is_old, is_upgrade=is_upgrade)
        self._keep_alive = not is_old and not is_upgrade and parser.should_keep_alive()
        self._now = self._request_head(parser.get_method().decode("ascii"), incoming)
        if (
            self._is_busy()
            or incoming.is_chunked
            or incoming.expects_continue
            or incoming.content_length > INLINE_BYTES_MAX
            or self._at_once >= _AT_ONCE_MAX
            or self.flow.write_paused
        ):
            self._answer_later(None)

    def _request_head(self, method: str, incoming: IncomingHead) -> RequestHead:
        path, _, query = incoming.url.partition(b"?")
        client, scheme = self.client[0] if self.client else "", cast("Scheme", self.scheme)
        if self.state.trusted_proxies:
            peer, proxies = client, self.state.trusted_proxies
            client, scheme = client_of(peer, scheme, incoming.headers, proxies)
            if path.startswith(OWN_PREFIX) and not is_vouched_for(peer, incoming.headers, proxies):
                client = ""  # what we say of ourselves is told to whoever is known to come from a certain place
        return RequestHead(
            method,
            path,
            query,
            incoming.headers,
            scheme=scheme,
            client_address=client,
            endpoint=self._endpoint,
            tls_version=self._tls_version,
        )

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        if self._now is not None:
            self._body += body
            return
        cycle = self.cycle
        self._body_bytes += len(body)
        if cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        self._in_body = False
        self._unparsed = 0
        if self._now is not None:
            self._answer_now(self._now)
            return
        cycle = self.cycle
        if cycle.response_complete:
            self._rest()
        else:
            cycle.more_body = False
            cycle.message_event.set()

    def _arriving(self) -> Arriving | None:
        """What takes the rest of the body of the request that is being answered; None when the parser is needed."""
        cycle, incoming = self.cycle, self._incoming
        if cycle is not self._running or not cycle.more_body or cycle.body or cycle.disconnected:
            return None
        if incoming.is_chunked or self._refused or self.transport.is_closing():
            return None
        return Arriving(self, incoming.content_length - self._body_bytes)

    def body_arrived(self) -> None:
        """`Arriving` has taken the rest of the body: go on with the next request, and a parser that knows nothing."""
        self.parser = self._parser = httptools.HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.transport.set_protocol(self)
        self.flow.resume_reading()
        self.on_message_complete()

    # Answers

    def _answer_now(self, head: RequestHead) -> None:
        self._at_once += 1
        try:
            response = self.front.answer_now(head, self._body)
            if isinstance(response, Started):
                self._answer_later(response)
                self.cycle.more_body = False
                self.cycle.message_event.set()
                return
            self._now = None
            self.transport.write(
                encode_answer(response, head.method, self.state.head_lines, keep_alive=self._keep_alive)
            )
        except Exception:
            log.exception("a request failed")
            self._refuse(500)
            return
        if self._keep_alive:
            self.state.total_requests += 1
            self._rest()
        else:
            self._close()

    def _close(self) -> None:
        self.deadline = self.loop.time() + self.limits.send_seconds
        self.transport.close()

    def _answer_later(self, started: Started | None) -> None:
        """Hand the request to an ASGI task, behind those of this connection that are not answered yet."""
        head, self._now = self._now, None
        if head is None:
            return
        scope = scope_of(head, self.server, self.transport.abort)
        scope["watchword.started"] = started
        waiting = self._is_busy()
        cycle = Cycle(
            scope=cast("HTTPScope", scope),
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self._incoming.expects_continue,
            keep_alive=self._keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.head_lines = self.state.head_lines
        cycle.body += self._body
        self._body_bytes += len(self._body)
        scope["watchword.answer"] = cycle.answer
        scope["watchword.room"] = cycle.room
        scope["watchword.arriving"] = self._arriving
        self.cycle = cycle
        app = cast("ASGI3Application", self.front)
        if waiting:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, app))
        else:
            self._running = cycle
            if started is not None and callable(started.answer):
                self.front.commit(started.exchange, started.answer, partial(self._committed, cycle))
            else:
                self._start_asgi_task(cycle, app)

    def _committed(self, cycle: Cycle, response: Any, error: BaseException | None) -> None:
        """Send the answer of a request that waited for its commit."""
        if cycle.disconnected:
            return
        if error is None:
            try:
                cycle.write_whole(response, closing=False)
            except ValueError as broken:
                error = broken
        if error is None:
            return
        log.error("a request failed", exc_info=error)
        cycle.write_whole(HttpResponse(500, [], b"Internal Server Error"), closing=True)

    def on_response_complete(self) -> None:
        self.state.total_requests += 1
        if self.transport.is_closing():
            self._close()
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._running = cast("Cycle", cycle)
            self._start_asgi_task(cycle, app)
        else:
            self._rest()

    def _rest(self) -> None:
        """The answer is out: set how long the connection may stay as it is."""
        now = self.loop.time()
        if self._in_body:
            self.deadline = now + self.limits.linger_seconds
        elif self._in_head:
            self.deadline = now + self.limits.head_seconds
        else:
            self._idle = True
            self.deadline = now + self.limits.idle_seconds
