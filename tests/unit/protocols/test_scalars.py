"""Numbers, booleans, times and blobs as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watchword.protocols.scalars import (
    epoch,
    format_timestamp,
    from_epoch,
    http_date,
    iso8601,
    parse_blob,
    parse_boolean,
    parse_float,
    parse_integer,
    parse_timestamp,
)

MOMENT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
moments = st.datetimes(timezones=st.just(UTC))


@pytest.mark.parametrize(("text", "value"), [("900", 900), ("0900", 900), ("+900", 900), ("-1", -1)])
def test_integers_may_have_leading_zeros_and_a_sign(text: str, value: int) -> None:
    assert parse_integer(text, "integer") == value


@pytest.mark.parametrize(
    "text", ["", " 900", "900 ", "9.0", "9e2", "1_000", "0x10", "٣", "2147483648", "-2147483649", "9" * 41, "1\n"]
)
def test_what_is_no_32_bit_integer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="integer"):
        parse_integer(text, "integer")


def test_a_long_has_64_bits() -> None:
    assert parse_integer("9223372036854775807", "long") == 2**63 - 1
    with pytest.raises(ValueError, match="range"):
        parse_integer("9223372036854775808", "long")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_booleans(text: str, value: bool) -> None:
    assert parse_boolean(text) is value


@pytest.mark.parametrize("text", ["", "True", "TRUE", "yes", "01", " true"])
def test_other_spellings_of_booleans_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="boolean"):
        parse_boolean(text)


@pytest.mark.parametrize("text", ["", "nan", "inf", "1,5", "1e", "1_0", "0x1p3", "--1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_float(text)


@pytest.mark.parametrize("text", ["YQ", "Y Q==", "YQ==\n", "=", "é"])
def test_sloppy_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64|ASCII"):
        parse_blob(text)


@pytest.mark.parametrize(
    "text",
    [
        "2015-08-30T12:36:00Z",
        "2015-08-30T12:36:00.000Z",
        "2015-08-30T14:36:00+02:00",
        "2015-08-30T07:06:00-05:30",
        "Sun, 30 Aug 2015 12:36:00 GMT",
        "1440938160",
        "1440938160.0",
    ],
)
@pytest.mark.parametrize("expected", ["iso8601", "rfc822", "unixTimestamp"])
def test_every_format_is_read_whichever_is_expected(text: str, expected: str) -> None:
    assert parse_timestamp(text, expected) == MOMENT


@pytest.mark.parametrize(
    "text",
    ["", "2015-08-30", "2015-02-30T00:00:00Z", "2015-08-30T12:36:00", "20150830T123600Z",
     "Sun, 30 Foo 2015 12:36:00 GMT", "0001-01-01T00:00:00+23:59", "1e300", "NaN", "Infinity",
     "2015-08-30T12:36:00+99:99"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_timestamp(text, "iso8601")


def test_precision_of_written_times() -> None:
    later = MOMENT + timedelta(milliseconds=5)
    assert iso8601(later, "seconds") == "2015-08-30T12:36:00Z"
    assert iso8601(MOMENT, "milliseconds") == "2015-08-30T12:36:00.000Z"
    assert iso8601(MOMENT, "as needed") == "2015-08-30T12:36:00Z"
    assert iso8601(later, "as needed") == "2015-08-30T12:36:00.005Z"


def test_http_date_does_not_depend_on_the_locale() -> None:
    assert http_date(MOMENT) == "Sun, 30 Aug 2015 12:36:00 GMT"


def test_times_are_written_in_utc_and_read_from_any_zone() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=2)))
    assert parse_timestamp(elsewhere.isoformat(), "iso8601").isoformat() == "2015-08-30T12:36:00+00:00"


@given(moment=moments)
@example(moment=datetime(3059, 1, 1, 0, 0, 0, 6998, tzinfo=UTC))
def test_a_number_of_seconds_is_read_as_it_is_written(moment: datetime) -> None:
    written = format_timestamp(moment, "unixTimestamp", "as needed")
    assert parse_timestamp(written, "unixTimestamp") == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(moment=moments, form=st.sampled_from(["iso8601", "rfc822", "unixTimestamp"]))
def test_what_is_written_is_read_back(moment: datetime, form: str) -> None:
    exact = timedelta(seconds=1) if form == "rfc822" else timedelta(milliseconds=1)
    read = parse_timestamp(format_timestamp(moment, form, "as needed"), form)
    assert abs(moment - read) <= exact


@given(seconds=st.integers(-62_000_000_000, 250_000_000_000))
def test_epoch_and_back(seconds: int) -> None:
    assert epoch(from_epoch(seconds)) == seconds
