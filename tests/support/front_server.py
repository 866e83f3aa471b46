"""The real front with an echo behind it instead of the gateway: for tests of HTTP itself.

python -m tests.support.front_server DIR [SETTINGS-AS-JSON]

/echo…        answers with what arrived: method, target, headers, size and SHA-256 of the body
/closed…      refused by the head alone, 403
/small…       takes at most 100 bytes of body
/picky…       its reader refuses any body that contains `bad`
/slow…        its reader takes half a second for every piece of a body
/wait?ms=N    answers after N milliseconds in a worker thread
/brief…       a commit that may be run with others: answers `PATH of SIZE-OF-GROUP`
/pid          answers with the worker's process id
/crash        kills the worker
/file?n=N     N bytes of a file
/raise        breaks the contract: raises
/split        breaks the contract: a header value with a line end
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.clocks import SystemClock

from watchword.core.errors import ApiError, BodyTooLarge, BodyTooSlow, WatchwordError
from watchword.core.http import FileBody, HttpResponse, RequestHead, Spooled
from watchword.server.contract import Commit
from watchword.server.data_directory import CREDENTIALS
from watchword.server.settings import Address, Limits, Settings
from watchword.server.workers import serve

_MEGABYTE = bytes(range(256)) * 4096


@dataclass
class Digest:
    size: int
    checksums: dict[str, str]
    stated: tuple[str, str] | None = None


class EchoReader:
    def __init__(self, *, picky: bool, slow: bool) -> None:
        self._picky = picky
        self._slow = slow
        self._sha256 = hashlib.sha256()
        self._size = 0

    def parts(self, view: memoryview, /) -> list[memoryview]:
        self.feed(bytes(view))
        return [view]

    def feed(self, data: bytes, /) -> bytes:
        if self._picky and b"bad" in data:
            raise ApiError("XAmzContentSHA256Mismatch", "the body is bad")
        if self._slow:
            time.sleep(0.5)
        self._sha256.update(data)
        self._size += len(data)
        return data

    def finish(self) -> Digest:
        return Digest(self._size, {"sha256": self._sha256.hexdigest()})


@dataclass
class EchoExchange:
    head: RequestHead
    response: HttpResponse | None = None
    reader: EchoReader | None = None
    body_bytes_max: int = 1 << 30
    is_brief: bool = False


class EchoGateway:
    key_desk = None
    audit_log = None

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "megabytes"
        self._file.write_bytes(_MEGABYTE * 8)

    def begin(self, head: RequestHead, /) -> EchoExchange:
        reader = EchoReader(picky=head.path.startswith("/picky"), slow=head.path.startswith("/slow"))
        exchange = EchoExchange(head, reader=reader)
        if head.path.startswith("/closed"):
            exchange.response = HttpResponse(403, [], b"closed")
        elif head.path.startswith("/small"):
            exchange.body_bytes_max = 100
        elif head.path == "/raise":
            raise RuntimeError("the contract is broken")
        return exchange

    def finish(self, exchange: EchoExchange, body: Spooled, /) -> HttpResponse | Commit:
        head = exchange.head
        query = dict(pair.split("=") for pair in head.query_string.decode().split("&") if "=" in pair)
        if head.path == "/wait":
            return functools.partial(self._wait, exchange, body, int(query["ms"]) / 1000)
        if head.path.startswith("/brief"):
            exchange.is_brief = True
            return lambda: self.commit_all([exchange])[0]
        if head.path == "/file":
            return HttpResponse(200, [], FileBody(self._file, 0, int(query["n"])))
        if head.path == "/split":
            return HttpResponse(200, [(b"x", b"a\r\nset-cookie: b")], b"")
        if head.path == "/crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if head.path == "/pid":
            return HttpResponse(200, [], str(os.getpid()).encode())
        return HttpResponse(200, [(b"content-type", b"application/json")], self._echo(head, body))

    def commit_all(self, exchanges: Sequence[EchoExchange], /) -> list[HttpResponse]:
        time.sleep(0.05)
        return [HttpResponse(200, [], exchange.head.raw_path + b" of %d" % len(exchanges)) for exchange in exchanges]

    def _wait(self, exchange: EchoExchange, body: Spooled, seconds: float) -> HttpResponse:
        time.sleep(seconds)
        return HttpResponse(200, [], self._echo(exchange.head, body))

    def _echo(self, head: RequestHead, body: Spooled) -> bytes:
        if body.path is not None and body.path.stat().st_size != body.size:
            raise RuntimeError("the spool file has another size")
        echo: dict[str, Any] = {
            "method": head.method,
            "path": head.raw_path.decode("latin-1"),
            "query": head.query_string.decode("latin-1"),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in head.headers],
            "scheme": head.scheme,
            "client": head.client_address,
            "size": body.size,
            "sha256": body.checksums.get("sha256"),
            "spooled": body.path is not None,
        }
        return json.dumps(echo).encode()

    def refuse(self, exchange: EchoExchange, error: WatchwordError, /) -> HttpResponse:
        status = 413 if isinstance(error, BodyTooLarge) else 408 if isinstance(error, BodyTooSlow) else 400
        return HttpResponse(status, [], type(error).__name__.encode())

    def is_ready(self) -> bool:
        return True

    def tick(self) -> None:
        pass

    def close(self) -> None:
        pass


def main() -> None:
    data_dir = Path(sys.argv[1])
    options: dict[str, Any] = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    limits = Limits(**options.pop("limits", {}))
    https = Address("localhost", 0) if options.pop("https", False) else None
    settings = Settings(data_dir, http=Address("127.0.0.1", 0), https=https, limits=limits, **options)
    for name in ("spool", "tls"):
        (data_dir / name).mkdir(exist_ok=True)
    (data_dir / CREDENTIALS).touch()
    serve(settings, lambda settings: EchoGateway(settings.data_dir), SystemClock(), _say)


def _say(description: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(description) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
