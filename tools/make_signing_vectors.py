"""Make tests/vectors/sigv4/*.json: requests signed by two signers that are not ours, botocore and awscrt.

`header` and `query` are SigV4, by both; `v4a-header` and `v4a-query` are SigV4a, by awscrt, which botocore uses for it.

Run it when a situation is added to `CASES`; the vectors are data and do not change with the signers' versions.

    python tools/make_signing_vectors.py
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import awscrt.auth
import awscrt.http
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

OUT = Path(__file__).parent.parent / "tests" / "vectors" / "sigv4"
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+token=="
NOW = dt.datetime(2026, 3, 14, 15, 9, 26, tzinfo=dt.UTC)
REGION = "eu-central-1"
REGION_SET = "us-east-1,eu-*"
CRT: Any = awscrt.auth
"""Has no types."""
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


@dataclass
class Case:
    """A request before it is signed."""

    name: str
    service: str = "sts"
    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: str = ""
    token: bool = False
    signers: tuple[str, ...] = ("botocore", "awscrt")
    host: str = "sts.eu-central-1.amazonaws.com"


def s3(name: str, **fields: Any) -> Case:
    return Case("s3-" + name, service="s3", host="127.0.0.1:9000", **fields)


CASES = [
    Case("root"),
    Case("form", method="POST", headers=FORM, body="Action=GetCallerIdentity&Version=2011-06-15"),
    Case("form-with-token", method="POST", headers=FORM, body="Action=ListUsers&Version=2010-05-08", token=True),
    Case("json-target", method="POST", headers={"X-Amz-Target": "AWSOrganizationsV20161128.ListRoots"}, body="{}"),
    Case("host-with-port", host="localhost:4566"),
    Case("query-sorted", query="b=2&a=1&B=3&A=4"),
    Case("query-name-is-prefix-of-another", query="Param-3=z&Param=y&Param.=x"),
    Case("query-repeated", query="a=2&a=1&a=10"),
    Case("query-escaped", query="k%20ey=v%2Fa%2Bl%3D&%E1%88%B4=%26"),
    Case("query-empty-value", query="acl=&b="),
    Case("query-unreserved", query="-._~aZ09=-._~aZ09"),
    Case("path-escaped", path="/a%20b/c%2Fd"),
    Case("path-utf8", path="/%E1%88%B4"),
    Case("path-dots", path="/a/./b/../c/"),
    Case("path-slashes", path="//a///b//"),
    Case("path-final-dots", path="/a/b/.."),
    Case("path-marks", path="/key-_.~!*'()"),
    Case("header-spaces", headers={"My-Header": '  a   b   "c   d"  '}),
    Case("header-case", headers={"ZETA": "Z", "Alpha": "a", "x-Amz-Meta": "M"}),
    s3("get", path="/bucket/key.txt"),
    s3("get-with-token", path="/bucket/key.txt", token=True),
    s3("list", path="/bucket", query="list-type=2&prefix=a%2Fb&delimiter=%2F&encoding-type=url"),
    s3("subresource", path="/bucket", query="acl="),
    s3(
        "put", method="PUT", path="/bucket/key", headers={"x-amz-meta-color": "blue", "x-amz-acl": "private"}, body="hi"
    ),
    s3("path-verbatim", path="/bucket//a/./b/../c//"),
    s3("path-escaped", path="/bucket/a%20b%2Bc%2A%28d%29/%E1%88%B4"),
    s3("path-escaped-slash", path="/bucket/a%2Fb"),
    s3("checksum", method="PUT", path="/b/k", headers={"x-amz-checksum-crc32": "z8SuHQ=="}, body="hi"),
]


def by_botocore(case: Case, form: str) -> tuple[str, list[list[str]]]:
    botocore.auth.get_current_datetime = lambda: NOW.replace(tzinfo=None)
    credentials = Credentials(KEY, SECRET, TOKEN if case.token else None)
    url = f"http://{case.host}{case.path}" + (f"?{case.query}" if case.query else "")
    request: Any = AWSRequest(case.method, url, headers={**case.headers, "Host": case.host}, data=case.body.encode())
    signers: Any = {
        ("s3", "header"): botocore.auth.S3SigV4Auth,
        ("s3", "query"): botocore.auth.S3SigV4QueryAuth,
        ("sts", "header"): botocore.auth.SigV4Auth,
        ("sts", "query"): botocore.auth.SigV4QueryAuth,
    }
    signer = signers[case.service, form](credentials, case.service, REGION)
    signer.add_auth(request)
    target = request.url.removeprefix(f"http://{case.host}")
    return target, [[name.lower(), str(value)] for name, value in request.headers.items()]


def by_awscrt(case: Case, form: str, version: str) -> tuple[str, list[list[str]]]:
    is_s3 = case.service == "s3"
    headers = [("host", case.host), *((name.lower(), value) for name, value in case.headers.items())]
    target = case.path + (f"?{case.query}" if case.query else "")
    request = awscrt.http.HttpRequest(case.method, target, awscrt.http.HttpHeaders(headers))
    digest = hashlib.sha256(case.body.encode()).hexdigest()
    config = CRT.AwsSigningConfig(
        algorithm=CRT.AwsSigningAlgorithm.V4 if version == "v4" else CRT.AwsSigningAlgorithm.V4_ASYMMETRIC,
        signature_type=CRT.AwsSignatureType.HTTP_REQUEST_HEADERS
        if form == "header"
        else CRT.AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS,
        credentials_provider=CRT.AwsCredentialsProvider.new_static(KEY, SECRET, TOKEN if case.token else None),
        region=REGION if version == "v4" else REGION_SET,
        service=case.service,
        date=NOW,
        use_double_uri_encode=not is_s3,
        should_normalize_uri_path=not is_s3,
        signed_body_value="UNSIGNED-PAYLOAD" if is_s3 and form == "query" else digest,
        signed_body_header_type=CRT.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256
        if is_s3 and form == "header"
        else CRT.AwsSignedBodyHeaderType.NONE,
        expiration_in_seconds=3600 if form == "query" else None,
    )
    signed: Any = CRT.aws_sign_request(request, config).result(10)
    return signed.path, [[name.lower(), value] for name, value in signed.headers]


def vector(case: Case, signer: str, form: str, version: str) -> dict[str, Any]:
    if form == "query":
        case = replace(case, body="")  # botocore moves it into the query
    target, headers = by_botocore(case, form) if signer == "botocore" else by_awscrt(case, form, version)
    path, _, query = target.partition("?")
    return {
        "name": f"{case.name} by {signer}",
        "service": case.service,
        "region": REGION,
        "now": NOW.isoformat(),
        "method": case.method,
        "path": path,
        "query": query,
        "headers": headers,
        "body": case.body,
    }


def main() -> None:
    for version, prefix in (("v4", ""), ("v4a", "v4a-")):
        for form in ("header", "query"):
            signers = ("botocore", "awscrt") if version == "v4" else ("awscrt",)
            vectors = [
                vector(case, signer, form, version) for case in CASES for signer in case.signers if signer in signers
            ]
            data = {"access_key_id": KEY, "secret": SECRET, "session_token": TOKEN, "vectors": vectors}
            (OUT / f"{prefix}{form}.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
            print(f"{prefix}{form}: {len(vectors)}")


if __name__ == "__main__":
    main()
