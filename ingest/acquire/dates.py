"""Publication times as feeds write them → UTC with a precision, and a flag where they are not to be trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import struct_time

from ingest.model import DateFlag, Precision

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before the web there were no feeds: 1970 and 0001 are defaults
MAX_AHEAD = timedelta(minutes=10)  # clocks that go fast; more is a plan, a wrong zone or a wish for the top

# A zone at the end of the text: Z, an offset, or a name (GMT, EST, MESZ).
_ZONE = re.compile(r"(?:Z|[+-]\d{1,2}:?\d{2}|\b(?!AM\b|PM\b)[A-Z]{1,5})\s*(?:\([^)]*\))?\s*$", re.IGNORECASE)
_CLOCK = re.compile(r"\d{1,2}:\d{2}|T\d{4}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time as read: `flag` says what is wrong with it."""

    moment: datetime | None
    precision: Precision = Precision.SECOND
    flag: DateFlag | None = None


def read_stamp(raw: str | None, parsed: struct_time | None) -> Stamp:
    """A date's text, with what feedparser made of it, as a stamp.

    Zone-less times are taken as UTC and flagged: at most half a day wrong.
    """
    if not raw:
        return Stamp(None, flag=DateFlag.MISSING)
    moment = _from_struct(parsed) or _from_text(raw)
    if moment is None:
        return Stamp(None, flag=DateFlag.UNREADABLE)
    if not _CLOCK.search(raw):
        return Stamp(moment, Precision.DAY)
    return Stamp(moment, flag=None if _ZONE.search(raw) else DateFlag.ZONELESS)


def settle(stamp: Stamp, first_seen: datetime) -> Stamp:
    """A stamp to be stored: what cannot be true is clamped to the first sighting, and the flag says why."""
    if stamp.moment is None:
        return Stamp(first_seen, Precision.SECOND, stamp.flag or DateFlag.MISSING)
    if stamp.moment < EARLIEST:
        return Stamp(first_seen, Precision.SECOND, DateFlag.ANCIENT)
    # A day is a whole day: today's is not ahead of anything.
    if stamp.precision is Precision.DAY and stamp.moment.date() <= first_seen.date():
        return stamp
    if stamp.moment > first_seen + MAX_AHEAD:
        return Stamp(first_seen, Precision.SECOND, DateFlag.FUTURE)
    return stamp


def _from_struct(parsed: struct_time | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        return datetime(*parsed[:5], min(parsed[5], 59), tzinfo=UTC)  # leap seconds are 60
    except (ValueError, TypeError):
        return None


def _from_text(raw: str) -> datetime | None:
    for reader in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = reader(raw.strip())
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None
