"""The real server over HTTP, with a clock that a test can move.

python -m tests.support.real_server DIR [SETTINGS-AS-JSON]

DIR/clock holds the seconds by which the clock is ahead of the system's. Settings are those of `Settings` that are plain
values, such as {"workers": 2}; `trusted_proxies` and `vpc_endpoints` are lists of texts as the command takes them,
`keys_to` and `keys_from` are paths, `file_bytes_max` is the size that no file passes.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from tests.support.clocks import OffsetClock

from watchword.server.bootstrap import build
from watchword.server.settings import Address, Settings, parse_network, parse_vpc_endpoint
from watchword.server.workers import serve


def main() -> None:
    data_dir = Path(sys.argv[1])
    options: dict[str, Any] = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    trusted = tuple(parse_network(text) for text in options.pop("trusted_proxies", ()))
    if "metrics_from" in options:
        options["metrics_from"] = tuple(parse_network(text) for text in options["metrics_from"])
    endpoints = tuple(parse_vpc_endpoint(text) for text in options.pop("vpc_endpoints", ()))
    file_bytes_max = options.pop("file_bytes_max", None)
    if file_bytes_max is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes_max, resource.RLIM_INFINITY))
    sockets = {name: Path(options.pop(name)) for name in ("keys_to", "keys_from") if name in options}
    https = Address("127.0.0.1", 0) if options.pop("https", False) else None
    clock = OffsetClock(data_dir / "clock")
    settings = Settings(
        data_dir,
        http=Address("127.0.0.1", 0),
        https=https,
        trusted_proxies=trusted,
        vpc_endpoints=endpoints,
        **sockets,
        **options,
    )
    serve(settings, lambda settings: build(settings, clock, os.urandom), clock, _say)


def _say(description: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(description) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
