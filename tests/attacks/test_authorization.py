"""Policies are obeyed to the letter: Resource, Condition, boundary, session policy; what a client claims is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.house import Account, House, Keys, allow, deny, policy, refusal, trust, user_with
from tests.support.raw_requests import call, get, put, raw, whoami

EVERYTHING = allow("*")


@pytest.fixture(scope="module")
def bucket(acme: Account) -> str:
    s3 = acme.administrator.client("s3")
    s3.create_bucket(Bucket="authorization-attacks")
    for key in ("open/a", "shut/a"):
        s3.put_object(Bucket="authorization-attacks", Key=key, Body=b"v")
    return "authorization-attacks"


def denied(caller_arn: str, action: str, resource: str, why: str) -> str:
    return f"User: {caller_arn} is not authorized to perform: {action} on resource: {resource} because {why}"


class TestElements:
    def test_nothing_is_allowed_by_default(self, acme: Account, bucket: str) -> None:
        nobody = user_with(acme, "empty-handed")
        arn = acme.arn("user/empty-handed")
        assert whoami(nobody).send().status == 200
        why = "no identity-based policy allows the iam:ListUsers action"
        answer = call(nobody, "iam", "ListUsers").send()
        resource = f"arn:aws:iam::{acme.id}:user/"
        assert answer.error == (403, "AccessDenied", denied(arn, "iam:ListUsers", resource, why))
        for path in (f"/{bucket}/open/a", f"/{bucket}?list-type=2", f"/{bucket}?policy", "/"):
            assert get(nobody, path).send().code == "AccessDenied"

    def test_the_resource_counts(self, acme: Account, bucket: str) -> None:
        document = policy(
            allow("s3:GetObject", f"arn:aws:s3:::{bucket}/open/*"),
            allow(["iam:GetUser", "iam:DeleteUser"], acme.arn("user/mine/*")),
        )
        keys = user_with(acme, "bounded-by-resource", document)
        assert get(keys, f"/{bucket}/open/a").send().status == 200
        assert get(keys, f"/{bucket}/shut/a").send().code == "AccessDenied"
        assert put(keys, f"/{bucket}/open/a", b"x").send().code == "AccessDenied"
        assert call(keys, "iam", "GetUser", UserName="administrator").send().code == "AccessDenied"
        user_with(acme, "inner", Path="/mine/")
        assert call(keys, "iam", "GetUser", UserName="inner").send().status == 200

    def test_a_denial_trumps_and_does_not_depend_on_order(self, acme: Account, bucket: str) -> None:
        forbid = deny("s3:*", f"arn:aws:s3:::{bucket}/shut/*")
        for name, statements in (("forbidden-first", (forbid, EVERYTHING)), ("forbidden-last", (EVERYTHING, forbid))):
            keys = user_with(acme, name, policy(*statements))
            assert get(keys, f"/{bucket}/open/a").send().status == 200
            answer = get(keys, f"/{bucket}/shut/a").send()
            assert answer.code == "AccessDenied"
            assert answer.message.endswith("with an explicit deny in an identity-based policy")

    @pytest.mark.parametrize(
        "condition",
        [
            {"StringEquals": {"aws:username": "somebody-else"}},
            {"Bool": {"aws:SecureTransport": "true"}},
            {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
            {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
            {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
            {"StringEquals": {"aws:PrincipalTag/team": "red"}},
            {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
            {"StringEquals": {"aws:NoSuchKey": "x"}},
            {"Null": {"aws:username": "true"}},
        ],
        ids=lambda condition: str(*condition) + " " + str(*next(iter(condition.values()))),
    )
    def test_a_condition_that_does_not_hold_allows_nothing(self, acme: Account, condition: Any) -> None:
        name = "conditioned-" + "".join(filter(str.isalpha, str(condition)))[:40]
        keys = user_with(acme, name, policy(allow("iam:ListUsers", Condition=condition)))
        assert call(keys, "iam", "ListUsers").send().code == "AccessDenied"
        iam = acme.administrator.client("iam")
        iam.put_user_policy(UserName=name, PolicyName="grants", PolicyDocument=policy(allow("iam:ListUsers")))
        assert call(keys, "iam", "ListUsers").send().status == 200

    def test_a_boundary_bounds_and_does_not_grant(self, acme: Account) -> None:
        read_only = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
        keys = user_with(acme, "bounded", policy(EVERYTHING), PermissionsBoundary=read_only)
        assert call(keys, "iam", "ListUsers").send().status == 200
        answer = call(keys, "iam", "CreateUser", UserName="beyond").send()
        assert answer.code == "AccessDenied"
        assert answer.message.endswith("because no permissions boundary allows the iam:CreateUser action")
        without = user_with(acme, "bounded-only", PermissionsBoundary=read_only)
        assert call(without, "iam", "ListUsers").send().code == "AccessDenied"

    def test_a_session_policy_cuts_and_does_not_grant(self, acme: Account, bucket: str) -> None:
        iam = acme.administrator.client("iam")
        iam.create_role(RoleName="reads-open", AssumeRolePolicyDocument=trust(AWS=acme.id))
        document = policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/open/*"))
        iam.put_role_policy(RoleName="reads-open", PolicyName="p", PolicyDocument=document)
        cut = acme.assume("reads-open", Policy=policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/shut/*")))
        assert get(cut, f"/{bucket}/open/a").send().code == "AccessDenied"
        assert get(cut, f"/{bucket}/shut/a").send().code == "AccessDenied"
        wide = acme.assume("reads-open", Policy=policy(EVERYTHING))
        assert get(wide, f"/{bucket}/open/a").send().status == 200
        assert get(wide, f"/{bucket}/shut/a").send().code == "AccessDenied"

    def test_a_user_cannot_grant_what_it_may_not_pass_on(self, acme: Account) -> None:
        iam = acme.administrator.client("iam")
        iam.create_role(RoleName="powerful", AssumeRolePolicyDocument=trust(AWS=acme.id))
        keys = user_with(acme, "climber", policy(allow("iam:GetUser")))
        document = policy(EVERYTHING)
        administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
        climbs: list[tuple[str, dict[str, str]]] = [
            ("PutUserPolicy", {"UserName": "climber", "PolicyName": "p", "PolicyDocument": document}),
            ("AttachUserPolicy", {"UserName": "climber", "PolicyArn": administrator}),
            ("CreateAccessKey", {"UserName": "administrator"}),
            ("CreateAccessKey", {}),
            ("CreatePolicy", {"PolicyName": "p", "PolicyDocument": document}),
            ("UpdateAssumeRolePolicy", {"RoleName": "powerful", "PolicyDocument": trust(AWS=acme.id)}),
            ("AttachRolePolicy", {"RoleName": "powerful", "PolicyArn": administrator}),
            ("DeleteUserPermissionsBoundary", {"UserName": "climber"}),
            ("TagUser", {"UserName": "climber", "Tags.member.1.Key": "team", "Tags.member.1.Value": "admin"}),
        ]
        for action, parameters in climbs:
            answer = call(keys, "iam", action, **parameters).send()
            assert (answer.status, answer.code) == (403, "AccessDenied"), action
        assume = {"RoleArn": acme.arn("role/powerful"), "RoleSessionName": "test"}
        assert call(keys, "sts", "AssumeRole", **assume).send().code == "AccessDenied"

    def test_policies_of_the_administrator_are_no_policies_of_a_user_with_a_similar_name(self, acme: Account) -> None:
        for name in ("Administrator1", "administrator.", "administrato", "root"):
            keys = user_with(acme, name)
            assert call(keys, "iam", "ListUsers").send().code == "AccessDenied", name


class TestClaims:
    """What a client says of where it comes from is not believed."""

    @pytest.mark.parametrize(
        "header",
        [
            {"x-forwarded-for": "192.0.2.7"},
            {"x-forwarded-for": "192.0.2.7, 127.0.0.1"},
            {"forwarded": "for=192.0.2.7;proto=https"},
            {"x-real-ip": "192.0.2.7"},
            {"true-client-ip": "192.0.2.7"},
            {"x-client-ip": "192.0.2.7"},
            {"x-amz-source-ip": "192.0.2.7"},
        ],
        ids=str,
    )
    def test_a_claimed_address_is_not_the_address(self, acme: Account, header: dict[str, str]) -> None:
        here = self._user(acme, "from-there", {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
        assert raw(here, "GET", "/", "s3", headers=header).send().code == "AccessDenied"
        away = self._user(acme, "not-from-here", {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
        assert raw(away, "GET", "/", "s3", headers=header).send().code == "AccessDenied"

    @pytest.mark.parametrize(
        "header",
        [
            {"x-forwarded-proto": "https"},
            {"x-forwarded-ssl": "on"},
            {"forwarded": "proto=https"},
            {"front-end-https": "on"},
            {"x-forwarded-port": "443"},
        ],
        ids=str,
    )
    def test_claimed_tls_is_not_tls(self, acme: Account, header: dict[str, str]) -> None:
        keys = self._user(acme, "over-tls", {"Bool": {"aws:SecureTransport": "true"}})
        assert raw(keys, "GET", "/", "s3", headers=header).send().code == "AccessDenied"

    def test_a_claimed_account_role_or_tag_is_nothing(self, acme: Account) -> None:
        keys = user_with(acme, "claimer")
        claims = {
            "x-amz-account-id": acme.id,
            "x-amz-security-context": acme.arn("root"),
            "x-amz-tagging": "team=admin",
            "x-amzn-principal": "root",
            "x-moto-account-id": acme.id,
        }
        for name, value in claims.items():
            assert raw(keys, "GET", "/", "s3", headers={name: value}).send().code == "AccessDenied"

    def _user(self, acme: Account, name: str, condition: Any) -> Keys:
        iam = acme.administrator.client("iam")
        known = {user["UserName"] for user in iam.list_users()["Users"]}
        if name not in known:
            return user_with(acme, name, policy(allow("s3:ListAllMyBuckets", Condition=condition)))
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Keys(acme.administrator.endpoint, key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that trusts a proxy on its own machine."""
    house = House.start(tmp_path_factory.mktemp("behind") / "data", trusted_proxies=["127.0.0.1/32"])
    yield house
    house.stop()


class TestTrustedProxy:
    """A server that trusts a proxy believes it, and it alone."""

    def test_the_last_untrusted_address_counts_not_the_first(self, behind: House) -> None:
        account = behind.account()
        document = policy(
            allow("s3:ListAllMyBuckets", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        )
        keys = user_with(account, "from-there", document)
        for chain, status in (
            ("192.0.2.7", 200),
            ("203.0.113.9, 192.0.2.7", 200),
            ("192.0.2.7, 203.0.113.9", 403),
            ("192.0.2.7, nonsense", 403),
            ("", 403),
        ):
            answer = raw(keys, "GET", "/", "s3", headers={"x-forwarded-for": chain}).send()
            assert answer.status == status, chain

    def test_its_word_on_tls_counts(self, behind: House) -> None:
        account = behind.account()
        document = policy(allow("s3:ListAllMyBuckets", Condition={"Bool": {"aws:SecureTransport": "true"}}))
        keys = user_with(account, "over-tls", document)
        for proto, status in (("https", 200), ("http", 403), ("https, http", 403), ("HTTPS", 403)):
            answer = raw(keys, "GET", "/", "s3", headers={"x-forwarded-proto": proto}).send()
            assert answer.status == status, proto


def test_an_operation_that_is_not_built_says_so_and_does_nothing(acme: Account) -> None:
    answer = call(acme.administrator, "iam", "GenerateCredentialReport").send()
    assert (answer.status, answer.code) == (501, "NotImplemented")
    nobody = user_with(acme, "curious")
    assert call(nobody, "iam", "NoSuchOperation").send().code == "InvalidAction"


def test_what_is_missing_is_not_told_to_those_who_may_not_know(acme: Account, bucket: str) -> None:
    nobody = user_with(acme, "prober")
    sts = nobody.client("iam")
    there, gone = refusal(sts.get_user, UserName="administrator"), refusal(sts.get_user, UserName="nobody-there")
    assert there[0] == gone[0] == "AccessDenied"
    assert there[1] == gone[1].replace("nobody-there", "administrator")
    words = {get(nobody, f"/{bucket}/{key}").send().error[:2] for key in ("open/a", "never")}
    assert words == {(403, "AccessDenied")}
    reader = user_with(acme, "reader-no-list", policy(allow("s3:GetObject")))
    assert get(reader, f"/{bucket}/never").send().error[:2] == (403, "AccessDenied")
    lister = user_with(acme, "reader-and-list", policy(allow(["s3:GetObject", "s3:ListBucket"])))
    assert get(lister, f"/{bucket}/never").send().error[:2] == (404, "NoSuchKey")
