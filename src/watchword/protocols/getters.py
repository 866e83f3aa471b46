"""How a writer reads the members of a value: a typed value's attributes, or a plain mapping's wire names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from watchword.protocols.names import attribute_name

Getter = Callable[[Any], Sequence[Any]]
"""Gives the values of the members that it was made for, in their order; None stands for what is absent."""

Types = Mapping[str, type[Any]] | None
"""The classes of a service's structures by shape name; None when structures are plain mappings by wire name."""


def getter(names: Sequence[str], typed: bool) -> Getter:
    """A reader for the members with these wire names."""
    if not typed:
        wire_names = tuple(names)
        return lambda value: [value.get(name) for name in wire_names]
    return attribute_getter([attribute_name(name) for name in names])


def attribute_getter(attributes: Sequence[str]) -> Getter:
    """A reader for these attributes; gives a tuple."""
    if not attributes:
        return lambda value: ()
    read: Callable[[Any], Any] = attrgetter(*attributes)
    return read if len(attributes) > 1 else lambda value: (read(value),)
