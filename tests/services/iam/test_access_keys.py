"""Access keys: made once, shown once, obeyed at once."""

from __future__ import annotations

from typing import Any

from tests.support.house import Account, House, Keys, allow, policy, refusal, user_with

UNKNOWN = "AKIAIOSFODNN7EXAMPLE"


def held(iam: Any, **named: str) -> list[tuple[str, str]]:
    listed = iam.list_access_keys(**named)["AccessKeyMetadata"]
    return [(key["AccessKeyId"], key["Status"]) for key in listed]


def test_a_key_works_until_it_is_made_inactive_and_again_after(iam: Any, acme: Account) -> None:
    iam.create_user(UserName="ada")
    iam.put_user_policy(UserName="ada", PolicyName="p", PolicyDocument=policy(allow("iam:GetUser")))
    key = iam.create_access_key(UserName="ADA")["AccessKey"]
    assert (key["UserName"], key["Status"], len(key["SecretAccessKey"])) == ("ada", "Active", 40)
    ada = Keys(acme.administrator.endpoint, key["AccessKeyId"], key["SecretAccessKey"]).client("iam")
    assert ada.get_user()["User"]["UserName"] == "ada"
    iam.update_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert held(iam, UserName="ada") == [(key["AccessKeyId"], "Inactive")]
    assert refusal(ada.get_user)[0] == "InvalidClientTokenId"
    iam.update_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"], Status="Active")
    assert ada.get_user()["User"]["UserName"] == "ada"
    iam.delete_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"])
    assert held(iam, UserName="ada") == []
    assert refusal(ada.get_user)[0] == "InvalidClientTokenId"


def test_the_third_key_is_refused(iam: Any) -> None:
    iam.create_user(UserName="three")
    for _ in range(2):
        iam.create_access_key(UserName="three")
    assert refusal(iam.create_access_key, UserName="three") == (
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )


def test_keys_come_in_pages(iam: Any) -> None:
    iam.create_user(UserName="paged")
    made = sorted(iam.create_access_key(UserName="paged")["AccessKey"]["AccessKeyId"] for _ in range(2))
    pages = iam.get_paginator("list_access_keys").paginate(UserName="paged", PaginationConfig={"PageSize": 1})
    assert [key["AccessKeyId"] for page in pages for key in page["AccessKeyMetadata"]] == made


def test_without_a_name_a_user_rotates_its_own_key(acme: Account) -> None:
    own = user_with(acme, "rotates", policy(allow("iam:*AccessKey*", acme.arn("user/${aws:username}"))))
    first = own.client("iam")
    key = first.create_access_key()["AccessKey"]
    assert key["UserName"] == "rotates"
    second = Keys(own.endpoint, key["AccessKeyId"], key["SecretAccessKey"]).client("iam")
    second.update_access_key(AccessKeyId=own.access_key_id, Status="Inactive")
    second.delete_access_key(AccessKeyId=own.access_key_id)
    assert held(second) == [(key["AccessKeyId"], "Active")]
    assert refusal(second.create_access_key, UserName="administrator")[0] == "AccessDenied"


def test_the_root_user_keeps_its_own_keys(acme: Account) -> None:
    root = acme.root.client("iam")
    key = root.create_access_key()["AccessKey"]
    assert "UserName" not in key
    assert {each for each, _ in held(root)} == {acme.root.access_key_id, key["AccessKeyId"]}
    assert refusal(root.create_access_key)[0] == "LimitExceeded"
    root.delete_access_key(AccessKeyId=key["AccessKeyId"])
    assert held(root) == [(acme.root.access_key_id, "Active")]


def test_a_key_is_found_only_with_its_user(iam: Any, globex: Account) -> None:
    iam.create_user(UserName="owner")
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="owner")["AccessKey"]["AccessKeyId"]
    for user, key_id in (("stranger", key), ("owner", UNKNOWN), ("owner", globex.administrator.access_key_id)):
        expected = ("NoSuchEntity", f"The Access Key with id {key_id} cannot be found.")
        assert refusal(iam.delete_access_key, UserName=user, AccessKeyId=key_id) == expected
        assert refusal(iam.update_access_key, UserName=user, AccessKeyId=key_id, Status="Inactive") == expected
    assert refusal(iam.create_access_key, UserName="nobody") == (
        "NoSuchEntity",
        "The user with name nobody cannot be found.",
    )


def test_only_aws_lets_keys_expire(iam: Any) -> None:
    iam.create_user(UserName="expires")
    key = iam.create_access_key(UserName="expires")["AccessKey"]["AccessKeyId"]
    assert refusal(iam.update_access_key, UserName="expires", AccessKeyId=key, Status="Expired")[0] == "InvalidInput"
    assert refusal(iam.update_access_key, UserName="expires", AccessKeyId=key, Status="Broken") == (
        "ValidationError",
        (
            "1 validation error detected: Value at 'status' failed to satisfy constraint: "
            "Member must satisfy enum value set"
        ),
    )


def test_a_key_that_was_never_used_says_so(iam: Any) -> None:
    iam.create_user(UserName="unused")
    key = iam.create_access_key(UserName="unused")["AccessKey"]["AccessKeyId"]
    answer = iam.get_access_key_last_used(AccessKeyId=key)
    assert answer["UserName"] == "unused"
    assert answer["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}


def test_keys_of_other_accounts_look_like_keys_that_do_not_exist(iam: Any, acme: Account, globex: Account) -> None:
    for key_id in (UNKNOWN, globex.administrator.access_key_id):
        assert refusal(iam.get_access_key_last_used, AccessKeyId=key_id) == (
            "AccessDenied",
            (
                f"User: {acme.arn('user/administrator')} is not authorized to perform iam:GetAccessKeyLastUsed on "
                f"resource: access key {key_id}"
            ),
        )


def test_the_last_use_of_a_key_is_told_some_seconds_later(house: House, iam: Any, acme: Account) -> None:
    own = user_with(acme, "used", policy(allow("iam:GetUser")))
    own.client("iam").get_user()
    with house.later(60):
        answers = (iam.get_access_key_last_used(AccessKeyId=own.access_key_id) for _ in range(20_000))
        answer = next(each for each in answers if "LastUsedDate" in each["AccessKeyLastUsed"])
    used = answer["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"], answer["UserName"]) == ("iam", "us-east-1", "used")
    iam.delete_access_key(UserName="used", AccessKeyId=own.access_key_id)
