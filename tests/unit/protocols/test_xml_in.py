"""XML bodies: nothing but the document is ever read, and what does not fit is MalformedXML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.protocols.model import load_service
from watchword.protocols.service import Service
from watchword.protocols.xml_in import DEPTH_MAX, decode_xml

S3 = Service(load_service("s3"))
HEAD = RequestHead("POST", b"/bucket", b"delete", [])


def delete_objects(body: bytes) -> Any:
    return S3.operation("DeleteObjects").parse(HEAD, body, {"Bucket": "bucket"})["Delete"]


def refused(body: bytes) -> None:
    with pytest.raises(ApiError, match="MalformedXML"):
        delete_objects(body)


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"', ' xmlns="urn:x"'])
def test_the_namespace_does_not_matter(namespace: str) -> None:
    body = (
        f"<Delete{namespace}><Object><Key>a</Key></Object><Object><Key> b </Key></Object><Quiet>true</Quiet></Delete>"
    )
    assert delete_objects(body.encode()) == {"Objects": [{"Key": "a"}, {"Key": " b "}], "Quiet": True}


def test_comments_and_unknown_elements_do_not_matter() -> None:
    body = b"<Delete><!-- x --><Nope><Key>z</Key></Nope><Object><Key>a<!-- y -->b</Key></Object></Delete>"
    assert delete_objects(body) == {"Objects": [{"Key": "ab"}]}


@pytest.mark.parametrize(
    "body",
    [
        b"<Delete>",
        b"<Other/>",
        b"<Delete><Quiet>maybe</Quiet></Delete>",
        b"<Delete><Quiet>true</Quiet><Quiet>true</Quiet></Delete>",
        b"<Delete><Object><Key><b/></Key></Object></Delete>",
        b"<Delete>\x00</Delete>",
        b"<Delete>&nbsp;</Delete>",
        b"not xml",
    ],
)
def test_what_is_broken_or_does_not_fit_is_malformed(body: bytes) -> None:
    refused(body)


def test_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    refused(
        f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{secret}">]><Delete><Object><Key>&x;</Key></Object></Delete>'.encode()
    )


def test_entity_bomb_is_refused() -> None:
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    refused(f'<!DOCTYPE d [<!ENTITY a0 "ha">{lines}]><Delete>&a9;</Delete>'.encode())


def test_document_type_in_another_encoding_is_refused() -> None:
    refused(
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d [<!ENTITY x "y">]><Delete>&x;</Delete>'.encode("utf-16")
    )


def test_depth_is_bounded() -> None:
    decode_xml(b"<a>" * DEPTH_MAX + b"</a>" * DEPTH_MAX)
    with pytest.raises(ApiError, match="MalformedXML"):
        decode_xml(b"<a>" * (DEPTH_MAX + 1) + b"</a>" * (DEPTH_MAX + 1))


def test_an_absent_body_is_an_absent_member() -> None:
    assert S3.operation("DeleteObjects").parse(HEAD, b"", {"Bucket": "bucket"}) == {"Bucket": "bucket"}
