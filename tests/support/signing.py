"""Read signing vectors and requests for the tests of signatures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from watchword.core.http import RequestHead
from watchword.signing.claims import Claim, Rules
from watchword.signing.errors import Dialect, missing_token
from watchword.signing.verification import proving_key, read_claim, verify

VECTORS = Path(__file__).parent.parent / "vectors" / "sigv4"


@dataclass(frozen=True)
class SignedRequest:
    """A request as it stands on the wire, and what the server knows: the secret, the rules, the time."""

    name: str
    method: str
    path: bytes
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    secret: str
    service: str
    region: str
    now: datetime

    @property
    def rules(self) -> Rules:
        return Rules(self.service, Dialect.S3 if self.service == "s3" else Dialect.QUERY, self.region)

    @property
    def head(self) -> RequestHead:
        return RequestHead(self.method, self.path, self.query, self.headers)

    def verify(self) -> Claim:
        """Verify as a server does; raises SignatureError."""
        claim = read_claim(self.head, self.rules, self.now)
        if claim is None:
            raise missing_token()
        verify(
            claim,
            proving_key(claim, self.secret),
            None if self.service == "s3" else hashlib.sha256(self.body).hexdigest(),
        )
        return claim

    def header(self, name: bytes) -> bytes:
        return dict(self.headers)[name]

    def with_header(self, name: bytes, value: bytes) -> SignedRequest:
        """The request with one header set or added."""
        if name in dict(self.headers):
            return replace(self, headers=tuple((n, value if n == name else v) for n, v in self.headers))
        return replace(self, headers=(*self.headers, (name, value)))

    def without_header(self, name: bytes) -> SignedRequest:
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0] != name))


def read_vectors(form: str) -> list[SignedRequest]:
    """The vectors of a form: `header` or `query`, and the same with `v4a-` before it."""
    data: dict[str, Any] = json.loads((VECTORS / f"{form}.json").read_text())
    return [
        SignedRequest(
            name=f"{form}: {item['name']}",
            method=item["method"],
            path=item["path"].encode(),
            query=item["query"].encode(),
            headers=tuple((name.encode(), value.strip().encode()) for name, value in item["headers"]),
            body=item["body"].encode(),
            secret=data["secret"],
            service=item["service"],
            region=item["region"],
            now=datetime.fromisoformat(item["now"]),
        )
        for item in data["vectors"]
    ]
