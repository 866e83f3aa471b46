"""aws-chunked bodies: frames of data, a closing frame, trailers; each signed, or none.

    <hex size>[;chunk-signature=<hex>] CRLF <bytes> CRLF   …   0[;chunk-signature=<hex>] CRLF [trailers] CRLF

A signature is 64 hex digits, or one of SigV4a's, which a frame line pads to 144 characters with `*`.

Decides where the data is and whether each frame is the next link of the signature chain that begins with the
request's own signature. Never holds more than one frame line and one trailer block: data streams through, whatever
the size of a frame.

INVARIANT: bytes are handed on before their frame's signature has been seen, so nothing may be made of them until
`finish` returns; it returns only after every frame, the closing one and the trailers are proved.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from enum import Enum, auto

from watchword.core.errors import ApiError
from watchword.signing.errors import Kind, SignatureError
from watchword.signing.keys import V4, Algorithm, Prover, Signer

TRAILER_SIGNATURE = "x-amz-trailer-signature"
CHUNK_BYTES_MIN = 8192
"""Every frame of data but the last is at least this long."""
_LINE_BYTES_MAX = 256
_TRAILER_BYTES_MAX = 4096

_SIGNED_LINE = re.compile(rb"([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{64})\r\n")
_ECDSA_LINE = re.compile(rb"([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{16,144})\*{0,128}\r\n")
_PLAIN_LINE = re.compile(rb"([0-9a-fA-F]{1,16})\r\n")
_NEXT_LINES = {line: re.compile(rb"\r\n" + line.pattern) for line in (_SIGNED_LINE, _ECDSA_LINE, _PLAIN_LINE)}
"""A frame's end and the next one's line, which mostly come together."""
_PADDING = "*"
_PADDED_LENGTH = 144
_EMPTY_SHA256 = hashlib.sha256().hexdigest()


class _Chain:
    """The chain of signatures through a body: each covers the one before it."""

    __slots__ = ("_algorithm", "_chunk_head", "_previous", "_where")

    def __init__(self, amz_date: str, scope: str, seed: str, algorithm: Algorithm = V4) -> None:
        self._algorithm = algorithm
        self._where = f"{amz_date}\n{scope}"
        self._chunk_head = f"{algorithm}-PAYLOAD\n{self._where}\n"
        self._previous = seed
        """The request's signature, then each frame's."""

    def _chunk_text(self, sha256: str) -> bytes:
        return f"{self._chunk_head}{self._previous}\n{_EMPTY_SHA256}\n{sha256}".encode()

    def _trailer_text(self, trailers: Mapping[str, str]) -> bytes:
        canonical = "".join(f"{name}:{value}\n" for name, value in sorted(trailers.items()))
        digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
        return f"{self._algorithm}-TRAILER\n{self._where}\n{self._previous}\n{digest}".encode()


class ChunkSigner(_Chain):
    """Signs a body, frame by frame."""

    __slots__ = ("_key",)

    def __init__(self, key: Signer, amz_date: str, scope: str, seed: str, algorithm: Algorithm = V4) -> None:
        super().__init__(amz_date, scope, seed, algorithm)
        self._key = key

    def chunk(self, sha256: str) -> str:
        """The signature of the next frame as it stands in its line, given its data's digest in hex."""
        self._previous = self._key.sign(self._chunk_text(sha256))
        return self._previous if self._algorithm == V4 else self._previous.ljust(_PADDED_LENGTH, _PADDING)

    def trailer(self, trailers: Mapping[str, str]) -> str:
        """The signature of the trailers, which comes after the closing frame's."""
        return self._key.sign(self._trailer_text(trailers))


class ChunkProver(_Chain):
    """Proves a body, frame by frame."""

    __slots__ = ("_key", "line")

    def __init__(self, key: Prover, amz_date: str, scope: str, seed: str, algorithm: Algorithm = V4) -> None:
        super().__init__(amz_date, scope, seed, algorithm)
        self._key = key
        self.line = _SIGNED_LINE if algorithm == V4 else _ECDSA_LINE
        """What a frame's line looks like: size and signature."""

    def chunk(self, sha256: str, signature: str) -> None:
        """Prove the next frame, given its data's digest in hex. Raises SignatureError."""
        if not self._key.proves(self._chunk_text(sha256), signature):
            raise SignatureError(Kind.MISMATCH)
        self._previous = signature

    def trailer(self, trailers: Mapping[str, str], signature: str) -> None:
        """Prove the trailers. Raises SignatureError."""
        if self._algorithm != V4:
            signature = signature.rstrip(_PADDING)
        if not self._key.proves(self._trailer_text(trailers), signature):
            raise SignatureError(Kind.MISMATCH)


class _State(Enum):
    LINE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILERS = auto()


_LINE, _DATA, _DATA_END, _TRAILERS = _State  # looked up once: in Python 3.11 a member takes 0.1 µs to find


class ChunkDecoder:
    """Takes an aws-chunked body in pieces of any size and gives the data in it."""

    __slots__ = (
        "_announced",
        "_buffer",
        "_chunk_count",
        "_chunk_left",
        "_chunk_sha256",
        "_chunk_signature",
        "_chunk_size",
        "_decoded_size",
        "_line",
        "_next_line",
        "_prover",
        "_state",
        "_total",
    )

    def __init__(self, decoded_size: int, prover: ChunkProver | None, announced: Collection[str]) -> None:
        """`prover` is None when frames are unsigned; `announced` are the trailers that must come, in lower case."""
        self._decoded_size = decoded_size
        self._prover = prover
        self._line = _PLAIN_LINE if prover is None else prover.line
        self._next_line = _NEXT_LINES[self._line]
        self._announced = announced
        self._state = _LINE
        self._buffer = bytearray()
        self._chunk_count = 0
        self._chunk_size = 0
        self._chunk_left = 0
        self._chunk_sha256 = hashlib.sha256()
        self._chunk_signature = ""
        self._total = 0

    def feed(self, data: bytes) -> bytes:
        """Decode the next piece into one. Raises what `parts` raises."""
        return b"".join(self.parts(memoryview(data)))

    def parts(self, view: memoryview) -> list[memoryview]:
        """The data in the next piece, where it lies. Raises SignatureError or ApiError as soon as the body is wrong."""
        parts: list[memoryview] = []
        at, size = 0, len(view)
        while at < size:
            state = self._state
            if state is _DATA:
                left = self._chunk_left
                part = view[at : at + left]
                taken = len(part)
                at += taken
                parts.append(part)
                self._chunk_left = left - taken
                if self._prover is not None:
                    self._chunk_sha256.update(part)
                if taken == left:
                    self._end_chunk()
                    self._state = _DATA_END
            elif state is _DATA_END and not self._buffer and (match := self._next_line.match(view, at)) is not None:
                self._begin_chunk(match)
                at = match.end()
            elif state is _TRAILERS:
                self._buffer += view[at:]
                if len(self._buffer) > _TRAILER_BYTES_MAX:
                    raise malformed_trailer()
                break
            else:
                at += self._take_line(bytes(view[at : at + _LINE_BYTES_MAX]))
        return parts

    def finish(self) -> dict[str, str]:
        """The trailers by lower-case name, when the body came whole. Raises SignatureError or ApiError."""
        if self._state is not _TRAILERS:
            raise incomplete_body()
        trailers = self._read_trailers(bytes(self._buffer))
        signature = trailers.pop(TRAILER_SIGNATURE, None)
        if trailers.keys() != set(self._announced):
            raise malformed_trailer()
        if self._prover is not None and trailers:
            if signature is None:
                raise malformed_trailer()
            self._prover.trailer(trailers, signature)
        elif signature is not None:
            raise malformed_trailer()
        return trailers

    def _take_line(self, data: bytes) -> int:
        """Take what the next 256 bytes have of the line, and say how much that is."""
        end = data.find(b"\n")
        upto = len(data) if end < 0 else end + 1
        self._buffer += data[:upto]
        if len(self._buffer) > _LINE_BYTES_MAX - (end < 0):
            raise malformed_frame()
        if end >= 0:
            line = bytes(self._buffer)
            self._buffer.clear()
            if self._state is _DATA_END:
                if line != b"\r\n":
                    raise malformed_frame()
                self._state = _LINE
            else:
                self._begin_chunk(self._read_line(line))
        return upto

    def _read_line(self, line: bytes) -> re.Match[bytes]:
        match = self._line.fullmatch(line)
        if match is None:
            if self._prover is not None and _PLAIN_LINE.fullmatch(line):
                raise SignatureError(Kind.MISMATCH)
            raise malformed_frame()
        return match

    def _begin_chunk(self, match: re.Match[bytes]) -> None:
        size = int(match[1], 16)
        self._chunk_count += 1
        if size and self._chunk_count > 1 and self._chunk_size < CHUNK_BYTES_MIN:
            raise _chunk_too_small(self._chunk_count, self._chunk_size)
        self._total += size
        if self._total > self._decoded_size or (size == 0 and self._total != self._decoded_size):
            raise incomplete_body()
        self._chunk_size = self._chunk_left = size
        if self._prover is not None:
            self._chunk_signature = match[2].decode()
            self._chunk_sha256 = hashlib.sha256()
        if size:
            self._state = _DATA
        else:
            self._end_chunk()
            self._state = _TRAILERS

    def _end_chunk(self) -> None:
        if self._prover is not None:
            self._prover.chunk(self._chunk_sha256.hexdigest(), self._chunk_signature)

    @staticmethod
    def _read_trailers(block: bytes) -> dict[str, str]:
        """Lines may end in LF, CRLF or LF CRLF; the block ends with an empty line."""
        trailers: dict[str, str] = {}
        if block == b"\r\n":
            return trailers
        if not block.endswith((b"\n\r\n", b"\n\n")):
            raise incomplete_body() if not block.endswith(b"\n") else malformed_trailer()
        for line in block.split(b"\n"):
            text = line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
            if not text:
                continue
            name, colon, value = text.partition(":")
            name = name.lower()
            if not colon or name in trailers:
                raise malformed_trailer()
            trailers[name] = value.strip()
        if not trailers:
            raise malformed_trailer()
        return trailers


def incomplete_body() -> ApiError:
    """The body is shorter or longer than it says."""
    return ApiError(
        "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"
    )


def malformed_frame() -> ApiError:
    """What should be a frame line is none."""
    return ApiError("IncompleteBody", "The request body terminated unexpectedly")


def malformed_trailer() -> ApiError:
    """Trailers that were not announced, do not come, or are no trailers."""
    return ApiError(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    )


def _chunk_too_small(chunk: int, previous_size: int) -> ApiError:
    return ApiError(
        "InvalidChunkSizeError",
        f"Only the last chunk is allowed to have a size less than {CHUNK_BYTES_MIN} bytes",
        403,
        fields={"Chunk": str(chunk), "BadChunkSize": str(previous_size)},
    )
