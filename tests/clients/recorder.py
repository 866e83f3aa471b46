"""What clients really send: a relay in front of a server that keeps the bytes. It changes nothing.

Over HTTPS it shows the server's own certificate, whose key lies in the data directory.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.clients.instances import Instance

_HEAD = re.compile(rb"(GET|PUT|POST|DELETE|HEAD) (/[^ \r\n]*) HTTP/1\.1\r\n(.*?)\r\n\r\n", re.DOTALL)


class Recorder:
    """A relay, while it runs."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._streams: list[bytearray] = []
        self._writers: list[StreamWriter] = []
        self._back: ssl.SSLContext | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.endpoint = f"{instance.scheme}://127.0.0.1:{port}"

    def headers(self, method: str, path: str) -> dict[str, str]:
        """The headers of the only request of this method and path, by lower-case name."""
        heads = [
            found[3]
            for stream in list(self._streams)
            for found in _HEAD.finditer(bytes(stream))
            if found[1].decode() == method and found[2].decode().partition("?")[0] == path
        ]
        (head,) = heads
        lines = head.decode("latin-1").split("\r\n")
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> int:
        front = None
        if self._instance.ca_bundle is not None:
            tls = self._instance.data_dir / "tls"
            front = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            front.load_cert_chain(tls / "server.pem", tls / "server.key")
            self._back = ssl.create_default_context(cafile=self._instance.ca_bundle)
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0, ssl=front)
        return self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    async def _relay(self, client: StreamReader, answer: StreamWriter) -> None:
        upstream = urlsplit(self._instance.endpoint)
        server, request = await asyncio.open_connection(upstream.hostname, upstream.port, ssl=self._back)
        kept = bytearray()
        self._streams.append(kept)
        self._writers += [answer, request]
        await asyncio.gather(_pump(client, request, kept), _pump(server, answer, None))


async def _pump(source: StreamReader, sink: StreamWriter, kept: bytearray | None) -> None:
    with suppress(OSError):
        while piece := await source.read(65536):
            if kept is not None:
                kept += piece
            sink.write(piece)
            await sink.drain()
    sink.close()
    with suppress(OSError):
        await sink.wait_closed()


@contextmanager
def recording(instance: Instance) -> Generator[Recorder]:
    """Relay to a server while the block runs."""
    recorder = Recorder(instance)
    try:
        yield recorder
    finally:
        recorder.close()
