"""Amazon Resource Names: `arn:partition:service:region:account:resource`.

Decides what is an ARN and how one is written. Never decides whether the thing exists.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from typing import NamedTuple

from watchword.core.errors import InvalidArn


class Arn(NamedTuple):
    """The six fields of an ARN; `resource` is all that follows the fifth colon."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def parse_arn(text: str) -> Arn:
    """Split an ARN into its fields. Raises InvalidArn."""
    fields = text.split(":", 5)
    if len(fields) != 6 or fields[0] != "arn" or not fields[5]:
        raise InvalidArn(f"`{text}` is not an ARN")
    return Arn(*fields[1:])


def iam_arn(account: str, kind: str, path: str, name: str) -> str:
    """The ARN of an IAM entity. `kind` is `user`, `role`, …; `path` begins and ends with `/`."""
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


def root_arn(account: str) -> str:
    """The ARN of an account's root user, which as a policy principal stands for the account."""
    return f"arn:aws:iam::{account}:root"


def assumed_role_arn(account: str, role_name: str, session_name: str) -> str:
    """The ARN of a role session. It carries no path."""
    return f"arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}"


def federated_user_arn(account: str, name: str) -> str:
    """The ARN of a federated user: the name that its maker gave it, whoever that was."""
    return f"arn:aws:sts::{account}:federated-user/{name}"
