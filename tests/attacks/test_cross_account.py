"""The administrator of one account, who may do everything there, and the things of another: no deed, no data, no trace.

Every answer about what exists there is the answer about what does not, name for name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest
from tests.support.house import Account, Keys, allow, policy, refusal, trust, user_with
from tests.support.raw_requests import call, get, presigned, put, raw, whoami

SECRET = "the-plan-of-globex"


@dataclass(frozen=True)
class Victim:
    """What globex has."""

    account: Account
    policy_arn: str
    user_key_id: str
    bucket: str = "globex-plans"
    user: str = "globex-user"
    role: str = "globex-role"


@pytest.fixture(scope="module")
def intruder(acme: Account) -> Keys:
    """The administrator of acme."""
    return acme.administrator


@pytest.fixture(scope="module")
def victim(globex: Account, acme: Account) -> Victim:
    iam, s3 = globex.administrator.client("iam"), globex.administrator.client("s3")
    keys = user_with(globex, "globex-user", policy(allow("*")), Tags=[{"Key": "plan", "Value": SECRET}])
    iam.create_role(RoleName="globex-role", AssumeRolePolicyDocument=trust(AWS=globex.arn("root")), Description=SECRET)
    document = policy(allow("s3:*", f"arn:aws:s3:::{SECRET}"))
    made = iam.create_policy(PolicyName="globex-policy", PolicyDocument=document, Description=SECRET)
    s3.create_bucket(Bucket="globex-plans")
    s3.put_object(Bucket="globex-plans", Key="plan", Body=SECRET.encode(), Metadata={"plan": SECRET})
    return Victim(globex, made["Policy"]["Arn"], keys.access_key_id)


def snapshot(account: Account, bucket: str) -> list[str]:
    """All that an account has, as its administrator sees it."""
    keys = account.administrator
    users = [user["UserName"] for user in keys.client("iam").list_users()["Users"]]
    requests = [
        call(keys, "iam", "GetAccountAuthorizationDetails"),
        *[call(keys, "iam", "ListAccessKeys", UserName=name) for name in users],
        *[get(keys, path) for path in ("/", f"/{bucket}?list-type=2", f"/{bucket}/plan")],
        *[call(keys, "iam", "ListPolicyTags", PolicyArn=account.arn("policy/globex-policy"))],
    ]
    return [re.sub("<RequestId>.*</RequestId>", "", request.send().text) for request in requests]


class TestPolicies:
    @pytest.mark.parametrize(
        ("action", "parameters"),
        [
            ("GetPolicy", {}),
            ("GetPolicyVersion", {"VersionId": "v1"}),
            ("ListPolicyVersions", {}),
            ("ListEntitiesForPolicy", {}),
            ("ListPolicyTags", {}),
            ("DeletePolicy", {}),
            ("CreatePolicyVersion", {"PolicyDocument": policy(allow("*")), "SetAsDefault": "true"}),
            ("DeletePolicyVersion", {"VersionId": "v1"}),
            ("SetDefaultPolicyVersion", {"VersionId": "v1"}),
            ("TagPolicy", {"Tags.member.1.Key": "a", "Tags.member.1.Value": "b"}),
            ("UntagPolicy", {"TagKeys.member.1": "a"}),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_policy_of_another_account_is_out_of_reach(
        self, intruder: Keys, victim: Victim, action: str, parameters: dict[str, str]
    ) -> None:
        before = snapshot(victim.account, victim.bucket)
        there = call(intruder, "iam", action, PolicyArn=victim.policy_arn, **parameters).send()
        gone = call(intruder, "iam", action, PolicyArn=victim.policy_arn + "-not", **parameters).send()
        assert (there.status, there.code) == (403, "AccessDenied")
        assert there.error == (gone.status, gone.code, gone.message.replace("-not", ""))
        assert SECRET not in there.text
        assert snapshot(victim.account, victim.bucket) == before

    @pytest.mark.parametrize("kind", ["User", "Group", "Role"])
    def test_a_policy_of_another_account_cannot_be_attached(
        self, acme: Account, intruder: Keys, victim: Victim, kind: str
    ) -> None:
        iam = intruder.client("iam")
        name = {f"{kind}Name": f"holder-{kind.lower()}"}
        more = {"AssumeRolePolicyDocument": trust(AWS=acme.id)} if kind == "Role" else {}
        getattr(iam, f"create_{kind.lower()}")(**name, **more)
        said = [
            call(intruder, "iam", f"Attach{kind}Policy", PolicyArn=victim.policy_arn + tail, **name).send()
            for tail in ("", "-not")
        ]
        assert said[0].status in (403, 404), said[0].text
        assert said[0].error == (said[1].status, said[1].code, said[1].message.replace("-not", ""))
        listed = getattr(iam, f"list_attached_{kind.lower()}_policies")(**name)
        assert listed["AttachedPolicies"] == []

    def test_a_policy_of_another_account_bounds_nobody(self, acme: Account, intruder: Keys, victim: Victim) -> None:
        iam = intruder.client("iam")
        iam.create_user(UserName="unbounded")
        for arn in (victim.policy_arn, victim.policy_arn + "-not"):
            codes = {
                refusal(iam.create_user, UserName="bounded", PermissionsBoundary=arn)[0],
                refusal(iam.put_user_permissions_boundary, UserName="unbounded", PermissionsBoundary=arn)[0],
            }
            assert codes <= {"NoSuchEntity", "AccessDenied", "InvalidInput"}
        assert "PermissionsBoundary" not in iam.get_user(UserName="unbounded")["User"]
        assert refusal(iam.get_user, UserName="bounded")[0] == "NoSuchEntity"

    def test_a_session_takes_no_policy_of_another_account(self, acme: Account, intruder: Keys, victim: Victim) -> None:
        iam, sts = intruder.client("iam"), intruder.client("sts")
        iam.create_role(RoleName="cutter", AssumeRolePolicyDocument=trust(AWS=acme.id))
        said = [
            refusal(
                sts.assume_role,
                RoleArn=acme.arn("role/cutter"),
                RoleSessionName="test",
                PolicyArns=[{"arn": victim.policy_arn + tail}],
            )
            for tail in ("", "-not")
        ]
        assert said[0] == (said[1][0], said[1][1].replace("-not", ""))


class TestPrincipals:
    def test_a_user_or_role_named_by_its_arn_is_no_user_or_role_here(self, intruder: Keys, victim: Victim) -> None:
        users = (victim.user, victim.account.arn(f"user/{victim.user}"), f"{victim.account.id}:{victim.user}")
        reads = ("GetUser", "ListUserPolicies", "ListAccessKeys", "ListUserTags", "ListAttachedUserPolicies")
        for name in users:
            for action in (*reads, "DeleteUser", "CreateAccessKey"):
                answer = call(intruder, "iam", action, UserName=name).send()
                assert answer.code in {"NoSuchEntity", "ValidationError"}, (action, name)
                assert SECRET not in answer.text
        for name in (victim.role, victim.account.arn(f"role/{victim.role}")):
            for action in ("GetRole", "ListRolePolicies", "DeleteRole", "ListRoleTags"):
                answer = call(intruder, "iam", action, RoleName=name).send()
                assert answer.code in {"NoSuchEntity", "ValidationError"}, (action, name)
                assert SECRET not in answer.text

    def test_a_role_of_another_account_cannot_be_assumed_whoever_it_trusts(
        self, acme: Account, intruder: Keys, victim: Victim
    ) -> None:
        globex = victim.account.administrator.client("iam")
        sts = intruder.client("sts")
        there, gone = (
            refusal(sts.assume_role, RoleArn=victim.account.arn(f"role/{name}"), RoleSessionName="test")
            for name in (victim.role, "no-role-here")
        )
        assert there[0] == "AccessDenied"
        assert there == (gone[0], gone[1].replace("no-role-here", victim.role))
        user = user_with(acme, "no-administrator")
        globex.create_role(RoleName="only-itself", AssumeRolePolicyDocument=trust(AWS=victim.account.arn("root")))
        for caller in (user, intruder, acme.root):
            said = refusal(
                caller.client("sts").assume_role,
                RoleArn=victim.account.arn("role/only-itself"),
                RoleSessionName="test",
            )
            assert said[0] == "AccessDenied"

    def test_an_access_key_of_another_account_is_unknown(self, acme: Account, intruder: Keys, victim: Victim) -> None:
        before = snapshot(victim.account, victim.bucket)
        made_up = victim.user_key_id[:-4] + "AAAA"
        for action, parameters in (
            ("GetAccessKeyLastUsed", {}),
            ("UpdateAccessKey", {"Status": "Inactive"}),
            ("UpdateAccessKey", {"Status": "Inactive", "UserName": "administrator"}),
            ("DeleteAccessKey", {}),
            ("DeleteAccessKey", {"UserName": "administrator"}),
        ):
            there = call(intruder, "iam", action, AccessKeyId=victim.user_key_id, **parameters).send()
            gone = call(intruder, "iam", action, AccessKeyId=made_up, **parameters).send()
            assert there.status in (403, 404)
            assert there.error == (gone.status, gone.code, gone.message.replace(made_up, victim.user_key_id))
            assert victim.user not in there.text
        assert snapshot(victim.account, victim.bucket) == before

    def test_a_group_takes_no_member_of_another_account(self, intruder: Keys, victim: Victim) -> None:
        iam = intruder.client("iam")
        iam.create_group(GroupName="recruits")
        assert refusal(iam.add_user_to_group, GroupName="recruits", UserName=victim.user)[0] == "NoSuchEntity"

    def test_lists_and_details_show_one_account(self, intruder: Keys, victim: Victim) -> None:
        iam = intruder.client("iam")
        seen = [
            iam.list_users(),
            iam.list_roles(),
            iam.list_groups(),
            iam.list_policies(Scope="Local"),
            iam.list_instance_profiles(),
            iam.get_account_authorization_details(Filter=["User", "Role", "Group", "LocalManagedPolicy"]),
            intruder.client("s3").list_buckets(),
        ]
        text = json.dumps(seen, default=str)
        for word in (SECRET, victim.account.id, victim.user, victim.role, victim.bucket, "globex"):
            assert word not in text

    def test_a_marker_of_another_account_leads_nowhere(self, intruder: Keys, victim: Victim) -> None:
        theirs = victim.account.administrator.client("iam").list_users(MaxItems=1)
        assert theirs["IsTruncated"]
        mine = intruder.client("iam")
        code, said = refusal(mine.list_users, Marker=theirs["Marker"])
        assert (code, victim.user in said) == ("ValidationError", False)
        own = mine.list_users(MaxItems=1)["Marker"]
        assert refusal(mine.list_roles, Marker=own)[0] == "ValidationError"


class TestBuckets:
    @pytest.mark.parametrize(
        ("method", "target"),
        [
            ("GET", "/plan"),
            ("HEAD", "/plan"),
            ("GET", "/never"),
            ("PUT", "/plan"),
            ("DELETE", "/plan"),
            ("GET", "?list-type=2"),
            ("GET", "?location"),
            ("GET", "?policy"),
            ("GET", "?versioning"),
            ("PUT", "?policy"),
            ("DELETE", "?policy"),
            ("HEAD", ""),
            ("DELETE", ""),
        ],
        ids=lambda value: value or "bucket",
    )
    def test_a_bucket_of_another_account_is_out_of_reach(
        self, acme: Account, victim: Victim, method: str, target: str
    ) -> None:
        before = snapshot(victim.account, victim.bucket)
        body = b"x" if method == "PUT" else b""
        for caller in (acme.administrator, acme.root):
            answer = raw(caller, method, f"/{victim.bucket}{target}", "s3", body=body).send()
            assert answer.status == 403 or (answer.status, answer.code) == (501, "NotImplemented"), answer.text
            assert SECRET not in answer.text + str(answer.headers)
        assert snapshot(victim.account, victim.bucket) == before

    def test_what_is_in_a_bucket_of_another_account_does_not_show(self, intruder: Keys, victim: Victim) -> None:
        there, gone = (get(intruder, f"/{victim.bucket}/{key}").send() for key in ("plan", "none"))
        assert there.error == gone.error == (403, "AccessDenied", "Access Denied")

    def test_a_bucket_in_the_host_name_is_the_same_bucket(self, intruder: Keys, victim: Victim) -> None:
        host = {"host": f"{victim.bucket}.s3.amazonaws.com"}
        assert raw(intruder, "GET", "/plan", "s3", headers=host).send().error[:2] == (403, "AccessDenied")

    def test_many_deletions_at_once_delete_nothing(self, intruder: Keys, victim: Victim) -> None:
        s3 = intruder.client("s3")
        answer = s3.delete_objects(Bucket=victim.bucket, Delete={"Objects": [{"Key": "plan"}, {"Key": "none"}]})
        assert "Deleted" not in answer
        assert {error["Code"] for error in answer["Errors"]} == {"AccessDenied"}
        assert get(victim.account.administrator, f"/{victim.bucket}/plan").send().text == SECRET

    def test_a_bucket_cannot_be_taken_over(self, intruder: Keys, victim: Victim) -> None:
        assert put(intruder, f"/{victim.bucket}", b"").send().error[:2] == (409, "BucketAlreadyExists")
        assert get(victim.account.administrator, f"/{victim.bucket}/plan").send().text == SECRET

    def test_a_url_of_a_stranger_opens_nothing(self, intruder: Keys, victim: Victim) -> None:
        assert presigned(intruder, "GET", f"/{victim.bucket}/plan", seconds=60).send().error[:2] == (
            403,
            "AccessDenied",
        )

    def test_strangers_without_credentials_read_nothing_whatever_the_policy_says(self, victim: Victim) -> None:
        for path in ("/plan", "/none", "", "?list-type=2"):
            stranger = get(victim.account.administrator, f"/{victim.bucket}{path}").without_header(b"authorization")
            for name in (b"x-amz-content-sha256", b"x-amz-date"):
                stranger = stranger.without_header(name)
            assert stranger.send().error == (403, "AccessDenied", "Access Denied")


def test_whoami_knows_whose_key_it_is(acme: Account, globex: Account) -> None:
    for account in (acme, globex):
        assert whoami(account.administrator).send().element("Account") == account.id
        assert whoami(account.root).send().element("Arn") == account.arn("root")
