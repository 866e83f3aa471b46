"""The context keys that documents ask about, for the simulator and for IAM's GetContextKeysFor… operations.

Decides which names those are, and how incomplete a document may be that is only asked for them.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html; what comes once or
more often, and what may be missing, follows 24 answers of AWS that others recorded (radkawar/stackd,
internal/services/iam/testdata/context_keys_aws.json).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from watchword.policy.language import Document, Statement, parse_json, read_document
from watchword.policy.variables import variable_names

_ESCAPES: Final = ("${*}", "${?}", "${$}")


def context_keys(documents: Iterable[Document]) -> tuple[str, ...]:
    """The names of all keys of conditions and variables, spelled as written, each once, in order of appearance."""
    return tuple(dict.fromkeys(name for document in documents for name in _named(document)))


def listed_keys(documents: Iterable[Document]) -> tuple[str, ...]:
    """The same as IAM lists them: each once for every document, with what stands for a literal `*`, `?` or `$`."""
    return tuple(name for document in documents for name in dict.fromkeys((*_named(document), *_escapes(document))))


def read_incomplete(text: str) -> Document | None:
    """Read a document that may lack statements, actions or resources; None for one without statements.

    Raises MalformedPolicy.
    """
    value = parse_json(text)
    if not isinstance(value, dict):
        return read_document(value)
    document = cast("dict[str, Any]", value)
    statements = document.get("Statement", [])
    if statements == []:
        read_document({**document, "Statement": {"Effect": "Allow", "Action": "*"}})
        return None
    listed = cast("list[Any]", statements) if isinstance(statements, list) else [statements]
    return read_document({**document, "Statement": [_completed(each) for each in listed]})


def _completed(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    given = cast("dict[str, Any]", statement)
    if any(given.get(name, []) != [] for name in ("Action", "NotAction")):
        return given
    return {**{name: each for name, each in given.items() if name != "NotAction"}, "Action": "*"}


def _named(document: Document) -> Iterator[str]:
    for statement in document.statements:
        yield from (condition.key for condition in statement.conditions)
        for text in _texts(document, statement):
            yield from variable_names(text)


def _escapes(document: Document) -> Iterator[str]:
    for statement in document.statements:
        for text in _texts(document, statement):
            yield from (text[at + 2] for at in range(len(text)) if text.startswith(_ESCAPES, at))


def _texts(document: Document, statement: Statement) -> Iterator[str]:
    """Every text of a statement in which a variable may stand."""
    if document.has_variables:
        yield from statement.resources or ()
        for condition in statement.conditions:
            yield from condition.values
