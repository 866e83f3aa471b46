"""What requests came to, counted in plain integers: by service, operation and outcome; why they were refused; how long.

Requests are counted where their audit events are encoded, in batches, off their way: on it stands one more call and a
look at the clock. Names of operations and services are those that are served, everything else is `other`: nothing that
a client sends becomes a label, so there is a bound on how many there are. Never holds a name of an account, user,
bucket or key.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Final

from watchword.core.errors import ApiError
from watchword.gateway.audit import AuditLog
from watchword.gateway.events import Told
from watchword.gateway.exchange import Exchange

Timed = tuple[Told, datetime]
"""A request and when it was answered."""

SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)
"""Upper ends of the buckets of times."""
OTHER: Final = "other"
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})
_PROOF_FAILURES: Final = frozenset({
    "AuthorizationHeaderMalformed", "AuthorizationQueryParametersError", "ExpiredToken", "ExpiredTokenException",
    "IncompleteSignature", "IncompleteSignatureException", "InvalidAccessKeyId", "InvalidClientTokenId",
    "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
    "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "UnrecognizedClientException",
    "XAmzContentSHA256Mismatch",
})  # fmt: skip
"""Codes that say why a caller was not proved."""
_SESSIONS: Final = frozenset({"AssumeRole", "CreateSession", "GetFederationToken", "GetSessionToken"})


class Times:
    """How long the requests of one service took."""

    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(SECONDS) + 1)
        self.seconds = 0.0


class Metrics:
    """The counts of one process."""

    def __init__(self, commits: Callable[[], int]) -> None:
        """`commits` gives those of all processes together."""
        self._commits = commits
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self._unproved: Counter[str] = Counter()
        self._denials: Counter[tuple[str, str]] = Counter()
        self._times: dict[str, Times] = {}

    def count(self, timed: Timed) -> None:
        """Count one request."""
        (exchange, error), answered_at = timed
        served = exchange.target.service
        service = served.name if served.operations else OTHER
        operation = exchange.operation_name if exchange.entry is not None else OTHER
        self._requests[service, operation, "ok" if error is None else self._why(exchange, error)] += 1
        times = self._times.get(service)
        if times is None:
            times = self._times[service] = Times()
        # The system's clock may be set back meanwhile.
        seconds = max(0.0, (answered_at - exchange.now).total_seconds())
        times.buckets[bisect_left(SECONDS, seconds)] += 1
        times.seconds += seconds

    def _why(self, exchange: Exchange, error: ApiError) -> str:
        """The outcome of a request that was refused, and its count by reason."""
        if error.status >= 500:
            return "failed"
        if error.code in _PROOF_FAILURES and exchange.call is None:
            self._unproved[error.code] += 1
            return "not proved"
        if error.code not in _DENIED:
            return "invalid"
        trail = exchange.asked.trail if exchange.asked is not None else None
        refused = (
            next((each for each in reversed(trail.checks) if not each.decision.is_allowed), None) if trail else None
        )
        layer = refused.decision.layer.value if refused is not None and refused.decision.layer is not None else "none"
        self._denials[layer, "none" if refused is None else refused.decision.outcome.value] += 1
        return "denied"

    def shared(self) -> dict[str, float]:
        """What is one count for all processes."""
        return {"watchword_store_commits_total": self._commits()}

    def samples(self) -> dict[str, float]:
        """Every count of this process, by its name and labels as Prometheus writes them."""
        found: dict[str, float] = {}
        for (service, operation, outcome), count in list(self._requests.items()):
            labels = f'service="{service}",operation="{operation}"'
            found[f'watchword_requests_total{{{labels},outcome="{outcome}"}}'] = count
            if outcome == "ok" and operation in _SESSIONS:
                found[f"watchword_sessions_issued_total{{{labels}}}"] = count
        for code, count in list(self._unproved.items()):
            found[f'watchword_authentication_failures_total{{code="{code}"}}'] = count
        for (layer, outcome), count in list(self._denials.items()):
            found[f'watchword_authorization_denials_total{{layer="{layer}",outcome="{outcome}"}}'] = count
        for service, times in list(self._times.items()):
            found |= _histogram(service, times)
        return found


def _histogram(service: str, times: Times) -> dict[str, float]:
    name, found, total = "watchword_request_seconds", dict[str, float](), 0
    for end, count in zip((*map(str, SECONDS), "+Inf"), times.buckets, strict=True):
        total += count
        found[f'{name}_bucket{{service="{service}",le="{end}"}}'] = total
    found[f'{name}_sum{{service="{service}"}}'] = times.seconds
    found[f'{name}_count{{service="{service}"}}'] = total
    return found


class MeteredAuditLog:
    """An audit log whose requests are counted when their events are encoded."""

    __slots__ = ("_append", "_log", "_now", "metrics")

    def __init__(
        self,
        open_log: Callable[[Callable[[Timed], bytes]], AuditLog[Timed]],
        encode: Callable[[Told], bytes],
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        """`open_log` opens a log whose events are encoded by what it is given."""
        self.metrics = metrics

        def count_and_encode(timed: Timed) -> bytes:
            metrics.count(timed)
            return encode(timed[0])

        self._log = open_log(count_and_encode)
        self._append = self._log.append
        self._now = now

    @property
    def is_writable(self) -> bool:
        return self._log.is_writable

    def append(self, event: Told) -> None:
        """Take one request. It is counted and encoded soon, so nothing that it holds may change."""
        self._append((event, self._now()))

    def flush(self) -> None:
        """Count and encode what was taken, and hand it over to the operating system."""
        self._log.flush()

    def close(self) -> None:
        """Flush and let go; the last call."""
        self._log.close()
