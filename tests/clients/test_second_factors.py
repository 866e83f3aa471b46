"""A second factor with real clients: profiles with `mfa_serial` ask for the code, and policies ask for the factor."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.clients.instances import REGION, Instance, document, fresh
from tests.clients.programs import Person
from tests.support.authenticators import Authenticator

AWAY_FROM_THE_TERMINAL = "import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])"
"""Else a program that asks for a code would ask whoever runs the tests."""
WHO = "import boto3; print(boto3.Session(profile_name='guarded').client('sts').get_caller_identity()['Arn'])"
WITH_FACTOR = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}


@pytest.fixture
def guarded(instance: Instance, tmp_path: Path) -> tuple[Authenticator, str, Path]:
    """A user with a device, a role that asks for it, and a profile of that role; gives back device, role and file."""
    iam = instance.client("iam")
    user, keys = instance.user({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    device = Authenticator.make(iam, user)
    device.enable(iam, user)
    role = fresh("guarded")
    trusts = {"Effect": "Allow", "Principal": {"AWS": instance.arn(f"user/{user}")}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(trusts | WITH_FACTOR))
    iam.put_role_policy(
        RoleName=role,
        PolicyName="with-factor",
        PolicyDocument=document({"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"} | WITH_FACTOR),
    )
    lines = [
        "[profile user]",
        f"aws_access_key_id = {keys.access_key_id}",
        f"aws_secret_access_key = {keys.secret_access_key}",
        "[profile guarded]",
        "source_profile = user",
        f"role_arn = {instance.arn(f'role/{role}')}",
        f"mfa_serial = {device.serial}",
        f"region = {REGION}",
        f"endpoint_url = {instance.endpoint}",
        *([f"ca_bundle = {instance.ca_bundle}"] if instance.ca_bundle else []),
    ]
    config = tmp_path / "config"
    config.write_text("\n".join(lines) + "\n")
    config.chmod(0o600)
    return device, f"arn:aws:sts::{instance.account_id}:assumed-role/{role}/", config


def at_home(person: Person, instance: Instance, config: Path) -> Person:
    """The person with nothing but the profile, and where to find the house."""
    variables = {name: value for name, value in instance.variables.items() if "KEY" not in name}
    return Person(person.program, person.home, {**variables, "AWS_CONFIG_FILE": str(config)})


def test_the_cli_asks_for_the_code(aws: Person, instance: Instance, guarded: tuple[Authenticator, str, Path]) -> None:
    device, session, config = guarded
    person = at_home(aws, instance, config)
    person = person.using(sys.executable, "-c", AWAY_FROM_THE_TERMINAL, *person.program)
    who = ("--profile", "guarded", "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
    said = person.try_to(*who, stdin=device.wrong_code() + "\n")
    assert "MultiFactorAuthentication failed with invalid MFA one time pass code." in said.err
    assert person.run(*who, stdin=device.code() + "\n").startswith(session)
    users = person.run("--profile", "guarded", "iam", "list-users", "--output", "json")
    assert json.loads(users)["Users"], "the session is kept, and carries the second factor"


def test_boto3_asks_for_the_code(aws: Person, instance: Instance, guarded: tuple[Authenticator, str, Path]) -> None:
    device, session, config = guarded
    person = at_home(aws, instance, config)
    person = person.using(sys.executable, "-c", AWAY_FROM_THE_TERMINAL, sys.executable, "-c", WHO)
    assert person.run(stdin=device.code() + "\n").startswith(session)


def test_the_cli_makes_enables_and_uses_a_device(aws: Person, instance: Instance) -> None:
    user, keys = instance.user({"Effect": "Allow", "Action": "iam:*", "Resource": "*"} | WITH_FACTOR)
    picture = aws.home / "seed.txt"
    made = aws.json(
        "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", user, "--outfile", picture,
        "--bootstrap-method", "Base32StringSeed", "--output", "json",
    )  # fmt: skip
    device = Authenticator(made["VirtualMFADevice"]["SerialNumber"], picture.read_text().strip())
    pair = device.pair()
    aws.run(
        "iam", "enable-mfa-device", "--user-name", user, "--serial-number", device.serial,
        "--authentication-code1", pair["AuthenticationCode1"], "--authentication-code2", pair["AuthenticationCode2"],
    )  # fmt: skip
    holder = aws.having(**keys.variables)
    assert "(AccessDenied)" in holder.refused("iam", "list-users")
    answer = holder.json(
        "sts", "get-session-token", "--serial-number", device.serial, "--token-code", device.code(),
        "--output", "json",
    )  # fmt: skip
    session = holder.having(**type(keys).of(answer["Credentials"]).variables)
    assert user in session.run("iam", "list-users")
