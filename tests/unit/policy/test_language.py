"""Documents: what is read, what is refused, and where statements stand."""

from __future__ import annotations

import pytest

from watchword.core.errors import WatchwordError
from watchword.policy.language import (
    DOCUMENT_CHARACTERS_MAX,
    Condition,
    InvalidJson,
    MalformedPolicy,
    Position,
    PrincipalPattern,
    parse_document,
    parse_json,
    statement_positions,
)
from watchword.policy.validate import validate_identity_policy
from watchword.storage.aws_policies import ShippedAwsPolicies

PLAIN = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}'


def test_a_single_value_is_a_list_of_one() -> None:
    listed = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"]}]}'
    assert parse_document(PLAIN) == parse_document(listed)


def test_a_document_without_version_is_of_2008() -> None:
    document = parse_document('{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}')
    assert document.version == "2008-10-17"
    assert not document.has_variables


def test_numbers_keep_every_digit_and_booleans_become_text() -> None:
    document = parse_document(
        '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*",'
        '"Condition":{"NumericEquals":{"a":[1.50,10000000000000000001]},"Bool":{"b":true,"c":[false]}}}}'
    )
    assert document.statements[0].conditions == (
        Condition("NumericEquals", "a", ("1.50", "10000000000000000001")),
        Condition("Bool", "b", ("true",)),
        Condition("Bool", "c", ("false",)),
    )


def test_principals_keep_their_types_and_order() -> None:
    document = parse_document(
        '{"Statement":{"Effect":"Deny","NotPrincipal":{"Service":"a","AWS":["b","*"]},"Action":"*","Resource":"*"}}'
    )
    statement = document.statements[0]
    assert statement.is_not_principal
    assert statement.principals == (
        PrincipalPattern("Service", "a"),
        PrincipalPattern("AWS", "b"),
        PrincipalPattern("AWS", "*"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{} {}",
        "{'Statement': 1}",
        '{"Statement": NaN}',
        '{"Statement": Infinity}',
        '{"a": 1, "a": 2}',
        '{"Statement": [{"Condition": {"Bool": {"k": "1", "k": "2"}}}]}',
        '{"Statement": "\\ud83d"}',
        '{"Statement": "a\nb"}',
        "\ufeff{}",
    ],
    ids=[
        "empty", "unclosed", "two values", "single quotes", "NaN", "Infinity", "element twice", "inner element twice",
        "half a surrogate pair", "line break in a string", "byte order mark",
    ],
)  # fmt: skip
def test_what_is_not_strict_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidJson):
        parse_json(text)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_is_refused_before_it_costs_anything(opening: str) -> None:
    with pytest.raises(InvalidJson, match="nested too deeply"):
        parse_json(opening * 50_000)


def test_brackets_in_strings_are_not_nesting() -> None:
    assert parse_json('"' + "[" * 100 + '\\"{"') == "[" * 100 + '"{'


def test_a_long_document_is_refused() -> None:
    with pytest.raises(InvalidJson, match="longer than"):
        parse_json(" " * (DOCUMENT_CHARACTERS_MAX + 1))


def test_errors_are_of_the_house() -> None:
    assert issubclass(InvalidJson, MalformedPolicy)
    assert issubclass(MalformedPolicy, WatchwordError)


def test_positions_of_statements_in_a_policy_of_one_line() -> None:
    statement = '{"Effect": "Allow", "Action": "*", "Resource": "*"}'
    text = f'{{"Version": "2012-10-17", "Statement": [{statement}, {statement}]}}'
    assert statement_positions(text) == (
        (Position(1, 41), Position(1, 41 + len(statement))),
        (Position(1, 41 + len(statement)), Position(1, 43 + 2 * len(statement))),
    )


def test_positions_over_lines_pass_over_what_only_looks_like_a_statement() -> None:
    text = (
        '{\n  "Id": "Statement",\n  "Statement":\n    {\n      "Sid": "}",\n      "Effect": "Deny",\n'
        '      "Action": "*",\n      "Resource": "*",\n      "Condition": {"Null": {"Statement": "true"}}\n    },\n'
        '  "Version": "2012-10-17"\n}'
    )
    parse_document(text)
    assert statement_positions(text) == ((Position(4, 6), Position(10, 6)),)


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ('{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}', ((1, 16), (1, 77))),
        ('{\n  "Statement": [\n    {\n      "Effect": "Deny"\n    }\n  ]\n}', ((2, 17), (5, 6))),
        (' \r\n{\r\n  "Statement": [\r\n    {\r\n    }\r\n  ]\r\n}\r\n ', ((3, 17), (5, 6))),
    ],
)
def test_positions_are_counted_as_iam_counts(text: str, positions: tuple[tuple[int, int], tuple[int, int]]) -> None:
    # Source: AWS's answers as others recorded them (radkawar/stackd, testdata/aws/iam/simulation.json)
    start, end = positions
    assert statement_positions(text) == ((Position(*start), Position(*end)),)


def test_every_policy_of_aws_is_well_formed() -> None:
    for policy in ShippedAwsPolicies().under():
        document = validate_identity_policy(policy.document, is_managed=True)
        assert len(statement_positions(policy.document)) == len(document.statements), policy.name
