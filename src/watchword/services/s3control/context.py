"""S3 Control's condition keys that come from the request. Those of its head are the gateway's to give.

Source: AWS's service authorization reference for S3.
"""

from __future__ import annotations

from typing import Any

from watchword.services.authorization import KeyReader, KeyValue, PrefixReader, Resource
from watchword.services.call import Authenticated


def _bucket_tag(request: Any, resource: Resource, caller: Authenticated, name: str) -> KeyValue:
    return next((value for key, value in resource.bucket_tags if key.lower() == name), None)


KEYS: dict[str, KeyReader] = {}
PREFIXES: dict[str, PrefixReader] = {"s3:buckettag/": _bucket_tag}
