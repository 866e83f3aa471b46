"""What an operation is given: the caller, the request, the time. Holding a `Call` is the proof of permission.

Only `gateway/authorize.py` makes one, after every check of the operation was allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

import msgspec

from watchword.core.http import Spooled
from watchword.core.ids import AccountId
from watchword.credentials.sessions import Session
from watchword.policy.principals import Principal

Q = TypeVar("Q")
T = TypeVar("T")

NO_REFUSALS: Mapping[str, str] = MappingProxyType({})


class Authenticated(msgspec.Struct, frozen=True):
    """A proved caller. The one gate (`gateway/authenticate.py`) makes it, for every kind of credential."""

    principal: Principal
    access_key_id: str = ""
    """Empty for an anonymous caller."""
    session: Session | None = None
    """The session of temporary credentials."""

    @property
    def account(self) -> AccountId:
        return AccountId(self.principal.account)


class PageRequest(NamedTuple):
    """Where a page of a list begins and how long it may be."""

    after: str | None
    """The cursor of the last row of the page before."""
    limit: int
    seal: Callable[[str], str]
    """Turns a cursor into the marker that the client sends back."""


class Page(NamedTuple, Generic[T]):
    rows: list[T]
    is_truncated: bool
    marker: str | None


class Call(msgspec.Struct, Generic[Q], frozen=True, gc=False):
    """One authorized call of one operation."""

    request: Q
    caller: Authenticated
    region: str
    now: datetime
    request_id: str
    page: PageRequest | None = None
    body: Spooled | None = None
    """The payload of an operation that streams one."""
    refusals: Mapping[str, str] = NO_REFUSALS
    """What an operation that is decided resource by resource must not touch: the ARN, and the denial's message."""

    @property
    def account(self) -> AccountId:
        return self.caller.account

    @property
    def after(self) -> str | None:
        """The cursor after which this page begins."""
        return self.page.after if self.page else None

    def paged(self, rows: Iterable[T], cursor: Callable[[T], str]) -> Page[T]:
        """Take one page from `rows`, which begin after `self.after`. `cursor` names a row among its siblings."""
        assert self.page is not None, "the operation has no paginator in the model"
        taken = list(islice(rows, self.page.limit + 1))
        if len(taken) <= self.page.limit:
            return Page(taken, False, None)
        taken.pop()
        return Page(taken, True, self.page.seal(cursor(taken[-1])))
