"""Whatever comes in: an answer or an error document of AWS's, never a fault, never a traceback, never another identity.

The requests go to the real server over HTTP. After all of them its log must hold no trace of a failure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.house import Account, House, Keys, allow, policy, user_with
from tests.support.processes import exchange
from tests.support.raw_requests import Answer, RawRequest, call, get, presigned, put, quoted, raw, send_bytes, whoami

from watchword.protocols.model import Ref, ServiceModel, load_service
from watchword.services.authorization import requirements

BUCKET = "fuzzed"


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own, whose log is read at the end."""
    house = House.start(tmp_path_factory.mktemp("fuzzed") / "data")
    yield house
    house.stop()
    for word in ("Traceback", "internal failure", "Error:"):
        assert word not in house.log, house.log[-4000:]


@pytest.fixture(scope="module")
def owner(fuzzed: House) -> Account:
    account = fuzzed.account()
    s3 = account.administrator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="secret", Body=b"the secret")
    return account


@pytest.fixture(scope="module")
def nobody(owner: Account) -> Keys:
    return user_with(owner, "nobody", policy(allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/public/*")))


def is_sound(answer: Answer) -> None:
    """An answer, or an error that names itself; never the server's fault, but what is not built or not possible now."""
    assert answer.status < 500 or answer.status in (501, 503), (answer.status, answer.text)
    kind = answer.headers.get("content-type", "")
    if answer.status >= 400 and answer.body and "json" in kind:
        assert json.loads(answer.body)["__type"]
    elif answer.status == 404 and not kind:
        assert answer.body in (b"", b"<UnknownOperationException/>\n"), answer.text
    elif answer.status >= 400 and answer.body and "cbor" not in kind and not kind.startswith("text/plain"):
        assert answer.code, answer.text
        assert answer.element("RequestId") or answer.element("RequestID"), answer.text
    assert "Traceback" not in answer.text


# Any well-formed request

_TOKENS = st.text("abcxyzABCXYZ0123456789-_.", min_size=1, max_size=12)
_VISIBLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "#?")
_METHODS = st.sampled_from("GET HEAD PUT POST DELETE OPTIONS PATCH TRACE PROPFIND PURGE LOCK".split())
_PATHS = st.one_of(
    st.sampled_from([f"/{BUCKET}", f"/{BUCKET}/secret", "/", f"/{BUCKET}/", "//", "/_watchword/health"]),
    st.text(_VISIBLE, max_size=40).map(lambda text: "/" + text),
    st.binary(max_size=20).map(lambda data: f"/{BUCKET}/" + "".join(f"%{byte:02X}" for byte in data)),
)
_QUERIES = st.one_of(
    st.just(""),
    st.sampled_from(
        "?acl ?policy ?uploads ?list-type=2 ?delete ?versions ?location ?x-id=GetObject"
        " ?Action=ListUsers&Version=2010-05-08 ?Action=GetCallerIdentity&Version=2011-06-15"
        " ?X-Amz-Algorithm=AWS4-HMAC-SHA256 ?X-Amz-Signature=a"
        " ?list-type=2&max-keys=-1 ?list-type=2&encoding-type=url&prefix=%ff"
        " ?AWSAccessKeyId=x&Signature=y&Expires=1".split()
    ),
    st.text(_VISIBLE + "?", max_size=40).map(lambda text: "?" + text),
)
_NAMES = st.one_of(
    st.sampled_from(
        "content-type x-amz-date date x-amz-target x-amz-security-token x-amz-content-sha256"
        " x-amz-decoded-content-length content-md5 range if-match if-none-match if-modified-since"
        " x-amz-copy-source x-amz-acl x-amz-meta-a x-amz-checksum-crc32 x-amz-trailer x-amz-sdk-checksum-algorithm"
        " smithy-protocol accept content-encoding"
        " origin x-amz-server-side-encryption x-amz-tagging x-amz-expected-bucket-owner amz-sdk-request"
        " forwarded".split()
    ),
    _TOKENS.map(lambda token: "x-" + token),
)
_VALUES = st.one_of(
    st.sampled_from(
        "application/x-www-form-urlencoded application/x-amz-json-1.1 application/x-amz-json-1.0 application/cbor"
        " application/xml rpc-v2-cbor 20261124T000000Z AWSOrganizationsV20161128.ListRoots UNSIGNED-PAYLOAD"
        " STREAMING-AWS4-HMAC-SHA256-PAYLOAD STREAMING-UNSIGNED-PAYLOAD-TRAILER bytes=0-1 bytes=-0 0 -1 aws:kms".split()
    ),
    st.text("".join(map(chr, range(0x20, 0x7F))), max_size=60),
    st.binary(max_size=20).map(lambda data: re.sub(r"[\x00-\x1f\x7f]", "", data.decode("latin-1"))),
)
_AUTHORIZATIONS = st.one_of(
    st.tuples(
        st.sampled_from(["s3", "iam", "sts", "organizations", "ec2", ""]),
        st.sampled_from(["host", "host;x-amz-date", "", ";", "HOST", "host;host"]),
        st.one_of(st.just("0" * 64), _TOKENS),
    ).map(
        lambda parts: (
            f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261124/us-east-1/{parts[0]}/aws4_request,"
            f" SignedHeaders={parts[1]}, Signature={parts[2]}"
        )
    ),
    st.text("AWS4-HMACSHA256 Credential=/,;SignedHeadersSignature", max_size=80),
    st.sampled_from(["Bearer x", "Basic dGVzdDp0ZXN0", "AWS a:b", "AWS4-ECDSA-P256-SHA256 Credential=a/b", ""]),
)
_BODIES = st.one_of(
    st.just(b""),
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"Action=ListUsers&Version=2010-05-08",
            b"Action=GetCallerIdentity&Version=2011-06-15",
            b"Action=%ff&Version=&&=&a",
            b"<Delete><Object><Key>a</Key></Object></Delete>",
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Delete>&b;</Delete>',
            b"{}",
            b"[" * 5000,
            b'{"a":' * 1000,
            b"\xbf",
        ]
    ),
)


@given(
    method=_METHODS,
    path=_PATHS,
    query=_QUERIES,
    headers=st.lists(st.tuples(_NAMES, _VALUES), max_size=5),
    authorization=st.one_of(st.none(), _AUTHORIZATIONS),
    host=st.sampled_from(
        "127.0.0.1 localhost s3.amazonaws.com iam.amazonaws.com sts.eu-west-1.amazonaws.com fuzzed.s3.amazonaws.com x"
        " organizations.us-east-1.amazonaws.com a..b [::1] %".split()
    ),
    body=_BODIES,
)
def test_any_request_gets_an_answer(
    owner: Account,
    method: str,
    path: str,
    query: str,
    headers: list[tuple[str, str]],
    authorization: str | None,
    host: str,
    body: bytes,
) -> None:
    lines = [(b"host", host.encode())]
    lines += [(name.encode(), value.encode("latin-1")) for name, value in headers]
    if authorization is not None:
        lines.append((b"authorization", authorization.encode()))
    request = RawRequest(owner.administrator.endpoint, method, path + query, tuple(lines), body)
    answer = request.send()
    is_sound(answer)
    assert b"the secret" not in answer.body


# A signed request, changed


@st.composite
def mutations(draw: st.DrawFn) -> list[tuple[str, float, float, bytes]]:
    """What to do where: places are fractions of the length."""
    place = st.floats(0, 1, exclude_max=True)
    return draw(
        st.lists(
            st.tuples(
                st.sampled_from(["replace", "insert", "delete", "copy", "swap"]),
                place,
                place,
                st.one_of(st.binary(min_size=1, max_size=4), st.sampled_from([b"\r\n", b"%", b"&", b";", b",", b" "])),
            ),
            min_size=1,
            max_size=3,
        )
    )


def mutated(wire: bytes, steps: list[tuple[str, float, float, bytes]]) -> bytes:
    for what, first, second, data in steps:
        if not wire:
            break
        start, end = sorted((int(first * len(wire)), int(second * len(wire))))
        if what == "replace":
            wire = wire[:start] + data + wire[start + len(data) :]
        elif what == "insert":
            wire = wire[:start] + data + wire[start:]
        elif what == "delete":
            wire = wire[:start] + wire[start + len(data) :]
        elif what == "copy":
            wire = wire[:start] + wire[end : end + 40] + wire[start:]
        else:
            wire = wire[:start] + wire[end:] + wire[start:end]
    return wire


def answers(house: House, wire: bytes) -> bytes:
    """All that the server says to some bytes, after which the client says no more."""
    return exchange(house.server, wire, shut=True)


@given(steps=mutations(), which=st.integers(0, 3))
def test_a_changed_request_is_nobody_else_s_and_no_fault(
    fuzzed: House, owner: Account, nobody: Keys, steps: list[tuple[str, float, float, bytes]], which: int
) -> None:
    request = (
        whoami(nobody),
        call(nobody, "iam", "CreateUser", UserName="made-by-nobody"),
        get(nobody, f"/{BUCKET}/public/none"),
        presigned(nobody, "GET", f"/{BUCKET}/public/none", seconds=600),
    )[which].with_header(b"connection", b"close")
    said = answers(fuzzed, mutated(request.wire, steps))
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]
    assert all(status < 500 or status in (501, 503) for status in statuses), said
    assert set(re.findall(rb"<Arn>(.*?)</Arn>", said)) <= {owner.arn("user/nobody").encode()}
    assert b"the secret" not in said
    assert b"<CreateUserResult>" not in said


@given(data=st.data())
@settings(max_examples=50)
def test_parts_of_two_signed_requests_do_not_make_a_third(owner: Account, nobody: Keys, data: st.DataObject) -> None:
    """Headers of the root user's request and of a stranger's, mixed at will."""
    mine = get(owner.root, f"/{BUCKET}/public/none")
    other = get(nobody, f"/{BUCKET}/secret")
    names = sorted({name for name, _ in (*mine.headers, *other.headers)})
    chosen = [(name, data.draw(st.sampled_from([dict(mine.headers), dict(other.headers)]))[name]) for name in names]
    answer = RawRequest(other.endpoint, "GET", other.target, tuple(chosen), b"").send()
    assert answer.status in (400, 403)
    assert answer.body != b"the secret"


# Well-typed calls with nasty values

_NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "", " ", "a", "../..", "\x00", "\ud7ff", "\ufffe", "\u202e", "%00", "a" * 129, "x" * 5000, "*", "?",
            "arn:aws:iam::111122223333:user/x", "arn:", ":::::", "arn:aws:iam::aws:policy/AdministratorAccess",
            "administrator", "null", "-1", "0", "1e999", "NaN", "true", "{}", "[]", '{"Version":"2012-10-17"}',
            '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', '{"Statement":[' * 500, "<a>", "&amp;",
            "'", '"', "/", "//", "/a/", "\r\nx: y", "\N{GRINNING FACE}", "İ", "ß", "2026-01-01T00:00:00Z", "v1", "v0",
            "${aws:username}",
        ]
    ),
)  # fmt: skip
_NUMBERS = st.sampled_from(
    ["0", "1", "-1", "1000", "1001", "900", "43200", "99999999999", "1.5", "x", "", "1e3", "\uff11"]
)


def flat(draw: Any, ref: Ref, model: ServiceModel, name: str, depth: int = 0) -> dict[str, str]:
    """A value of a shape as the Query protocol writes it."""
    shape = model.shapes[ref.shape]
    if shape.type == "structure" and depth < 4:
        found: dict[str, str] = {}
        for member, member_ref in shape.members.items():
            if member in shape.required or draw(st.booleans()):
                found |= flat(draw, member_ref, model, f"{name}.{member}" if name else member, depth + 1)
        return found
    if shape.type == "list" and shape.member is not None:
        found = {}
        for number in range(draw(st.integers(0, 2))):
            found |= flat(draw, shape.member, model, f"{name}.member.{number + 1}", depth + 1)
        return found
    if shape.type in ("integer", "long"):
        return {name: draw(_NUMBERS)}
    if shape.type == "boolean":
        return {name: draw(st.sampled_from(["true", "false", "maybe"]))}
    choices = st.one_of(_NASTY, st.sampled_from(shape.enum)) if shape.enum else _NASTY
    return {name: draw(choices).encode("utf-8", "ignore").decode()}


_QUERY_CALLS = [(service, name) for service in ("iam", "sts") for name in sorted(requirements(service))]


@given(data=st.data(), which=st.sampled_from(_QUERY_CALLS))
@settings(max_examples=max(200, settings().max_examples))
def test_any_call_of_iam_and_sts_gets_an_answer(owner: Account, data: st.DataObject, which: tuple[str, str]) -> None:
    service, name = which
    model = load_service(service)
    facts = model.operations[name]
    form = flat(data.draw, facts.input, model, "") if facts.input is not None else {}
    form = {key: value for key, value in form.items() if key}
    is_sound(call(owner.root, service, name, **form).send())


_JSON_CALLS = sorted(requirements("organizations"))


def member(draw: Any, ref: Ref, model: ServiceModel, depth: int = 0) -> Any:
    """A value of a shape as JSON has it, well-typed or not."""
    shape = model.shapes[ref.shape]
    if shape.type == "structure" and depth < 4:
        return {
            name: member(draw, each, model, depth + 1)
            for name, each in shape.members.items()
            if name in shape.required or draw(st.booleans())
        }
    if shape.type == "list" and shape.member is not None:
        return [member(draw, shape.member, model, depth + 1) for _ in range(draw(st.integers(0, 2)))]
    return draw(st.one_of(_NASTY, st.sampled_from(shape.enum or ("a",)), st.sampled_from([None, True, 1, -1, 1e300])))


@given(data=st.data(), name=st.sampled_from(_JSON_CALLS))
def test_any_call_of_organizations_gets_an_answer(owner: Account, data: st.DataObject, name: str) -> None:
    model = load_service("organizations")
    facts = model.operations[name]
    document: Any = member(data.draw, facts.input, model) if facts.input is not None else {}
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": f"AWSOrganizationsV20161128.{name}",
    }
    body = json.dumps(document).encode()
    is_sound(raw(owner.root, "POST", "/", "organizations", headers=headers, body=body).send())


_S3_QUERIES = st.sampled_from(
    "list-type delimiter prefix max-keys start-after continuation-token encoding-type marker policy location delete"
    " versionId partNumber uploads acl response-content-type response-expires x-id fetch-owner".split()
)
_S3_HEADERS = st.sampled_from(
    "range if-match if-none-match if-modified-since if-unmodified-since content-type cache-control expires content-md5"
    " x-amz-meta-a x-amz-acl x-amz-storage-class x-amz-checksum-sha256 x-amz-expected-bucket-owner x-amz-tagging"
    " x-amz-checksum-mode x-amz-website-redirect-location x-amz-copy-source x-amz-bucket-object-lock-enabled".split()
)
_PRINTABLE = st.text("".join(map(chr, range(0x21, 0x7F))), max_size=30)


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]),
    key=st.one_of(st.none(), _NASTY),
    query=st.dictionaries(_S3_QUERIES, _NASTY, max_size=3),
    headers=st.dictionaries(_S3_HEADERS, st.one_of(_PRINTABLE, st.just("bytes=0-0"), st.just('"*"')), max_size=3),
    body=_BODIES,
)
@settings(max_examples=max(200, settings().max_examples))
def test_any_call_of_s3_gets_an_answer(
    owner: Account, method: str, key: str | None, query: dict[str, str], headers: dict[str, str], body: bytes
) -> None:
    path = f"/{BUCKET}" if key is None else f"/{BUCKET}/{quoted(key.encode('utf-8', 'ignore').decode())}"
    pairs = "&".join(f"{name}={quoted(value.encode('utf-8', 'ignore').decode())}" for name, value in query.items())
    if method == "DELETE" and key is None and "policy" not in query:
        return  # the bucket is needed
    target = f"{path}?{pairs}" if pairs else path
    is_sound(raw(owner.root, method, target, "s3", headers=headers, body=body).send())


@given(key=_NASTY.filter(bool), body=st.binary(max_size=100))
def test_a_key_is_kept_as_it_was_given(owner: Account, key: str, body: bytes) -> None:
    path = f"/{BUCKET}/key/{quoted(key.encode('utf-8', 'ignore').decode())}"
    answer = put(owner.root, path, body).send()
    is_sound(answer)
    if answer.status == 200:
        assert get(owner.root, path).send().body == body


def test_the_secret_is_still_there_and_still_secret(owner: Account, nobody: Keys) -> None:
    """What was sent above changed nothing that it might not."""
    assert get(nobody, f"/{BUCKET}/secret").send().status == 403
    assert whoami(nobody).send().element("Arn") == owner.arn("user/nobody")


@pytest.mark.parametrize(
    "wire",
    [
        b"CONNECT iam.amazonaws.com:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://iam.amazonaws.com/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
    ids=["connect", "http/2", "asterisk", "absolute", "upgrade"],
)
def test_other_uses_of_http_are_refused(owner: Account, wire: bytes) -> None:
    assert 400 <= send_bytes(owner.administrator.endpoint, wire).status < 500
