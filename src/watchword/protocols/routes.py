"""Which operation a REST request means: by method, path and query, and where these do not tell, by what it carries.

A path of the model fits when its segments fit (`{Key+}` takes the rest of the path, slashes and all) and its literal
query parameters are present (`?policy`, `?list-type=2`). Of those that fit, the most literal wins; then the one of
which all required query parameters and headers are there, the most of them first (UploadPart and CopyObject before
PutObject); then one that is not deprecated; then the first of the model. Other parameters (`x-id`) do not matter.

Source: https://smithy.io/2.0/spec/http-bindings.html#http-trait; https://docs.aws.amazon.com/AmazonS3/latest/API/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from watchword.core.http import RequestHead
from watchword.protocols.bindings import Match
from watchword.protocols.model import OperationFacts, ServiceModel

QUERY_PARAMETERS_MAX = 2_000

_LABEL = re.compile(r"\{([^}+]+)(\+?)\}")


def query_values(query_string: bytes) -> dict[str, list[str]]:
    """The values of each query parameter, decoded, in order; a parameter without `=` has the empty value.

    Raises ValueError when there are too many.
    """
    values: dict[str, list[str]] = {}
    if not query_string:
        return values
    pairs = query_string.decode("latin-1").split("&", QUERY_PARAMETERS_MAX)
    if len(pairs) > QUERY_PARAMETERS_MAX:
        raise ValueError("too many query parameters")
    for pair in pairs:
        if pair:
            name, _, value = pair.partition("=")
            values.setdefault(_decoded(name), []).append(_decoded(value))
    return values


def _decoded(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text, errors="replace") if "%" in text else text


_NO_QUERY: Mapping[str, list[str]] = {}
_Rank = tuple[int, int, int, int, bool, int]


class _Literal(NamedTuple):
    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class _Route:
    operation: OperationFacts
    pattern: re.Pattern[bytes]
    labels: tuple[str, ...]
    path_literal_length: int
    literals: tuple[_Literal, ...]
    needs_query: tuple[str, ...]
    needs_headers: tuple[bytes, ...]
    needs: int
    is_current: bool
    position: int
    """In the model."""

    def fits(self, query: Mapping[str, list[str]]) -> bool:
        for name, value in self.literals:
            given = query.get(name)
            if given is None or (value is not None and given[0] != value):
                return False
        return True

    def rank(self, head: RequestHead, query: Mapping[str, list[str]]) -> _Rank:
        missing = 0
        for name in self.needs_query:
            missing += name not in query
        for header in self.needs_headers:
            missing += head.header(header) is None
        return self.path_literal_length, len(self.literals), -missing, self.needs, self.is_current, -self.position


class _Group:
    """The routes of one path: those without literal parameters, and the others by their first."""

    def __init__(self) -> None:
        self.plain: list[_Route] = []
        self.by_literal: dict[str, list[_Route]] = {}
        self._without_query: list[_Route] = self.plain
        """What a request without a query can mean: one route, where no header decides between them."""

    def settle(self) -> None:
        """All routes are here: find what a request without a query means."""
        if self.plain and not any(route.needs_headers for route in self.plain):
            best = min(self.plain, key=lambda route: (len(route.needs_query), not route.is_current, route.position))
            self._without_query = [best]

    def candidates(self, query: Mapping[str, list[str]]) -> list[_Route]:
        if not query:
            return self._without_query
        found = self.plain
        for name in query:
            named = self.by_literal.get(name)
            if named is not None:
                found = named + found
        return found


class Routes:
    """The routes of one service."""

    def __init__(self, model: ServiceModel) -> None:
        self._by_method: dict[str, dict[re.Pattern[bytes], _Group]] = {}
        for position, operation in enumerate(model.operations.values()):
            route = _route(operation, model, position)
            group = self._by_method.setdefault(operation.http.method, {}).setdefault(route.pattern, _Group())
            if route.literals:
                group.by_literal.setdefault(route.literals[0].name, []).append(route)
            else:
                group.plain.append(route)
        for groups in self._by_method.values():
            for group in groups.values():
                group.settle()

    def match(self, head: RequestHead, path: bytes) -> Match | None:
        """The operation that a request means; `path` is its raw path. None when there is none.

        Raises ValueError when a label is not UTF-8 or the query has too many parameters.
        """
        query = query_values(head.query_string) if head.query_string else _NO_QUERY
        fitting: list[tuple[_Route, re.Match[bytes]]] = []
        for pattern, group in self._by_method.get(head.method, _NO_ROUTES).items():
            fit = pattern.match(path)
            if fit is not None:
                fitting += [(route, fit) for route in group.candidates(query) if route.fits(query)]
        if not fitting:
            return None
        route, fit = fitting[0] if len(fitting) == 1 else max(fitting, key=lambda each: each[0].rank(head, query))
        values = [part.decode() if b"%" not in part else unquote_to_bytes(part).decode() for part in fit.groups()]
        return Match(route.operation, dict(zip(route.labels, values, strict=True)))


_NO_ROUTES: Mapping[re.Pattern[bytes], _Group] = {}


def _route(operation: OperationFacts, model: ServiceModel, position: int) -> _Route:
    path, _, query = operation.http.request_uri.partition("?")
    literals: list[_Literal] = []
    for pair in filter(None, query.split("&")):
        name, equals, value = pair.partition("=")
        literals.append(_Literal(name, value if equals else None))
    expression, labels = _expression(path)
    needs_query: list[str] = []
    needs_headers: list[bytes] = []
    if operation.input:
        shape = model.shapes[operation.input.shape]
        for key in shape.required:
            ref = shape.members[key]
            if ref.location == "querystring":
                needs_query.append(ref.location_name or key)
            elif ref.location == "header":
                needs_headers.append((ref.location_name or key).lower().encode())
    return _Route(
        operation=operation,
        pattern=re.compile(expression),
        labels=labels,
        path_literal_length=len(_LABEL.sub("", path)),
        literals=tuple(literals),
        needs_query=tuple(needs_query),
        needs_headers=tuple(needs_headers),
        needs=len(needs_query) + len(needs_headers),
        is_current=not operation.deprecated,
        position=position,
    )


def _expression(path: str) -> tuple[bytes, tuple[str, ...]]:
    """A path template as a regular expression over raw paths, and its label names."""
    labels: list[str] = []
    parts: list[str] = []
    at = 0
    for label in _LABEL.finditer(path):
        parts.append(re.escape(path[at : label.start()]))
        parts.append("(.+)" if label.group(2) else "([^/]+)")
        labels.append(label.group(1))
        at = label.end()
    parts.append(re.escape(path[at:]))
    tail = "" if path.endswith(("/", "+}")) else "/?"
    return ("".join(parts) + tail + r"\Z").encode(), tuple(labels)
