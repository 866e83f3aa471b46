"""Uploads by HTML form (PostObject): the fields become the head of a PutObject, whose answer becomes what forms get.

Decides which fields count as which headers, what the key is, and the form's answer. The form's credentials and policy
are proved by the gate before; the bytes and the record go the way of every PutObject.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from watchword.core.http import HttpResponse, RequestHead
from watchword.protocols.xml_in import decode_xml
from watchword.protocols.xml_out import flat_document
from watchword.services.s3 import shapes
from watchword.services.s3.encoded_words import encoded
from watchword.services.s3.faults import access_denied, invalid_argument, malformed_xml
from watchword.signing.multipart import Form

_FILE_NAME = "${filename}"
_HEADERS = {
    "acl": b"x-amz-acl",
    "cache-control": b"cache-control",
    "content-disposition": b"content-disposition",
    "content-encoding": b"content-encoding",
    "content-language": b"content-language",
    "content-type": b"content-type",
    "expires": b"expires",
}
"""Fields that mean a header."""
_AMZ = "x-amz-"
_META = b"x-amz-meta-"
_OF_THE_SIGNATURE = frozenset(
    {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "x-amz-signature"}
)
_TOKEN = re.compile(rb"[a-z0-9!#$%&'*+.^_`|~-]+\Z")
_TYPE = (b"content-type", b"application/xml")
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~-._"


def upload_key(form: Form) -> str:
    """The key that the form asks for. Raises InvalidArgument when it asks for none."""
    key = form.fields.get("key")
    if not key:
        raise invalid_argument(
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
            "key",
            "",
        )
    return key.replace(_FILE_NAME, form.file_name)


def put_head(head: RequestHead, bucket: str, key: str, form: Form) -> RequestHead:
    """The head of the PutObject that a form means. Raises InvalidArgument, MalformedXML."""
    lines: list[tuple[bytes, bytes]] = []
    for name, value in form.fields.items():
        if name == "tagging":
            lines.append((b"x-amz-tagging", _tagging_header(value)))
            continue
        header = _HEADERS.get(name)
        if header is None and name.startswith(_AMZ) and name not in _OF_THE_SIGNATURE:
            header = name.encode("utf-8", "surrogateescape")
        if header is not None:
            if not _TOKEN.match(header):
                # INVARIANT: what comes back as the name of a header is one.
                raise invalid_argument("Invalid name of a form field", "name", name)
            said = encoded(value) if header.startswith(_META) and not value.isascii() else value
            lines.append((header, said.encode("utf-8", "surrogateescape")))
    path = f"/{bucket}/{quote(key, errors='surrogateescape')}".encode()
    return RequestHead("PUT", path, b"", lines, scheme=head.scheme, client_address=head.client_address)


def _tagging_header(text: str) -> bytes:
    """The tags of a form, which are a document, as PutObject's header has them. Raises MalformedXML."""
    pairs: list[str] = []
    for element in decode_xml(text.encode("utf-8", "surrogateescape")).iter():
        if _local(element) == "Tag":
            texts = {_local(child): child.text or "" for child in element}
            if texts.keys() != {"Key", "Value"}:
                raise malformed_xml()
            pairs.append(f"{quote(texts['Key'], '')}={quote(texts['Value'], '')}")
    return "&".join(pairs).encode()


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def policy_fields(form: Form, bucket: str) -> Mapping[str, str]:
    """The fields that a policy looks at: the form's, the key as it will be, and the bucket in the URL.

    Raises AccessDenied for another bucket.
    """
    named = form.fields.get("bucket", bucket)
    if named != bucket:
        raise access_denied()
    return {**form.fields, "bucket": bucket, "key": upload_key(form)}


def form_answer(
    head: RequestHead, form: Form, bucket: str, key: str, path: str, put: HttpResponse, output: shapes.PutObjectOutput
) -> HttpResponse:
    """What a form gets instead of PutObject's answer: a redirection, a document (201), or nothing (200, 204).

    `path` is the object's, as this host serves it.
    """
    etag = output.e_tag or ""
    location = f"{head.scheme}://{head.host}{quote(path, errors='surrogateescape')}"
    kept = [line for line in put.headers if line[0] not in (b"content-type", b"content-length")]
    wanted = form.fields.get("success_action_redirect") or form.fields.get("redirect")
    target = _redirection(wanted, bucket, key, etag) if wanted else None
    if target is not None:
        return HttpResponse(303, [*kept, (b"location", target.encode("ascii"))])
    kept.append((b"location", location.encode("ascii")))
    status = form.fields.get("success_action_status", "")
    if status == "201":
        texts = {"Location": location, "Bucket": bucket, "Key": key, "ETag": etag}
        return HttpResponse(201, [*kept, _TYPE], flat_document("PostResponse", texts))
    return HttpResponse(200 if status == "200" else 204, kept)


def _redirection(wanted: str, bucket: str, key: str, etag: str) -> str | None:
    """The address with bucket, key and ETag added; None when it is no web address."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    added = f"bucket={quote(bucket, '')}&key={quote(key, '', errors='surrogateescape')}&etag={quote(etag, '')}"
    joined = parts._replace(query=f"{parts.query}&{added}" if parts.query else added).geturl()
    # INVARIANT: a header line is one line, whatever the form says.
    return quote(joined, _URL_SAFE, errors="surrogateescape")
