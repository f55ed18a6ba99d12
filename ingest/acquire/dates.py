"""Publication times as feeds write them → UTC with a precision, and a flag where they are not to be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest.dates import read_date
from ingest.model import DateFlag, Precision

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before the web there were no feeds: 1970 and 0001 are defaults
MAX_AHEAD = timedelta(minutes=10)  # clocks that go fast; more is a plan, a wrong zone or a wish for the top


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time as read: `flag` says what is wrong with it."""

    moment: datetime | None
    precision: Precision = Precision.SECOND
    flag: DateFlag | None = None


def read_stamp(raw: str | None, *, day_first: bool | None = None) -> Stamp:
    """A date's text as a stamp: what is read otherwise than it was meant is worse than nothing (`ingest.dates`)."""
    if not raw:
        return Stamp(None, flag=DateFlag.MISSING)
    stated = read_date(raw, day_first=day_first)
    if stated is None:
        return Stamp(None, flag=DateFlag.UNREADABLE)
    return Stamp(stated.moment, stated.precision, DateFlag.ZONELESS if stated.zoneless else None)


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
