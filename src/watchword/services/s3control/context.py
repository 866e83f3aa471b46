"""S3 Control's condition keys that come from the request. Those of its head are the gateway's to give.

Source: AWS's service authorization reference for S3.
"""

from __future__ import annotations

from typing import Any

from watchword.core.tags import asked_tag
from watchword.services.authorization import KeyReader, KeyValue, PrefixReader, Resource
from watchword.services.call import Authenticated


def _point_arn(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    point = resource.access_point
    return None if point is None else point.arn or resource.arn


def _point_account(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    return None if resource.access_point is None else resource.access_point.account


def _network_origin(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    return None if resource.access_point is None else resource.access_point.network_origin


def _point_tag(request: Any, resource: Resource, caller: Authenticated, name: str) -> KeyValue:
    tags = () if resource.access_point is None else resource.access_point.tags
    return asked_tag(tags, name)


def _nothing(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    """A key that AWS declares and no request carries."""
    return None


def _bucket_tag(request: Any, resource: Resource, caller: Authenticated, name: str) -> KeyValue:
    return asked_tag(resource.bucket_tags, name)


KEYS: dict[str, KeyReader] = {
    "s3:accesspointnetworkorigin": _network_origin,
    "s3:dataaccesspointaccount": _point_account,
    "s3:dataaccesspointarn": _point_arn,
    "s3:locationconstraint": _nothing,
    "s3:x-amz-acl": _nothing,
}
PREFIXES: dict[str, PrefixReader] = {"s3:accesspointtag/": _point_tag, "s3:buckettag/": _bucket_tag}
