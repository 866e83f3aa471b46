"""A gateway with one account and one bucket."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.support.gateways import CLOCK, NAME, REGION

from watchword.directory.buckets import Bucket
from watchword.directory.directory import Directory
from watchword.gateway.serve import Gateway
from watchword.server.bootstrap import Initialized, build, create_account
from watchword.server.data_directory import create_layout
from watchword.server.master_key import create_keyring
from watchword.server.settings import Settings


@pytest.fixture
def account(tmp_path: Path) -> Initialized:
    create_layout(tmp_path)
    create_keyring(tmp_path, os.urandom)
    return create_account(
        tmp_path,
        name="acme",
        email="root@example.com",
        account_id="111122223333",
        region=REGION,
        with_root_key=False,
        clock=CLOCK,
        random_bytes=os.urandom,
    )


@pytest.fixture
def gateway(tmp_path: Path, account: Initialized) -> Generator[Gateway]:
    built = build(Settings(data_dir=tmp_path), CLOCK, os.urandom)
    bucket = Bucket(name=NAME, account=account.account_id, region=REGION, created_at=CLOCK.now())
    built.store.write(lambda transaction: Directory(transaction).buckets.add(bucket))
    yield built
    built.close()
