"""Whatever arrives, a reader gives a value or an ApiError, never another exception; every answer is well formed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree as lxml_etree  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.protocols.bindings import Ids
from watchword.protocols.forms import as_tree, read_parameters
from watchword.protocols.json_values import decode_json
from watchword.protocols.model import load_service
from watchword.protocols.service import Service
from watchword.protocols.xml_in import decode_xml

etree = cast("Any", lxml_etree)
IDS = Ids("0bdc1a5e-2d2f-4d3c-a5a2-3b0f11111111", "aG9zdA==")
SERVICES = {name: Service(load_service(name)) for name in ("iam", "sts", "s3", "organizations", "sso", "signin")}

words = st.sampled_from(
    [
        "Tags",
        "member",
        "1",
        "01",
        "0",
        "-1",
        "Key",
        "Value",
        "RoleName",
        "Action",
        "entry",
        ".",
        "=",
        "&",
        "%",
        "+",
        "%C3",
    ]
)
form_bytes = st.lists(words | st.text(max_size=3), max_size=30).map(lambda parts: "".join(parts).encode())
json_texts = st.sampled_from([b"{", b"}", b"[", b"]", b'"Name"', b":", b",", b"1", b"null", b"true", b"1e999", b"\xff"])
json_bytes = st.lists(json_texts, max_size=60).map(b"".join)
xml_texts = st.sampled_from(
    [b"<Delete>", b"</Delete>", b"<Object>", b"</Object>", b"<Key>", b"</Key>", b"x", b"&lt;", b"&x;", b"<!DOCTYPE a>",
     b"<![CDATA[", b"]]>", b"<?xml version='1.0'?>", b"<!--", b"-->", b"\x00", b"<Quiet>1</Quiet>", b"<a b='c'/>"]
)  # fmt: skip
xml_bytes = st.lists(xml_texts, max_size=40).map(b"".join)
bodies = st.binary(max_size=200) | form_bytes | json_bytes | xml_bytes


def head_of(method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]]) -> RequestHead:
    return RequestHead(method, path, query, headers)


header_names = st.sampled_from([b"x-amz-meta-a", b"content-length", b"if-modified-since", b"x-amz-target", b"range"])
heads = st.builds(
    head_of,
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", ""]),
    st.binary(max_size=40).map(lambda path: b"/" + path) | st.sampled_from([b"/", b"/bucket", b"/bucket/key", b""]),
    bodies | st.sampled_from([b"delete", b"policy", b"list-type=2&max-keys=a", b"uploads", b"x-id=GetObject"]),
    st.lists(st.tuples(header_names, st.binary(max_size=30)), max_size=5),
)


def refusal(run: Callable[[], object]) -> ApiError | None:
    """The ApiError that a call raises; any other exception passes."""
    try:
        run()
    except ApiError as error:
        return error
    return None


@given(body=bodies)
def test_any_form_is_a_tree_or_an_error(body: bytes) -> None:
    error = refusal(lambda: as_tree(read_parameters(body)))
    assert error is None or error.code == "MalformedInput"


@given(body=bodies)
def test_any_json_is_a_value_or_an_error(body: bytes) -> None:
    error = refusal(lambda: decode_json(body))
    assert error is None or error.code == "SerializationException"


@given(body=bodies)
def test_any_xml_is_an_element_or_an_error(body: bytes) -> None:
    error = refusal(lambda: decode_xml(body))
    assert error is None or error.code == "MalformedXML"


@given(head=heads, body=bodies, service=st.sampled_from(sorted(SERVICES)))
def test_any_request_names_an_operation_and_reads_or_is_an_error(head: RequestHead, body: bytes, service: str) -> None:
    ours = SERVICES[service]

    def answer() -> None:
        match = ours.match(head, body)
        ours.operation(match.operation.name).read(head, body, match.labels)

    error = refusal(answer)
    if error is not None:
        assert 400 <= error.status < 500 or (error.status, error.code) == (302, "MissingAction")
        assert ours.error(error, IDS).status == error.status


@given(data=st.data(), service=st.sampled_from(sorted(SERVICES)))
def test_any_body_for_any_operation_reads_or_is_an_error(data: st.DataObject, service: str) -> None:
    ours = SERVICES[service]
    name = data.draw(st.sampled_from(sorted(ours.model.operations)))
    head, body = data.draw(heads), data.draw(bodies)
    error = refusal(lambda: ours.operation(name).read(head, body, {"Bucket": "b", "Key": "k"}))
    assert error is None or 400 <= error.status < 500


@given(text=st.text(st.characters(codec=None), max_size=60))
def test_any_text_in_xml_is_well_formed_and_read_back(text: str) -> None:
    written = SERVICES["iam"].operation("ListUserPolicies").write({"PolicyNames": [text]}, IDS)
    root = etree.fromstring(written.body)
    (member,) = root.iter("{*}member")
    legal = all(c in "\t\n\r" or "\x20" <= c < "\ud800" or "\ue000" <= c <= "\ufffd" or c > "\uffff" for c in text)
    assert (member.text or "") == text or not legal


@given(text=st.text(st.characters(codec=None), max_size=60))
def test_any_error_message_is_well_formed(text: str) -> None:
    error = ApiError("Any", text, fields={"Resource": text})
    for name in ("iam", "s3"):
        etree.fromstring(SERVICES[name].error(error, IDS).body)


@given(text=st.text(st.characters(codec=None), max_size=60))
def test_no_header_value_starts_a_new_line(text: str) -> None:
    written = SERVICES["s3"].operation("HeadObject").write({"ContentType": text, "Metadata": {text: text}}, IDS)
    for name, value in written.headers:
        assert not {b"\r", b"\n"} & {bytes([byte]) for byte in name + value}
