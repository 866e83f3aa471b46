"""How long a signature takes to verify: one process, warm, against bare hashing of the same bytes, and beside peers.

Everything is timed in turns and the best round of each counts, so that a noisy machine troubles all alike. awscrt and
botocore sign, since they do not verify, and awscrt does so in threads of its own, which are counted; what is not
installed says so. Two peers are not among the project's packages:

    uv pip install --no-deps --target DIR ministack asigv4

Run: PEERS=DIR .venv/bin/python benchmarks/signing.py [--rounds N]
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import os
import sys
import time
import timeit
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from awscrt import auth, http
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from watchword.core.http import RequestHead
from watchword.signing.checksums import new_checksum
from watchword.signing.claims import Rules
from watchword.signing.errors import Dialect
from watchword.signing.keys import V4, V4A, Prover
from watchword.signing.modes import ECDSA_CHUNKS, SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER, UNSIGNED_TRAILER
from watchword.signing.payload import payload_reader
from watchword.signing.signer import Credentials, Target, sign_chunks, sign_request
from watchword.signing.verification import proving_key, read_claim, verify

NOW = datetime.now(UTC).replace(microsecond=0)
KEY = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SESSION = Credentials("ASIAIOSFODNN7EXAMPLE", KEY.secret, "IQoJb3JpZ2luX2VjE" * 40)
BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
SENT = {
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    "user-agent": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11",
    "accept-encoding": "identity",
    "amz-sdk-invocation-id": "5dcd5b20-0000-4000-8000-000000000000",
    "amz-sdk-request": "attempt=1",
}
_UNSIGNED = {"user-agent", "accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request"}
HEADER_BAR, STREAM_BAR = 3.5, 1.15
STREAM_BYTES, CHUNK_BYTES, READ_BYTES = 8 * 1024**2, 64 * 1024, 512 * 1024


class Case(NamedTuple):
    """A request, ready to be verified."""

    name: str
    method: str
    url: str
    rules: Rules
    headers: dict[str, str]
    body: bytes
    credentials: Credentials

    def head(self) -> RequestHead:
        path, _, query = self.url.removeprefix("http://127.0.0.1:8484").partition("?")
        lines = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        return RequestHead(self.method, path.encode(), query.encode(), lines)


def header_cases() -> Iterator[Case]:
    """Requests with an Authorization header, as boto3 sends them."""
    for name, method, url, service, credentials, body in (
        ("GetCallerIdentity", "POST", "http://127.0.0.1:8484/", "sts", KEY, BODY),
        ("GetCallerIdentity, session", "POST", "http://127.0.0.1:8484/", "sts", SESSION, BODY),
        ("S3 GetObject, session", "GET", "http://127.0.0.1:8484/bucket/a/key.txt", "s3", SESSION, b""),
        ("S3 ListObjectsV2", "GET", "http://127.0.0.1:8484/bucket?list-type=2&prefix=a%2Fb", "s3", KEY, b""),
    ):
        is_s3 = service == "s3"
        target = Target(service, "us-east-1", s3=is_s3)
        given = {} if is_s3 else {"content-type": SENT["content-type"]}
        signed = sign_request(method, url, given, body, credentials, target, NOW)
        lines = {**signed.headers, **{name: SENT[name] for name in _UNSIGNED}, "content-length": str(len(body))}
        rules = Rules(service, Dialect.S3 if is_s3 else Dialect.QUERY)
        yield Case(name, method, url, rules, lines, body, credentials)


def best(work: dict[str, Callable[[], object]], rounds: int, number: int) -> dict[str, float]:
    """The least CPU seconds of each, taken in turns."""
    least = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, call in work.items():
            least[name] = min(least[name], timeit.timeit(call, timer=time.process_time, number=number) / number)
    return least


def bare(case: Case) -> Callable[[], object]:
    """The digest of the body, the digest of the canonical request, and one HMAC: less cannot be done."""
    claim = read_claim(case.head(), case.rules, NOW)
    assert claim is not None
    digest = hashlib.sha256(case.body).hexdigest()
    canonical = claim.canonical_head + digest.encode()
    text = f"AWS4-HMAC-SHA256\n{claim.amz_date}\n{claim.scope.text}\n{hashlib.sha256(canonical).hexdigest()}".encode()
    key = hashlib.sha256(b"a key of a scope").digest()
    reads_body = case.rules.dialect is not Dialect.S3
    body = case.body

    def call() -> object:
        if reads_body:
            hashlib.sha256(body).hexdigest()
        hashlib.sha256(canonical).hexdigest()
        return hmac.new(key, text, "sha256").hexdigest()

    return call


def ours(case: Case) -> Callable[[], object]:
    """The head read, claimed and proved, with the key of its scope kept, as the gateway keeps it."""
    head = case.head()
    method, path, query, lines = head.method, head.raw_path, head.query_string, head.headers
    keys: dict[str, Prover] = {}
    rules, body, secret = case.rules, case.body, case.credentials.secret
    reads_body = rules.dialect is not Dialect.S3

    def call() -> object:
        claim = read_claim(RequestHead(method, path, query, lines), rules, NOW)
        assert claim is not None
        key = keys.get(claim.scope.text)
        if key is None:
            key = keys[claim.scope.text] = proving_key(claim, secret)
        verify(claim, key, hashlib.sha256(body).hexdigest() if reads_body else None)
        return None

    return call


def botocore_signs(case: Case) -> Callable[[], object]:
    """The signer of botocore, which does what a verifier must do but the comparison."""
    signer: Any = SigV4Auth(BotoCredentials(*_parts(case.credentials)), case.rules.service, "us-east-1")
    signed = {name: value for name, value in case.headers.items() if name not in _UNSIGNED}

    def call() -> object:
        request: Any = AWSRequest(case.method, case.url, headers=signed, data=case.body)
        signer.add_auth(request)
        return request

    return call


def awscrt_signs(case: Case) -> Callable[[], object]:
    """The signer of awscrt, in C."""
    crt: Any = auth
    provider = crt.AwsCredentialsProvider.new_static(*_parts(case.credentials))
    signed = [(name, value) for name, value in case.headers.items() if name in {"host", "content-type"}]
    digest = hashlib.sha256(case.body).hexdigest()

    def call() -> object:
        path = case.url.removeprefix("http://127.0.0.1:8484")
        request = http.HttpRequest(case.method, path, http.HttpHeaders(signed))
        config = crt.AwsSigningConfig(
            credentials_provider=provider,
            region="us-east-1",
            service=case.rules.service,
            date=NOW,
            signed_body_value=digest,
        )
        return crt.aws_sign_request(request, config).result()

    return call


def ministack_verifies(case: Case) -> Callable[[], object]:
    """MiniStack's verifier; raises ImportError."""
    module: Any = import_module("ministack.core.sigv4")
    _, _, query = case.url.partition("?")
    parameters = {name: [value] for name, value in parse_qsl(query)}

    def call() -> object:
        signature = module.parse_header_signature(case.headers)
        assert module.request_time_failure(signature, now=NOW) is None
        failure = module.header_signature_failure(
            signature, case.credentials.secret, case.method, case.head().raw_path.decode(), parameters, case.headers,
            case.body,
        )  # fmt: skip
        assert failure is None, failure
        return failure

    return call


def asigv4_verifies(case: Case) -> Callable[[], object]:
    """asigv4's verifier, run to its end without an event loop; raises ImportError."""
    module: Any = import_module("asigv4")
    verifier = module.SigV4Verifier({case.credentials.access_key_id: case.credentials.secret}.get)
    path, _, query = case.url.removeprefix("http://127.0.0.1:8484").partition("?")
    parameters = dict(parse_qsl(query))

    def call() -> object:
        coroutine = verifier.verify(
            method=case.method, path=path, headers=case.headers, query_params=parameters, body=case.body, now=NOW
        )
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
        raise AssertionError("waits")

    return call


def _parts(credentials: Credentials) -> tuple[Any, ...]:
    parts = (credentials.access_key_id, credentials.secret)
    return parts if credentials.session_token is None else (*parts, credentials.session_token)


PEERS: dict[str, Callable[[Case], Callable[[], object]]] = {
    "awscrt signs": awscrt_signs,
    "botocore signs": botocore_signs,
    "MiniStack": ministack_verifies,
    "asigv4": asigv4_verifies,
}


def measure_headers(rounds: int) -> None:
    said: set[str] = set()
    names = ("bare", "ours", *PEERS)
    print(f"{'µs a request':<30}" + "".join(f"{name:>16}" for name in names) + f"{'ours/bare':>11}")
    for case in header_cases():
        work: dict[str, Callable[[], object]] = {"bare": bare(case), "ours": ours(case)}
        for name, make in PEERS.items():
            try:
                call = make(case)
                call()
                work[name] = call
            except Exception as error:  # noqa: BLE001 - a peer that cannot is no failure of ours
                said.add(f"{name}, {case.name}: {type(error).__name__}: {str(error)[:80]}")
        for call in work.values():
            call()
        least = best(work, rounds, 400)
        figures = "".join(f"{least[name] * 1e6:16.2f}" if name in least else f"{'–':>16}" for name in names)
        ratio = least["ours"] / least["bare"]
        verdict = f" (bar {HEADER_BAR})" if case.name == "GetCallerIdentity" else ""
        print(f"{case.name:<30}{figures}{ratio:11.2f}{verdict}")
    for reason in sorted(said):
        print(f"  not measured: {reason}")


# Bodies


class Stream(NamedTuple):
    """An upload: its head, what arrives, and what is computed over it at the least."""

    name: str
    head: RequestHead
    pieces: list[memoryview]
    """As the server reads a long body."""
    sums: tuple[str, ...]
    wanted: tuple[str, ...]
    proofs: int = 0
    """ECDSA proofs that are counted as bare work."""


def streams() -> Iterator[Stream]:
    """A large PUT in every mode; `wanted` is what the store needs besides, the MD5 that becomes the ETag."""
    data = bytes(range(256)) * (STREAM_BYTES // 256)
    for wanted in ((), ("md5",)):
        note = f" and {wanted[0]}" if wanted else ""
        yield _stream(f"signed digest{note}", data, None, (), wanted)
        yield _stream(f"signed chunks{note}", data, SIGNED_CHUNKS, (), wanted)
        yield _stream(f"signed chunks, crc32 trailer{note}", data, SIGNED_CHUNKS_TRAILER, ("crc32",), wanted)
        yield _stream(f"unsigned chunks, crc32 trailer{note}", data, UNSIGNED_TRAILER, ("crc32",), wanted)
        yield _stream(f"unsigned chunks, crc64nvme trailer{note}", data, UNSIGNED_TRAILER, ("crc64nvme",), wanted)
        ecdsa = _stream(f"SigV4a chunks{note}", data, ECDSA_CHUNKS, (), wanted)
        yield ecdsa
        proofs = STREAM_BYTES // CHUNK_BYTES + 2
        yield ecdsa._replace(name=f"SigV4a chunks{note}, bare with {proofs} proofs", proofs=proofs)


def _stream(name: str, data: bytes, mode: str | None, trailing: tuple[str, ...], wanted: tuple[str, ...]) -> Stream:
    target = Target("s3", "us-east-1", s3=True, algorithm=V4A if mode == ECDSA_CHUNKS else V4)
    given = {"content-length": str(len(data))}
    if mode is not None:
        given["x-amz-decoded-content-length"] = str(len(data))
    if trailing:
        given["x-amz-trailer"] = f"x-amz-checksum-{trailing[0]}"
    signed = sign_request("PUT", "http://h/b/k", given, data, KEY, target, NOW, payload_hash=mode)
    body = data
    if mode is not None:
        trailers = {f"x-amz-checksum-{each}": _text_of(each, data) for each in trailing}
        chunks = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
        body = b"".join(sign_chunks(None if mode == UNSIGNED_TRAILER else signed, chunks, trailers))
    lines = [(name.encode(), value.encode()) for name, value in signed.headers.items()]
    sums = (*(() if mode == UNSIGNED_TRAILER else ("sha256",)), *trailing, *wanted)
    pieces = [memoryview(body)[at : at + READ_BYTES] for at in range(0, len(body), READ_BYTES)]
    return Stream(name, RequestHead("PUT", b"/b/k", b"", lines), pieces, sums, wanted)


def _text_of(algorithm: str, data: bytes) -> str:
    digest = new_checksum(algorithm)
    digest.update(data)
    return base64.b64encode(digest.digest()).decode()


def bare_stream(stream: Stream) -> Callable[[], object]:
    """The sums over the same pieces, and the proofs."""
    claim = read_claim(stream.head, Rules("s3", Dialect.S3, served_region="us-east-1"), NOW)
    assert claim is not None
    key = proving_key(claim, KEY.secret)
    text = claim.canonical_head

    def call() -> object:
        for _ in range(stream.proofs):
            key.proves(text, claim.signature)
        sums = [new_checksum(name) for name in stream.sums]
        for piece in stream.pieces:
            for each in sums:
                each.update(piece)
        return [each.digest() for each in sums]

    return call


def our_stream(stream: Stream) -> Callable[[], object]:
    """Claimed, proved, decoded and summed to its end."""
    rules = Rules("s3", Dialect.S3, served_region="us-east-1")
    claim = read_claim(stream.head, rules, NOW)
    assert claim is not None
    key = proving_key(claim, KEY.secret)

    def call() -> object:
        verify(claim, key, None)
        reader = payload_reader(stream.head, claim, key, wanted=stream.wanted)
        for piece in stream.pieces:
            reader.parts(piece)
        return reader.finish()

    return call


def measure_streams(rounds: int) -> None:
    title = f"PUT of {STREAM_BYTES >> 20} MiB, frames of {CHUNK_BYTES >> 10} KiB"
    print(f"\n{title:<46}{'bare ms':>10}{'ours ms':>10}{'ours/bare':>11} (bar {STREAM_BAR})")
    for stream in streams():
        least = best({"bare": bare_stream(stream), "ours": our_stream(stream)}, rounds, 1)
        bare_ms, our_ms = least["bare"] * 1e3, least["ours"] * 1e3
        print(f"{stream.name:<46}{bare_ms:10.1f}{our_ms:10.1f}{our_ms / bare_ms:11.3f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_known_args()[0]
    if "PEERS" in os.environ:
        sys.path.append(os.environ["PEERS"])
    measure_headers(options.rounds)
    measure_streams(options.rounds)


if __name__ == "__main__":
    main()
