"""What `watchword explain` asks of a data directory: decisions that were taken, and requests that might be made.

Reads only; a server may run on the directory or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from watchword.core.errors import OperatorError
from watchword.core.tags import AmbiguousTag
from watchword.directory.directory import Directory
from watchword.gateway.decision_lines import DecisionLine
from watchword.gateway.plans import Documents, Plans
from watchword.gateway.recorded import Recorded, find_decision, latest_decisions
from watchword.gateway.supposed import suppose
from watchword.policy.explain import Explanation, explain
from watchword.server.bootstrap import DATABASE, DECISIONS
from watchword.server.data_directory import require_initialized
from watchword.storage.aws_policies import ShippedAwsPolicies
from watchword.storage.recent_file import newest_files
from watchword.storage.sqlite import SqliteReader


def recorded(data_dir: Path, request_id: str) -> Recorded | None:
    """A recent request. Raises OperatorError."""
    require_initialized(data_dir)
    return find_decision(newest_files(data_dir / DECISIONS), request_id)


def latest(data_dir: Path, count: int) -> list[DecisionLine]:
    """The last requests, the newest first. Raises OperatorError."""
    require_initialized(data_dir)
    return latest_decisions(newest_files(data_dir / DECISIONS), count)


def supposed(
    data_dir: Path,
    *,
    principal: str,
    action: str,
    resource: str,
    context: Mapping[str, Sequence[str]],
    region: str,
    now: datetime,
) -> Explanation:
    """Explain a request that might be made, under the present policies. Raises OperatorError, Unavailable."""
    require_initialized(data_dir)
    store = SqliteReader(data_dir / DATABASE)
    documents = Documents()
    plans = Plans(store, ShippedAwsPolicies(), documents)
    try:
        with store.read() as snapshot:
            request, policies = suppose(
                Directory(snapshot),
                plans,
                documents,
                principal=principal,
                action=action,
                resource=resource,
                context=context,
                region=region,
                now=now,
            )
            return explain(request, policies)
    except AmbiguousTag as ambiguous:
        raise OperatorError(
            f"{ambiguous}, in different cases, and a policy asks for one: the request is denied"
        ) from None
    finally:
        store.close()
