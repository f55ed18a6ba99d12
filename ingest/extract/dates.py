"""A date as a page states it → an aware UTC time with its precision. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from ingest.model import Precision

Moment = tuple[datetime, Precision]

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # the web's first pages; older dates are archives' own facts
AHEAD = timedelta(days=2)  # clocks and zones of publishers are wrong by less

MAX_CHARS = 64
_DAY = re.compile(r"^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})$")
_EPOCH = re.compile(r"^\d{10}(?:\d{3})?$")
_SPACE_BEFORE_ZONE = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$|Z$)")
_ZONE_NAMES = {"UTC": "+00:00", "GMT": "+00:00"}


def parse_moment(stated: object, not_after: datetime | None = None) -> Moment | None:
    """A stated time in UTC; None where it is none, or cannot be true.

    A time without a zone may be off by half a day, so only its day is believed.

    Args:
        stated: ISO 8601 and its usual misspellings, RFC 5322, or seconds or milliseconds since 1970.
        not_after: when the page was fetched: nothing was published much later.
    """
    if isinstance(stated, int | float) and not isinstance(stated, bool):
        stated = str(int(stated)) if abs(stated) < 1e14 else ""
    if not isinstance(stated, str):
        return None
    text = stated.strip()
    if not text or len(text) > MAX_CHARS:
        return None
    try:
        moment = _parsed(text)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    if moment is None:
        return None
    when, precision = moment
    latest = (not_after or datetime.max.replace(tzinfo=UTC) - AHEAD) + AHEAD
    return (when, precision) if EARLIEST <= when <= latest else None


def _parsed(text: str) -> Moment | None:
    if _EPOCH.match(text):
        seconds = int(text) / (1000 if len(text) == 13 else 1)
        return datetime.fromtimestamp(int(seconds), UTC), Precision.SECOND
    if day := _DAY.match(text):
        return datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=UTC), Precision.DAY
    zoned = text
    for name, zone in _ZONE_NAMES.items():
        if text.endswith(name):
            zoned = text[: -len(name)].rstrip() + zone
    try:
        when = datetime.fromisoformat(_SPACE_BEFORE_ZONE.sub("", zoned))
    except ValueError:
        when = parsedate_to_datetime(text)
    if when.tzinfo is None:
        return datetime(when.year, when.month, when.day, tzinfo=UTC), Precision.DAY
    return when.astimezone(UTC).replace(microsecond=0), Precision.SECOND
