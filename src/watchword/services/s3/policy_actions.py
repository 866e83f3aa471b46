"""The actions that a bucket policy may name, and what each applies to: read from the service reference at first use.

Source: AWS's service authorization reference for S3 (`models/reference/s3.json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import msgspec

Kind = Literal["bucket", "object"]


class _Action(msgspec.Struct):
    resources: dict[str, msgspec.Raw] = {}


class _Reference(msgspec.Struct):
    actions: dict[str, _Action]


@cache
def policy_actions() -> Mapping[str, frozenset[Kind]]:
    """S3's actions, `s3:getobject`, each with those of bucket and object that it applies to."""
    data = files("watchword.models").joinpath("reference", "s3.json").read_bytes()
    reference = msgspec.json.decode(data, type=_Reference)
    kinds: tuple[Kind, ...] = get_args(Kind)
    return {
        f"s3:{name.lower()}": frozenset(kind for kind in kinds if kind in action.resources)
        for name, action in reference.actions.items()
    }
