"""Which keys a document asks about."""

from __future__ import annotations

import pytest

from watchword.policy.context_keys import context_keys
from watchword.policy.language import Document, parse_document

STATEMENT = (
    '{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b/${aws:UserName}/${*}","arn:aws:s3:::${a, \'b\'}"],'
    '"Condition":{"StringEquals":{"AWS:PrincipalTag/x":["${s3:Prefix}","${aws:UserName}"]},"Bool":{"k":"true"}}}'
)


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("2012-10-17", ("AWS:PrincipalTag/x", "k", "aws:UserName", "a", "s3:Prefix")),
        ("2008-10-17", ("AWS:PrincipalTag/x", "k")),
    ],
)
def test_keys_of_conditions_and_variables_as_written_each_once(version: str, keys: tuple[str, ...]) -> None:
    document = parse_document(f'{{"Version":"{version}","Statement":[{STATEMENT},{STATEMENT}]}}')
    assert context_keys([document, document]) == keys


def test_no_documents_no_keys() -> None:
    none: list[Document] = []
    assert context_keys(none) == ()
