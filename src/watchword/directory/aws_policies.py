"""The port to AWS's own managed policies: data that ships with the program, the same in every account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol


class AwsPolicy(NamedTuple):
    """A policy that AWS manages, in its default version."""

    arn: str
    name: str
    path: str
    id: str
    version: str
    """`v1`, `v2`, …"""
    created_at: datetime
    updated_at: datetime
    read: Callable[[], str]
    """Reads the document: most who ask for a policy want the rest."""

    @property
    def document(self) -> str:
        return self.read()


class AwsPolicies(Protocol):
    """Finds AWS managed policies; nothing is loaded before the first question."""

    def get(self, arn: str) -> AwsPolicy | None:
        """The policy with this ARN."""
        ...

    def under(self, path_prefix: str = "/", *, after: str | None = None) -> Iterator[AwsPolicy]:
        """Policies under a path, ordered by name in lower case, after the name `after` if given."""
        ...
