"""Forms come out as they went in, however they are cut; whatever else arrives is refused in S3's words."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.core.errors import ApiError
from watchword.signing.multipart import FIELDS_BYTES_MAX, FormDecoder, read_boundary

boundaries = st.text("abcXYZ019'()+_,./:=?-", min_size=1, max_size=70)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda name: name.lower() != "file"
)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def written(boundary: str, fields: dict[str, str], file: bytes, file_name: str) -> bytes:
    """A form as a client writes it."""

    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    parts = [
        f"--{boundary}\r\nContent-Disposition: form-data; name={quoted(name)}\r\n\r\n{value}\r\n".encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename={quoted(file_name)}\r\n'
    return b"".join([*parts, f"{head}Content-Type: a/b\r\n\r\n".encode(), file, f"\r\n--{boundary}--\r\n".encode()])


def pieces(wire: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(wire), *(cut % (len(wire) + 1) for cut in cuts)})
    return [wire[start:end] for start, end in pairwise(places)]


@given(
    boundary=boundaries,
    fields=st.dictionaries(names, values, max_size=4),
    file=st.binary(max_size=300) | st.text("\r\n-abc", max_size=60).map(str.encode),
    file_name=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), max_size=10),
    cuts=st.lists(st.integers(0, 100_000), max_size=12),
)
def test_a_form_comes_out_as_it_went_in(
    boundary: str, fields: dict[str, str], file: bytes, file_name: str, cuts: list[int]
) -> None:
    lowered = {name.lower(): value for name, value in fields.items()}
    delimiter = f"\r\n--{boundary}"
    if len(lowered) != len(fields) or any(delimiter in f"\r\n{value}\r\n-" for value in fields.values()):
        return
    if delimiter.encode() in b"\r\n" + file + b"\r\n-":
        return
    decoder = FormDecoder(boundary.encode())
    got = b"".join([decoder.feed(piece) for piece in pieces(written(boundary, fields, file, file_name), cuts)])
    decoder.finish()
    assert decoder.form is not None
    assert decoder.form.fields == lowered
    assert decoder.form.file_name == file_name
    assert got == file


@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(0, 1000), max_size=6), whole=st.booleans())
def test_whatever_arrives_is_parsed_or_refused(data: bytes, cuts: list[int], whole: bool) -> None:
    wire = written("x", {"key": "k"}, data, "n") if whole else data
    wire = wire.replace(b"\x01", b"\r\n--x")
    decoder = FormDecoder(b"x")
    with contextlib.suppress(ApiError):
        for piece in pieces(wire, cuts):
            decoder.feed(piece)
        decoder.finish()


@pytest.mark.parametrize("unit", [b"x", b"\r\n--boundar", b"\r\n", b"--boundary"])
def test_what_stands_before_a_file_is_bounded(unit: bytes) -> None:
    decoder = FormDecoder(b"boundary")
    head = b'--boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    decoder.feed(head)
    with pytest.raises(ApiError):  # noqa: PT012 - some piece is one too many
        for _ in range(FIELDS_BYTES_MAX // len(unit) + 2):
            decoder.feed(unit)
    assert len(decoder._buffer) <= FIELDS_BYTES_MAX + 100  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        (b"multipart/form-data; boundary=abc", b"abc"),
        (b'Multipart/Form-Data; charset=utf-8; Boundary="a b"', b"a b"),
        (b"multipart/form-data;boundary=----x", b"----x"),
        (b"text/plain; boundary=abc", None),
        (b"", None),
    ],
)
def test_the_boundary(content_type: bytes, boundary: bytes | None) -> None:
    assert read_boundary(content_type) == boundary


@pytest.mark.parametrize(
    "content_type", [b"multipart/form-data", b"multipart/form-data; boundary=", b"multipart/form-data; a=boundary"]
)
def test_no_boundary(content_type: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        read_boundary(content_type)
    assert caught.value.code == "MalformedPOSTRequest"
