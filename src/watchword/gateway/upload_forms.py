"""An upload form on its way in: its fields are judged as soon as they are there, then its file passes, measured.

    PostUpload.feed → fields complete → `begin` proves, checks the policy and authorizes → bytes of the file

INVARIANT: no byte of the file is handed on before `begin` has returned.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from watchword.core.errors import ApiError
from watchword.core.http import HttpResponse, RequestHead
from watchword.services.operation import Answer
from watchword.services.s3.post_form import form_answer
from watchword.services.s3.shapes import PutObjectOutput
from watchword.signing.checksums import Checksum, new_checksum
from watchword.signing.multipart import Form, FormDecoder, malformed_form, read_boundary
from watchword.signing.payload import PayloadDigest, check_checksum, digest_text, stated_checksum
from watchword.signing.post_policies import SizeRange

_BUCKET_PATH = re.compile(rb"/([^/]+)/?\Z")
_READ_ON_BYTES_MAX = 8 * 1024**2
"""A file that is too large is read on to its end, to say how large, when the whole body is not longer than this."""


class Upload(NamedTuple):
    """A form whose fields were judged."""

    form: Form
    head: RequestHead
    """Of the PutObject that it means."""
    bucket: str
    key: str
    size: SizeRange
    path: str
    """The object's path as this host serves it."""

    def answer(
        self, head: RequestHead, put: HttpResponse, output: PutObjectOutput | Answer[PutObjectOutput]
    ) -> HttpResponse:
        """What the form gets instead of `put`, the answer of PutObject."""
        output = output.output if isinstance(output, Answer) else output
        return form_answer(head, self.form, self.bucket, self.key, self.path, put, output)


class PostUpload:
    """Takes the body of an upload form in pieces of any size, and gives the bytes of the file."""

    def __init__(self, boundary: bytes, begin: Callable[[Form], Upload], body_bytes: int, file_bytes_max: int) -> None:
        self._decoder = FormDecoder(boundary)
        self._begin = begin
        self._body_bytes = body_bytes
        self._file_bytes_max = file_bytes_max
        self._digests: dict[str, Checksum] = {"md5": new_checksum("md5")}
        self._stated: tuple[str, str] | None = None
        self._size = 0
        self.upload: Upload | None = None

    def parts(self, view: memoryview) -> list[memoryview]:
        """As `feed`: what delimits a form is looked for in a copy."""
        return [memoryview(self.feed(bytes(view)))]

    def feed(self, data: bytes) -> bytes:
        """Take the next piece of the form. Raises WatchwordError as soon as anything is wrong."""
        file = self._decoder.feed(data)
        if self.upload is None:
            if self._decoder.form is None:
                return b""
            self.upload = self._begin(self._decoder.form)
            self._stated = stated_checksum(self.upload.head)
            if self._stated is not None:
                self._digests.setdefault(self._stated[0], new_checksum(self._stated[0]))
        self._size += len(file)
        if self._size > self._most():
            if self._body_bytes > _READ_ON_BYTES_MAX or self._size > _READ_ON_BYTES_MAX:
                raise self._too_large(max(self._body_bytes, self._size))
            return b""
        for digest in self._digests.values():
            digest.update(file)
        return file

    def finish(self) -> PayloadDigest:
        """Say that the body has ended. Raises WatchwordError unless the file is whole, true and of the right size."""
        self._decoder.finish()
        if self.upload is None:
            raise malformed_form()
        if self._size > self._most():
            raise self._too_large(self._size)
        least = self.upload.size.least
        if least is not None and self._size < least:
            fields = {"ProposedSize": str(self._size), "MinSizeAllowed": str(least)}
            message = "Your proposed upload is smaller than the minimum allowed size"
            raise ApiError("EntityTooSmall", message, fields=fields)
        values = {name: digest.digest() for name, digest in self._digests.items()}
        if self._stated is not None:
            check_checksum(self._stated[0], self._stated[1], values[self._stated[0]])
        return PayloadDigest(
            self._size, {name: digest_text(name, value) for name, value in values.items()}, self._stated
        )

    def _most(self) -> int:
        most = self.upload.size.most if self.upload is not None else None
        return self._file_bytes_max if most is None else min(most, self._file_bytes_max)

    def _too_large(self, proposed: int) -> ApiError:
        fields = {"ProposedSize": str(proposed), "MaxSizeAllowed": str(self._most())}
        return ApiError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", fields=fields)


def form_boundary(head: RequestHead, path: bytes) -> tuple[str, bytes] | None:
    """The bucket and the boundary of an upload form; None for requests that are none.

    `path` is `/bucket…`, wherever the bucket stands. Raises ApiError (PreconditionFailed) for a POST to a bucket that
    means nothing else and is no form.
    """
    if head.method != "POST" or head.query_string:
        return None
    match = _BUCKET_PATH.match(path)
    if match is None:
        return None
    boundary = read_boundary(head.header(b"content-type") or b"")
    if boundary is None:
        raise ApiError(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            412,
            fields={"Condition": "Bucket POST must be of the enclosure-type multipart/form-data"},
        )
    return match[1].decode("utf-8", "replace"), boundary
