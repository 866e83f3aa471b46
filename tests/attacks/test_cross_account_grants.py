"""One account opens a door to another: it takes both sides, and a door to one is no door to anybody else."""

from __future__ import annotations

import pytest
from tests.support.house import Account, Keys, allow, deny, policy, refusal, trust, user_with
from tests.support.raw_requests import call, get, put, whoami

BUCKET = "globex-shared"
OBJECT = f"arn:aws:s3:::{BUCKET}/*"


@pytest.fixture(scope="module")
def shared(globex: Account) -> str:
    s3 = globex.administrator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"v")
    return BUCKET


@pytest.fixture(scope="module")
def reader(acme: Account) -> Keys:
    """A user of acme whom acme allows to read objects, anywhere."""
    return user_with(acme, "reader", policy(allow("s3:GetObject")))


@pytest.fixture(scope="module")
def idle(acme: Account) -> Keys:
    """A user of acme to whom acme allows nothing."""
    return user_with(acme, "idle")


def grant(globex: Account, *principals: str, **more: object) -> None:
    """Let these principals read the shared bucket's objects, as far as globex is concerned."""
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "s3:GetObject"}
    document = policy({**statement, "Resource": OBJECT, **more})
    globex.administrator.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=document)


def reads(keys: Keys) -> bool:
    answer = get(keys, f"/{BUCKET}/k").send()
    assert (answer.status, answer.body) == (200, b"v") or answer.error[:2] == (403, "AccessDenied")
    return answer.status == 200


class TestBuckets:
    def test_it_takes_both_accounts(
        self, acme: Account, globex: Account, shared: str, reader: Keys, idle: Keys
    ) -> None:
        globex.administrator.client("s3").delete_bucket_policy(Bucket=shared)
        assert (reads(reader), reads(idle), reads(acme.administrator)) == (False, False, False)
        grant(globex, acme.arn("root"))
        assert (reads(reader), reads(idle), reads(acme.administrator)) == (True, False, True)
        grant(globex, acme.arn("user/reader"), acme.arn("user/idle"))
        assert (reads(reader), reads(idle), reads(acme.administrator)) == (True, False, False)
        grant(globex, globex.arn("root"))
        assert (reads(reader), reads(idle), reads(acme.administrator)) == (False, False, False)

    def test_a_grant_to_read_is_no_grant_to_write(self, acme: Account, globex: Account, shared: str) -> None:
        grant(globex, acme.arn("root"))
        assert put(acme.administrator, f"/{shared}/k", b"x").send().error[:2] == (403, "AccessDenied")
        assert put(acme.administrator, f"/{shared}/new", b"x").send().error[:2] == (403, "AccessDenied")
        assert get(acme.administrator, f"/{shared}?list-type=2").send().error[:2] == (403, "AccessDenied")
        assert get(acme.administrator, f"/{shared}?policy").send().status in (403, 405)

    def test_a_denial_of_either_account_wins(self, acme: Account, globex: Account, shared: str, reader: Keys) -> None:
        forbidden = user_with(acme, "forbidden", policy(allow("*"), deny("s3:*", OBJECT)))
        grant(globex, acme.arn("root"))
        assert not reads(forbidden)
        s3 = globex.administrator.client("s3")
        everybody = {"Principal": {"AWS": acme.arn("root")}, "Action": "s3:GetObject", "Resource": OBJECT}
        named = {**everybody, "Principal": {"AWS": acme.arn("user/reader")}}
        s3.put_bucket_policy(
            Bucket=shared, Policy=policy({"Effect": "Allow", **everybody}, {"Effect": "Deny", **named})
        )
        assert not reads(reader)
        assert reads(user_with(acme, "other-reader", policy(allow("s3:GetObject"))))

    def test_a_boundary_and_a_session_policy_bind_abroad_too(self, acme: Account, globex: Account, shared: str) -> None:
        grant(globex, acme.arn("root"))
        boundary = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
        assert not reads(user_with(acme, "fenced-abroad", policy(allow("*")), PermissionsBoundary=boundary))
        iam = acme.administrator.client("iam")
        iam.create_role(RoleName="traveller", AssumeRolePolicyDocument=trust(AWS=acme.id))
        iam.put_role_policy(RoleName="traveller", PolicyName="p", PolicyDocument=policy(allow("s3:GetObject")))
        assert reads(acme.assume("traveller"))
        assert not reads(acme.assume("traveller", Policy=policy(allow("iam:*"))))

    def test_a_namesake_in_a_third_account_is_nobody(self, globex: Account, acme: Account, shared: str) -> None:
        grant(globex, acme.arn("user/reader"))
        namesake = user_with(globex, "reader", policy(allow("iam:GetUser")))
        assert not reads(namesake)

    def test_strangers_stay_out_even_of_a_bucket_for_everybody(self, globex: Account, shared: str) -> None:
        document = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECT})
        s3 = globex.administrator.client("s3")
        try:
            s3.put_bucket_policy(Bucket=shared, Policy=document)
        except s3.exceptions.ClientError as refused:
            assert refused.response["Error"]["Code"] == "AccessDenied"  # noqa: PT017
        stranger = get(globex.administrator, f"/{shared}/k")
        for name in (b"authorization", b"x-amz-content-sha256", b"x-amz-date"):
            stranger = stranger.without_header(name)
        assert stranger.send().error[:2] == (403, "AccessDenied")


class TestRoles:
    def test_it_takes_both_accounts(self, acme: Account, globex: Account, idle: Keys) -> None:
        globex.administrator.client("iam").create_role(
            RoleName="open-to-acme", AssumeRolePolicyDocument=trust(AWS=acme.arn("root"))
        )
        ask = {"RoleArn": globex.arn("role/open-to-acme"), "RoleSessionName": "test"}
        assert refusal(idle.client("sts").assume_role, **ask)[0] == "AccessDenied"
        session = globex.assume("open-to-acme", acme.administrator)
        assert whoami(session).send().element("Account") == globex.id
        assert call(session, "iam", "ListUsers").send().code == "AccessDenied"
        assert refusal(globex.administrator.client("sts").assume_role, **ask)[0] == "AccessDenied"

    def test_an_external_id_is_demanded_of_the_deputy(self, acme: Account, globex: Account) -> None:
        statement = {"Effect": "Allow", "Principal": {"AWS": acme.id}, "Action": "sts:AssumeRole"}
        condition = {"StringEquals": {"sts:ExternalId": "contract-7"}}
        globex.administrator.client("iam").create_role(
            RoleName="for-a-deputy", AssumeRolePolicyDocument=policy({**statement, "Condition": condition})
        )
        sts = acme.administrator.client("sts")
        ask = {"RoleArn": globex.arn("role/for-a-deputy"), "RoleSessionName": "test"}
        assert refusal(sts.assume_role, **ask)[0] == "AccessDenied"
        assert refusal(sts.assume_role, **ask, ExternalId="contract-8")[0] == "AccessDenied"
        assert sts.assume_role(**ask, ExternalId="contract-7")["Credentials"]

    def test_a_policy_of_iam_opens_nothing_in_another_account(self, acme: Account, globex: Account) -> None:
        """IAM has no resource policies: naming another account's things in one's own policy is no permission."""
        keys = user_with(acme, "dreamer", policy(allow("*", globex.arn("*"))))
        for action, parameters in (
            ("GetUser", {"UserName": "administrator"}),
            ("GetRole", {"RoleName": "open-to-acme"}),
            ("GetPolicy", {"PolicyArn": globex.arn("policy/none")}),
        ):
            assert call(keys, "iam", action, **parameters).send().code in {"AccessDenied", "NoSuchEntity"}
