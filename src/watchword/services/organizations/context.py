"""Organizations' own condition keys.

Source: AWS's service authorization reference for Organizations.
"""

from __future__ import annotations

from typing import Any

from watchword.services.authorization import KeyReader, KeyValue, PrefixReader, Resource
from watchword.services.call import Authenticated
from watchword.services.organizations.resources import OrganizationResource


def _policy_type(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    for attribute in ("type", "policy_type", "filter"):
        value = getattr(request, attribute, None)
        if isinstance(value, str):
            return value
    return (resource.policy_type or None) if isinstance(resource, OrganizationResource) else None


KEYS: dict[str, KeyReader] = {"organizations:policytype": _policy_type}
PREFIXES: dict[str, PrefixReader] = {}
