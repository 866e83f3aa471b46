"""One served instance a scheme; clients with a home directory of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.instances import Instance
from tests.clients.programs import Person, aws_cli_v1, aws_cli_v2, node


@pytest.fixture(scope="session", params=["http", "https"])
def instance(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A server that was started as people start it."""
    instance = Instance.start(tmp_path_factory.mktemp(request.param) / "data", request.param)
    yield instance
    assert instance.server.stop() == 0
    assert "Traceback" not in instance.data_dir.with_suffix(".log").read_text()


@pytest.fixture(params=["v1", "v2"])
def aws(request: pytest.FixtureRequest, instance: Instance, tmp_path: Path) -> Person:
    """The administrator with an AWS CLI in hand, address and keys in variables."""
    program = aws_cli_v1() if request.param == "v1" else aws_cli_v2()
    return instance.person(tmp_path).using(program)


@pytest.fixture
def script(instance: Instance, tmp_path: Path) -> Person:
    """The administrator with Node.js in hand."""
    return instance.person(tmp_path).using(node())
