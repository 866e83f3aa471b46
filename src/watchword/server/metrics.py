"""`/_watchword/metrics`: the counts of all workers, as text that Prometheus and its kin read.

Each worker counts by itself and leaves its counts in DIR/metrics once a second; whichever worker is asked adds them up,
its own being those of the moment. What a worker that died had counted stays, but for its last second. Answers only who
comes from the networks that the settings name, loopback by default, and never a request that a proxy passed on from a
place that nobody vouches for: to all others the page is not there.

Never decides what is counted (`gateway/metrics.py`), and counts nothing on the way of a request.
Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import ipaddress
import os
import resource
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from watchword.core.http import HttpResponse, RequestHead
from watchword.gateway.metrics import MeteredAuditLog
from watchword.server.proxies import FORWARDED
from watchword.server.settings import Settings

FOLDER = "metrics"
FAMILIES: Mapping[str, tuple[str, str]] = {
    "watchword_requests_total": ("counter", "Requests by service, operation and what became of them."),
    "watchword_request_seconds": ("histogram", "From the head of a request to its answer, its body included."),
    "watchword_authentication_failures_total": (
        "counter",
        "Requests whose caller was not proved, by the error's code.",
    ),
    "watchword_authorization_denials_total": ("counter", "Requests that were denied, by the layer that denied them."),
    "watchword_sessions_issued_total": ("counter", "Temporary credentials that were issued."),
    "watchword_store_commits_total": ("counter", "Commits of the records, since the data directory was made."),
    "watchword_connections": ("gauge", "Open connections of clients."),
    "watchword_waiting": ("gauge", "What waits for a thread, or for its turn to be written."),
    "watchword_workers": ("gauge", "Processes that serve."),
    "process_cpu_seconds_total": ("counter", "Processor time of all workers."),
    "process_resident_memory_bytes": ("gauge", "Memory of all workers; what they share counts in each."),
    "process_open_fds": ("gauge", "Open files of all workers."),
}
"""In the order of the page: what each metric is, and what it says."""


class Left(msgspec.Struct):
    """What a worker leaves for the others."""

    counts: dict[str, float]
    """Stay when it is gone."""
    gauges: dict[str, float]
    """Go with it."""


class MetricsPage:
    """The page of one worker."""

    def __init__(self, settings: Settings, audit_log: object, lengths: Callable[[], dict[str, float]]) -> None:
        """`lengths` gives the gauges of this process's server."""
        self._networks = settings.metrics_from
        self._trusts_proxies = bool(settings.trusted_proxies)
        self._folder = settings.run_dir / FOLDER
        self._is_shared = settings.workers > 1
        self._metrics = audit_log.metrics if isinstance(audit_log, MeteredAuditLog) else None
        self._flush = audit_log.flush if isinstance(audit_log, MeteredAuditLog) else None
        self._lengths = lengths

    def may_see(self, head: RequestHead) -> bool:
        """True for who comes from a network that the settings name.

        With trusted proxies a request that nobody vouches for has no client address.
        """
        if head.endpoint or (not self._trusts_proxies and not FORWARDED.isdisjoint(head.fields)):
            return False
        try:
            address = ipaddress.ip_address(head.client_address)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def response(self) -> HttpResponse:
        """The page. Reads the files of the other workers, so it may block."""
        if self._flush is not None:
            self._flush()  # what waits to be encoded is counted
        counts, gauges = dict[str, float](), dict[str, float]()
        for left in (self._own(), *self._others()):
            for total, part in ((counts, left.counts), (gauges, left.gauges)):
                for name, value in part.items():
                    total[name] = total.get(name, 0) + value
        counts |= {} if self._metrics is None else self._metrics.shared()
        headers = [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8"), (b"cache-control", b"no-store")]
        return HttpResponse(200, headers, page(counts | gauges).encode())

    def leave(self) -> None:
        """Leave the counts for the other workers; call it every second. Raises OSError."""
        if self._is_shared:
            path = self._folder / f"{os.getpid()}.json"
            writing = path.with_suffix(".new")
            descriptor = os.open(writing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(self._own()))
            writing.replace(path)

    def _own(self) -> Left:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        counts = {} if self._metrics is None else self._metrics.samples()
        counts["process_cpu_seconds_total"] = round(usage.ru_utime + usage.ru_stime, 2)
        gauges = {
            **self._lengths(),
            "watchword_workers": 1,
            "process_resident_memory_bytes": _resident_bytes(),
            "process_open_fds": _open_files(),
        }
        return Left(counts, gauges)

    def _others(self) -> list[Left]:
        found: list[Left] = []
        for path in self._folder.glob("*.json") if self._is_shared else ():
            pid = int(path.stem)
            if pid == os.getpid():
                continue
            try:
                left = msgspec.json.decode(path.read_bytes(), type=Left)
            except (OSError, msgspec.MsgspecError):
                continue
            if not Path(f"/proc/{pid}").exists():
                left.gauges = {}
            found.append(left)
        return found


def forget_earlier(run_dir: Path) -> None:
    """Begin anew: what earlier servers counted is theirs. Only under the lock, before any worker runs."""
    folder = run_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.iterdir():
        left.unlink(missing_ok=True)


def page(samples: Mapping[str, float]) -> str:
    """Samples as a page: each family with what it is and what it says."""
    lines: list[str] = []
    of_family: dict[str, list[str]] = {name: [] for name in FAMILIES}
    for name, value in samples.items():
        family = name.partition("{")[0]
        for suffix in ("_bucket", "_sum", "_count"):
            if family.removesuffix(suffix) in FAMILIES:
                family = family.removesuffix(suffix)
        of_family[family].append(f"{name} {int(value) if value == int(value) else value!r}")
    for family, found in of_family.items():
        if found:
            kind, says = FAMILIES[family]
            lines += [f"# HELP {family} {says}", f"# TYPE {family} {kind}", *found]
    return "\n".join(lines) + "\n"


def _resident_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _open_files() -> int:
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())
    except OSError:
        return 0
