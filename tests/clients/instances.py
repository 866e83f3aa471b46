"""A served instance, made by what is promised to everybody: `watchword init --json` and `watchword serve --json`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import boto3
from botocore.config import Config
from tests.clients.programs import BIN, Person
from tests.support.processes import ServerProcess, start

WATCHWORD = BIN / "watchword"
REGION = "us-east-1"
_numbers = count(1)


def fresh(stem: str) -> str:
    """A name that nothing else of this run has."""
    return f"{stem}-{next(_numbers)}"


@dataclass(frozen=True)
class Keys:
    """Credentials as a client holds them."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Keys:
        """From AWS's answer to AssumeRole, GetSessionToken or CreateAccessKey."""
        return cls(answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("SessionToken"))

    @property
    def variables(self) -> dict[str, str]:
        token = {} if self.session_token is None else {"AWS_SESSION_TOKEN": self.session_token}
        return {"AWS_ACCESS_KEY_ID": self.access_key_id, "AWS_SECRET_ACCESS_KEY": self.secret_access_key, **token}


@dataclass(frozen=True, eq=False)
class Instance:
    """A data directory that is served over one scheme."""

    scheme: str
    server: ServerProcess
    account_id: str
    administrator: Keys

    @classmethod
    def start(cls, data_dir: Path, scheme: str) -> Instance:
        """Initialize a new data directory and serve it."""
        initialized = subprocess.run(
            [WATCHWORD, "init", "--data", data_dir, "--json"], capture_output=True, text=True, check=False
        )
        assert initialized.returncode == 0, initialized.stderr
        made = json.loads(initialized.stdout)
        listen = [str(WATCHWORD), "serve", "--data", str(data_dir), f"--{scheme}", "127.0.0.1:0", "--json"]
        administrator = Keys(made["access_key_id"], made["secret_access_key"])
        return cls(scheme, start(listen, data_dir), made["account_id"], administrator)

    @property
    def data_dir(self) -> Path:
        return self.server.data_dir

    @property
    def endpoint(self) -> str:
        return self.server.description[self.scheme]

    @property
    def ca_bundle(self) -> str | None:
        return self.server.description["ca_bundle"]

    @property
    def variables(self) -> dict[str, str]:
        """What a client must be told, but for its keys."""
        trusted = self.ca_bundle
        certificates = {} if trusted is None else {"AWS_CA_BUNDLE": trusted, "NODE_EXTRA_CA_CERTS": trusted}
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, **certificates}

    def arn(self, resource: str) -> str:
        return f"arn:aws:iam::{self.account_id}:{resource}"

    def person(self, home: Path, keys: Keys | None = None) -> Person:
        """Somebody who knows the address and has keys, the administrator's if none are given."""
        return Person((), home, self.variables | (keys or self.administrator).variables)

    @cache  # noqa: B019 - instances live as long as the run
    def client(self, service: str, keys: Keys | None = None) -> Any:
        """A boto3 client as it is by default, but that it does not try twice."""
        return self.connect(service, keys)

    def connect(self, service: str, keys: Keys | None = None, **options: Any) -> Any:
        """A boto3 client with further options."""
        keys = keys or self.administrator
        settings = Config(retries={"total_max_attempts": 1}, **options.pop("config", {}))
        connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
        return connect(
            service,
            region_name=REGION,
            endpoint_url=options.pop("endpoint_url", self.endpoint),
            verify=self.ca_bundle,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
            config=settings,
            **options,
        )

    def user(self, *statements: Mapping[str, Any]) -> tuple[str, Keys]:
        """A new user who may do this, and its key."""
        name = fresh("user")
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document(*statements))
        return name, Keys.of(iam.create_access_key(UserName=name)["AccessKey"])

    def role(self, *statements: Mapping[str, Any]) -> str:
        """A new role which may do this, and which everybody of the account may assume who is allowed to."""
        name = fresh("role")
        iam = self.client("iam")
        root = {"AWS": f"arn:aws:iam::{self.account_id}:root"}
        trust = document({"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document(*statements))
        return name

    def bucket(self) -> str:
        """A new bucket."""
        name = fresh("bucket")
        self.client("s3").create_bucket(Bucket=name)
        return name

    def access_point(self, bucket: str) -> tuple[str, str]:
        """A new access point of a bucket: its ARN and its alias."""
        control = self.connect("s3control")

        def resolve(request: Any, **_more: Any) -> None:
            # The account stands before the host, which no resolver here knows.
            parts = urlsplit(str(request.url))
            request.headers["Host"] = parts.netloc
            request.url = urlunsplit(parts._replace(netloc=urlsplit(self.endpoint).netloc))

        control.meta.events.register("before-send.s3-control", resolve)
        made = control.create_access_point(AccountId=self.account_id, Name=fresh("point"), Bucket=bucket)
        return made["AccessPointArn"], made["Alias"]

    def events(self, name: str, user_agent: str = "") -> list[dict[str, Any]]:
        """The audit's events of this operation so far, of clients that call themselves so."""
        # Whatever was written down earlier is on disk when a write is acknowledged.
        self.client("iam").create_group(GroupName=fresh("group"))
        lines = [line for path in (self.data_dir / "audit").iterdir() for line in path.read_text().split("\n")[:-1]]
        events = [json.loads(line) for line in lines]
        return [each for each in events if each["eventName"] == name and user_agent in each["userAgent"]]


def document(*statements: Mapping[str, Any]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def noise(size: int) -> bytes:
    """Bytes without a pattern."""
    return os.urandom(size)
