"""Names of buckets and keys."""

from __future__ import annotations

import pytest

from watchword.core.errors import ApiError
from watchword.services.s3.names import canonical_user_id, check_key, is_bucket_name


@pytest.mark.parametrize("name", ["abc", "a-b.c", "123", "1.2.3", "a" * 63, "my.bucket-1", "tokens"])
def test_a_legal_bucket_name(name: str) -> None:
    assert is_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "ab", "a" * 64, "Abc", "a_b", "_watchword", "-abc", "abc-", ".abc", "abc.", "a..b", "1.2.3.4", "a b", "é12",
        "abc\n", "xn--abc", "sthree-abc", "amzn-s3-demo-abc", "abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3",
        "abc--table-s3",
    ],
)  # fmt: skip
def test_an_illegal_bucket_name(name: str) -> None:
    assert not is_bucket_name(name)


@pytest.mark.parametrize("name", ["token", "authorize", "oauth2", "federation", "assignment", "client", "logout"])
def test_first_segments_of_our_own_paths_are_no_bucket_names(name: str) -> None:
    assert not is_bucket_name(name)


def test_a_key_is_counted_in_bytes() -> None:
    check_key("é" * 512)
    with pytest.raises(ApiError) as refused:
        check_key("é" * 513)
    assert refused.value.code == "KeyTooLongError"
    assert refused.value.fields == {"Size": "1026", "MaxSizeAllowed": "1024"}


def test_a_key_that_is_not_text_is_refused() -> None:
    with pytest.raises(ApiError, match="InvalidURI"):
        check_key(b"\xff".decode("utf-8", "surrogateescape"))


def test_an_owner_has_one_name_of_64_digits() -> None:
    assert canonical_user_id("111122223333") == canonical_user_id("111122223333")
    assert canonical_user_id("111122223333") != canonical_user_id("111122223334")
    assert len(canonical_user_id("111122223333")) == 64
