"""Many clients at once: a name is given once, a quota is never passed, nothing acknowledged is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError
from tests.support.house import Account, allow, policy

CLIENTS = 8


def together(acme: Account, work: Callable[[Any, int], Any]) -> Counter[str]:
    """Run `work` with a client each at the same time; count the codes of the answers."""
    clients = [acme.administrator.client("iam") for _ in range(CLIENTS)]

    def run(number: int) -> str:
        try:
            work(clients[number], number)
        except ClientError as error:
            answer: Any = error.response
            return answer["Error"]["Code"]
        return "OK"

    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(pool.map(run, range(CLIENTS)))


def test_one_name_is_given_to_one_of_many(iam: Any, acme: Account) -> None:
    answers = together(acme, lambda client, number: client.create_user(UserName="same" if number % 2 else "SAME"))
    assert answers == {"OK": 1, "EntityAlreadyExists": CLIENTS - 1}
    assert len([user for user in iam.list_users()["Users"] if user["UserName"].lower() == "same"]) == 1


def test_a_quota_is_not_passed(iam: Any, acme: Account) -> None:
    iam.create_user(UserName="keys")
    answers = together(acme, lambda client, _: client.create_access_key(UserName="keys"))
    assert answers == {"OK": 2, "LimitExceeded": CLIENTS - 2}
    assert len(iam.list_access_keys(UserName="keys")["AccessKeyMetadata"]) == 2


def test_versions_get_numbers_of_their_own(iam: Any, acme: Account) -> None:
    document = policy(allow("s3:*"))
    arn = iam.create_policy(PolicyName="raced", PolicyDocument=document)["Policy"]["Arn"]
    answers = together(
        acme, lambda client, _: client.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    )
    assert answers == {"OK": 4, "LimitExceeded": CLIENTS - 4}
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [each["VersionId"] for each in versions if each["IsDefaultVersion"]] == ["v5"]
    assert [each["VersionId"] for each in versions] == ["v5", "v4", "v3", "v2", "v1"]


def test_a_policy_is_either_deleted_or_attached(iam: Any, acme: Account) -> None:
    document = policy(allow("s3:*"))
    iam.create_group(GroupName="raced")
    arn = iam.create_policy(PolicyName="contested", PolicyDocument=document)["Policy"]["Arn"]

    def work(client: Any, number: int) -> None:
        if number % 2:
            client.delete_policy(PolicyArn=arn)
        else:
            client.attach_group_policy(GroupName="raced", PolicyArn=arn)

    together(acme, work)
    attached = [each["PolicyArn"] for each in iam.list_attached_group_policies(GroupName="raced")["AttachedPolicies"]]
    known = {each["Arn"] for each in iam.list_policies(Scope="Local")["Policies"]}
    assert attached == ([arn] if arn in known else [])


def test_no_acknowledged_tag_is_lost(iam: Any, acme: Account) -> None:
    iam.create_user(UserName="tagged")
    answers = together(
        acme,
        lambda client, number: client.tag_user(UserName="tagged", Tags=[{"Key": f"key{number}", "Value": "v"}]),
    )
    assert answers == {"OK": CLIENTS}
    assert len(iam.list_user_tags(UserName="tagged")["Tags"]) == CLIENTS
