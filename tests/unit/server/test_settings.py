"""Addresses, proxies, master keys and listeners: what an operator may say, and what is made of it."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from watchword.core.errors import OperatorError
from watchword.server.listeners import open_listeners, url_of
from watchword.server.master_key import (
    COMMAND_VARIABLE,
    KEY_VARIABLE,
    create_keyring,
    load_keyring,
    rotate_keyring,
)
from watchword.server.proxies import client_of
from watchword.server.settings import Address, Settings, check_store, parse_address, parse_network

_TRUSTED = [parse_network("10.0.0.0/8"), parse_network("fd00::/8")]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("localhost:8484", Address("localhost", 8484)),
        ("0.0.0.0:0", Address("0.0.0.0", 0)),
        ("[::1]:65535", Address("::1", 65535)),
    ],
)
def test_address(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "8080", ":8080", "host", "host:", "host:65536", "host:-1", "host:²", "host:http"])
def test_address_that_is_none(text: str) -> None:
    with pytest.raises(OperatorError):
        parse_address(text)


def test_network_that_is_none() -> None:
    with pytest.raises(OperatorError):
        parse_network("10.0.0.0/99")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_client_behind_proxies(peer: str, forwarded: str, client: str) -> None:
    assert client_of(peer, "http", [(b"x-forwarded-for", forwarded.encode())], _TRUSTED)[0] == client


def test_scheme_is_the_last_proxys_word_and_nobody_elses() -> None:
    headers = [(b"x-forwarded-proto", b"https")]
    assert client_of("10.0.0.1", "http", headers, _TRUSTED)[1] == "https"
    assert client_of("192.0.2.1", "http", headers, _TRUSTED)[1] == "http"
    assert client_of("10.0.0.1", "http", headers, [])[1] == "http"
    assert client_of("10.0.0.1", "https", [(b"x-forwarded-proto", b"gopher")], _TRUSTED)[1] == "https"


def test_plain_http_beyond_loopback_needs_to_be_insisted_on(tmp_path: Path) -> None:
    settings = Settings(tmp_path, http=Address("0.0.0.0", 0))
    with pytest.raises(OperatorError, match="insecure-http"):
        open_listeners(settings)
    opened = open_listeners(Settings(tmp_path, http=Address("0.0.0.0", 0), insecure_http=True))
    assert url_of(opened[0], "0.0.0.0").startswith("http://127.0.0.1:")
    opened[0].sockets[0].close()


def test_localhost_is_both_loopback_addresses_on_one_port(tmp_path: Path) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    opened = open_listeners(Settings(tmp_path, https=Address("localhost", 0), workers=2))
    try:
        assert [len(each.sockets) for each in opened] == [2, 2]
        assert len({bound.getsockname()[1] for each in opened for bound in each.sockets}) == 1
    finally:
        for each in opened:
            for bound in each.sockets:
                bound.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_port_that_another_server_holds(tmp_path: Path, workers: int) -> None:
    first = open_listeners(Settings(tmp_path, http=Address("127.0.0.1", 0), workers=2))
    port = first[0].sockets[0].getsockname()[1]
    try:
        with pytest.raises(OperatorError, match="in use"):
            open_listeners(Settings(tmp_path, http=Address("127.0.0.1", port), workers=workers))
    finally:
        for bound in first[0].sockets:
            bound.close()


def test_store_that_is_not_built() -> None:
    check_store(None)
    with pytest.raises(OperatorError, match="not built"):
        check_store("postgresql://db/watchword")


def test_master_key_of_the_directory(tmp_path: Path) -> None:
    made = create_keyring(tmp_path, os.urandom, {})
    path = tmp_path / "master.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_keyring(tmp_path, {}).text() == made.text()
    rotated = rotate_keyring(tmp_path, os.urandom)
    assert load_keyring(tmp_path, {}).newest == rotated.newest
    assert rotated.newest.number == 2
    path.chmod(0o640)
    with pytest.raises(OperatorError, match="chmod 600"):
        load_keyring(tmp_path, {})


def test_master_key_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="missing"):
        load_keyring(tmp_path, {})


def test_master_key_of_the_environment_is_not_written_down(tmp_path: Path) -> None:
    text = create_keyring(tmp_path, os.urandom, {}).text()
    (tmp_path / "master.key").unlink()
    assert create_keyring(tmp_path, os.urandom, {KEY_VARIABLE: text}).text() == text
    command = f"{sys.executable} -c \"print('{text.strip()}')\""
    assert load_keyring(tmp_path, {COMMAND_VARIABLE: command, KEY_VARIABLE: "nonsense"}).text() == text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["/does/not/exist", "false", "'unclosed", " ", "true"])
def test_master_key_command_that_fails(tmp_path: Path, command: str) -> None:
    with pytest.raises(OperatorError):
        load_keyring(tmp_path, {COMMAND_VARIABLE: command})
