"""Run a folder of AWS's published Signature Version 4 test suite against our signer and our verifier.

A case is a folder with `context.json`, `request.txt` and, for each form (`header`, `query`), the canonical request,
the signature and the signed request. The suite is not part of this project: give the folder.

    python tools/check_signing_vectors.py FOLDER
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from watchword.core.errors import WatchwordError
from watchword.core.http import RequestHead
from watchword.signing.canonical import canonical_head, canonical_verbatim_path, query_pairs, signed_names
from watchword.signing.canonical import canonical_query as joined_query
from watchword.signing.claims import Rules
from watchword.signing.errors import Dialect
from watchword.signing.keys import derive_signing_key
from watchword.signing.signer import Credentials, Target, presign, sign_request
from watchword.signing.verification import canonical_request, read_claim, verify

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
    wrong: list[str] = []
    for form in FORMS:
        if context["normalize"]:
            wrong += [f"{form}: sign: {text}" for text in _check_signer(folder, context, form)]
            wrong += [f"{form}: verify: {text}" for text in _check_verifier(folder, context, form)]
        else:
            wrong += [f"{form}: {text}" for text in _check_verbatim(folder, context, form)]
    return wrong


def _read(folder: Path, form: str, what: str) -> str:
    return (folder / f"{form}-{what}.txt").read_text()


def _check_signer(folder: Path, context: dict[str, Any], form: str) -> list[str]:
    request = read_request((folder / "request.txt").read_text())
    keys = context["credentials"]
    token = None if context.get("omit_session_token") else keys.get("token")
    credentials = Credentials(keys["access_key_id"], keys["secret_access_key"], token)
    target = Target(context["service"], context["region"])
    now = datetime.fromisoformat(context["timestamp"])
    headers = request.fields
    url = f"http://{headers['host']}{request.target}"
    if form == "header":
        if context["sign_body"]:
            headers["x-amz-content-sha256"] = hashlib.sha256(request.body).hexdigest()
        signature = sign_request(request.method, url, headers, request.body, credentials, target, now).signature
    else:
        signed = presign(
            request.method,
            url,
            headers,
            credentials,
            target,
            now,
            expires_seconds=EXPIRES_SECONDS,
            body=request.body if context["sign_body"] else b"",
        )
        signature = signed.rpartition("=")[2]
    return [] if signature == _read(folder, form, "signature").strip() else [f"signature {signature}"]


def _check_verifier(folder: Path, context: dict[str, Any], form: str) -> list[str]:
    request = read_request(_read(folder, form, "signed-request"))
    after = bool(context.get("omit_session_token"))
    if after:
        # The token was added after signing. Refused as it stands; true without the token.
        if _verify(request, context) is None:
            return ["an unsigned token was accepted"]
        request = _without_token(request)
    return [text for text in [_verify(request, context, _read(folder, form, "canonical-request"))] if text]


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
        scope = claim.scope
        secret = context["credentials"]["secret_access_key"]
        verify(claim, derive_signing_key(secret, scope.date, scope.region, scope.service), digest)
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
