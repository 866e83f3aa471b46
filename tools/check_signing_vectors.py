"""Run a folder of AWS's published test suite for SigV4 or SigV4a against our signer and our verifier.

A case is a folder with `context.json`, `request.txt` and, for each form (`header`, `query`), the canonical request,
the signature and the signed request; SigV4a's also has `public-key.json`. SigV4a's signatures are random, so ours are
proved over the published text. Every signed request is then changed, part by part, and must be refused. A case of which
nothing is published is signed by us and verified by us. The suite is not part of this project: give the folder.

    python tools/check_signing_vectors.py FOLDER
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from watchword.core.errors import WatchwordError
from watchword.core.http import RequestHead
from watchword.signing.canonical import canonical_head, canonical_verbatim_path, query_pairs, signed_names
from watchword.signing.canonical import canonical_query as joined_query
from watchword.signing.claims import Rules
from watchword.signing.ecdsa_keys import derive_ecdsa_key
from watchword.signing.errors import Dialect
from watchword.signing.keys import V4, V4A, Algorithm
from watchword.signing.signer import Credentials, Target, presign, sign_request
from watchword.signing.verification import canonical_request, proving_key, read_claim, verify

FORMS = ("header", "query")
EXPIRES_SECONDS = 3600


@dataclass(frozen=True)
class Request:
    """A request as the suite writes it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def head(self) -> RequestHead:
        path, _, query = self.target.partition("?")
        lines = [(name.lower().encode(), value.strip().encode()) for name, value in self.headers]
        return RequestHead(self.method, path.encode(), query.encode(), lines)

    @property
    def fields(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.head.fields.items()}


def read_request(text: str) -> Request:
    """Read a request; a header line that begins with white space goes on with the line before it."""
    top, _, body = text.partition("\n\n")
    first, *lines = top.rstrip("\n").split("\n")
    method, _, rest = first.partition(" ")
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith((" ", "\t")):
            name, value = headers.pop()
            headers.append((name, f"{value}\n{line}"))
        else:
            name, _, value = line.partition(":")
            headers.append((name, value))
    return Request(method, rest.removesuffix(" HTTP/1.1"), headers, body.encode())


def check_case(folder: Path) -> list[str]:
    """What differs in a case; empty when everything is as published."""
    context: dict[str, Any] = json.loads((folder / "context.json").read_text())
    if not (folder / "header-signature.txt").exists():
        return _check_own(folder, context)
    wrong = _check_public_key(folder, context)
    for form in FORMS:
        if context["normalize"]:
            wrong += [f"{form}: sign: {text}" for text in _check_signer(folder, context, form)]
            wrong += [f"{form}: verify: {text}" for text in _check_verifier(folder, context, form)]
        else:
            wrong += [f"{form}: {text}" for text in _check_verbatim(folder, context, form)]
    return wrong


def _algorithm(folder: Path) -> Algorithm:
    return V4A if any(folder.parent.glob("*/public-key.json")) else V4


def _check_public_key(folder: Path, context: dict[str, Any]) -> list[str]:
    if _algorithm(folder) == V4:
        return []
    published: dict[str, str] = json.loads((folder / "public-key.json").read_text())
    keys = context["credentials"]
    x, y = derive_ecdsa_key(keys["secret_access_key"], keys["access_key_id"]).proving_key().point()
    return [] if (x, y) == (int(published["X"], 16), int(published["Y"], 16)) else ["public key differs"]


def _read(folder: Path, form: str, what: str) -> str:
    return (folder / f"{form}-{what}.txt").read_text()


def _check_signer(folder: Path, context: dict[str, Any], form: str) -> list[str]:
    signature = _sign(folder, context, form)[1]
    keys = context["credentials"]
    if _algorithm(folder) == V4:
        return [] if signature == _read(folder, form, "signature").strip() else [f"signature {signature}"]
    key = derive_ecdsa_key(keys["secret_access_key"], keys["access_key_id"])
    return [] if key.proves(_read(folder, form, "string-to-sign").encode(), signature) else [f"signature {signature}"]


def _check_own(folder: Path, context: dict[str, Any]) -> list[str]:
    return [text for form in FORMS for text in [_verify(_sign(folder, context, form)[0], context)] if text]


def _sign(folder: Path, context: dict[str, Any], form: str) -> tuple[Request, str]:
    """The case's request as our signer signs it, and the signature."""
    request = read_request((folder / "request.txt").read_text())
    keys = context["credentials"]
    token = None if context.get("omit_session_token") else keys.get("token")
    credentials = Credentials(keys["access_key_id"], keys["secret_access_key"], token)
    target = Target(context["service"], context["region"], algorithm=_algorithm(folder))
    now = datetime.fromisoformat(context["timestamp"])
    headers = request.fields
    url = f"http://{headers['host']}{request.target}"
    if form == "header":
        if context["sign_body"]:
            headers["x-amz-content-sha256"] = hashlib.sha256(request.body).hexdigest()
        signed = sign_request(request.method, url, headers, request.body, credentials, target, now)
        return replace(request, headers=list(signed.headers.items())), signed.signature
    body = request.body if context["sign_body"] else b""
    given_url = presign(
        request.method, url, headers, credentials, target, now, expires_seconds=EXPIRES_SECONDS, body=body
    )
    return replace(request, target=given_url.partition(headers["host"])[2]), given_url.rpartition("=")[2]


def _check_verifier(folder: Path, context: dict[str, Any], form: str) -> list[str]:
    request = read_request(_read(folder, form, "signed-request"))
    after = bool(context.get("omit_session_token"))
    if after:
        # The token was added after signing. Refused as it stands; true without the token.
        if _verify(request, context) is None:
            return ["an unsigned token was accepted"]
        request = _without_token(request)
    wrong = [text for text in [_verify(request, context, _read(folder, form, "canonical-request"))] if text]
    return wrong or [f"accepted {what}" for what, other in _tampered(request) if _verify(other, context) is None]


def _tampered(request: Request) -> Iterator[tuple[str, Request]]:
    """The signed request with one thing changed that its signature covers."""
    yield "another method", replace(request, method="PATCH")
    path, _, query = request.target.partition("?")
    yield "another path", replace(request, target=f"{path}x?{query}")
    yield "a parameter more", replace(request, target=f"{path}?{query}&x=1" if query else f"{path}?x=1")
    pieces = query.split("&") if query else []
    for at, piece in enumerate(pieces):
        without = pieces[:at] + pieces[at + 1 :]
        yield f"no {piece}", replace(request, target=f"{path}?{'&'.join(without)}")
        yield (
            f"{piece} and x",
            replace(request, target=f"{path}?{'&'.join([*pieces[:at], piece + 'x', *without[at:]])}"),
        )
    signed = request.fields.get("authorization") or unquote(query)
    for at, (name, value) in enumerate(request.headers):
        if name.lower() != "authorization" and not re.search(rf"Headers=(?:[^,&]*;)?{name.lower()}[;,&]", signed + "&"):
            continue
        others = request.headers[:at] + request.headers[at + 1 :]
        yield f"no {name}", replace(request, headers=others)
        yield f"another {name}", replace(request, headers=[*others, (name, value + "x")])
    for part in re.findall(r"(?:Credential|SignedHeaders|Signature)=([^,&]+)", signed):
        headers = [(name, value.replace(part, part[:-1])) for name, value in request.headers]
        yield (
            f"{part} cut",
            replace(request, headers=headers, target=request.target.replace(quote(part, ""), part[:-1])),
        )
    if request.body:
        yield "another body", replace(request, body=request.body + b"x")


def _without_token(request: Request) -> Request:
    path, _, query = request.target.partition("?")
    kept = "&".join(piece for piece in query.split("&") if not piece.startswith("X-Amz-Security-Token="))
    headers = [pair for pair in request.headers if pair[0].lower() != "x-amz-security-token"]
    return Request(request.method, f"{path}?{kept}" if kept else path, headers, request.body)


def _verify(request: Request, context: dict[str, Any], canonical: str | None = None) -> str | None:
    rules = Rules(context["service"], Dialect.QUERY, context["region"])
    now = datetime.fromisoformat(context["timestamp"])
    digest = hashlib.sha256(request.body if context["sign_body"] else b"").hexdigest()
    try:
        claim = read_claim(request.head, rules, now)
        if claim is None:
            return "no credentials found"
        verify(claim, proving_key(claim, context["credentials"]["secret_access_key"]), digest)
    except WatchwordError as error:
        return str(error)
    differs = canonical is not None and canonical_request(claim, digest) != canonical
    return "canonical request differs" if differs else None


def _check_verbatim(folder: Path, context: dict[str, Any], form: str) -> list[str]:
    """Paths that are not normalized belong to S3, whose other rules differ: compare the canonical request."""
    request = read_request(_read(folder, form, "signed-request"))
    published = _read(folder, form, "canonical-request")
    head = request.head
    pairs = [pair for pair in query_pairs(head.query_string) if pair[0] != b"X-Amz-Signature"]
    names = signed_names(published.split("\n")[-2])
    path = canonical_verbatim_path(head.raw_path)
    ours = canonical_head(head.method, path, joined_query(pairs), names, head.fields).decode()
    digest = hashlib.sha256(request.body if context["sign_body"] else b"").hexdigest()
    return [] if ours + digest == published else ["canonical request differs"]


def check_folder(folder: Path) -> dict[str, list[str]]:
    """Run every case of a suite: what differs, by case."""
    return {case.name: check_case(case) for case in sorted(folder.iterdir()) if (case / "context.json").exists()}


def main() -> int:
    results = check_folder(Path(sys.argv[1]))
    for name, wrong in results.items():
        for text in wrong:
            print(f"{name}: {text}")
    print(f"{sum(not wrong for wrong in results.values())} of {len(results)} cases are as published")
    return 0 if results and not any(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
