"""Listeners that stand for VPC endpoints: their policy, and what they say of where a request comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from tests.support.house import Account, House, Keys, allow, deny, policy, refusal, user_with
from tests.support.organized import everyone

from watchword.core.errors import OperatorError
from watchword.gateway.plans import Documents
from watchword.server.settings import Settings, parse_vpc_endpoint
from watchword.server.vpc_endpoints import load_vpc_endpoints

OWNER = "111122223333"
_numbers = count(1)
ONLY_IAM = policy(everyone(allow("iam:*")), everyone(deny("iam:ListGroups")))


@pytest.fixture(scope="module")
def endpoint_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with two VPC endpoints: one takes everything, one only IAM."""
    folder = tmp_path_factory.mktemp("endpoints")
    (folder / "policy.json").write_text(ONLY_IAM)
    endpoints = [
        f"vpce-0open:vpc-1:{OWNER}@127.0.0.1:0",
        f"vpce-0iam:vpc-1:{folder / 'policy.json'}@127.0.0.1:0",
    ]
    house = House.start(folder / "data", vpc_endpoints=endpoints, workers=2)
    yield house
    house.stop()


@pytest.fixture(scope="module")
def account(endpoint_house: House) -> Account:
    return endpoint_house.account()


def through(house: House, endpoint: str, keys: Keys) -> Keys:
    """The same credentials by way of an endpoint."""
    return replace(keys, endpoint=house.server.description["vpc_endpoints"][endpoint])


def test_the_endpoints_policy_must_allow(endpoint_house: House, account: Account) -> None:
    for keys in (account.administrator, account.root):
        inside = through(endpoint_house, "vpce-0iam", keys)
        inside.client("iam").list_users()
        _, message = refusal(inside.client("s3").list_buckets)
        assert message.endswith("because no VPC endpoint policy allows the s3:ListAllMyBuckets action")
        _, message = refusal(inside.client("iam").list_groups)
        assert message.endswith("with an explicit deny in a VPC endpoint policy")
        keys.client("s3").list_buckets()
        through(endpoint_house, "vpce-0open", keys).client("s3").list_buckets()


@pytest.mark.parametrize(
    ("condition", "at_endpoint", "in_public"),
    [
        ({"StringEquals": {"aws:SourceVpce": "vpce-0open"}}, True, False),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, True, False),
        ({"StringEquals": {"aws:VpceAccount": OWNER}}, True, False),
        ({"StringLike": {"aws:SourceVpcArn": f"arn:aws:ec2:*:{OWNER}:vpc/vpc-1"}}, True, False),
        ({"IpAddress": {"aws:VpcSourceIp": "127.0.0.0/8"}}, True, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False, True),
        ({"Null": {"aws:SourceIp": "true"}}, True, False),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-0open"}}, False, True),
    ],
    ids=str,
)
def test_keys_say_where_a_request_comes_from(
    endpoint_house: House, account: Account, condition: dict[str, dict[str, str]], at_endpoint: bool, in_public: bool
) -> None:
    keys = user_with(account, f"user-{next(_numbers)}", policy(allow("iam:ListUsers", Condition=condition)))
    for who, allowed in ((through(endpoint_house, "vpce-0open", keys), at_endpoint), (keys, in_public)):
        if allowed:
            who.client("iam").list_users()
        else:
            assert refusal(who.client("iam").list_users)[0] == "AccessDenied"


def test_events_name_the_endpoint(endpoint_house: House, account: Account) -> None:
    inside = through(endpoint_house, "vpce-0iam", account.administrator)
    # A change is in the log before it is answered.
    answer = inside.client("iam").create_user(UserName="through-an-endpoint")
    request_id = answer["ResponseMetadata"]["RequestId"].encode()
    folder = endpoint_house.server.data_dir / "audit"
    lines = [line for file in folder.iterdir() for line in file.read_bytes().splitlines() if request_id in line]
    (event,) = map(json.loads, lines)
    assert event["vpcEndpointId"] == "vpce-0iam"


@pytest.mark.parametrize(
    "text",
    [
        "vpce-1",
        "vpce-1:vpc-1",
        "vpce-1@127.0.0.1:80",
        "vpc-1:vpce-1@127.0.0.1:80",
        "vpce-1:vpc-1@nowhere",
        "vpce-1:vpc-1@ftp://127.0.0.1:80",
    ],
)
def test_an_endpoint_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(OperatorError):
        parse_vpc_endpoint(text)


def test_all_parts_of_an_endpoint_are_read() -> None:
    read = parse_vpc_endpoint(f"vpce-1a:vpc-2b:{OWNER}:/etc/a:b.json@https://[::1]:0")
    assert (read.id, read.vpc, read.account, read.policy_file) == ("vpce-1a", "vpc-2b", OWNER, Path("/etc/a:b.json"))
    assert (read.scheme, *read.address) == ("https", "::1", 0)


@pytest.mark.parametrize("document", ["", "{}", policy(allow("*")), "x" * 20_481, None])
def test_a_policy_that_cannot_be_read_stops_the_start(tmp_path: Path, document: str | None) -> None:
    file = tmp_path / "policy.json"
    if document is not None:
        file.write_text(document)
    endpoints = (parse_vpc_endpoint(f"vpce-1:vpc-1:{file}@127.0.0.1:0"),)
    with pytest.raises(OperatorError):
        load_vpc_endpoints(Settings(tmp_path, vpc_endpoints=endpoints), Documents())


def test_an_id_stands_for_one_listener(tmp_path: Path) -> None:
    endpoints = (parse_vpc_endpoint("vpce-1:vpc-1@127.0.0.1:0"),) * 2
    with pytest.raises(OperatorError):
        load_vpc_endpoints(Settings(tmp_path, vpc_endpoints=endpoints), Documents())
