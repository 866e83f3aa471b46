"""The actions that policies of buckets and access points may name, and what each applies to.

Read from the service reference at first use.

Source: AWS's service authorization reference for S3 (`models/reference/s3.json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import msgspec

Kind = Literal["bucket", "object"]
_IN_POINTS: Mapping[Kind, str] = {"bucket": "accesspoint", "object": "accesspointobject"}


class _Action(msgspec.Struct):
    resources: dict[str, msgspec.Raw] = {}


class _Reference(msgspec.Struct):
    actions: dict[str, _Action]


@cache
def policy_actions(*, in_access_points: bool = False) -> Mapping[str, frozenset[Kind]]:
    """S3's actions, `s3:getobject`, each with those of bucket and object that it applies to.

    In access points these stand for the access point and the objects in it.
    """
    data = files("watchword.models").joinpath("reference", "s3.json").read_bytes()
    reference = msgspec.json.decode(data, type=_Reference)
    names: dict[Kind, str] = {kind: _IN_POINTS[kind] if in_access_points else kind for kind in get_args(Kind)}
    return {
        f"s3:{name.lower()}": frozenset(kind for kind in names if names[kind] in action.resources)
        for name, action in reference.actions.items()
    }


@cache
def directory_bucket_actions() -> Mapping[str, frozenset[Kind]]:
    """What the policy of a directory bucket may name: each action is about the bucket."""
    names = ("CreateSession", "DeleteBucket", "DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy")
    return {f"s3express:{name.lower()}": frozenset({"bucket"}) for name in names}
