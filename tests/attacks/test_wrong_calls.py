"""Calls of query and JSON services that name no operation, or are no calls: AWS's answer, and nothing is done."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from tests.support.house import Account, Keys
from tests.support.raw_requests import FORM, RawRequest, raw, unsigned, whoami

IAM_PAGE = "https://aws.amazon.com/iam"
CALL = {"Action": "CreateUser", "Version": "2010-05-08", "UserName": "never"}
TARGET = {"x-amz-target": "AWSOrganizationsV20161128.CreateOrganization", "content-type": "application/x-amz-json-1.1"}
MISSING = "Request is missing Authentication Token"


@pytest.fixture(scope="module")
def admin(acme: Account) -> Keys:
    return acme.administrator


def post(keys: Keys, form: str, content_type: str | None = FORM) -> RawRequest:
    headers = {} if content_type is None else {"content-type": content_type}
    return raw(keys, "POST", "/", "iam", headers=headers, body=form.encode())


class TestQuery:
    @pytest.mark.parametrize(
        "content_type", [None, "application/json", "application/x-amz-json-1.1", "text/plain", "multipart/form-data"]
    )
    def test_a_body_that_is_not_called_a_form_is_not_read(self, admin: Keys, content_type: str | None) -> None:
        """As measured at STS, and recorded at IAM with a JSON client."""
        answer = post(admin, urlencode(CALL), content_type).send()
        assert (answer.status, answer.headers["location"], answer.body) == (302, IAM_PAGE, b"")
        assert answer.headers["x-amzn-requestid"]
        assert_nothing_made(admin)

    def test_without_an_action_everybody_is_sent_to_a_page(self, admin: Keys) -> None:
        signed = post(admin, "Version=2010-05-08")
        wrong = signed.with_authorization("/iam/", "/organizations/").with_header(b"host", b"iam.amazonaws.com")
        stranger = signed.without_header(b"authorization")
        for request in (signed, wrong, stranger):
            answer = request.send()
            assert (answer.status, answer.headers["location"], answer.body) == (302, IAM_PAGE, b"")
        answer = raw(admin, "GET", "/?Version=2010-05-08", "iam").send()
        assert (answer.status, answer.headers["location"]) == (302, IAM_PAGE + "?Version=2010-05-08")

    @pytest.mark.parametrize("query", ["TokenCode=123456", "Token%43ode=123456&Version=1", "X-Amz-Security-Token=t"])
    def test_the_page_learns_nothing_of_what_a_client_says(self, admin: Keys, query: str) -> None:
        """It is AWS's, not ours: a client that follows would hand it the code, the token or the signature."""
        answer = raw(admin, "GET", f"/?{query}", "iam").send()
        assert (answer.status, answer.headers["location"]) == (302, IAM_PAGE)

    @pytest.mark.parametrize(
        ("form", "told"),
        [
            ("Action=Nope&Version=2010-05-08", "Nope for version 2010-05-08"),
            ("Action=&Version=2010-05-08", " for version 2010-05-08"),
            ("Action=ListUsers", "ListUsers for version NO_VERSION_SPECIFIED"),
            ("Action=ListUsers&Version=", "ListUsers for version "),
            ("Action=ListUsers&Version=2011-06-15", "ListUsers for version 2011-06-15"),
            ("Action=Nope&Action=ListUsers&Version=2010-05-08", "Nope for version 2010-05-08"),
            ("Action=ListUsers&Version=2000-01-01&Version=2010-05-08", "ListUsers for version 2000-01-01"),
        ],
    )
    def test_what_is_no_operation_is_an_invalid_action(self, admin: Keys, form: str, told: str) -> None:
        answer = post(admin, form).send()
        assert answer.error == (400, "InvalidAction", "Could not find operation " + told)
        assert answer.text.startswith('<ErrorResponse xmlns="http://webservices.amazon.com/AWSFault/2005-15-09">')

    def test_of_a_parameter_that_stands_twice_the_first_counts(self, admin: Keys) -> None:
        assert post(admin, "Action=ListUsers&Action=Nope&Version=2010-05-08&Version=x").send().status == 200
        form = "Action=GetUser&Version=2010-05-08&UserName=administrator&UserName=nobody"
        assert post(admin, form).send().element("UserName") == "administrator"

    def test_signature_version_2_is_not_taken(self, admin: Keys) -> None:
        old = {"AWSAccessKeyId": admin.access_key_id, "SignatureVersion": "2", "SignatureMethod": "HmacSHA256"}
        form = urlencode({**CALL, **old, "Timestamp": "2026-01-01T00:00:00Z", "Signature": "AAAA"})
        expected = (400, "IncompleteSignature", "AWS Signature Version 2 is not supported.")
        assert unsigned(admin, "GET", f"/?{form}").send().error == expected
        assert unsigned(admin, "POST", "/", form.encode(), content_type=FORM).send().error == expected
        assert_nothing_made(admin)

    @pytest.mark.parametrize("action", ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"])
    def test_what_takes_no_signature_asks_for_none(self, admin: Keys, action: str) -> None:
        """It is not built, and says so; it does not ask for what it would not look at."""
        form = urlencode({"Action": action, "Version": "2011-06-15"}).encode()
        answer = unsigned(admin, "POST", "/", form, content_type=FORM).send()
        assert (answer.status, answer.code) == (501, "NotImplemented")

    @pytest.mark.parametrize("target", ["/%", "/%zz", "/../x", "/a/../../b"])
    def test_a_path_that_cannot_be_is_answered_by_the_status_alone(self, admin: Keys, target: str) -> None:
        answer = replace(whoami(admin), target=target).send()
        assert (answer.status, answer.body) == (400, b"")
        assert "content-type" not in answer.headers


class TestJson:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_another_method_than_post_is_no_operation(self, admin: Keys, method: str) -> None:
        signed = raw(admin, method, "/", "organizations", headers=TARGET, body=b"{}")
        for request in (signed, signed.with_authorization("Signature=", "Signature=0")):
            answer = request.send()
            assert (answer.status, answer.body or b"") == (
                404,
                b"" if method == "HEAD" else b"<UnknownOperationException/>\n",
            )

    @pytest.mark.parametrize("target", ["AWSOrganizationsV20161128.Nope", "Other.CreateOrganization", "x", ""])
    def test_an_unknown_target_is_told_before_what_is_wrong_with_the_signature(self, admin: Keys, target: str) -> None:
        signed = raw(admin, "POST", "/", "organizations", headers={**TARGET, "x-amz-target": target}, body=b"{}")
        host = b"organizations.us-east-1.amazonaws.com"
        stranger = signed.without_header(b"authorization").with_header(b"host", host)
        for request in (signed, signed.with_authorization("Signature=", "Signature=0"), stranger):
            answer = request.send()
            assert answer.status == 400
            assert answer.body == b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'

    @pytest.mark.parametrize("body", [b"{", b"{} x", b"\xff", b'{"a":'])
    def test_what_is_not_json_is_told_without_a_word(self, admin: Keys, body: bytes) -> None:
        answer = raw(admin, "POST", "/", "organizations", headers=TARGET, body=body).send()
        assert answer.status == 400
        assert answer.body == b'{"__type":"com.amazon.coral.service#SerializationException"}'


def assert_nothing_made(keys: Keys) -> None:
    users = keys.client("iam").list_users()["Users"]
    assert [user["UserName"] for user in users if user["UserName"] == "never"] == []
