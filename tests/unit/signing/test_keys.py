"""Signing keys."""

from __future__ import annotations

import hashlib
import hmac

from watchword.signing.keys import SigningKey, derive_signing_key

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def test_a_key_signs_as_plain_hmac_does() -> None:
    for size in (0, 1, 32, 64):
        key = bytes(range(size))
        assert SigningKey(key).sign(b"text") == hmac.new(key, b"text", hashlib.sha256).hexdigest()


def test_a_key_can_be_used_again() -> None:
    key = derive_signing_key(SECRET, "20150830", "us-east-1", "iam")
    assert key.sign(b"a") == key.sign(b"a") != key.sign(b"b")


def test_the_derived_key_is_the_documented_chain() -> None:
    link = ("AWS4" + SECRET).encode()
    for part in (b"20150830", b"us-east-1", b"iam", b"aws4_request"):
        link = hmac.new(link, part, hashlib.sha256).digest()
    assert derive_signing_key(SECRET, "20150830", "us-east-1", "iam").sign(b"x") == SigningKey(link).sign(b"x")


def test_neither_secret_nor_key_shows_in_repr() -> None:
    assert repr(derive_signing_key(SECRET, "20150830", "us-east-1", "iam")) == "<SigningKey>"
