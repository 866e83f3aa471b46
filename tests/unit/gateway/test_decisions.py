"""Recent decisions are handed over in batches, whatever becomes of the file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from watchword.core.http import RequestHead
from watchword.gateway.decisions import BATCH_MAX, Decisions
from watchword.gateway.exchange import Exchange
from watchword.gateway.identify import identify


class _Pages:
    """A file that keeps what it is given, and can be full."""

    def __init__(self, drain: Callable[[int], bytes]) -> None:
        self.drain = drain
        self.asked = 0
        self.is_full = False
        self.data = b""

    def flush(self) -> None:
        self.asked += 1
        if not self.is_full:
            self.data += self.drain(1)

    def close(self) -> None:
        self.flush()


def _exchange(request_id: str) -> Exchange:
    head = RequestHead("GET", b"/plans/a.txt", b"", [(b"host", b"127.0.0.1")])
    return Exchange(head, datetime(2026, 1, 1, tzinfo=UTC), request_id, identify(head, "us-east-1"))


def _opened() -> tuple[Decisions, list[_Pages]]:
    opened: list[_Pages] = []

    def open_file(drain: Callable[[int], bytes]) -> _Pages:
        opened.append(_Pages(drain))
        return opened[0]

    return Decisions(open_file), opened


def test_a_full_batch_is_written_by_the_request_that_fills_it() -> None:
    decisions, opened = _opened()
    for number in range(BATCH_MAX - 1):
        decisions.note(_exchange(f"id-{number}"), None)
    assert opened[0].data == b""
    decisions.note(_exchange("the-last"), None)
    assert opened[0].data.count(b'{"t":"request"') == BATCH_MAX
    assert b'"the-last"' in opened[0].data


def test_a_file_that_cannot_be_written_is_asked_once_a_batch_not_at_every_request() -> None:
    decisions, opened = _opened()
    opened[0].is_full = True
    for number in range(3 * BATCH_MAX):
        decisions.note(_exchange(f"id-{number}"), None)
    assert opened[0].asked == 3
    opened[0].is_full = False
    decisions.close()
    assert opened[0].data.count(b'{"t":"request"') == 3 * BATCH_MAX
