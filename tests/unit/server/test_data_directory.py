"""Files of a data directory: whose they are, and who may read them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from watchword.server.data_directory import write_private

SERVES = 60_001
"""A user who is not root, and needs no name."""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes files for others")
def test_what_root_writes_belongs_to_the_user_who_serves(tmp_path: Path) -> None:
    os.chown(tmp_path, SERVES, SERVES)
    for _ in range(2):
        write_private(tmp_path / "master.key", "1 key")
        found = (tmp_path / "master.key").stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (SERVES, SERVES, 0o600)


def test_a_file_is_written_whole_over_another_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    for text in ("first", "second"):
        write_private(tmp_path / "credentials", text)
        assert (tmp_path / "credentials").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["credentials"]
