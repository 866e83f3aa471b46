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


class _Resource(msgspec.Struct):
    keys: tuple[str, ...] = ()


class _Action(msgspec.Struct):
    resources: dict[str, msgspec.Raw] = {}
    keys: tuple[str, ...] = ()


class _Reference(msgspec.Struct):
    actions: dict[str, _Action]
    resources: dict[str, _Resource]


@cache
def _reference() -> _Reference:
    data = files("watchword.models").joinpath("reference", "s3.json").read_bytes()
    return msgspec.json.decode(data, type=_Reference)


@cache
def policy_actions(*, in_access_points: bool = False) -> Mapping[str, frozenset[Kind]]:
    """S3's actions, `s3:getobject`, each with those of bucket and object that it applies to.

    In access points these stand for the access point and the objects in it.
    """
    names: dict[Kind, str] = {kind: _IN_POINTS[kind] if in_access_points else kind for kind in get_args(Kind)}
    return {
        f"s3:{name.lower()}": frozenset(kind for kind in names if names[kind] in action.resources)
        for name, action in _reference().actions.items()
    }


@cache
def policy_condition_keys() -> Mapping[str, frozenset[str]]:
    """S3's actions, each with the condition keys that it may come with, in lower case; a key with a name ends in `/`.

    The keys of resources come with every action: a bucket's policy speaks of its access points, too.
    """
    of_resources = [key for resource in _reference().resources.values() for key in resource.keys]
    return {
        f"s3:{name.lower()}": frozenset(key.lower().removesuffix("*") for key in (*action.keys, *of_resources))
        for name, action in _reference().actions.items()
    }


@cache
def directory_bucket_actions() -> Mapping[str, frozenset[Kind]]:
    """What the policy of a directory bucket may name: each action is about the bucket."""
    names = ("CreateSession", "DeleteBucket", "DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy")
    return {f"s3express:{name.lower()}": frozenset({"bucket"}) for name in names}
