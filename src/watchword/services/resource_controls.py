"""What resource control policies are about: the services that AWS lists, without the actions that it excepts.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html, in
`models/rcp_services.json`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=4096)
def takes_rcps(action: str) -> bool:
    """True when resource control policies reach an action on a resource."""
    services, excepted = _listed()
    folded = action.lower()
    return folded.partition(":")[0] in services and folded not in excepted


def rcp_services() -> frozenset[str]:
    """The prefixes of the services, in lower case."""
    return _listed()[0]


@lru_cache(maxsize=1)
def _listed() -> tuple[frozenset[str], frozenset[str]]:
    known: dict[str, list[str]] = json.loads(files("watchword.models").joinpath("rcp_services.json").read_text("utf-8"))
    return frozenset(known["services"]), frozenset(action.lower() for action in known["excepted_actions"])
