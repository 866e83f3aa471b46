"""What all tests share: how many examples Hypothesis tries, and one running server with accounts in it.

HYPOTHESIS_PROFILE=default for a quick run, ci for the verdict on a change, nightly for a long search. The verdict is
the same whenever it is asked for: its examples follow from the code. The other two draw anew in every run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.support.house import Account, House

settings.register_profile("default", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", parent=settings.get_profile("default"), max_examples=1000, print_blob=True, derandomize=True
)
settings.register_profile("nightly", parent=settings.get_profile("default"), max_examples=100_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One running server for all tests that need nothing special of it."""
    from tests.support.house import House

    house = House.start(tmp_path_factory.mktemp("house") / "data")
    yield house
    house.stop()


@pytest.fixture(scope="module")
def acme(house: House) -> Account:
    """A fresh account for every test module."""
    return house.account()


@pytest.fixture(scope="module")
def globex(house: House) -> Account:
    """Another fresh account."""
    return house.account()


@pytest.fixture(scope="module")
def iam(acme: Account) -> Any:
    """IAM as the administrator of acme."""
    return acme.administrator.client("iam")
