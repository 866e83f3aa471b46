"""The local CA: what it may vouch for, and when certificates are made again."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from watchword.core.errors import OperatorError
from watchword.server.tls import (
    ensure_authority,
    ensure_certificate,
    leaf_names,
    require_certificate,
    server_context,
)

NOW = datetime.now(UTC)


def handshake(tls_dir: Path, hosts: list[str], name: str) -> None:
    """A TLS handshake in memory: a client that trusts the bundle against the server's context."""
    ensure_certificate(tls_dir, hosts, "us-east-1", NOW)
    server_side = server_context(tls_dir)
    context = ssl.create_default_context(cafile=str(tls_dir / "ca.pem"))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "::1", "s3.localhost", "bucket.s3.localhost", "sts.localhost"]
)
def test_client_that_trusts_the_bundle_accepts_local_names(tmp_path: Path, name: str) -> None:
    ensure_authority(tmp_path, [], NOW)
    handshake(tmp_path, [], name)


def test_host_that_the_operator_named_is_accepted(tmp_path: Path) -> None:
    ensure_authority(tmp_path, [], NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tmp_path, [], "iam.example.test")
    handshake(tmp_path, ["iam.example.test"], "iam.example.test")
    handshake(tmp_path, ["iam.example.test", "192.0.2.7"], "192.0.2.7")


def test_no_wildcard_stands_before_a_single_label() -> None:
    names = leaf_names(["watchword", "iam.example.test", "192.0.2.7"], "us-east-1")
    wildcards = [name.split(".", 1)[1] for name in names if name.startswith("*.")]
    assert {"s3.localhost", "s3.watchword", "iam.example.test"} <= set(wildcards)
    assert all("." in name for name in wildcards)


def test_stolen_ca_key_makes_no_other_name_believable(tmp_path: Path) -> None:
    from watchword.server import tls

    ensure_authority(tmp_path, [], NOW)
    tls._make_leaf(tmp_path, ["localhost", "bank.example"], NOW)  # pyright: ignore[reportPrivateUsage]
    (tmp_path / "server.json").write_text(
        (tmp_path / "server.json")
        .read_text()
        .replace('["localhost", "bank.example"]', str(tls.leaf_names([], "us-east-1")).replace("'", '"'))
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(tmp_path, [], "localhost")


def test_certificate_is_kept_until_it_is_nearly_over(tmp_path: Path) -> None:
    def serial(now: datetime) -> int:
        ensure_certificate(tmp_path, [], "us-east-1", now)
        return x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes()).serial_number

    first = serial(NOW)
    assert serial(NOW + timedelta(days=300)) == first
    assert serial(NOW + timedelta(days=380)) != first


def test_a_front_node_makes_no_certificate_and_reads_no_key_of_the_ca(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="makes no certificates"):
        require_certificate(tmp_path, [], "us-east-1", NOW)
    ensure_certificate(tmp_path, [], "us-east-1", NOW)
    (tmp_path / "ca.key").unlink()
    require_certificate(tmp_path, [], "us-east-1", NOW + timedelta(days=380))
    assert server_context(tmp_path)
    for hosts, now in ((["a.test"], NOW), ([], NOW + timedelta(days=398))):
        with pytest.raises(OperatorError, match="makes no certificates"):
            require_certificate(tmp_path, hosts, "us-east-1", now)


def test_further_host_keeps_the_key_of_the_ca(tmp_path: Path) -> None:
    ensure_authority(tmp_path, [], NOW)
    before = (tmp_path / "ca.key").read_bytes()
    ensure_authority(tmp_path, ["a.test"], NOW)
    ensure_authority(tmp_path, ["b.test"], NOW)
    assert (tmp_path / "ca.key").read_bytes() == before
    handshake(tmp_path, ["a.test", "b.test"], "a.test")
