"""The context keys that a document asks about, as IAM's GetContextKeysFor… operations list them.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from watchword.policy.language import Document
from watchword.policy.variables import variable_names


def context_keys(documents: Iterable[Document]) -> tuple[str, ...]:
    """The names of all keys of conditions and variables, spelled as written, each once, in order of appearance."""
    return tuple(dict.fromkeys(name for document in documents for name in _named(document)))


def _named(document: Document) -> Iterator[str]:
    for statement in document.statements:
        texts = list(statement.resources or ())
        for condition in statement.conditions:
            yield condition.key
            texts += condition.values
        if document.has_variables:
            for text in texts:
                yield from variable_names(text)
