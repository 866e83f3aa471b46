"""Policy variables: `${key}`, `${key, 'default'}`, and the escapes `${*}` `${?}` `${$}`.

Decides where a text of a document of version 2012-10-17 holds variables and what they stand for in one request. What a
variable stands for is literal text: a `*` inside it is no wildcard. A key with many values never expands.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from watchword.policy.wildcards import Wildcard, parse_pattern

ContextValue = str | tuple[str, ...] | None
"""One value; many values, when the key's declared type is a list; nothing."""
Get = Callable[[str], ContextValue]
"""Looks a context key up by its name in lower case."""

# A name holds none of the characters that could start another variable, so the search is linear in the text.
_VARIABLE = re.compile(r"\$\{(?:([*?$])|([^${}*?',]+)(?:, *'([^']*)')?)\}")


class Variable(NamedTuple):
    """A variable: the key's name in lower case, and what stands for it when the key is missing."""

    key: str
    default: str | None


Part = str | Wildcard | Variable


def parse_template(text: str, *, has_variables: bool, has_wildcards: bool) -> tuple[Part, ...]:
    """Split a text into its parts. Without variables `${` is plain text, as is a `${…}` that has not their form."""
    plain: Callable[[str], tuple[str | Wildcard, ...]] = parse_pattern if has_wildcards else _literal
    if not has_variables or "${" not in text:
        return plain(text)
    parts: list[Part] = []
    at = 0
    for found in _VARIABLE.finditer(text):
        parts += plain(text[at : found.start()])
        escaped, name, default = found.groups()
        parts.append(escaped if escaped is not None else Variable(name.strip().lower(), default))
        at = found.end()
    parts += plain(text[at:])
    return tuple(parts)


def parse_resource(text: str, *, has_variables: bool) -> tuple[Part, ...]:
    """Split an entry of a Resource element: the fields that an ARN without variables leaves out are wildcards.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    """
    parts = parse_template(text, has_variables=has_variables, has_wildcards=True)
    missing = 5 - text.count(":")
    if missing <= 0 or not text.startswith("arn:") or any(isinstance(part, Variable) for part in parts):
        return parts
    return parse_template(text + missing * ":*", has_variables=has_variables, has_wildcards=True)


def variable_names(text: str) -> list[str]:
    """The keys whose variables stand in a text, as written."""
    return [found[2].strip() for found in _VARIABLE.finditer(text) if found[2] is not None]


def expand(parts: Sequence[Part], get: Get) -> list[str | Wildcard] | None:
    """Put literal text in the place of every variable; None when one stands for nothing."""
    expanded: list[str | Wildcard] = []
    for part in parts:
        if isinstance(part, Variable):
            value = get(part.key)
            if value is None:
                value = part.default
            if not isinstance(value, str):
                return None
            expanded.append(value)
        else:
            expanded.append(part)
    return expanded


def _literal(text: str) -> tuple[str | Wildcard, ...]:
    return (text,) if text else ()
