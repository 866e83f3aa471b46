"""The yardstick of long bodies: a plain ASGI application that serves and takes the files of one folder.

GET sends a file in pieces of 256 KiB that it reads on the event loop; PUT writes what comes to a new file, syncs it to
the disk and renames it. It checks nothing and asks nobody. On uvicorn with uvloop and httptools.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from typing import Any

import uvicorn

_PIECE_BYTES = 256 * 1024
_numbers = count()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    path = sys.argv[2] + scope["path"]
    if scope["method"] == "PUT":
        await _take(path, receive, send)
    else:
        await _give(path, send)


async def _take(path: str, receive: Any, send: Any) -> None:
    partial = f"{path}.{next(_numbers)}"
    file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    more = True
    while more:
        message = await receive()
        os.write(file, message["body"])
        more = message["more_body"]
    os.fsync(file)
    os.close(file)
    os.replace(partial, path)  # noqa: PTH105 - on the event loop, as everything here
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def _give(path: str, send: Any) -> None:
    file = os.open(path, os.O_RDONLY)
    left = os.fstat(file).st_size
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % left)]})
    while left:
        piece = os.read(file, _PIECE_BYTES)
        left -= len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
    os.close(file)


if __name__ == "__main__":
    uvicorn.run(
        application,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
