"""A date as feeds, pages and archives write it → a UTC time with its precision, or nothing: never another time.

Sources: RFC 5322 and RFC 822 (mail dates, zone names), ISO 8601 and W3C-DTF, Unix time; years before months and days
with East Asian signs; the rest is python-dateutil's, where it leaves no doubt.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial

from dateutil import parser
from dateutil.tz import tzoffset

from ingest.model import Precision

MAX_CHARS = 64
_EPOCH = re.compile(r"[1-9]\d{8,9}(?:\.\d+)?")
_EPOCH_MS = re.compile(r"[1-9]\d{11,12}")

# Names as feeds use them; where a name stands for two zones, the one of RFC 822 or of more readers.
_HOURS = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2,
    "EET": 2, "SAST": 2, "CAT": 2, "WAT": 1, "EAT": 3, "EEST": 3, "MSK": 3, "MSD": 4, "TRT": 3, "IRST": 3.5, "GST": 4,
    "PKT": 5, "IST": 5.5, "NPT": 5.75, "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9, "SGT": 8, "HKT": 8, "PHT": 8, "MYT": 8,
    "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "NST": -3.5, "NDT": -2.5, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "BRT": -3, "BRST": -2, "ART": -3, "CLT": -4, "CLST": -3,
    "UYT": -3, "BOT": -4, "VET": -4, "PET": -5, "COT": -5, "ECT": -5,
}  # fmt: skip
_ZONES = {name: tzoffset(name, round(hours * 3600)) for name, hours in _HOURS.items()}

_OFFSET_OF_UTC = re.compile(r"\b(?:UTC|GMT)\s*(?=[+-]\d)", re.IGNORECASE)
_COMMENT = re.compile(r"\s*\([^()]*\)\s*$")  # RFC 5322 section 3.2.2: Mon, 2 Mar 2026 10:00:00 +0100 (CET)
_SPACE_BEFORE_ZONE = re.compile(r"\s+(?=(?:[+-]\d{2}:?\d{2}|Z)$)", re.IGNORECASE)
_LEAP_SECOND = re.compile(r"(?<=:\d\d):60\b")  # a second that datetime does not know
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}|\d\s*(?:am|pm)\b|T\d{4}", re.IGNORECASE)
# Year, month and day by their signs: 2026年11月24日, 2026년 11월 24일.
_SIGNED_DAY = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号]?\s*")
_SIGNED_CLOCK = re.compile(r"(\d{1,2})\s*[時时點点시:]\s*(\d{1,2})\s*(?:[分분:]\s*)?(?:(\d{1,2})\s*[秒초]?)?")
_AFTERNOON = re.compile(r"下午|午後|오후|晚上")
_FORENOON = re.compile(r"上午|午前|오전|早上")
# The year first: 2026/11/24, 2026.11.24., 2026-11-24; nobody puts the day before the month there.
_YEAR_FIRST = re.compile(r"^(\d{4})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{1,2})\.?(?=$|[\sT,])")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?(Z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
_NUMBERS_ONLY = re.compile(r"^\D*?(\d{1,2})\s*([/\-.])\s*(\d{1,2})\s*[/\-.]\s*(\d{2}|\d{4})(?!\d)")
_NAME = r"[^\s\d,./:]{2,20}"
_DAY_MONTH_YEAR = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:\.|er|º|ª|-)?\s*(?:de\s+|d['’])?(?P<month>{_NAME})[.,]?\s*(?:de[l]?\s+|do\s+|พ\.ศ\.\s*)?"
    r"(?P<year>\d{4})(?!\d)"
)
_MONTH_DAY_YEAR = re.compile(rf"(?P<month>{_NAME})\.?\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})(?!\d)")
_LOCAL_CLOCK = re.compile(
    r"(?<!\d)(\d{1,2})\s*[:.hH]\s*(\d{2})(?::(\d{2}))?(?!\d)[^\d+-]{0,12}?\s*([+-]\d{2}:?\d{2}|\b[A-Z]{2,5}\b)?\s*[^\d+-]{0,8}$"
)
BUDDHIST_FROM, BUDDHIST_YEARS = 2400, 543  # as Thailand counts
_MONTH = r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NAMED_MONTH = re.compile(rf"\b(?:{_MONTH})[a-z]*\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stated:
    """A date that was read.

    Attributes:
        moment: in UTC; of a day its midnight, of a time without a zone what it says.
        precision: a time without a zone may be half a day off, so that only its day is believed.
        zoneless: whether it states a time, and no zone that is known.
    """

    moment: datetime
    precision: Precision
    zoneless: bool = False


def read_date(stated: object, *, day_first: bool | None = None) -> Stated | None:
    """Read a date; None where it is none, or may be more than one.

    Args:
        stated: text, or seconds or milliseconds since 1970.
        day_first: whether its source writes 3/4/2026 with the day first; None where that is not known.
    """
    if isinstance(stated, int | float) and not isinstance(stated, bool):
        stated = repr(int(stated)) if abs(stated) < 1e13 else ""
    if not isinstance(stated, str) or len(stated) > MAX_CHARS:
        return None
    text = _folded(stated)
    if not text:
        return None
    western = partial(_western, day_first=day_first)
    for reader in (_epoch, _compact, _signed, _iso, _year_first, western, _localised):
        try:
            found = reader(text)
        except (ValueError, OverflowError, TypeError, IndexError, AttributeError):
            continue
        if found is not None:
            return found
    return None


def order_in(stated: Iterable[object]) -> bool | None:
    """Whether the dates of one source put the day first, by those that leave no doubt; None where they do not tell."""
    orders = set()
    for each in stated:
        if isinstance(each, str) and (found := _NUMBERS_ONLY.match(_folded(each[:MAX_CHARS]))):
            first, separator, second, _ = found.groups()
            if separator != "." and (int(first) > 12) != (int(second) > 12):
                orders.add(int(first) > 12)
    return orders.pop() if len(orders) == 1 else None


def _folded(stated: str) -> str:
    """ASCII digits, plain spaces, no comment behind."""
    digits = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in stated)
    text = " ".join(unicodedata.normalize("NFKC", digits).replace("\u2212", "-").split())
    return _LEAP_SECOND.sub(":59", _COMMENT.sub("", text))


def _epoch(text: str) -> Stated | None:
    if _EPOCH.fullmatch(text):
        return Stated(datetime.fromtimestamp(int(float(text)), UTC), Precision.SECOND)
    if _EPOCH_MS.fullmatch(text):
        return Stated(datetime.fromtimestamp(int(text) // 1000, UTC), Precision.SECOND)
    return None


def _compact(text: str) -> Stated | None:
    found = _COMPACT.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    if hour is None:
        return _day(int(year), int(month), int(day))
    clock = f"{hour}:{minute}:{second or '00'}"
    return _of(datetime.fromisoformat(f"{year}-{month}-{day}T{clock}{(zone or '').upper()}"))


def _signed(text: str) -> Stated | None:
    """2026年11月24日 18:30; its clock is local, and names no zone."""
    found = _SIGNED_DAY.search(text)
    if found is None:
        return None
    return _with_clock(_day(*map(int, found.groups())), text[found.end() :])


def _with_clock(day: Stated, rest: str) -> Stated:
    """A day with the clock that stands behind it, if one does, and of which half of the day it is."""
    clock = _SIGNED_CLOCK.search(rest)
    if clock is None:
        return day
    hour, minute, second = (int(part or 0) for part in clock.groups())
    if _AFTERNOON.search(rest) and hour < 12:
        hour += 12
    return Stated(day.moment.replace(hour=hour, minute=minute, second=second), Precision.DAY, zoneless=True)


def _iso(text: str) -> Stated | None:
    text = _OFFSET_OF_UTC.sub("", text)
    name = text.rsplit(" ", 1)[-1].upper()
    if name in _ZONES and " " in text:
        return _of(datetime.fromisoformat(text.rsplit(" ", 1)[0]).replace(tzinfo=_ZONES[name]))
    moment = datetime.fromisoformat(_SPACE_BEFORE_ZONE.sub("", text).replace(",", "."))
    return _of(moment) if _CLOCK.search(text) else _day(moment.year, moment.month, moment.day)


def _year_first(text: str) -> Stated | None:
    found = _YEAR_FIRST.match(text)
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    rest = text[found.end() :].lstrip(" T,")
    if not rest:
        return _day(year, month, day)
    if _AFTERNOON.search(rest) or _FORENOON.search(rest):
        return _with_clock(_day(year, month, day), rest)
    return _by_dateutil(f"{year:04}-{month:02}-{day:02} {rest}")


def _western(text: str, *, day_first: bool | None) -> Stated | None:
    numbers = _NUMBERS_ONLY.match(text)
    if numbers:
        first, separator, second, year = numbers.groups()
        if len(year) == 2:
            return None
        # 24.11.2026 puts the day first wherever it is written; 3/4/2026 may be either.
        if separator == "." or int(first) > 12 or int(second) > 12 or int(first) == int(second):
            day_first = separator == "." or int(first) > 12
        elif day_first is None:
            return None
        day, month = (first, second) if day_first else (second, first)
        return _by_dateutil(f"{year}-{int(month):02}-{int(day):02}{text[numbers.end() :]}")
    return _by_dateutil(text) if _NAMED_MONTH.search(text) else None


def _localised(text: str) -> Stated | None:
    """24 de noviembre de 2026, 18:30 · 24. listopadu 2026 · 24 نوفمبر 2026: the month by its name in some language."""
    found = _DAY_MONTH_YEAR.search(text) or _MONTH_DAY_YEAR.search(text)
    if found is None:
        return None
    from ingest.months import month_of  # its names are a megabyte, and most dates have no need of them

    month = month_of(found["month"]) or month_of(found["month"].rpartition(" ")[2])
    year, rest = int(found["year"]), text[found.end() :]
    if month is None:
        return None
    if year > BUDDHIST_FROM:
        year -= BUDDHIST_YEARS
    day = _day(year, month, int(found["day"]))
    clock = _LOCAL_CLOCK.search(rest)
    if clock is None:
        return day
    return _by_dateutil(
        f"{year:04}-{month:02}-{int(found['day']):02} {clock[1]}:{clock[2]}:{clock[3] or '00'} {clock[4] or ''}"
    )


def _by_dateutil(text: str) -> Stated | None:
    """What dateutil makes of it, if that says a year, a month and a day, and takes none of them from today."""
    text = _OFFSET_OF_UTC.sub("", text)
    one, other = (parser.parse(text, default=default, tzinfos=_zone) for default in _DEFAULTS)
    if one.date() != other.date():
        return None
    return _of(one) if _CLOCK.search(text) else _day(one.year, one.month, one.day)


# Their years, months and days differ: what a text leaves out shows.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2004, 2, 2))  # noqa: DTZ001 - a zone is what is asked for


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    named: tzinfo | None = _ZONES.get((name or "").upper())
    stated: tzinfo | None = None if offset is None else tzoffset(name, offset)
    return named or stated


def _of(moment: datetime) -> Stated:
    if moment.tzinfo is None:
        return Stated(moment.replace(tzinfo=UTC, microsecond=0), Precision.DAY, zoneless=True)
    return Stated(moment.astimezone(UTC).replace(microsecond=0), Precision.SECOND)


def _day(year: int, month: int, day: int) -> Stated:
    return Stated(datetime(year, month, day, tzinfo=UTC), Precision.DAY)
