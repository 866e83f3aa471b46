"""Uploads by HTML form: boto3's generate_presigned_post in both versions, every condition, and what is refused."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import pytest
from tests.support.house import Account, House, Keys, allow, deny, policy, refusal, trust, user_with
from tests.support.post_forms import ANY_AUTH, BOUNDARY, Fields, body_of, own_policy, s3_of, send, until

from watchword.signing.post_signer import sign_form
from watchword.signing.signer import Credentials


@pytest.fixture
def url(acme: Account, bucket: str) -> str:
    return f"{acme.administrator.endpoint}/{bucket}"


def form(acme: Account, bucket: str, conditions: list[Any] | None = None, **fields: str) -> Fields:
    """A form whose policy has these conditions and those that every form needs."""
    document = {"expiration": until(), "conditions": [{"bucket": bucket}, *ANY_AUTH, *(conditions or [])]}
    return own_policy(acme.administrator, document) | {name.replace("_", "-"): value for name, value in fields.items()}


@pytest.mark.parametrize("version", ["s3v4", None], ids=["SigV4", "the default, version 2"])
def test_the_forms_of_boto3(acme: Account, bucket: str, version: str | None) -> None:
    s3 = s3_of(acme.administrator, version)
    given = s3.generate_presigned_post(
        bucket,
        "folder/${filename}",
        Fields={"Content-Type": "text/x", "x-amz-meta-color": "blue", "Cache-Control": "no-store"},
        Conditions=[
            {"Content-Type": "text/x"},
            {"x-amz-meta-color": "blue"},
            ["starts-with", "$Cache-Control", "no-"],
            ["content-length-range", 1, 100],
        ],
    )
    assert ("signature" in given["fields"]) == (version is None)
    answer = send(given["url"], body_of(given["fields"]))
    assert (answer.status, answer.body) == (204, b"")
    etag = f'"{hashlib.md5(b"bytes", usedforsecurity=False).hexdigest()}"'
    assert answer.headers["etag"] == etag
    assert answer.headers["location"] == f"{given['url']}/folder/name.txt"
    stored = s3_of(acme.administrator).get_object(Bucket=bucket, Key="folder/name.txt")
    assert stored["Body"].read() == b"bytes"
    assert (stored["ContentType"], stored["CacheControl"]) == ("text/x", "no-store")
    assert (stored["Metadata"], stored["ETag"]) == ({"color": "blue"}, etag)


def test_a_policy_speaks_of_the_key_that_the_file_s_name_makes(acme: Account, bucket: str, url: str) -> None:
    """Not of the text with `${filename}` in it, which would let every name through that such a text lets through."""
    fields = form(acme, bucket, [["starts-with", "$key", "name."]], key="${filename}")
    assert send(url, body_of(fields)).status == 204
    assert send(url, body_of(fields, file_name="other.txt")).code == "AccessDenied"
    literal = form(acme, bucket, [{"key": "${filename}"}], key="${filename}")
    assert send(url, body_of(literal)).code == "AccessDenied"
    assert send(url, body_of(literal, file_name="${filename}")).status == 204


def test_a_form_that_our_own_signer_made(acme: Account, bucket: str, url: str) -> None:
    keys, now = acme.administrator, datetime.now(UTC)
    credentials = Credentials(keys.access_key_id, keys.secret_access_key)
    conditions = [{"bucket": bucket}, ["starts-with", "$key", "own/"]]
    fields = sign_form(conditions, now + timedelta(minutes=1), credentials, "us-east-1", now)
    assert send(url, body_of(fields | {"key": "own/a"})).status == 204
    assert send(url, body_of(fields | {"key": "other"})).code == "AccessDenied"


def test_a_long_file_streams(acme: Account, bucket: str) -> None:
    given = s3_of(acme.administrator).generate_presigned_post(bucket, "long")
    file = b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n-" * 1_000_000
    assert send(given["url"], body_of(given["fields"], file)).status == 204
    assert s3_of(acme.administrator).get_object(Bucket=bucket, Key="long")["Body"].read() == file


def test_the_bucket_in_the_host(acme: Account, bucket: str) -> None:
    given = s3_of(acme.administrator).generate_presigned_post(bucket, "hosted ü")
    host = f"{bucket}.s3.us-east-1.amazonaws.com"
    answer = send(acme.administrator.endpoint, body_of(given["fields"]), host=host)
    assert (answer.status, answer.headers["location"]) == (204, f"http://{host}/hosted%20%C3%BC")


def test_a_session_signs_with_its_token(acme: Account, bucket: str) -> None:
    iam = acme.administrator.client("iam")
    iam.create_role(RoleName="poster", AssumeRolePolicyDocument=trust(AWS=acme.id))
    iam.put_role_policy(RoleName="poster", PolicyName="p", PolicyDocument=policy(allow("s3:PutObject")))
    given = s3_of(acme.assume("poster")).generate_presigned_post(bucket, "by session")
    assert send(given["url"], body_of(given["fields"])).status == 204
    without = {name: value for name, value in given["fields"].items() if name != "x-amz-security-token"}
    assert send(given["url"], body_of(without)).code == "InvalidAccessKeyId"


@pytest.mark.parametrize(("wanted", "status"), [("200", 200), ("204", 204), ("201", 201), ("302", 204), ("", 204)])
def test_the_status_that_the_form_wants(acme: Account, bucket: str, url: str, wanted: str, status: int) -> None:
    conditions: list[Any] = [{"key": "a&b"}, {"success_action_status": wanted}]
    fields = form(acme, bucket, conditions, key="a&b") | {"success_action_status": wanted}
    answer = send(url, body_of(fields))
    assert answer.status == status
    if status == 201:
        assert [answer.element(name) for name in ("Location", "Bucket", "Key")] == [f"{url}/a%26b", bucket, "a&b"]
        assert answer.element("ETag").strip('"')
        assert answer.headers["content-type"] == "application/xml"


def test_the_redirection_that_the_form_wants(acme: Account, bucket: str, url: str) -> None:
    for address, location in (
        ("http://localhost/done?a=b", "http://localhost/done?a=b&bucket={}&key=k&etag=%22"),
        ("javascript:alert(1)", None),
        ("http://localhost/\r\nset-cookie: a=b", "http://localhost/"),
    ):
        conditions: list[Any] = [{"key": "k"}, ["starts-with", "$success_action_redirect", ""]]
        answer = send(url, body_of(form(acme, bucket, conditions, key="k") | {"success_action_redirect": address}))
        assert answer.status == (303 if location else 204)
        assert "set-cookie" not in answer.headers
        if location:
            assert answer.headers["location"].startswith(location.format(bucket))


@pytest.mark.parametrize(
    ("condition", "value", "failed"),
    [
        ({"x-amz-meta-a": "x"}, "x", None),
        ({"X-Amz-Meta-A": "x"}, "x", None),
        ({"x-amz-meta-a": "x"}, "X", '["eq", "$x-amz-meta-a", "x"]'),
        (["eq", "$x-amz-meta-a", "x"], "x", None),
        (["EQ", "$X-AMZ-META-A", "x"], "x", None),
        (["eq", "$x-amz-meta-a", "x"], "y", '["eq", "$x-amz-meta-a", "x"]'),
        (["eq", "x-amz-meta-a", "x"], "x", '["eq", "x-amz-meta-a", "x"]'),
        (["starts-with", "$x-amz-meta-a", "x"], "xyz", None),
        (["starts-with", "$x-amz-meta-a", ""], "anything", None),
        (["starts-with", "$x-amz-meta-a", "x"], "ax", '["starts-with", "$x-amz-meta-a", "x"]'),
        (["starts-with", "$content-type", "image/"], "x", '["starts-with", "$content-type", "image/"]'),
    ],
    ids=str,
)
def test_a_condition(acme: Account, bucket: str, url: str, condition: Any, value: str, failed: str | None) -> None:
    answer = send(url, body_of(form(acme, bucket, [{"key": "k"}, condition], key="k", x_amz_meta_a=value)))
    if failed is None:
        assert answer.status == 204
    else:
        reason = f"Invalid according to Policy: Policy Condition failed: {failed}"
        assert answer.error == (403, "AccessDenied", reason)


def test_a_field_that_no_condition_names(acme: Account, bucket: str, url: str) -> None:
    answer = send(url, body_of(form(acme, bucket, [{"key": "k"}], key="k", x_amz_meta_a="1")))
    message = "Invalid according to Policy: Extra input fields: x-amz-meta-a"
    assert answer.error == (403, "AccessDenied", message)
    assert send(url, body_of(form(acme, bucket, [{"key": "k"}], key="k", x_ignore_a="1"))).status == 204
    document = {"expiration": until(), "conditions": [*ANY_AUTH, {"key": "k"}]}
    answer = send(url, body_of(own_policy(acme.administrator, document, key="k")))
    assert answer.message == "Invalid according to Policy: Extra input fields: bucket"


def test_every_type_of_a_list_must_fit(acme: Account, bucket: str, url: str) -> None:
    conditions: list[Any] = [{"key": "k"}, ["starts-with", "$Content-Type", "image/"]]
    good = form(acme, bucket, conditions, key="k", content_type="image/png,image/gif")
    assert send(url, body_of(good)).status == 204
    bad = form(acme, bucket, conditions, key="k", content_type="image/png,text/html")
    assert send(url, body_of(bad)).status == 403


@pytest.mark.parametrize(
    ("least", "most", "size", "code", "named"),
    [
        (1, 5, 5, None, {}),
        ("1", "5", 1, None, {}),
        (2, 5, 1, "EntityTooSmall", {"ProposedSize": "1", "MinSizeAllowed": "2"}),
        (1, 5, 6, "EntityTooLarge", {"ProposedSize": "6", "MaxSizeAllowed": "5"}),
        (1, 100, 300_000, "EntityTooLarge", {"ProposedSize": "300000", "MaxSizeAllowed": "100"}),
        ("test", 10, 5, "AccessDenied", {}),
        (-1, 10, 5, "InvalidPolicyDocument", {}),
        (-1, 0, 5, "InvalidPolicyDocument", {}),
    ],
)
def test_the_range_of_a_size(
    acme: Account, bucket: str, url: str, least: Any, most: Any, size: int, code: str | None, named: Fields
) -> None:
    fields = form(acme, bucket, [{"key": "sized"}, ["content-length-range", least, most]], key="sized")
    answer = send(url, body_of(fields, b"x" * size))
    assert (answer.status, answer.code) == (
        (204, "") if code is None else (403 if code == "AccessDenied" else 400, code)
    )
    assert {name: answer.element(name) for name in named} == named
    if code is not None:
        assert refusal(acme.administrator.client("s3").head_object, Bucket=bucket, Key="sized")[0] == "404"


def test_two_ranges_both_hold(acme: Account, bucket: str, url: str) -> None:
    ranges: list[Any] = [["content-length-range", 0, 5], ["content-length-range", 0, 500]]
    fields = form(acme, bucket, [{"key": "k"}, *ranges], key="k")
    assert send(url, body_of(fields, b"x" * 6)).code == "EntityTooLarge"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("nonsense", "Invalid JSON."),
        ("[]", "Invalid JSON."),
        ("[" * 9000, "Invalid JSON."),
        ({"conditions": []}, "Policy missing expiration."),
        ({"expiration": "tomorrow", "conditions": []}, "Invalid 'expiration' value: 'tomorrow'"),
        (
            {"expiration": "2030-99-01T00:00:00Z", "conditions": []},
            "Invalid 'expiration' value: '2030-99-01T00:00:00Z'",
        ),
        ({"expiration": "2090-01-01T00:00:00Z"}, "Policy missing conditions."),
        ({"expiration": "2090-01-01T00:00:00Z", "conditions": {}}, "Invalid 'conditions' value: must be a List."),
        (
            {"expiration": "2090-01-01T00:00:00Z", "conditions": [{"a": "b", "c": "d"}]},
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
        (
            {"expiration": "2090-01-01T00:00:00.000Z", "conditions": [["like", "$key", "x"]]},
            "Invalid Condition: unknown operation 'like'.",
        ),
        (
            {"expiration": "2090-01-01T00:00:00.000Z", "conditions": [["eq", "$key"]]},
            "Invalid eq: wrong number of arguments.",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_document_that_is_no_policy(acme: Account, url: str, document: object, reason: str) -> None:
    answer = send(url, body_of(own_policy(acme.administrator, document, key="k")))
    assert answer.error == (400, "InvalidPolicyDocument", f"Invalid Policy: {reason}")


def test_a_policy_that_is_over(acme: Account, url: str) -> None:
    document: dict[str, Any] = {"expiration": until(-0.01), "conditions": []}
    answer = send(url, body_of(own_policy(acme.administrator, document, key="k")))
    assert answer.error == (403, "AccessDenied", "Invalid according to Policy: Policy expired.")


def test_an_old_date_is_good_while_the_policy_is(acme: Account, bucket: str, url: str) -> None:
    document = {"expiration": until(), "conditions": [{"bucket": bucket}, *ANY_AUTH, {"key": "k"}]}
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert send(url, body_of(own_policy(acme.administrator, document, now=yesterday, key="k"))).status == 204


@pytest.mark.parametrize("field", ["policy", "x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm"])
def test_a_field_of_the_signature_that_is_changed_or_missing(acme: Account, bucket: str, url: str, field: str) -> None:
    fields = form(acme, bucket, [{"key": "changed"}], key="changed")
    missing = {name: value for name, value in fields.items() if name != field}
    shown = "-".join(part.capitalize() for part in field.split("-"))
    message = (
        f"Bucket POST must contain a field named '{shown}'.  If it is specified, please check the order of the fields."
    )
    answer = send(url, body_of(missing))
    assert answer.error == (400, "InvalidArgument", message)
    assert (answer.element("ArgumentName"), answer.element("ArgumentValue")) == (shown, "")
    changed = fields | {field: fields[field][:-2] + ("00" if field != "x-amz-signature" else "zz")}
    assert send(url, body_of(changed)).status in (400, 403)
    assert refusal(acme.administrator.client("s3").head_object, Bucket=bucket, Key="changed")[0] == "404"


def test_a_wrong_signature_shows_what_was_signed(acme: Account, bucket: str, url: str) -> None:
    fields = form(acme, bucket, [{"key": "k"}], key="k") | {"x-amz-signature": "0" * 64}
    answer = send(url, body_of(fields))
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert answer.element("StringToSign") == fields["policy"]
    assert answer.element("SignatureProvided") == "0" * 64
    assert answer.element("AWSAccessKeyId") == acme.administrator.access_key_id
    assert not answer.element("CanonicalRequest")


def test_an_unknown_key(acme: Account, url: str) -> None:
    nobody = Keys(acme.administrator.endpoint, "AKIAIOSFODNN7EXAMPLE", "secret")
    assert send(url, body_of(own_policy(nobody, {}, key="k"))).error[:2] == (403, "InvalidAccessKeyId")


def test_a_stranger_and_a_user_without_permission(acme: Account, bucket: str, url: str) -> None:
    assert send(url, body_of({"key": "k"})).error == (403, "AccessDenied", "Access Denied")
    keys = user_with(acme, "post-nothing")
    document = {"expiration": until(), "conditions": [{"bucket": bucket}, *ANY_AUTH, {"key": "k"}]}
    answer = send(url, body_of(own_policy(keys, document, key="k")))
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert "s3:PutObject" in answer.message
    no_forms = deny("s3:PutObject", Condition={"StringEquals": {"s3:authType": "POST"}})
    keys = user_with(acme, "post-no-forms", policy(allow("s3:*"), no_forms))
    assert send(url, body_of(own_policy(keys, document, key="k"))).code == "AccessDenied"


def test_the_form_of_another_bucket(acme: Account, bucket: str, url: str) -> None:
    acme.administrator.client("s3").create_bucket(Bucket=f"{bucket}-other")
    fields = form(acme, bucket, [{"key": "k"}], key="k")
    answer = send(f"{url}-other", body_of(fields))
    assert answer.message == f'Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "{bucket}"]'
    assert send(f"{url}-other", body_of(fields | {"bucket": bucket})).error == (403, "AccessDenied", "Access Denied")
    assert send(f"{url}-gone", body_of(form(acme, f"{bucket}-gone", [{"key": "k"}], key="k"))).code == "NoSuchBucket"


def test_bodies_that_are_no_forms(acme: Account, bucket: str, url: str) -> None:
    fields = form(acme, bucket, [{"key": "k"}], key="k")
    good = body_of(fields)
    malformed = (400, "MalformedPOSTRequest")
    assert send(url, b"").error[:2] == malformed
    assert send(url, b"nonsense").error[:2] == malformed
    assert send(url, good[:-30]).error[:2] == malformed
    assert send(url, good.replace(b"form-data", b"attachment", 1)).error[:2] == malformed
    assert send(url, good, content_type="multipart/form-data").error[:2] == malformed
    twice = body_of({"key": "a"}, None).partition(b"--" + BOUNDARY.encode() + b"--")[0] + good
    assert send(url, twice).error[:2] == malformed
    assert send(url, body_of(fields, None)).error[:2] == (400, "InvalidArgument")
    answer = send(url, body_of({name: value for name, value in fields.items() if name != "key"}))
    assert (answer.code, answer.element("ArgumentName")) == ("InvalidArgument", "key")
    assert send(url, body_of(fields | {"x-ignore-long": "x" * 21_000})).code == "MaxPostPreDataLengthExceededError"
    answer = send(url, b"key=k", content_type="application/x-www-form-urlencoded")
    assert (answer.status, answer.code) == (412, "PreconditionFailed")
    assert answer.element("Condition") == "Bucket POST must be of the enclosure-type multipart/form-data"


def test_what_follows_the_file_is_ignored(acme: Account, bucket: str, url: str) -> None:
    body = body_of(form(acme, bucket, [{"key": "k"}], key="k"))
    after = body.removesuffix(b"--\r\n") + b'\r\nContent-Disposition: form-data; name="key"\r\n\r\nevil\r\n--x--'
    assert send(url, after).status == 204


def test_a_checksum_of_the_file(acme: Account, bucket: str, url: str) -> None:
    value = base64.b64encode(hashlib.sha256(b"bytes").digest()).decode()
    conditions: list[Any] = [{"key": "summed"}, {"x-amz-checksum-sha256": value}]
    fields = form(acme, bucket, conditions, key="summed", x_amz_checksum_sha256=value)
    assert send(url, body_of(fields)).status == 204
    assert send(url, body_of(fields, b"other")).code == "BadDigest"


def test_names_that_would_begin_header_lines(acme: Account, bucket: str, url: str) -> None:
    fields = form(acme, bucket, [{"key": "k"}, ["starts-with", "$x-amz-meta-a: b", ""]], key="k")
    assert send(url, body_of(fields | {"x-amz-meta-a: b": "c"})).code == "InvalidArgument"
    lines = form(acme, bucket, [{"key": "k"}, ["starts-with", "$x-amz-meta-a", ""]], key="k")
    assert send(url, body_of(lines | {"x-amz-meta-a": "b\r\nx: y"})).code == "InvalidArgument"


def test_tags_are_a_document(acme: Account, bucket: str, url: str) -> None:
    tags = [{"Key": "color", "Value": "blue & green"}, {"Key": "empty", "Value": ""}]
    written = "".join(f"<Tag><Key>{t['Key']}</Key><Value>{escape(t['Value'])}</Value></Tag>" for t in tags)
    conditions: list[Any] = [{"key": "tagged"}, ["starts-with", "$tagging", ""]]
    fields = form(acme, bucket, conditions, key="tagged", tagging=f"<Tagging><TagSet>{written}</TagSet></Tagging>")
    assert send(url, body_of(fields)).code == "InvalidTag"
    good = fields | {"tagging": fields["tagging"].replace(" &amp; ", "-")}
    assert send(url, body_of(good)).status == 204
    found = acme.administrator.client("s3").get_object_tagging(Bucket=bucket, Key="tagged")["TagSet"]
    assert found == [{"Key": "color", "Value": "blue-green"}, {"Key": "empty", "Value": ""}]
    for wrong in ("<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>", "<Tagging>", ""):
        assert send(url, body_of(fields | {"tagging": wrong})).code == "MalformedXML"


def test_version_2_where_it_is_not_taken(tmp_path_factory: pytest.TempPathFactory) -> None:
    house = House.start(tmp_path_factory.mktemp("strict-forms") / "data", signature_v2=False)
    try:
        keys = house.account().administrator
        s3_of(keys).create_bucket(Bucket="strict-forms")
        old = s3_of(keys, None).generate_presigned_post("strict-forms", "k")
        assert send(old["url"], body_of(old["fields"])).code == "InvalidRequest"
        new = s3_of(keys).generate_presigned_post("strict-forms", "k")
        assert send(new["url"], body_of(new["fields"])).status == 204
    finally:
        house.stop()
