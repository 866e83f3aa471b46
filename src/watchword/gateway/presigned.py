"""Headers that a presigned S3 URL carries in its query: `x-amz-acl=…` there means the header `x-amz-acl`.

SDKs for browsers move signed headers into the URL. They are as good as headers, since the whole query is signed; left
unread, what a URL asks for (a lock, an ACL, metadata) would silently not be done.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from watchword.core.http import RequestHead

_PREFIX = b"x-amz-"
_OF_THE_SIGNATURE = frozenset(
    {
        b"x-amz-algorithm",
        b"x-amz-content-sha256",
        b"x-amz-credential",
        b"x-amz-date",
        b"x-amz-expires",
        b"x-amz-s3session-token",
        b"x-amz-security-token",
        b"x-amz-signature",
        b"x-amz-signedheaders",
    }
)
_META = b"x-amz-meta-"
_NOT_OBEYED = (b"x-amz-checksum-", b"x-amz-sdk-checksum-algorithm", b"x-amz-copy-source")
"""S3 lets no checksum in a URL speak of the body: SDKs sign that of an empty body before there is another. Nor does it
copy what a URL names: clients have recorded that such a request uploads its own body."""


def with_query_headers(head: RequestHead) -> RequestHead:
    """The head with the headers that its verified query carries; the same when there are none."""
    moved: dict[bytes, bytes] = {}
    for pair in head.query_string.split(b"&"):
        name, _, value = pair.partition(b"=")
        name = unquote_to_bytes(name).lower()
        if not name.startswith(_PREFIX) or name in _OF_THE_SIGNATURE or name.startswith(_NOT_OBEYED):
            continue
        if head.header(name) is None:
            moved.setdefault(name, _said(name, unquote_to_bytes(value)))
    if not moved:
        return head
    return RequestHead(
        head.method,
        head.raw_path,
        head.query_string,
        [*head.headers, *moved.items()],
        scheme=head.scheme,
        client_address=head.client_address,
    )


def _said(name: bytes, value: bytes) -> bytes:
    """A parameter as the header that it stands for: metadata beyond ASCII is UTF-8 here, and Latin-1 in a header."""
    if value.isascii() or not name.startswith(_META):
        return value
    from watchword.services.s3.encoded_words import encoded

    return encoded(value.decode("utf-8", "replace")).encode()
