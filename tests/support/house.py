"""A running server with accounts in it, and boto3 clients for their principals."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.support.clocks import SystemClock
from tests.support.processes import ServerProcess, start

from watchword.core.ids import AccountId, new_unique_id
from watchword.directory.directory import Directory
from watchword.directory.roles import Role
from watchword.server.bootstrap import create_account, open_store
from watchword.server.data_directory import CREDENTIALS, create_layout
from watchword.server.master_key import create_keyring

REGION = "us-east-1"
_numbers = count(1)


def policy(*statements: Mapping[str, Any]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(**principal: str | list[str]) -> str:
    """A trust policy that lets this principal assume a role."""
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


@dataclass(frozen=True)
class Keys:
    """Credentials of one principal of a running server."""

    endpoint: str
    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def temporary(self, answer: Any) -> Keys:
        """The temporary credentials in an answer of STS, used where these are."""
        made = answer["Credentials"]
        return Keys(self.endpoint, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def client(self, service: str) -> Any:
        """A boto3 client that neither retries nor refuses bad values itself."""
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, parameter_validation=False)
        connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
        return connect(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            aws_session_token=self.session_token,
            config=config,
        )


@dataclass(frozen=True)
class Account:
    """One account of a running server."""

    id: str
    administrator: Keys
    root: Keys

    def arn(self, resource: str) -> str:
        return f"arn:aws:iam::{self.id}:{resource}"

    def assume(self, role_name: str, caller: Keys | None = None, **options: Any) -> Keys:
        """A session of a role of this account, for its administrator if for nobody else."""
        caller = caller or self.administrator
        answer = caller.client("sts").assume_role(
            RoleArn=self.arn(f"role/{role_name}"), RoleSessionName="test", **options
        )
        return caller.temporary(answer)

    def service_role(self, house: House) -> str:
        """Put in a role that belongs to an AWS service; gives back its name."""
        name = f"AWSServiceRoleForTest{next(_numbers)}"
        role = Role(
            account=AccountId(self.id),
            name=name,
            path="/aws-service-role/test.amazonaws.com/",
            id=new_unique_id("AROA", os.urandom),
            created_at=SystemClock().now(),
            trust_policy=trust(Service="test.amazonaws.com"),
        )
        house.change(lambda directory: directory.roles.add(role))
        return name


@dataclass
class House:
    """A running server."""

    server: ServerProcess

    @classmethod
    def start(cls, data_dir: Path, **options: Any) -> House:
        """Start a server on a new data directory. The options are those of `real_server`."""
        create_layout(data_dir)
        create_keyring(data_dir, os.urandom)
        (data_dir / CREDENTIALS).touch(0o600)
        return cls(run_server(data_dir, **options))

    def stop(self) -> None:
        assert self.server.stop() == 0

    @contextmanager
    def later(self, seconds: float) -> Generator[None]:
        """Let the server's clock be this far ahead of the system's while the block runs."""
        offset_file = self.server.data_dir / "clock"
        offset_file.write_text(str(seconds))
        try:
            yield
        finally:
            offset_file.unlink()

    @property
    def log(self) -> str:
        """What the server has written to its standard error."""
        return self.server.data_dir.with_suffix(".log").read_text("utf-8", "replace")

    def change(self, change: Callable[[Directory], None]) -> None:
        """Change the records behind the server's back, as AWS's own services would."""
        store = open_store(self.server.data_dir)
        try:
            store.write(lambda transaction: change(Directory(transaction)))
        finally:
            store.close()

    def account(self) -> Account:
        """A fresh account."""
        number = next(_numbers)
        made = create_account(
            self.server.data_dir,
            name=f"account {number}",
            email=f"root{number}@example.com",
            account_id=None,
            region=REGION,
            with_root_key=True,
            clock=SystemClock(),
            random_bytes=os.urandom,
        )
        assert made.root_access_key_id
        assert made.root_secret_access_key
        return Account(
            made.account_id,
            Keys(self.server.http, made.access_key_id, made.secret_access_key.reveal()),
            Keys(self.server.http, made.root_access_key_id, made.root_secret_access_key.reveal()),
        )


def run_server(data_dir: Path, **options: Any) -> ServerProcess:
    """Run the server on a data directory that exists."""
    return start([sys.executable, "-m", "tests.support.real_server", str(data_dir), json.dumps(options)], data_dir)


def user_with(acme: Account, name: str, document: str | None = None, **options: Any) -> Keys:
    """A new user with this inline policy, and its key."""
    iam = acme.administrator.client("iam")
    iam.create_user(UserName=name, **options)
    if document is not None:
        iam.put_user_policy(UserName=name, PolicyName="grants", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Keys(acme.administrator.endpoint, key["AccessKeyId"], key["SecretAccessKey"])


def session_of(keys: Keys, **options: Any) -> Keys:
    """The same user or root user, with temporary credentials."""
    return keys.temporary(keys.client("sts").get_session_token(**options))


def federate(maker: Keys, name: str = "guest", **options: Any) -> Keys:
    """Credentials of a federated user."""
    return maker.temporary(maker.client("sts").get_federation_token(Name=name, **options))


def refusal(call: Any, /, **parameters: Any) -> tuple[str, str]:
    """Call an operation that must fail; gives back its code and message."""
    with pytest.raises(ClientError) as failed:
        call(**parameters)
    error = cast("dict[str, str]", failed.value.response["Error"])  # type: ignore[reportUnknownMemberType]
    return error["Code"], error["Message"]
