"""Canonical spellings, case by case."""

from __future__ import annotations

import pytest

from watchword.core.http import RequestHead
from watchword.signing.canonical import (
    canonical_head,
    canonical_path,
    canonical_query,
    canonical_verbatim_path,
    query_pairs,
    signed_names,
)
from watchword.signing.errors import Kind, SignatureError


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (b"/", b"/"),
        (b"", b"/"),
        (b"/a/b", b"/a/b"),
        (b"/a/b/", b"/a/b/"),
        (b"//a///b//", b"/a/b/"),
        (b"/./a/./b", b"/a/b"),
        (b"/a/b/../c", b"/a/c"),
        (b"/a/..", b"/"),
        (b"/a%20b", b"/a%2520b"),
        (b"/a b", b"/a%20b"),
        (b"/\xe1\x88\xb4", b"/%E1%88%B4"),
        (b"/a*b", b"/a%2Ab"),
        (b"/.well-known/x", b"/.well-known/x"),
    ],
)
def test_paths_are_normalized_and_encoded_again(raw: bytes, canonical: bytes) -> None:
    assert canonical_path(raw) == canonical


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (b"/", b"/"),
        (b"", b"/"),
        (b"/b//a/./../c/", b"/b//a/./../c/"),
        (b"/b/a%20b", b"/b/a%20b"),
        (b"/b/a+b", b"/b/a%2Bb"),
        (b"/b/%7Euser", b"/b/~user"),
        (b"/b/%e1%88%b4", b"/b/%E1%88%B4"),
        (b"/b/a%2Fb", b"/b/a%2Fb"),
        (b"/b/a%25b", b"/b/a%25b"),
    ],
)
def test_s3_paths_stay_and_are_encoded_once(raw: bytes, canonical: bytes) -> None:
    assert canonical_verbatim_path(raw) == canonical


@pytest.mark.parametrize("raw", [b"/a%", b"/a%2", b"/a%zz", b"/a%2gb", b"/..", b"/a/../.."])
def test_bad_escapes_and_paths_above_the_root_are_refused(raw: bytes) -> None:
    with pytest.raises(SignatureError) as caught:
        canonical_path(raw)
    assert caught.value.kind is Kind.MALFORMED_URI


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (b"b=2&a=1", b"a=1&b=2"),
        (b"a=2&a=10&a=1", b"a=1&a=10&a=2"),
        (b"Param-3=z&Param=y", b"Param=y&Param-3=z"),
        (b"a=1&B=2", b"B=2&a=1"),
        (b"acl", b"acl="),
        (b"a=b=c", b"a=b%3Dc"),
        (b"a=x+y", b"a=x%20y"),
        (b"a=%2f%7e", b"a=%2F~"),
        (b"&&a=1&", b"a=1"),
        (b"=x", b"=x"),
    ],
)
def test_queries_are_decoded_encoded_and_sorted_by_name_then_value(raw: bytes, canonical: bytes) -> None:
    assert canonical_query(query_pairs(raw)) == canonical


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a=%", "Incomplete trailing escape % sequence"),
        (b"a=%4", "Incomplete trailing escape % sequence"),
        (b"a=%4&b=1", "Incomplete trailing escape % sequence"),
        (b"a=%zz", "Illegal hex character in escape % pattern: %zz"),
        (b"a=%4x1", "Illegal hex character in escape % pattern: %4x"),
    ],
)
def test_bad_escapes_in_the_query_are_named(raw: bytes, message: str) -> None:
    with pytest.raises(SignatureError) as caught:
        query_pairs(raw)
    assert (caught.value.kind, caught.value.message) == (Kind.MALFORMED_QUERY, message)


def head_of(headers: list[tuple[bytes, bytes]], names: str) -> bytes:
    head = RequestHead("GET", b"/", b"", headers)
    return canonical_head("GET", b"/", b"", signed_names(names), head.fields)


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        ([b"plain"], b"plain"),
        ([b"one two"], b"one two"),
        ([b'x   "y   z"'], b'x "y z"'),
        ([b"p\tq"], b"p q"),
        ([b"r\n  s"], b"r s"),
        ([b"2", b"1", b"2"], b"2,1,2"),
    ],
)
def test_header_values_are_joined_and_their_runs_of_white_space_collapsed(sent: list[bytes], canonical: bytes) -> None:
    headers = [(b"host", b"h"), *((b"a", value) for value in sent)]
    assert head_of(headers, "a;host") == b"GET\n/\n\na:" + canonical + b"\nhost:h\n\na;host\n"


def test_an_absent_signed_header_counts_as_empty() -> None:
    assert head_of([(b"host", b"h")], "host;x-gone") == b"GET\n/\n\nhost:h\nx-gone:\n\nhost;x-gone\n"


def test_a_line_break_in_a_value_cannot_make_a_header_line() -> None:
    assert head_of([(b"host", b"h"), (b"a", b"1\nb:2")], "a;host") == b"GET\n/\n\na:1 b:2\nhost:h\n\na;host\n"


def test_percent_signs_in_names_are_names() -> None:
    assert head_of([(b"host", b"h"), (b"a%b", b"1")], "a%b;host") == b"GET\n/\n\na%b:1\nhost:h\n\na%b;host\n"
