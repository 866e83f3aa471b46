"""boto3 with every signature version that it knows: its default presigned URLs (Signature Version 2), SigV4a, SigV4."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from tests.support.house import REGION, Account, House, Keys, allow, deny, policy, refusal, trust, user_with
from tests.support.post_forms import body_of, send
from tests.support.raw_requests import RawRequest

from watchword.signing.keys import V4A
from watchword.signing.signer import Credentials, Target, presign, sign_chunks, sign_request


def client(keys: Keys, service: str, version: str | None = None, region: str = REGION, **options: Any) -> Any:
    connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
    return connect(
        service,
        region_name=region,
        endpoint_url=keys.endpoint,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
        config=Config(
            signature_version=version, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **options
        ),
    )


def fetch(url: str, method: str = "GET", data: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    request = Request(url, data, {n.replace("_", "-"): v for n, v in headers.items()}, method=method)  # noqa: S310
    try:
        with urlopen(request, timeout=20) as answer:  # noqa: S310
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.fixture(scope="module")
def bucket(acme: Account) -> str:
    acme.administrator.client("s3").create_bucket(Bucket="signature-versions")
    acme.administrator.client("s3").put_object(Bucket="signature-versions", Key="a key/ü", Body=b"bytes")
    return "signature-versions"


class TestVersion2:
    """Signature Version 2."""

    def test_the_default_presigned_url_of_boto3_reads_and_writes(self, acme: Account, bucket: str) -> None:
        s3 = client(acme.administrator, "s3")
        url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a key/ü"})
        assert "AWSAccessKeyId=" in url
        assert fetch(url) == (200, b"bytes")
        wanted = {"Bucket": bucket, "Key": "written", "ContentType": "text/x", "Metadata": {"color": "blue"}}
        put = s3.generate_presigned_url("put_object", wanted)
        assert fetch(put, "PUT", b"new", content_type="text/x", x_amz_meta_color="blue")[0] == 200
        stored = s3.get_object(Bucket=bucket, Key="written")
        assert (stored["Body"].read(), stored["ContentType"], stored["Metadata"]) == (
            b"new",
            "text/x",
            {"color": "blue"},
        )
        assert fetch(put, "PUT", b"new", content_type="text/y")[0] == 403

    def test_a_session_presigns_with_its_token(self, acme: Account, bucket: str) -> None:
        iam = acme.administrator.client("iam")
        iam.create_role(RoleName="presigner", AssumeRolePolicyDocument=trust(AWS=acme.id))
        iam.put_role_policy(RoleName="presigner", PolicyName="p", PolicyDocument=policy(allow("s3:*")))
        session = acme.assume("presigner")
        url = client(session, "s3").generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a key/ü"})
        assert "x-amz-security-token" in url
        assert fetch(url) == (200, b"bytes")

    def test_headers_sign_every_call(self, acme: Account, bucket: str) -> None:
        s3 = client(acme.administrator, "s3", "s3")
        s3.put_object(Bucket=bucket, Key="by header", Body=b"x" * 70_000, Metadata={"a": "b"})
        assert s3.get_object(Bucket=bucket, Key="by header")["Body"].read() == b"x" * 70_000
        listed = s3.list_objects_v2(Bucket=bucket, Prefix="by ")
        assert [each["Key"] for each in listed["Contents"]] == ["by header"]
        assert any(each["Name"] == bucket for each in s3.list_buckets()["Buckets"])

    def test_a_bucket_of_another_region_is_served_there(self, acme: Account) -> None:
        far = client(acme.administrator, "s3", region="eu-west-1")
        far.create_bucket(Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        far.put_object(Bucket="far-away", Key="k", Body=b"far")
        url = client(acme.administrator, "s3").generate_presigned_url("get_object", {"Bucket": "far-away", "Key": "k"})
        assert fetch(url) == (200, b"far")

    def test_policies_see_the_version(self, acme: Account, bucket: str) -> None:
        no_v2 = deny("s3:*", Condition={"StringEquals": {"s3:signatureversion": "AWS"}})
        keys = user_with(acme, "no-v2", policy(allow("s3:*"), no_v2))
        assert client(keys, "s3", "s3v4").get_object(Bucket=bucket, Key="a key/ü")["Body"].read() == b"bytes"
        code, _ = refusal(client(keys, "s3", "s3").get_object, Bucket=bucket, Key="a key/ü")
        assert code == "AccessDenied"

    def test_an_url_that_is_over(self, house: House, acme: Account, bucket: str) -> None:
        s3 = client(acme.administrator, "s3")
        url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a key/ü"}, ExpiresIn=60)
        with house.later(61):
            status, body = fetch(url)
        assert status == 403
        assert b"<Code>AccessDenied</Code><Message>Request has expired</Message><Expires>" in body
        assert b"X-Amz-Expires" not in body

    def test_a_bucket_of_a_region_opened_after_2013_does_not_take_it(self, acme: Account) -> None:
        """As botocore's own tests expect of eu-central-1."""
        name, far = "of-frankfurt", client(acme.administrator, "s3", "s3v4", "eu-central-1")
        far.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        far.put_object(Bucket=name, Key="k", Body=b"x")
        old = client(acme.administrator, "s3", "s3")
        said = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        assert refusal(old.list_objects, Bucket=name) == ("InvalidRequest", said)
        status, body = fetch(old.generate_presigned_url("get_object", {"Bucket": name, "Key": "k"}))
        assert (status, said.encode() in body) == (400, True)
        form = old.generate_presigned_post(name, "k")
        answer = send(f"{acme.administrator.endpoint}/{name}", body_of(form["fields"]))
        assert answer.error == (400, "InvalidRequest", said)

    def test_iam_does_not_take_it(self, acme: Account) -> None:
        request = RawRequest(
            acme.administrator.endpoint,
            "POST",
            "/?Action=ListUsers&Version=2010-05-08",
            ((b"host", b"iam.amazonaws.com"), (b"authorization", b"AWS AKIA:c2ln")),
        )
        answer = request.send()
        assert (answer.status, answer.code) == (403, "MissingAuthenticationToken")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    """A server that does not take Signature Version 2."""
    house = House.start(tmp_path_factory.mktemp("strict") / "data", signature_v2=False)
    yield house
    house.stop()


def test_the_switch_refuses_version_2_and_nothing_else(strict: House) -> None:
    account = strict.account()
    s3 = client(account.administrator, "s3", "s3v4")
    s3.create_bucket(Bucket="strict")
    s3.put_object(Bucket="strict", Key="k", Body=b"x")
    old = client(account.administrator, "s3").generate_presigned_url("get_object", {"Bucket": "strict", "Key": "k"})
    status, body = fetch(old)
    assert status == 400
    assert b"<Code>InvalidRequest</Code>" in body
    assert b"Please use AWS4-HMAC-SHA256." in body
    new = s3.generate_presigned_url("get_object", {"Bucket": "strict", "Key": "k"})
    assert fetch(new) == (200, b"x")


class TestVersion4a:
    """SigV4a."""

    def test_sts_takes_it_where_the_client_prefers_it(self, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_AUTH_SCHEME_PREFERENCE", "sigv4a,sigv4")
        monkeypatch.setenv("AWS_SIGV4A_SIGNING_REGION_SET", "*")
        seen: list[str] = []
        sts = client(acme.administrator, "sts")

        def look(request: Any, **_: Any) -> None:
            seen.append(str(request.headers))

        sts.meta.events.register("before-send.sts", look)
        assert sts.get_caller_identity()["Account"] == acme.id
        assert "AWS4-ECDSA-P256-SHA256" in seen[0]

    def test_s3_reads_writes_and_lists(self, acme: Account, bucket: str) -> None:
        s3 = client(acme.administrator, "s3", "s3v4a")
        s3.put_object(Bucket=bucket, Key="v4a/ key", Body=b"signed" * 20_000)
        assert s3.get_object(Bucket=bucket, Key="v4a/ key")["Body"].read() == b"signed" * 20_000
        assert s3.list_objects_v2(Bucket=bucket, Prefix="v4a/")["KeyCount"] == 1

    def test_a_presigned_url(self, acme: Account, bucket: str) -> None:
        keys = acme.administrator
        target = Target("s3", "us-*,eu-west-1", s3=True, algorithm=V4A)
        credentials = Credentials(keys.access_key_id, keys.secret_access_key)
        url = f"{keys.endpoint}/{bucket}/a%20key/%C3%BC"
        signed = presign("GET", url, {}, credentials, target, datetime.now(UTC), expires_seconds=60)
        assert fetch(signed) == (200, b"bytes")
        assert fetch(signed.replace("us-", "eu-"))[0] in {400, 403}

    @pytest.mark.parametrize("region_set", ["eu-west-1", "eu-*", "", "us-east", "*-9"])
    def test_another_region_set_is_refused(self, acme: Account, region_set: str) -> None:
        target = Target("sts", region_set, algorithm=V4A)
        keys = acme.administrator
        headers = {"host": "sts.us-east-1.amazonaws.com", "content-type": "application/x-www-form-urlencoded"}
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        signed = sign_request(
            "POST",
            f"{keys.endpoint}/",
            headers,
            body,
            Credentials(keys.access_key_id, keys.secret_access_key),
            target,
            datetime.now(UTC),
        )
        lines = tuple((name.encode(), value.encode()) for name, value in signed.headers.items())
        answer = RawRequest(keys.endpoint, "POST", "/", lines, body).send()
        assert (answer.status, answer.code) in {(403, "SignatureDoesNotMatch"), (400, "IncompleteSignature")}

    def test_a_bucket_is_served_only_in_the_regions_of_the_signature(self, acme: Account, bucket: str) -> None:
        keys = acme.administrator
        for region_set, status in (("us-east-1", 200), ("eu-*", 400)):
            target = Target("s3", region_set, s3=True, algorithm=V4A)
            credentials = Credentials(keys.access_key_id, keys.secret_access_key)
            url = f"{keys.endpoint}/{bucket}/a%20key/%C3%BC"
            signed = presign("GET", url, {}, credentials, target, datetime.now(UTC), expires_seconds=60)
            got, body = fetch(signed)
            assert got == status
            if status != 200:
                assert b"<Region>us-east-1</Region>" in body

    def test_chunks_are_proved_one_by_one(self, acme: Account, bucket: str) -> None:
        keys = acme.administrator
        target = Target("s3", "*", s3=True, algorithm=V4A)
        path = f"/{bucket}/chunked"
        chunks = [b"a" * 8192, b"b" * 100]
        headers = {
            "x-amz-decoded-content-length": "8292",
            "content-encoding": "aws-chunked",
            "x-amz-trailer": "x-amz-checksum-sha1",
        }
        signed = sign_request(
            "PUT",
            keys.endpoint + path,
            headers,
            b"",
            Credentials(keys.access_key_id, keys.secret_access_key),
            target,
            datetime.now(UTC),
            payload_hash="STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
        )
        trailers = {"x-amz-checksum-sha1": "fZ8uAdqR6uqLpM3dFE71u+nlG8g="}
        lines = tuple((name.encode(), value.encode()) for name, value in signed.headers.items())
        wire = b"".join(sign_chunks(signed, chunks, trailers))
        wrong = RawRequest(keys.endpoint, "PUT", path, lines, wire.replace(b"bbb", b"bcb", 1)).send()
        assert (wrong.status, wrong.code) == (403, "SignatureDoesNotMatch")
        code, _ = refusal(keys.client("s3").head_object, Bucket=bucket, Key="chunked")
        assert code == "404"


@pytest.mark.parametrize(
    "target",
    [Target("s3", REGION, s3=True), Target("s3", "*", s3=True, algorithm=V4A)],
    ids=["SigV4", "SigV4a"],
)
def test_a_url_that_is_over(acme: Account, bucket: str, target: Target) -> None:
    keys = acme.administrator
    credentials = Credentials(keys.access_key_id, keys.secret_access_key)
    url = f"{keys.endpoint}/{bucket}/a%20key/%C3%BC"
    signed_at = datetime.now(UTC) - timedelta(seconds=30)
    status, body = fetch(presign("GET", url, {}, credentials, target, signed_at, expires_seconds=10))
    assert (status, b"Request has expired" in body) == (403, True)
