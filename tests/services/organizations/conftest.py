"""Organizations to play with."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import House
from tests.support.organized import RCP, SCP, Organized


@pytest.fixture(scope="module")
def organized(house: House) -> Organized:
    """An organization in which both types of control policy are enabled."""
    return Organized.make(house, SCP, RCP)


@pytest.fixture(scope="module")
def organizations(organized: Organized) -> Any:
    """Organizations as the administrator of the management account."""
    return organized.client
