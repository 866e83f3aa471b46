"""Reads the protocol cases, and brings values into the form in which the cases write them."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from watchword.protocols.model import Ref, ServiceModel
from watchword.protocols.scalars import epoch, from_epoch

HERE = Path(__file__).parent
PROTOCOLS = ("query", "ec2", "json", "json_1_0", "rest-json", "rest-xml")


class Case(NamedTuple):
    """One case: its suite's description as a service model, and the case itself."""

    name: str
    suite: dict[str, Any]
    given: dict[str, Any]

    @property
    def operation(self) -> str:
        return self.given["given"]["name"]

    def model(self) -> ServiceModel:
        """The suite's service with the case's operation."""
        description = {
            "metadata": self.suite["metadata"],
            "shapes": self.suite["shapes"],
            "operations": {self.operation: self.given["given"]},
        }
        return msgspec.convert(description, ServiceModel)

    def description(self) -> dict[str, Any]:
        """The same in the form that botocore takes."""
        return {**self.suite, "operations": {self.operation: self.given["given"]}}


def not_applicable(direction: str) -> dict[str, str]:
    """Cases that say nothing about a server, each with the reason."""
    return tomllib.loads((HERE / "not_applicable.toml").read_text())[direction]


def cases(direction: str) -> Iterator[Case]:
    """All cases of a direction (`input` or `output`) that apply."""
    skipped = not_applicable(direction)
    for protocol in PROTOCOLS:
        for suite in json.loads((HERE / "cases" / direction / f"{protocol}.json").read_text()):
            for given in suite["cases"]:
                name = f"{protocol}/{given['id']}"
                if name not in skipped:
                    yield Case(name, suite, given)


def as_written(value: Any) -> Any:
    """A value as the cases write it: times as seconds, bytes as text, numbers that are none by name."""
    if isinstance(value, dict):
        return {key: as_written(part) for key, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [as_written(part) for part in cast("list[Any]", value)]
    if isinstance(value, datetime):
        return epoch(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def from_written(value: Any, ref: Ref, model: ServiceModel) -> Any:
    """The reverse of `as_written`, for which the shape must be known."""
    shape = model.shapes[ref.shape]
    if value is None or shape.document or ref.jsonvalue:
        return value
    if shape.type == "structure":
        return {key: from_written(part, shape.members[key], model) for key, part in value.items()}
    if shape.type == "list" and shape.member:
        return [from_written(part, shape.member, model) for part in value]
    if shape.type == "map" and shape.value:
        return {key: from_written(part, shape.value, model) for key, part in value.items()}
    if shape.type == "timestamp":
        return from_epoch(value)
    if shape.type == "blob":
        return value.encode()
    if shape.type in ("float", "double"):
        return float(value)
    return value
