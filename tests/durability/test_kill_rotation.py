"""A rotation of the master key that is killed at any instant: every secret opens, and the next one goes on.

WATCHWORD_KILLS says how often, else HYPOTHESIS_PROFILE=ci thirty times and otherwise a few times.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from tests.attacks.test_key_rotation import directory_with, secrets_of

from watchword.server.master_key import load_keyring

KILLS = int(
    os.environ.get("WATCHWORD_KILLS", "30" if os.environ.get("HYPOTHESIS_PROFILE") in {"ci", "nightly"} else "5")
)
WATCHWORD = str(Path(sys.executable).with_name("watchword"))
SECRETS = 1_500
"""Enough for several transactions."""


def run(data_dir: Path, *words: str, seconds: float | None = None) -> int:
    """Run a command of `watchword keys`, and kill it after some seconds; gives back its exit code."""
    process = subprocess.Popen(
        [WATCHWORD, "keys", *words, "--data", str(data_dir)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return -signal.SIGKILL
    assert process.returncode == 0, said
    return process.returncode


def test_every_secret_opens_after_every_kill(tmp_path: Path) -> None:
    data_dir = directory_with(tmp_path, SECRETS)
    before = secrets_of(data_dir, load_keyring(data_dir))
    chance = random.Random(20261124)
    for _ in range(KILLS):
        run(data_dir, "rotate", seconds=chance.uniform(0.1, 1.2))
        assert secrets_of(data_dir, load_keyring(data_dir)) == before
    (data_dir / ".master.key.1").write_text((data_dir / "master.key").read_text())  # as a kill leaves it
    assert run(data_dir, "rotate") == 0
    for _ in range(KILLS):
        run(data_dir, "drop", "--end-sessions", seconds=chance.uniform(0.1, 1.2))
        assert secrets_of(data_dir, load_keyring(data_dir)) == before
    assert run(data_dir, "drop", "--end-sessions") == 0
    keyring = load_keyring(data_dir)
    assert len(keyring.numbers) == 1
    assert secrets_of(data_dir, keyring) == before
    assert not list(data_dir.glob(".master.key.*")), "a copy of the old key was left behind"


def test_one_that_was_killed_goes_on_with_the_key_that_it_made(tmp_path: Path) -> None:
    """However often it is begun again, there is one new key until everything is sealed under it."""
    data_dir = directory_with(tmp_path, SECRETS)
    chance = random.Random(2026)
    newest = [1]
    for _ in range(KILLS):
        code = run(data_dir, "rotate", seconds=chance.uniform(0.2, 0.8))
        newest.append(load_keyring(data_dir).newest_number)
        listed = subprocess.run(
            [WATCHWORD, "keys", "list", "--data", str(data_dir), "--json"], capture_output=True, check=True
        )
        waiting = sum(each["secrets"] for each in json.loads(listed.stdout)["keys"] if not each["seals"])
        if code == 0:
            assert waiting == 0
        elif newest[-1] > newest[-2]:
            assert waiting in range(SECRETS + 1)
        assert newest[-1] - newest[-2] in (0, 1)
        if waiting:
            assert run(data_dir, "rotate") == 0
            assert load_keyring(data_dir).newest_number == newest[-1], "the key that was there is used"
