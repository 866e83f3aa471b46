"""Bodies that are not what was signed, URLs used after their time or for something else: nothing is kept or told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from tests.support.house import Account, House, Keys, user_with
from tests.support.raw_requests import call, get, presigned, put, raw, sha256, unsigned

MISMATCH = "The provided 'x-amz-content-sha256' header does not match what was computed."


@pytest.fixture(scope="module")
def admin(acme: Account) -> Keys:
    return acme.administrator


@pytest.fixture(scope="module")
def bucket(admin: Keys) -> str:
    admin.client("s3").create_bucket(Bucket="payload-attacks")
    return "payload-attacks"


def is_absent(admin: Keys, path: str) -> bool:
    return get(admin, path).send().code == "NoSuchKey"


class TestBodies:
    @pytest.mark.parametrize("size", [0, 10, 70_000, 400_000], ids=["empty", "small", "spooled", "large"])
    def test_another_body_than_the_signed_one_is_refused_and_not_kept(
        self, house: House, admin: Keys, bucket: str, size: int
    ) -> None:
        path = f"/{bucket}/body-{size}"
        honest = put(admin, path, b"a" * size)
        bodies = [b"b" * size, b"a" * size + b"x", b"a" * max(0, size - 1) or b"x", b""]
        for body in [body for body in bodies if body != honest.body]:
            answer = replace(honest, body=body).send()
            assert (answer.status, answer.code, answer.message) == (400, "XAmzContentSHA256Mismatch", MISMATCH)
            assert answer.element("S3ComputedContentSHA256") == sha256(body)
        assert is_absent(admin, path)
        assert not list((house.server.data_dir / "spool").iterdir())
        assert honest.send().status == 200
        assert get(admin, path).send().body == honest.body

    def test_a_refused_body_leaves_what_was_there(self, admin: Keys, bucket: str) -> None:
        assert put(admin, f"/{bucket}/kept", b"first").send().status == 200
        assert replace(put(admin, f"/{bucket}/kept", b"second"), body=b"evil!!").send().status == 400
        assert get(admin, f"/{bucket}/kept").send().body == b"first"

    def test_a_digest_exchanged_together_with_the_body_is_refused(self, admin: Keys, bucket: str) -> None:
        honest = put(admin, f"/{bucket}/swapped", b"honest")
        for digest in (sha256(b"evil"), "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
            answer = replace(honest, body=b"evil").with_header(b"x-amz-content-sha256", digest.encode()).send()
            assert answer.status in (400, 403)
        assert is_absent(admin, f"/{bucket}/swapped")

    def test_a_body_of_which_less_arrives_than_was_promised_is_not_kept(
        self, house: House, admin: Keys, bucket: str
    ) -> None:
        honest = put(admin, f"/{bucket}/cut", b"z" * 100_000)
        with house.server.connect() as connection:
            connection.sendall(honest.wire[:-1])
        assert is_absent(admin, f"/{bucket}/cut")

    @pytest.mark.parametrize("digest", ["", "nonsense", "e" * 63, "STREAMING-AWS4-HMAC-SHA256-NONSENSE"])
    def test_a_digest_that_is_none_is_refused(self, admin: Keys, bucket: str, digest: str) -> None:
        signed = raw(admin, "PUT", f"/{bucket}/digest", "s3", body=b"x", payload_hash=digest or None)
        request = signed if digest else signed.without_header(b"x-amz-content-sha256")
        assert request.send().status in (400, 403)
        assert is_absent(admin, f"/{bucket}/digest")

    def test_a_form_changed_on_its_way_does_nothing(self, acme: Account, admin: Keys) -> None:
        honest = call(admin, "iam", "CreateUser", UserName="honest")
        evil = replace(honest, body=honest.body.replace(b"honest", b"eviler"))
        assert evil.send().code == "SignatureDoesNotMatch"
        stated = evil.with_header(b"x-amz-content-sha256", sha256(evil.body).encode())
        assert stated.send().code == "SignatureDoesNotMatch"
        names = [user["UserName"] for user in admin.client("iam").list_users()["Users"]]
        assert "honest" not in names
        assert "eviler" not in names

    def test_the_action_in_the_url_is_not_obeyed_when_the_body_was_signed(self, acme: Account, admin: Keys) -> None:
        honest = call(admin, "iam", "ListUsers")
        moved = replace(honest, target="/?Action=CreateUser&UserName=eviler&Version=2010-05-08")
        assert moved.send().code == "SignatureDoesNotMatch"


class TestPresigned:
    def test_a_url_works_until_its_last_second(self, house: House, admin: Keys, bucket: str) -> None:
        assert put(admin, f"/{bucket}/shared", b"for you").send().status == 200
        url = presigned(admin, "GET", f"/{bucket}/shared", seconds=300)
        assert url.send().body == b"for you"
        with house.later(295):
            assert url.send().body == b"for you"
        with house.later(302):
            answer = url.send()
            assert answer.error == (403, "AccessDenied", "Request has expired")
            assert answer.element("X-Amz-Expires") == "300"

    def test_a_url_outlives_the_fifteen_minutes_of_other_requests(self, house: House, admin: Keys, bucket: str) -> None:
        assert put(admin, f"/{bucket}/week", b"x").send().status == 200
        url = presigned(admin, "GET", f"/{bucket}/week", seconds=604_800)
        with house.later(604_700):
            assert url.send().status == 200
        with house.later(604_802):
            assert url.send().error == (403, "AccessDenied", "Request has expired")

    def test_a_url_from_the_future_is_not_valid_yet(self, admin: Keys, bucket: str) -> None:
        ahead = datetime.now(UTC) + timedelta(minutes=20)
        url = presigned(admin, "GET", f"/{bucket}/shared", seconds=3600, now=ahead)
        assert url.send().error == (403, "AccessDenied", "Request is not valid yet")

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (604_801, "X-Amz-Expires must be less than a week (in seconds)"),
            (-1, "X-Amz-Expires must be non-negative"),
        ],
    )
    def test_a_window_that_cannot_be_is_refused(self, admin: Keys, bucket: str, seconds: int, words: str) -> None:
        answer = presigned(admin, "GET", f"/{bucket}/shared", seconds=seconds).send()
        assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")
        assert answer.message.startswith(words)

    def test_a_url_changed_in_any_part_is_refused(self, admin: Keys, bucket: str) -> None:
        assert put(admin, f"/{bucket}/one", b"1").send().status == 200
        assert put(admin, f"/{bucket}/two", b"2").send().status == 200
        url = presigned(admin, "GET", f"/{bucket}/one", seconds=300)
        changed = {
            "another key": replace(url, target=url.target.replace("/one", "/two")),
            "a longer window": replace(url, target=url.target.replace("Expires=300", "Expires=3000")),
            "another method": replace(url, method="DELETE"),
            "another operation": replace(url, target=url.target + "&acl"),
            "another version": replace(url, target=url.target + "&versionId=1"),
            "another answer": replace(url, target=url.target + "&response-content-type=text/html"),
            "a header moved in": replace(url, target=url.target + "&x-amz-acl=public-read"),
            "an unsigned header": url.with_header(b"x-amz-acl", b"public-read"),
            "no signature": replace(url, target=url.target.split("&X-Amz-Signature")[0]),
            "a repeated window": replace(url, target=url.target + "&X-Amz-Expires=3000"),
            "a window in front": replace(url, target=url.target.replace("?", "?X-Amz-Expires=3000&")),
            "another host": url.with_header(b"host", b"evil.example.com"),
        }
        for what, request in changed.items():
            assert 400 <= request.send().status < 500, what
        assert get(admin, f"/{bucket}/one").send().body == b"1"

    def test_a_url_to_read_does_not_write(self, admin: Keys, bucket: str) -> None:
        url = presigned(admin, "GET", f"/{bucket}/unwritten", seconds=300)
        assert replace(url, method="PUT", body=b"evil").send().code == "SignatureDoesNotMatch"
        assert is_absent(admin, f"/{bucket}/unwritten")

    def test_a_url_ends_with_its_key(self, acme: Account, bucket: str) -> None:
        iam = acme.administrator.client("iam")
        keys = user_with(acme, "sharer")
        iam.attach_user_policy(UserName="sharer", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
        assert put(acme.administrator, f"/{bucket}/lent", b"lent").send().status == 200
        url = presigned(keys, "GET", f"/{bucket}/lent", seconds=3600)
        assert url.send().body == b"lent"
        iam.detach_user_policy(UserName="sharer", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
        assert url.send().code == "AccessDenied"
        iam.update_access_key(UserName="sharer", AccessKeyId=keys.access_key_id, Status="Inactive")
        assert url.send().code == "InvalidAccessKeyId"

    def test_a_url_of_another_service_is_no_url_of_s3(self, admin: Keys, bucket: str) -> None:
        url = presigned(admin, "GET", f"/{bucket}/shared", seconds=300, service="sts")
        moved = url.with_header(b"host", b"s3.amazonaws.com")
        assert 400 <= moved.send().status < 500

    def test_two_urls_cannot_be_mixed(self, acme: Account, admin: Keys, bucket: str) -> None:
        mine = presigned(admin, "GET", f"/{bucket}/one", seconds=300)
        stranger = presigned(user_with(acme, "stranger"), "GET", f"/{bucket}/one", seconds=300)
        signature = mine.target.split("X-Amz-Signature=")[1]
        for mixed in (
            stranger.target.split("X-Amz-Signature=")[0] + f"X-Amz-Signature={signature}",
            f"{stranger.target}&{urlsplit(mine.target).query}",
        ):
            answer = replace(stranger, target=mixed).send()
            assert answer.status == 403
            assert answer.body != b"1"


def test_a_url_to_upload_takes_any_body_but_no_false_checksum(admin: Keys, bucket: str) -> None:
    """A presigned PUT without a digest takes any body, as at AWS; its checksum, when it is given, must be true."""
    url = presigned(admin, "PUT", f"/{bucket}/by-url", seconds=300)
    assert replace(url, body=b"anything").send().status == 200
    assert get(admin, f"/{bucket}/by-url").send().body == b"anything"
    wrong = replace(url, body=b"else").with_header(b"content-md5", b"AAAAAAAAAAAAAAAAAAAAAA==")
    assert wrong.send().code == "BadDigest"
    assert get(admin, f"/{bucket}/by-url").send().body == b"anything"


def test_a_stranger_may_not_send_a_long_document(acme: Account) -> None:
    bucket = f"strangers-{acme.id}"
    acme.administrator.client("s3").create_bucket(Bucket=bucket)
    document = b"<Delete>" + b"<Object><Key>k</Key></Object>" * 3000 + b"</Delete>"
    answer = unsigned(acme.administrator, "POST", f"/{bucket}?delete", document).send()
    assert (answer.status, answer.code) == (400, "EntityTooLarge")


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/k"), ("DELETE", "/k"), ("PUT", "?tagging"), ("PUT", "/k?tagging"), ("POST", "?delete")],
)
def test_what_is_no_object_has_no_trailers(admin: Keys, bucket: str, method: str, target: str) -> None:
    """As measured at S3, which looks at the signature first."""
    mode, headers = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", {"x-amz-decoded-content-length": "0"}
    request = raw(admin, method, f"/{bucket}{target}", "s3", headers=headers, payload_hash=mode)
    expected = (400, "InvalidRequest", "The value of x-amz-content-sha256 header is invalid.")
    assert request.send().error == expected
    assert request.with_authorization("Signature=", "Signature=0").send().code != "InvalidRequest"
