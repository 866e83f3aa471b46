"""Which keys a document asks about."""

from __future__ import annotations

import pytest

from watchword.policy.context_keys import context_keys, listed_keys, read_incomplete
from watchword.policy.language import Document, MalformedPolicy, parse_document

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


def test_keys_are_listed_once_for_every_document_with_literal_marks() -> None:
    document = parse_document(f'{{"Version":"2012-10-17","Statement":[{STATEMENT},{STATEMENT}]}}')
    keys = ("AWS:PrincipalTag/x", "k", "aws:UserName", "a", "s3:Prefix", "*")
    assert listed_keys([document, document]) == keys + keys


CONDITION = '"Condition":{"StringEquals":{"aws:username":"a"}}'


@pytest.mark.parametrize(
    "members",
    [
        f'"Resource":"*",{CONDITION}',
        f'"Action":"abc",{CONDITION}',
        f'"Action":[],"Resource":[],{CONDITION}',
        f'"Action":"*","Resource":"bad",{CONDITION}',
        f'"Action":"*","Resource":"*","Principal":"*",{CONDITION}',
    ],
)
def test_what_is_missing_does_not_keep_keys_from_being_read(members: str) -> None:
    document = read_incomplete(f'{{"Statement":{{"Effect":"Allow",{members}}}}}')
    assert document is not None
    assert listed_keys([document]) == ("aws:username",)


@pytest.mark.parametrize("text", ['{"Version":"2012-10-17"}', '{"Statement":[]}'])
def test_without_statements_there_are_no_keys(text: str) -> None:
    assert read_incomplete(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"Foo":"x"}',
        '{"Statement":[1]}',
        '{"Statement":{"Action":"*"}}',
        '{"Statement":{"Effect":"Allow","Condition":{"MadeUp":{"k":"v"}}}}',
    ],
)
def test_other_faults_are_told(text: str) -> None:
    with pytest.raises(MalformedPolicy):
        read_incomplete(text)
