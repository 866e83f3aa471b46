"""Numbers, booleans, times and blobs as text: read strictly, written as AWS writes them.

Readers raise ValueError, which the bindings turn into the protocol's own error; they never accept what Python
would accept beyond the wire format (underscores, white space, digits of other scripts).

Source: https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait; number rules observed at AWS: leading
zeros and `+` are accepted, fractions, exponents, spaces and more than 32 bits are not.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}\Z")
_FLOAT = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?\Z")
_ISO8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):?(\d\d))\Z", re.ASCII
)
_HTTP_DATE = re.compile(
    r"[A-Za-z]{3}, (\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? "
    r"(?:GMT|UTC|([+-])(\d\d)(\d\d))\Z",
    re.ASCII,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64, "bigInteger": 4096}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

INTEGERS = frozenset(_BITS)
"""The shape types that are whole numbers."""

Precision = Literal["seconds", "milliseconds", "as needed"]
"""How times are written: whole seconds, always three digits, or three digits only when they are not zero."""


def parse_integer(text: str, shape_type: str) -> int:
    """An integer that fits its type."""
    if not _INTEGER.match(text):
        raise ValueError("not an integer")
    return bounded_integer(int(text), shape_type)


def bounded_integer(value: int, shape_type: str) -> int:
    """The integer itself. Raises ValueError when it needs more bits than its type has."""
    limit = 1 << (_BITS[shape_type] - 1)
    if not -limit <= value < limit:
        raise ValueError("integer out of range")
    return value


def parse_float(text: str) -> float:
    """A floating point number; `NaN`, `Infinity` and `-Infinity` are spelled so."""
    if _FLOAT.match(text):
        return float(text)
    if text in ("NaN", "Infinity", "-Infinity"):
        return float(text)
    raise ValueError("not a number")


def parse_boolean(text: str) -> bool:
    """`true` and `1`, `false` and `0`; nothing else, in lower case only."""
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    raise ValueError("not a boolean")


def parse_blob(text: str) -> bytes:
    """Bytes from base64. White space is refused, missing padding too."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None


def parse_timestamp(text: str, expected: str) -> datetime:
    """An aware UTC time, in the expected format (`iso8601`, `rfc822`, `unixTimestamp`) or any of the other two."""
    if expected == "unixTimestamp" and _FLOAT.match(text):
        return from_epoch(float(text))
    match = _ISO8601.match(text)
    if match:
        year, month, day, *rest = match.groups()
        return _moment(int(year), int(month), int(day), rest)
    match = _HTTP_DATE.match(text)
    if match:
        day, month_name, year, *rest = match.groups()
        month = _MONTHS.index(month_name.capitalize()) + 1
        return _moment(int(year), month, int(day), rest)
    return from_epoch(parse_float(text))


def _moment(year: int, month: int, day: int, rest: list[str | None]) -> datetime:
    hour, minute, second, fraction, sign, offset_hours, offset_minutes = rest
    zone = UTC
    if sign:
        offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
    micros = int(((fraction or "") + "000000")[:6])
    moment = datetime(year, month, day, int(hour or 0), int(minute or 0), int(second or 0), micros, zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("time out of range") from None


def text_reader(shape_type: str, timestamp_format: str) -> Callable[[str], Any]:
    """The reader of a scalar that is written as text. It raises ValueError."""
    if shape_type in INTEGERS:
        return lambda text: parse_integer(text, shape_type)
    if shape_type == "timestamp":
        return lambda text: parse_timestamp(text, timestamp_format)
    readers: dict[str, Callable[[str], Any]] = {"boolean": parse_boolean, "blob": parse_blob}
    if shape_type in ("float", "double", "bigDecimal"):
        return parse_float
    return readers.get(shape_type, str)


def from_epoch(seconds: float) -> datetime:
    """An aware UTC time from seconds since 1970, to the microsecond. Raises ValueError when there is no such time."""
    if not math.isfinite(seconds):
        raise ValueError("not a time")
    try:
        # As it is written: in far years the number nearest to a thousandth is microseconds away from it.
        return _EPOCH + timedelta(microseconds=int(Decimal(repr(seconds)).scaleb(6)))
    except OverflowError:
        raise ValueError("time out of range") from None


def iso8601(moment: datetime, precision: Precision) -> str:
    """`2015-08-30T12:36:00Z`, or `2015-08-30T12:36:00.000Z`."""
    m = moment
    # Takes 60 % of the time of isoformat.
    to_second = f"{m.year:04}-{m.month:02}-{m.day:02}T{m.hour:02}:{m.minute:02}:{m.second:02}"
    if precision == "seconds" or (precision == "as needed" and m.microsecond < 1000):
        return f"{to_second}Z"
    return f"{to_second}.{m.microsecond // 1000:03}Z"


@lru_cache(maxsize=4096)
def http_date(moment: datetime) -> str:
    """`Sun, 30 Aug 2015 12:36:00 GMT`, whatever the locale."""
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02} {_MONTHS[moment.month - 1]} {moment.year:04} "
        f"{moment.hour:02}:{moment.minute:02}:{moment.second:02} GMT"
    )


def epoch(moment: datetime) -> int | float:
    """Seconds since 1970; a whole number when there are no milliseconds."""
    seconds = (moment - _EPOCH) // timedelta(milliseconds=1) / 1000
    return int(seconds) if seconds.is_integer() else seconds


def format_timestamp(moment: datetime, form: str, precision: Precision) -> str:
    """A time as text in one of the model's formats."""
    if form == "iso8601":
        return iso8601(moment, precision)
    if form == "rfc822":
        return http_date(moment)
    return str(epoch(moment))


def format_float(value: float) -> str:
    """A floating point number as the wire spells it."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
