"""Answers as bytes: a status line, headers, a body; in one write wherever the body is in memory.

Decides what stands in every answer (`date`, `server`, `content-length`, `connection`). Never lets a header value end
its line: an answer that would be split is not sent.

Source: RFC 9110 (sections 6.6.1, 8.6); RFC 9112 (section 9.6).
"""

from __future__ import annotations

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from watchword.core.http import FileBody, HttpResponse


def with_length(response: HttpResponse) -> list[tuple[bytes, bytes]]:
    """The answer's headers, `content-length` among them wherever a body is possible."""
    status = response.status
    if status < 200 or status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        return response.headers
    for name, _ in response.headers:
        if name == b"content-length":
            return response.headers
    length = response.body.length if isinstance(response.body, FileBody) else len(response.body)
    return [*response.headers, (b"content-length", b"%d" % length)]


def encode_answer(response: HttpResponse, method: str, head_lines: bytes, *, keep_alive: bool) -> bytes:
    """The whole answer; of a file only the head. Raises ValueError when a header value would end its line.

    `head_lines` are whole lines that stand in every answer.
    """
    headers = with_length(response)
    lines = b"".join([b"%b: %b\r\n" % line for line in headers])
    # INVARIANT: each line ends once, where it was ended here.
    if lines.count(b"\r") != len(headers) or lines.count(b"\n") != len(headers) or b"\0" in lines:
        names = b", ".join([name for name, _ in headers]).decode("latin-1")
        raise ValueError(f"one of the headers `{names!r}` would break the answer")
    body = b"" if method == "HEAD" or isinstance(response.body, FileBody) else response.body
    end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
    return b"".join((STATUS_LINE[response.status], head_lines, lines, end, body))


def bare_answer(status: int, head_lines: bytes) -> bytes:
    """What somebody gets who does not speak HTTP: the status's name, and the end."""
    phrase = HTTPStatus(status).phrase.encode()
    return b"".join(
        (
            STATUS_LINE[status],
            head_lines,
            b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: ",
            b"%d\r\n\r\n" % len(phrase),
            phrase,
        )
    )


class Cycle(RequestResponseCycle):
    """One request and its answer, which may be written whole."""

    head_lines = b""

    async def answer(self, response: HttpResponse, *, closing: bool) -> None:
        """Send an answer whose body is in memory (or which has none to send), when the client has room for it."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if not self.disconnected:
            self.write_whole(response, closing=closing)

    async def room(self) -> int:
        """Wait until the client has room for more, and give the bytes that are still under way."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        return self.transport.get_write_buffer_size()

    def write_whole(self, response: HttpResponse, *, closing: bool) -> None:
        """Send the answer now. Raises ValueError as `encode_answer` does; nothing is sent then."""
        self.keep_alive = self.keep_alive and not closing
        data = encode_answer(response, self.scope["method"], self.head_lines, keep_alive=self.keep_alive)
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(data)
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
