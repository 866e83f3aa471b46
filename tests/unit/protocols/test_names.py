"""Attribute names are those of the SDK."""

from __future__ import annotations

from typing import Any

import botocore
import pytest

from watchword.protocols.model import load_service, service_names
from watchword.protocols.names import attribute_name

sdk: Any = botocore


@pytest.mark.parametrize("service", service_names())
def test_every_member_has_the_name_that_the_sdk_gives_it(service: str) -> None:
    members = {name for shape in load_service(service).shapes.values() for name in shape.members}
    assert members
    for name in members - {"And", "Or"}:
        assert attribute_name(name) == sdk.xform_name(name)


def test_keywords_get_an_underscore() -> None:
    assert (attribute_name("And"), attribute_name("Or")) == ("and_", "or_")
