"""AWS CLI v1 and v2: where their credentials come from, IAM and STS, and what they print when refused."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from tests.clients.instances import REGION, WATCHWORD, Instance, Keys, allow, fresh
from tests.clients.programs import Person

IDENTITY = ("sts", "get-caller-identity", "--query", "Arn", "--output", "text")
BASH = "/bin/bash"


@pytest.fixture
def stranger(aws: Person) -> Person:
    """Somebody who was told nothing yet."""
    return Person(aws.program, aws.home, {})


def test_long_term_keys_in_the_environment(aws: Person, instance: Instance) -> None:
    said = aws.json("sts", "get-caller-identity", "--output", "json")
    assert said["Account"] == instance.account_id
    assert said["Arn"] == instance.arn("user/administrator")
    assert said["UserId"].startswith("AIDA")


def test_the_exports_of_watchword_env_are_all_that_is_needed(stranger: Person, instance: Instance) -> None:
    program, shell = shlex.quote(stranger.program[0]), stranger.using(BASH, "-euc")
    exports = f'exports="$({WATCHWORD} env --data {shlex.quote(str(instance.data_dir))})"; eval "$exports"'
    assert shell.run(f"{exports}; {program} {shlex.join(IDENTITY)}") == instance.arn("user/administrator")


def test_a_profile_written_by_watchword_configure(stranger: Person, instance: Instance) -> None:
    (stranger.home / ".aws").mkdir()
    (stranger.home / ".aws" / "config").write_text("# mine\n[profile other]\nregion = eu-west-1\n")
    stranger.using(WATCHWORD).run("configure", "--data", instance.data_dir, "--profile", "house", "--yes")
    assert stranger.run("--profile", "house", *IDENTITY) == instance.arn("user/administrator")
    assert stranger.run("--profile", "other", "configure", "get", "region") == "eu-west-1"
    assert (stranger.home / ".aws" / "credentials").stat().st_mode & 0o777 == 0o600


def test_a_profile_made_with_aws_configure_set(stranger: Person, instance: Instance) -> None:
    settings = {
        "aws_access_key_id": instance.administrator.access_key_id,
        "aws_secret_access_key": instance.administrator.secret_access_key,
        "region": REGION,
        "endpoint_url": instance.endpoint,
    }
    if instance.ca_bundle is not None:
        settings["ca_bundle"] = instance.ca_bundle
    for name, value in settings.items():
        stranger.run("configure", "set", name, value)
    assert stranger.run(*IDENTITY) == instance.arn("user/administrator")


def test_a_role_of_a_profile_is_assumed_and_kept(aws: Person, instance: Instance) -> None:
    aws = with_role_profile(aws, instance, role := instance.role(allow("iam:ListUsers")), "3600")
    assert aws.run("--profile", "worker", *IDENTITY).startswith(
        f"arn:aws:sts::{instance.account_id}:assumed-role/{role}/"
    )
    assert "administrator" in aws.run("--profile", "worker", "iam", "list-users")
    assert len(assumed(instance, role)) == 1


def test_a_role_of_a_profile_is_assumed_again_before_its_session_ends(aws: Person, instance: Instance) -> None:
    # Clients renew credentials that end within a quarter of an hour, and these never last longer.
    aws = with_role_profile(aws, instance, role := instance.role(allow("iam:ListUsers")), "900")
    for _ in range(2):
        assert role in aws.run("--profile", "worker", *IDENTITY)
    assert [event["requestParameters"]["durationSeconds"] for event in assumed(instance, role)] == [900, 900]


def test_temporary_credentials_in_the_environment(aws: Person, instance: Instance) -> None:
    role = instance.role(allow("iam:GetRole"))
    arn = instance.arn(f"role/{role}")
    made = aws.json("sts", "assume-role", "--role-arn", arn, "--role-session-name", "shift", "--output", "json")
    assert made["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{instance.account_id}:assumed-role/{role}/shift"
    session = aws.having(**Keys.of(made["Credentials"]).variables)
    assert session.run(*IDENTITY) == made["AssumedRoleUser"]["Arn"]
    assert session.refused("iam", "list-users").endswith(
        f"(AccessDenied) when calling the ListUsers operation: User: {made['AssumedRoleUser']['Arn']} is not authorized"
        f" to perform: iam:ListUsers on resource: arn:aws:iam::{instance.account_id}:user/ because no identity-based"
        " policy allows the iam:ListUsers action"
    )


def test_a_session_of_the_user_itself(aws: Person, instance: Instance) -> None:
    made = aws.json("sts", "get-session-token", "--duration-seconds", "900", "--output", "json")
    session = aws.having(**Keys.of(made["Credentials"]).variables)
    assert session.run(*IDENTITY) == instance.arn("user/administrator")


def test_a_session_token_that_was_cut_is_refused(aws: Person, instance: Instance) -> None:
    made = instance.client("sts").get_session_token()["Credentials"]
    cut = aws.having(**Keys.of(made).variables | {"AWS_SESSION_TOKEN": made["SessionToken"][:-5]})
    assert (
        "(InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included in the"
        in (cut.refused(*IDENTITY))
    )


def test_a_wrong_secret_and_an_unknown_key_are_refused_in_aws_words(aws: Person, instance: Instance) -> None:
    keys = instance.administrator
    wrong = aws.having(AWS_SECRET_ACCESS_KEY=keys.secret_access_key[::-1]).refused(*IDENTITY)
    assert wrong.endswith(
        "(SignatureDoesNotMatch) when calling the GetCallerIdentity operation: The request signature we calculated"
        " does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the"
        " service documentation for details."
    )
    unknown = aws.having(AWS_ACCESS_KEY_ID=keys.access_key_id[:-4] + "QQQQ").refused(*IDENTITY)
    assert unknown.endswith(
        "(InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included in the"
        " request is invalid."
    )


def test_users_groups_and_policies_are_managed(aws: Person, instance: Instance) -> None:
    user, group, path = fresh("maria"), fresh("crew"), aws.home / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:ListAllMyBuckets")]}))
    made = aws.json("iam", "create-user", "--user-name", user, "--tags", "Key=team,Value=blue sea", "--output", "json")
    assert made["User"]["Tags"] == [{"Key": "team", "Value": "blue sea"}]
    aws.run("iam", "create-group", "--group-name", group)
    aws.run("iam", "add-user-to-group", "--user-name", user, "--group-name", group)
    create = ("iam", "create-policy", "--policy-name", user, "--policy-document", f"file://{path}")
    arn = aws.run(*create, "--query", "Policy.Arn", "--output", "text")
    aws.run("iam", "attach-group-policy", "--group-name", group, "--policy-arn", arn)
    seen = aws.json("iam", "get-policy-version", "--policy-arn", arn, "--version-id", "v1", "--output", "json")
    assert seen["PolicyVersion"]["Document"] == json.loads(path.read_text())
    refused = aws.refused("iam", "create-user", "--user-name", user)
    assert refused.endswith(
        f"(EntityAlreadyExists) when calling the CreateUser operation: User with name {user} already exists."
    )


def test_pages_are_followed(aws: Person, instance: Instance) -> None:
    iam = instance.client("iam")
    path = f"/{fresh('pages')}/"
    names = sorted(fresh("page") for _ in range(5))
    for name in names:
        iam.create_group(GroupName=name, Path=path)
    listed = aws.json(
        "iam",
        "list-groups",
        "--path-prefix",
        path,
        "--page-size",
        "2",
        "--query",
        "Groups[].GroupName",
        "--output",
        "json",
    )
    assert sorted(listed) == names


def with_role_profile(aws: Person, instance: Instance, role: str, duration_seconds: str) -> Person:
    """The same person with a profile `worker` for the role, on top of keys in a profile."""
    lines = [
        "[profile keys]",
        "[profile worker]",
        f"role_arn = {instance.arn(f'role/{role}')}",
        "source_profile = keys",
        f"duration_seconds = {duration_seconds}",
    ]
    keys = instance.administrator
    folder = aws.home / ".aws"
    folder.mkdir()
    (folder / "config").write_text("\n".join(lines))
    (folder / "credentials").write_text(
        f"[keys]\naws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret_access_key}\n"
    )
    return Person(aws.program, aws.home, instance.variables)


def assumed(instance: Instance, role: str) -> list[dict[str, Any]]:
    arn = instance.arn(f"role/{role}")
    return [event for event in instance.events("AssumeRole") if event["requestParameters"]["roleArn"] == arn]
