"""multipart/form-data as S3 takes it: fields first, then one file, which streams; what follows the file is ignored.

Decides where fields and the file are. Never what they mean. Holds the fields (20 KiB at most) and, of the file, never
more than a delimiter's length.

INVARIANT: whatever arrives, it is parsed or refused with ApiError; work is linear in what arrives.

Source: https://www.rfc-editor.org/rfc/rfc7578; https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

from watchword.core.errors import ApiError

FIELDS_BYTES_MAX = 20 * 1024
"""All that stands before the file, its own part's head included."""
_FILE_FIELD = "file"
_BOUNDARY = re.compile(
    rb'multipart/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"\r\n]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE
)
_PARAMETER = re.compile(r';\s*([A-Za-z*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))')
_ESCAPED = re.compile(r"\\(.)")


class Form(NamedTuple):
    """What stands before the bytes of the file."""

    fields: Mapping[str, str]
    """Values by lower-case name."""
    file_name: str
    """As the client calls the file, without its folders; empty when it does not say."""


class _State(Enum):
    DELIMITER = auto()
    HEAD = auto()
    FIELD = auto()
    FILE = auto()
    END = auto()


def read_boundary(content_type: bytes) -> bytes | None:
    """The boundary of a multipart/form-data body; None when the type is another. Raises ApiError when it has none."""
    if not content_type.lower().startswith(b"multipart/form-data"):
        return None
    match = _BOUNDARY.match(content_type)
    if match is None:
        raise malformed_form()
    return match[1] or match[2]


class FormDecoder:
    """Takes a form in pieces of any size and gives the bytes of its file. `form` is there before the first of them."""

    __slots__ = ("_before", "_buffer", "_delimiter", "_fields", "_name", "_searched", "_state", "form")

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        # The first delimiter needs no line before it: pretend that there is one.
        self._buffer = bytearray(b"\r\n")
        self._state = _State.FIELD
        self._name: str | None = None
        self._fields: dict[str, str] = {}
        self._before = 0
        self._searched = 0
        self.form: Form | None = None

    def feed(self, data: bytes) -> bytes:
        """Decode the next piece. Raises ApiError as soon as the form is wrong."""
        if self._state is _State.END:
            return b""
        if self.form is None:
            self._buffer += data
            if not self._read_fields():
                return b""
        else:
            self._buffer += data
        return self._take_file()

    def finish(self) -> None:
        """Say that the body has ended. Raises ApiError unless the whole file came."""
        if self._state is not _State.END:
            raise malformed_form()

    def _read_fields(self) -> bool:
        """Go on until the file begins. False when more must arrive first."""
        while self.form is None:
            step = self._step()
            if step is None:
                if self._before + len(self._buffer) > FIELDS_BYTES_MAX:
                    raise _too_much_before_the_file()
                return False
            self._before += step
            if self._before > FIELDS_BYTES_MAX:
                raise _too_much_before_the_file()
        return True

    def _step(self) -> int | None:
        """Take the next part of the grammar off the buffer; its length, or None when it is not there whole."""
        buffer = self._buffer
        if self._state is _State.FIELD:
            at = self._find(self._delimiter)
            if at < 0:
                return None
            self._end_field(bytes(buffer[:at]))
            self._state = _State.DELIMITER
            return self._drop(at + len(self._delimiter))
        if self._state is _State.DELIMITER:
            if len(buffer) < 2:
                return None
            if buffer.startswith(b"--"):
                raise no_file()
            if not buffer.startswith(b"\r\n"):
                raise malformed_form()
            self._state = _State.HEAD
            return 0
        at = self._find(b"\r\n\r\n")
        if at < 0:
            return None
        self._begin_part(bytes(buffer[2:at]))
        return self._drop(at + 4)

    def _find(self, wanted: bytes) -> int:
        """Where `wanted` begins, looking only at what was not looked at before."""
        at = self._buffer.find(wanted, self._searched)
        self._searched = max(0, len(self._buffer) - len(wanted) + 1) if at < 0 else 0
        return at

    def _drop(self, count: int) -> int:
        del self._buffer[:count]
        return count

    def _begin_part(self, head: bytes) -> None:
        parameters = _disposition(head)
        name = parameters.get("name")
        if not name:
            raise malformed_form()
        if name.lower() == _FILE_FIELD:
            file_name = re.split(r"[/\\]", parameters.get("filename", ""))[-1]
            self.form = Form(self._fields, file_name)
            self._state = _State.FILE
        else:
            self._name = name.lower()
            self._state = _State.FIELD

    def _end_field(self, value: bytes) -> None:
        if self._name is None:
            if value.strip(b"\r\n"):
                raise malformed_form()
            return
        if self._name in self._fields:
            # DIFFERS: 0005. INVARIANT: what a policy looked at is what is obeyed, so a field has one value.
            raise malformed_form()
        self._fields[self._name] = value.decode("utf-8", "surrogateescape")

    def _take_file(self) -> bytes:
        at = self._buffer.find(self._delimiter)
        if at >= 0:
            self._state = _State.END
            data = bytes(self._buffer[:at])
            self._buffer.clear()
            return data
        sure = max(0, len(self._buffer) - len(self._delimiter) + 1)
        data = bytes(self._buffer[:sure])
        del self._buffer[:sure]
        return data


def _disposition(head: bytes) -> dict[str, str]:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            text = value.decode("utf-8", "surrogateescape").strip()
            if not text.lower().startswith("form-data"):
                break
            found: dict[str, str] = {}
            for match in _PARAMETER.finditer(text):
                found.setdefault(match[1].lower(), _ESCAPED.sub(r"\1", match[2]) if match[2] is not None else match[3])
            return found
    raise malformed_form()


def malformed_form() -> ApiError:
    """The body is no form."""
    return ApiError("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")


def no_file() -> ApiError:
    """The form ends before a file begins."""
    return ApiError(
        "InvalidArgument",
        "POST requires exactly one file upload per request.",
        fields={"ArgumentName": "file", "ArgumentValue": "0"},
    )


def _too_much_before_the_file() -> ApiError:
    return ApiError(
        "MaxPostPreDataLengthExceededError",
        "Your POST request fields preceeding the upload file was too large.",
        fields={"MaxPostPreDataLengthBytes": str(FIELDS_BYTES_MAX)},
    )
