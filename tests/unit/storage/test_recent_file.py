"""The file of recent lines: bounded, shared, whole by itself, and never in anybody's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchword.storage.recent_file import RecentFile, newest_files, previous


class Lines:
    """Lines that wait to be written, with a header for every new file."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self._generation = -1

    def drain(self, generation: int) -> bytes:
        lines, self.waiting = self.waiting, []
        if lines and generation != self._generation:
            self._generation = generation
            lines.insert(0, b"header")
        return b"".join(line + b"\n" for line in lines)


def test_lines_are_there_when_the_file_is_closed(tmp_path: Path) -> None:
    lines = Lines()
    file = RecentFile(tmp_path / "recent", lines.drain)
    lines.waiting.append(b"one")
    file.close()
    assert list(newest_files(tmp_path / "recent")) == [b"header\none\n"]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    RecentFile(tmp_path / "recent", Lines().drain).close()
    assert (tmp_path / "recent").stat().st_mode & 0o777 == 0o600


def test_a_full_file_makes_room_and_each_is_whole(tmp_path: Path) -> None:
    path, lines = tmp_path / "recent", Lines()
    file = RecentFile(path, lines.drain, file_bytes_max=100)
    for number in range(40):
        lines.waiting.append(b"line %02d" % number)
        file.flush()
    file.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["recent", "recent.1"]
    assert all(each.stat().st_size <= 120 for each in tmp_path.iterdir())
    newest, older = newest_files(path)
    assert newest.startswith(b"header\n")
    assert older.startswith(b"header\n")
    assert newest.endswith(b"line 39\n")


def test_a_writer_follows_when_another_process_began_a_new_file(tmp_path: Path) -> None:
    path, ours, theirs = tmp_path / "recent", Lines(), Lines()
    first = RecentFile(path, ours.drain, file_bytes_max=60)
    second = RecentFile(path, theirs.drain, file_bytes_max=60)
    ours.waiting.append(b"ours 1")
    first.flush()
    theirs.waiting.append(b"theirs, which is so long that the file is full with it")
    second.flush()
    ours.waiting.append(b"ours 2")
    first.flush()
    assert path.read_bytes() == b"header\nours 2\n"
    assert previous(path).read_bytes().startswith(b"header\nours 1\n")
    first.close()
    second.close()


def test_a_disk_that_takes_nothing_is_said_once_and_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, lines = tmp_path / "away", Lines()
    file = RecentFile(folder / "recent", lines.drain)
    for _ in range(3):
        lines.waiting.append(b"lost")
        file.flush()
    assert [record.message.split(":")[0] for record in caplog.records] == [
        f"recent decisions cannot be written to {folder / 'recent'}"
    ]
    folder.mkdir()
    lines.waiting.append(b"kept")
    file.close()
    assert (folder / "recent").read_bytes().endswith(b"kept\n")
