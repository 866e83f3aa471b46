"""TLS for a system that has no certificate of a public authority: a local CA that can vouch for local names only.

Rules:

* The CA is made once (`init`). Its certificate is constrained to `localhost` and below, the loopback addresses and the
  host names that the operator named: a stolen CA key makes no other name believable.
* A further host name makes the CA's certificate anew, with the same key and the wider constraint.
* The server's certificate is made when it is missing, soon over, or lacks a name. Keys are P-256, files 0600.
* A front node makes no certificate and never reads the CA's key: it takes what the node that holds the keys has made.
* No wildcard stands before a name of one label (`*.localhost`): OpenSSL does not match it, and rustls, the TLS of
  clients in Rust, refuses a certificate that has one, whatever the name.

Source: RFC 5280 (section 4.2.1.10, name constraints); CA/Browser Forum Baseline Requirements (398 days).
"""

from __future__ import annotations

import ipaddress
import json
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from watchword.core.errors import OperatorError
from watchword.server.data_directory import write_private

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

CA_DAYS = 3650
LEAF_DAYS = 397
_RENEW_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(hours=1)
"""Clients whose clock is a little behind."""


def leaf_names(hosts: Sequence[str], region: str) -> list[str]:
    """Every name and address that the server's certificate carries."""
    names = ["localhost", "127.0.0.1", "::1"]
    names += [
        f"{label}.localhost"
        for label in ("iam", "sts", "organizations", "s3", "*.s3", "s3-control", "*.s3-control", "signin")
    ]
    names += [f"*.{region}.localhost", f"*.s3.{region}.localhost"]
    for host in hosts:
        names += [host]
        if not _is_address(host):
            names += [f"*.{host}" if "." in host else f"s3.{host}", f"*.s3.{host}"]
    return list(dict.fromkeys(names))


def ensure_authority(tls_dir: Path, hosts: Sequence[str], now: datetime) -> None:
    """Make the CA when it is missing or does not cover these host names."""
    covered = _read_record(tls_dir / "ca.json").get("hosts")
    if covered is not None and set(hosts) <= set(covered):
        return
    hosts = sorted({*hosts, *(covered or [])})
    key = _load_key(tls_dir / "ca.key") if covered is not None else _new_key()
    write_private(tls_dir / "ca.key", _key_text(key))
    write_private(tls_dir / "ca.pem", _pem(_authority(key, hosts, now)))
    write_private(tls_dir / "ca.json", json.dumps({"hosts": hosts}))


def ensure_certificate(tls_dir: Path, hosts: Sequence[str], region: str, now: datetime) -> None:
    """Make the server's certificate when it is missing, soon over, or lacks a name; and the CA before it."""
    ensure_authority(tls_dir, hosts, now)
    names = leaf_names(hosts, region)
    if not _is_good(tls_dir, names, now + _RENEW_BEFORE):
        _make_leaf(tls_dir, names, now)


def require_certificate(tls_dir: Path, hosts: Sequence[str], region: str, now: datetime) -> None:
    """Raises OperatorError when there is no certificate for these names that is valid now."""
    if not _is_good(tls_dir, leaf_names(hosts, region), now):
        raise OperatorError(
            "a front node makes no certificates: start the node that holds the keys with the same --host first"
        )


def server_context(tls_dir: Path) -> ssl.SSLContext:
    """The TLS context of the server, with the certificate that is there."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(tls_dir / "server.pem", tls_dir / "server.key")
    return context


def _is_good(tls_dir: Path, names: Sequence[str], until: datetime) -> bool:
    record = _read_record(tls_dir / "server.json")
    return record.get("names") == names and datetime.fromisoformat(str(record["expires_at"])) >= until


def _make_leaf(tls_dir: Path, names: Sequence[str], now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID

    authority = x509.load_pem_x509_certificate((tls_dir / "ca.pem").read_bytes())
    key = _new_key()
    builder = _builder("Watchword", authority.subject, key, now, LEAF_DAYS)
    alternatives = [
        x509.IPAddress(ipaddress.ip_address(name)) if _is_address(name) else x509.DNSName(name) for name in names
    ]
    for extension, critical in (
        (x509.SubjectAlternativeName(alternatives), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(_load_key(tls_dir / "ca.key").public_key()), False),
    ):
        builder = builder.add_extension(extension, critical)
    certificate = builder.sign(_load_key(tls_dir / "ca.key"), SHA256())
    write_private(tls_dir / "server.key", _key_text(key))
    write_private(tls_dir / "server.pem", _pem(certificate))
    expires_at = (now + timedelta(days=LEAF_DAYS)).isoformat()
    write_private(tls_dir / "server.json", json.dumps({"names": list(names), "expires_at": expires_at}))


def _authority(key: ec.EllipticCurvePrivateKey, hosts: Sequence[str], now: datetime) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    permitted: list[x509.GeneralName] = [x509.DNSName("localhost")]
    permitted += [x509.IPAddress(ipaddress.ip_network(network)) for network in ("127.0.0.0/8", "::1/128")]
    permitted += [
        x509.IPAddress(ipaddress.ip_network(host)) if _is_address(host) else x509.DNSName(host) for host in hosts
    ]
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Watchword local authority")])
    builder = _builder("Watchword local authority", name, key, now, CA_DAYS)
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    for extension, critical in (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), True),
        (usage, True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, SHA256())


def _builder(
    common_name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    from cryptography import x509

    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _new_key() -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"`{path}` holds a key of another kind")
    return key


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _pem(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode()


def _read_record(path: Path) -> dict[str, list[str]]:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
