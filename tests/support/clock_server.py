"""The real server with a clock that a test can move.

    python -m tests.support.clock_server OFFSET-FILE DIR [HOST:PORT]

Prints the same line of JSON as `watchword serve --json`. The file holds seconds that are added to the system's time.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.support.clocks import OffsetClock

from watchword.server import bootstrap
from watchword.server.settings import Settings, parse_address
from watchword.server.workers import serve


def main() -> None:
    clock = OffsetClock(Path(sys.argv[1]))
    address = parse_address(sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1:0")
    settings = Settings(Path(sys.argv[2]), http=address)
    serve(settings, functools.partial(bootstrap.build, clock=clock, random_bytes=os.urandom), clock, _say)


def _say(description: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(description) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
