"""Which actions resource control policies reach."""

from __future__ import annotations

import json
import lzma
from importlib.resources import files

import pytest

from watchword.services.resource_controls import rcp_services, takes_rcps


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("s3:GetObject", True),
        ("STS:AssumeRole", True),
        ("kms:Decrypt", True),
        ("kms:RetireGrant", False),
        ("KMS:retiregrant", False),
        ("opensearch:ApplicationAccessAll", True),
        ("es:ESHttpGet", False),
        ("iam:GetUser", False),
        ("sns:Publish", False),
    ],
)
def test_which_actions_resource_control_policies_reach(action: str, expected: bool) -> None:
    assert takes_rcps(action) is expected


def test_all_services_that_aws_lists_are_there() -> None:
    assert len(rcp_services()) == 62
    assert all(service == service.lower() for service in rcp_services())


def test_all_of_them_are_services_of_the_reference() -> None:
    packed = files("watchword.models").joinpath("reference/actions.json.xz").read_bytes()
    assert rcp_services() <= set(json.loads(lzma.decompress(packed)))
