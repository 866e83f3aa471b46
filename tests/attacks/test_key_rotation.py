"""Rotating the master key: what the old key opens afterwards, and what never happens on the way."""

from __future__ import annotations

import base64
import os
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.support.authenticators import Authenticator
from tests.support.house import Account, House, Keys, run_server, session_of, user_with
from tests.support.raw_requests import call, whoami

from watchword.core.errors import OperatorError, SealBroken
from watchword.core.ids import AccountId, new_unique_id
from watchword.credentials.access_keys import ACCESS_KEY_PURPOSE, new_access_key, open_secret, seal_secret
from watchword.credentials.keyring import Keyring, new_keyring, parse_keyring
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import SESSION_PURPOSE
from watchword.directory.access_keys import AccessKey
from watchword.directory.directory import Directory
from watchword.server.bootstrap import DATABASE, open_store
from watchword.server.data_directory import CREDENTIALS, create_layout
from watchword.server.initialization import back_up, restore
from watchword.server.key_rotation import STATE, drop, rotate, state
from watchword.server.master_key import KEY_VARIABLE, create_keyring, load_keyring
from watchword.server.sealed_secrets import BATCH_MAX, check_opens

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=38)


class Stopped:
    """A clock that says what it is told."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


def directory_with(tmp_path: Path, count: int) -> Path:
    """A data directory with secrets of that many access keys, and no server."""
    data_dir = tmp_path / "data"
    create_layout(data_dir)
    sealer = Sealer(create_keyring(data_dir, os.urandom), ACCESS_KEY_PURPOSE, os.urandom)
    (data_dir / CREDENTIALS).touch(0o600)
    account = AccountId("111122223333")
    store = open_store(data_dir)

    def add(directory: Directory) -> None:
        for _ in range(count):
            pair = new_access_key(account, os.urandom)
            key = AccessKey(
                id=pair.access_key_id,
                account=account,
                owner_id=new_unique_id("AIDA", os.urandom),
                sealed_secret=seal_secret(sealer, pair),
                status="Active",
                created_at=NOW,
            )
            directory.access_keys.add(key)

    store.write(lambda transaction: add(Directory(transaction)))
    store.close()
    return data_dir


def secrets_of(data_dir: Path, keyring: Keyring) -> dict[str, str]:
    """Every secret that these master keys open."""
    sealer = Sealer(keyring, ACCESS_KEY_PURPOSE, os.urandom)
    store = open_store(data_dir)
    opened: dict[str, str] = {}
    try:
        with store.read() as snapshot:
            for key in Directory(snapshot).access_keys.under():
                try:
                    opened[key.id] = open_secret(sealer, key.id, key.sealed_secret).reveal()
                except SealBroken:
                    continue
    finally:
        store.close()
    return opened


def old_seals(data_dir: Path) -> list[bytes]:
    """The sealed secrets as they stand in the records."""
    store = open_store(data_dir)
    try:
        with store.read() as snapshot:
            return [key.sealed_secret for key in Directory(snapshot).access_keys.under()]
    finally:
        store.close()


def damage_secret(data_dir: Path, key_id: str) -> None:
    """Change the last byte of a sealed secret."""

    def damage(directory: Directory) -> None:
        key = directory.access_keys.get(key_id)
        assert key is not None
        sealed = key.sealed_secret[:-1] + bytes([key.sealed_secret[-1] ^ 1])
        directory.access_keys.replace(replace(key, sealed_secret=sealed))

    store = open_store(data_dir)
    store.write(lambda transaction: damage(Directory(transaction)))
    store.close()


class TestWithoutAServer:
    def test_an_old_key_that_leaks_after_the_rotation_opens_nothing(self, tmp_path: Path) -> None:
        count = 2 * BATCH_MAX + 50
        data_dir = directory_with(tmp_path, count)
        leaked = parse_keyring((data_dir / "master.key").read_text())
        before = secrets_of(data_dir, leaked)
        assert len(before) == count
        assert rotate(data_dir, Stopped(), os.urandom) == count
        assert secrets_of(data_dir, leaked) == {}
        assert secrets_of(data_dir, load_keyring(data_dir)) == before
        assert state(data_dir).secrets == {1: 0, 2: count}

    def test_no_page_of_the_database_keeps_what_the_dropped_key_opens(self, tmp_path: Path) -> None:
        data_dir = directory_with(tmp_path, 300)
        sealed = old_seals(data_dir)
        rotate(data_dir, Stopped(), os.urandom)
        files = [path for path in data_dir.iterdir() if path.name.startswith(DATABASE)]
        assert any(each in path.read_bytes() for path in files for each in sealed), "the check finds nothing"
        assert drop(data_dir, Stopped(LATER), ends_sessions=False) == (1,)
        assert load_keyring(data_dir).numbers == (2,)
        files = [path for path in data_dir.iterdir() if path.name.startswith(DATABASE)]
        assert not [each for path in files for each in sealed if each in path.read_bytes()]
        assert len(secrets_of(data_dir, load_keyring(data_dir))) == 300

    def test_old_keys_are_not_dropped_while_their_sessions_live(self, tmp_path: Path) -> None:
        data_dir = directory_with(tmp_path, 3)
        rotate(data_dir, Stopped(), os.urandom)
        with pytest.raises(OperatorError, match=r"may live until 2026-11-26 01:00 UTC"):
            drop(data_dir, Stopped(NOW + timedelta(hours=36)), ends_sessions=False)
        assert load_keyring(data_dir).numbers == (1, 2)
        assert drop(data_dir, Stopped(NOW), ends_sessions=True) == (1,)
        assert drop(data_dir, Stopped(NOW), ends_sessions=False) == ()

    def test_old_keys_are_not_dropped_while_they_seal_something(self, tmp_path: Path) -> None:
        data_dir = directory_with(tmp_path, 3)
        path = data_dir / "master.key"
        path.write_text(load_keyring(data_dir).rotated(os.urandom).text())
        for now in (NOW, LATER):
            with pytest.raises(OperatorError, match="run `watchword keys rotate`"):
                drop(data_dir, Stopped(now), ends_sessions=True)
        assert load_keyring(data_dir).numbers == (1, 2)

    def test_one_after_the_other(self, tmp_path: Path) -> None:
        data_dir = directory_with(tmp_path, 5)
        before = secrets_of(data_dir, load_keyring(data_dir))
        for number in (2, 3, 4):
            assert rotate(data_dir, Stopped(), os.urandom) == 5
            assert load_keyring(data_dir).newest_number == number
        assert drop(data_dir, Stopped(LATER), ends_sessions=False) == (1, 2, 3)
        assert secrets_of(data_dir, load_keyring(data_dir)) == before

    def test_a_rotation_is_alone(self, tmp_path: Path) -> None:
        from watchword.server.data_directory import locked
        from watchword.server.key_rotation import LOCK

        data_dir = directory_with(tmp_path, 3)
        with locked(data_dir, LOCK), pytest.raises(OperatorError, match="is in use by process"):
            rotate(data_dir, Stopped(), os.urandom)
        assert load_keyring(data_dir).numbers == (1,)

    def test_a_secret_that_does_not_open_is_named_and_the_rest_stays_whole(self, tmp_path: Path) -> None:
        data_dir = directory_with(tmp_path, 9)
        keyring = load_keyring(data_dir)
        damaged = sorted(secrets_of(data_dir, keyring))[5]
        damage_secret(data_dir, damaged)
        for _ in range(2):
            with pytest.raises(OperatorError, match=damaged):
                rotate(data_dir, Stopped(), os.urandom)
        assert load_keyring(data_dir).numbers == (1, 2)
        assert len(secrets_of(data_dir, load_keyring(data_dir))) == 8

    def test_one_that_was_killed_at_its_very_end_makes_no_further_key(self, tmp_path: Path) -> None:
        data_dir = directory_with(tmp_path, 3)
        rotate(data_dir, Stopped(), os.urandom)
        (data_dir / STATE).unlink()  # everything is sealed anew, and nothing is written down yet
        assert state(data_dir).dropped_from is None
        assert rotate(data_dir, Stopped(), os.urandom) == 0
        assert load_keyring(data_dir).numbers == (1, 2)
        assert drop(data_dir, Stopped(LATER), ends_sessions=False) == (1,)

    def test_a_key_from_the_environment_is_added_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        data_dir = directory_with(tmp_path, 4)
        keyring = load_keyring(data_dir)
        (data_dir / "master.key").unlink()
        monkeypatch.setenv(KEY_VARIABLE, keyring.text())
        with pytest.raises(OperatorError, match=f"comes from {KEY_VARIABLE}: add a line `2 BASE64"):
            rotate(data_dir, Stopped(), os.urandom)
        monkeypatch.setenv(KEY_VARIABLE, keyring.rotated(os.urandom).text())
        assert rotate(data_dir, Stopped(), os.urandom) == 4
        assert drop(data_dir, Stopped(LATER), ends_sessions=False) == (1,)
        assert not (data_dir / "master.key").exists()
        assert secrets_of(data_dir, keyring) == {}

    def test_a_backup_is_restored_with_the_keys_of_its_day(self, tmp_path: Path) -> None:
        data_dir = directory_with(tmp_path, 4)
        before = secrets_of(data_dir, load_keyring(data_dir))
        back_up(data_dir, tmp_path / "before", Stopped())
        kept = tmp_path / "kept.key"
        kept.write_text((data_dir / "master.key").read_text())
        rotate(data_dir, Stopped(), os.urandom)
        back_up(data_dir, tmp_path / "after", Stopped())
        drop(data_dir, Stopped(LATER), ends_sessions=False)
        for backup, key in (("before", data_dir / "master.key"), ("after", kept)):
            with pytest.raises(OperatorError, match="the master key is not whole: secrets are sealed under number"):
                restore(tmp_path / backup, tmp_path / "wrong", key, Stopped())
            assert not (tmp_path / "wrong").exists() or not list((tmp_path / "wrong").iterdir())
        for backup, key in (("before", kept), ("after", data_dir / "master.key")):
            restore(tmp_path / backup, tmp_path / f"of-{backup}", key, Stopped())
            assert secrets_of(tmp_path / f"of-{backup}", load_keyring(tmp_path / f"of-{backup}")) == before


class TestStart:
    def test_one_damaged_secret_is_not_taken_for_a_wrong_key(self, tmp_path: Path) -> None:
        data_dir = directory_with(tmp_path, 3)
        keyring = load_keyring(data_dir)
        damage_secret(data_dir, min(secrets_of(data_dir, keyring)))
        store = open_store(data_dir)
        try:
            check_opens(store, keyring)
            with pytest.raises(OperatorError, match="opens none of them"):
                check_opens(store, new_keyring(os.urandom))
        finally:
            store.close()

    def refused(self, data_dir: Path) -> str:
        with pytest.raises(AssertionError) as refused:
            run_server(data_dir)
        return str(refused.value).splitlines()[-1]

    def test_another_key_does_not_start(self, tmp_path: Path) -> None:
        data_dir = directory_with(tmp_path, 2)
        (data_dir / "master.key").write_text(new_keyring(os.urandom).text())
        assert "not the one that sealed these records: number 1 opens none of them; put the right" in self.refused(
            data_dir
        )

    def test_the_file_of_before_the_rotation_does_not_start(self, tmp_path: Path) -> None:
        data_dir = directory_with(tmp_path, 2)
        before = (data_dir / "master.key").read_text()
        rotate(data_dir, Stopped(), os.urandom)
        (data_dir / "master.key").write_text(before)
        assert "secrets are sealed under number 2, and only 1 is there" in self.refused(data_dir)
        with pytest.raises(OperatorError, match="only 1 is there"):
            rotate(data_dir, Stopped(), os.urandom)
        assert (data_dir / "master.key").read_text() == before


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    running = House.start(tmp_path / "data", workers=2)
    yield running
    running.stop()


def restart(house: House) -> None:
    house.stop()
    house.server = run_server(house.server.data_dir, workers=2)


def here(house: House, keys: Keys) -> Keys:
    return Keys(house.server.http, keys.access_key_id, keys.secret_access_key, keys.session_token)


class TestWithAServer:
    def test_what_it_has_not_read_seals_nothing(self, house: House) -> None:
        acme, data_dir = house.account(), house.server.data_dir
        for _ in range(2):
            with pytest.raises(OperatorError, match=r"start the server on .* again"):
                rotate(data_dir, Stopped(), os.urandom)
            assert whoami(acme.administrator).send().status == 200
            assert load_keyring(data_dir).numbers == (1, 2)
            assert state(data_dir).secrets[2] == 0

    def test_everybody_goes_on_through_the_whole_rotation(self, house: House) -> None:
        acme, data_dir = house.account(), house.server.data_dir
        iam: Any = acme.administrator.client("iam")
        ann = user_with(acme, "ann")
        device = Authenticator.make(iam, "ann")
        iam.enable_mfa_device(UserName="ann", SerialNumber=device.serial, **device.pair())
        session = session_of(acme.administrator)
        with pytest.raises(OperatorError):
            rotate(data_dir, Stopped(), os.urandom)
        restart(house)
        everybody = [here(house, keys) for keys in (acme.administrator, acme.root, ann, session)]
        assert [whoami(keys).send().status for keys in everybody] == [200] * 4
        assert rotate(data_dir, Stopped(), os.urandom) == 4
        assert [whoami(keys).send().status for keys in everybody] == [200] * 4
        assert device.log_in(everybody[2], 1).session_token
        drop(data_dir, Stopped(LATER), ends_sessions=False)
        assert [whoami(keys).send().status for keys in everybody] == [200] * 4
        restart(house)
        statuses = [whoami(here(house, keys)).send().status for keys in everybody]
        assert statuses == [200, 200, 200, 403], "the session was sealed under the key that is gone"

    def test_a_key_that_was_dropped_makes_no_session(self, house: House) -> None:
        """Whoever has the old file can seal a token that names the old key: nobody opens it any more."""
        acme, data_dir = house.account(), house.server.data_dir
        genuine = session_of(acme.administrator)
        leaked = Sealer(load_keyring(data_dir), SESSION_PURPOSE, os.urandom)
        forged = Keys("", genuine.access_key_id, genuine.secret_access_key, forged_token(leaked, genuine))
        assert whoami(here(house, forged)).send().status == 200, "the forgery is well made"
        house.stop()
        rotate(data_dir, Stopped(), os.urandom)
        drop(data_dir, Stopped(), ends_sessions=True)
        house.server = run_server(data_dir, workers=2)
        assert whoami(here(house, forged)).send().error[1] == "InvalidClientTokenId"
        assert whoami(here(house, acme.administrator)).send().status == 200

    def test_credentials_that_are_made_meanwhile(self, house: House) -> None:
        acme: Account = house.account()
        with pytest.raises(OperatorError):
            rotate(house.server.data_dir, Stopped(), os.urandom)
        restart(house)
        admin = here(house, acme.administrator)
        assert call(admin, "iam", "CreateUser", UserName="new").send().status == 200
        made = call(admin, "iam", "CreateAccessKey", UserName="new").send()
        assert state(house.server.data_dir).secrets[2] == 1
        assert rotate(house.server.data_dir, Stopped(), os.urandom) == 2
        new = Keys(admin.endpoint, made.element("AccessKeyId"), made.element("SecretAccessKey"))
        assert whoami(new).send().status == 200


def forged_token(sealer: Sealer, genuine: Keys) -> str:
    """A token of one's own making, under a master key that one has: what a genuine one says, sealed once more."""
    token = base64.b64decode(genuine.session_token or "")
    (period,) = struct.unpack(">I", token[5:9])
    plain = sealer.open(token, genuine.access_key_id)
    return base64.b64encode(sealer.seal(plain, genuine.access_key_id, period=period)).decode()
