"""curl signs requests by itself (`--aws-sigv4`): the smallest client there is."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.clients.instances import REGION, Instance, Keys, noise
from tests.clients.programs import Person, on_the_machine

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
IDENTITY = ("--data", "Action=GetCallerIdentity&Version=2011-06-15")


@pytest.fixture
def curl(instance: Instance, tmp_path: Path) -> Person:
    """Somebody with curl in hand, who trusts the server's certificate and has signed nothing."""
    trusted = [] if instance.ca_bundle is None else ["--cacert", instance.ca_bundle]
    return Person((on_the_machine("curl"), "--silent", "--show-error", *trusted), tmp_path, {})


def signed(curl: Person, instance: Instance, service: str, keys: Keys | None = None) -> Person:
    """The same, signing for this service, with the administrator's keys if none are given."""
    keys = keys or instance.administrator
    if "--aws-sigv4" not in Person((curl.program[0],), curl.home, {}).run("--help", "all"):
        pytest.skip("this curl is too old for --aws-sigv4")
    user = f"{keys.access_key_id}:{keys.secret_access_key}"
    return curl.using(*curl.program, "--aws-sigv4", f"aws:amz:{REGION}:{service}", "--user", user)


def test_sts_says_who_asks(curl: Person, instance: Instance) -> None:
    answer = signed(curl, instance, "sts").run(*IDENTITY, instance.endpoint)
    assert f"<Arn>{instance.arn('user/administrator')}</Arn>" in answer


def test_iam_lists_users(curl: Person, instance: Instance) -> None:
    answer = signed(curl, instance, "iam").run("--data", "Action=ListUsers&Version=2010-05-08", instance.endpoint)
    assert "<UserName>administrator</UserName>" in answer


def test_s3_wants_the_hash_of_the_body_in_a_header(curl: Person, instance: Instance) -> None:
    bucket = instance.bucket()
    instance.client("s3").put_object(Bucket=bucket, Key="k", Body=b"here you are")
    s3, url = signed(curl, instance, "s3"), f"{instance.endpoint}/{bucket}/k"
    bare = s3.run("--write-out", "%{http_code}", url)
    with_hash = s3.run("--header", f"x-amz-content-sha256: {EMPTY_SHA256}", url)
    assert bare.endswith("400")
    assert "Missing required header for this request: x-amz-content-sha256" in bare
    assert with_hash == "here you are"


@pytest.mark.parametrize("hashed", [True, False], ids=["its SHA-256", "UNSIGNED-PAYLOAD"])
def test_a_file_goes_up_and_comes_down(curl: Person, instance: Instance, hashed: bool) -> None:
    bucket = instance.bucket()
    (letter := curl.home / "letter").write_bytes(data := noise(3 * 1024 * 1024))
    said = sha256(data).hexdigest() if hashed else "UNSIGNED-PAYLOAD"
    s3, url = signed(curl, instance, "s3"), f"{instance.endpoint}/{bucket}/a/letter"
    assert s3.run("--header", f"x-amz-content-sha256: {said}", "--upload-file", letter, url) == ""
    said = EMPTY_SHA256 if hashed else "UNSIGNED-PAYLOAD"
    s3.run("--header", f"x-amz-content-sha256: {said}", "--output", received := curl.home / "received", url)
    assert received.read_bytes() == data
    listed = s3.run("--header", f"x-amz-content-sha256: {said}", f"{instance.endpoint}/{bucket}?list-type=2&prefix=a")
    assert "<Key>a/letter</Key>" in listed


def test_a_file_of_unknown_length_is_refused(curl: Person, instance: Instance) -> None:
    """From a pipe curl sends it in chunks of HTTP, without its length; S3 takes none such."""
    bucket = instance.bucket()
    s3, url = signed(curl, instance, "s3"), f"{instance.endpoint}/{bucket}/k"
    sent = ("--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "--upload-file", "-", "--write-out", "%{http_code}")
    answer = s3.run(*sent, url, stdin="from a pipe")
    assert answer.endswith("501")
    assert "<Code>NotImplemented</Code>" in answer
    assert "<Header>Transfer-Encoding</Header>" in answer
    assert instance.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_session_signs_with_its_token(curl: Person, instance: Instance) -> None:
    bucket = instance.bucket()
    instance.client("s3").put_object(Bucket=bucket, Key="k", Body=b"here you are")
    session = instance.client("sts").get_session_token()["Credentials"]
    s3 = signed(curl, instance, "s3", Keys.of(session))
    url, unsigned = f"{instance.endpoint}/{bucket}/k", ("--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD")
    token = ("--header", f"x-amz-security-token: {session['SessionToken']}")
    assert s3.run(*unsigned, *token, url) == "here you are"
    assert "<Code>InvalidAccessKeyId</Code>" in s3.run(*unsigned, url)


def test_an_unsigned_request_is_told_what_is_missing(curl: Person, instance: Instance) -> None:
    answer = curl.run(*IDENTITY, instance.endpoint)
    assert "<Code>MissingAuthenticationToken</Code>" in answer
    assert "<Message>Request is missing Authentication Token</Message>" in answer
    bucket = instance.bucket()
    assert "<Code>AccessDenied</Code><Message>Access Denied</Message>" in curl.run(f"{instance.endpoint}/{bucket}/k")


def test_a_host_name_names_service_and_bucket(curl: Person, instance: Instance) -> None:
    bucket = instance.bucket()
    instance.client("s3").put_object(Bucket=bucket, Key="k", Body=b"here you are")
    port = urlsplit(instance.endpoint).port
    host = f"{bucket}.s3.localhost"
    name_server = ("--resolve", f"{host}:{port}:127.0.0.1", "--resolve", f"sts.localhost:{port}:127.0.0.1")
    url = f"{instance.scheme}://{host}:{port}/k"
    s3 = signed(curl, instance, "s3")
    assert s3.run(*name_server, "--header", f"x-amz-content-sha256: {EMPTY_SHA256}", url) == "here you are"
    sts = signed(curl, instance, "sts")
    assert "user/administrator" in sts.run(*name_server, *IDENTITY, f"{instance.scheme}://sts.localhost:{port}/")
