"""The dates that page, feed and URL state, and which of them is believed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ingest.dates import read_date
from ingest.model import Precision
from ingest.urls import parts_of

Moment = tuple[datetime, Precision]

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # the web's first pages; older dates are archives' own facts
AGREE = timedelta(days=2)  # two statements of one publication: zones, midnight, a page that is put live before
AHEAD = timedelta(days=2)  # clocks and zones of publishers are wrong by less


def parse_moment(stated: object, not_after: datetime | None = None) -> Moment | None:
    """A stated time in UTC; None where it is none, or cannot be true.

    A time without a zone may be off by half a day, so only its day is believed.

    Args:
        stated: whatever `ingest.dates` reads.
        not_after: when the page was fetched: nothing was published much later.
    """
    found = read_date(stated)
    if found is None:
        return None
    latest = (not_after or datetime.max.replace(tzinfo=UTC) - AHEAD) + AHEAD
    return (found.moment, found.precision) if EARLIEST <= found.moment <= latest else None


# /2026/11/24/, /2026-11-24-, /20261124/: in a path, parted from other digits.
_IN_PATH = re.compile(r"(?<!\d)((?:19|20)\d\d)([/_-]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")

# How far each is trusted alone: of two that contradict each other and a third, those that agree are believed.
_TRUST = {"page": 2.5, "feed": 2.0, "url": 1.0}


def date_in(url: str, not_after: datetime | None = None) -> Moment | None:
    """The day that stands in a URL's path, if one does."""
    found = _IN_PATH.search(parts_of(url).path)
    return parse_moment("-".join(found.group(1, 3, 4)), not_after) if found else None


def most_credible(said: Mapping[str, Moment]) -> tuple[str, Moment] | None:
    """Of the times that several sources state the one to believe, with its source.

    Those that agree with each other within two days are weighed together; of these an exact time is taken before a
    day, then the source that is trusted most. The day in a URL only tells which of the others to believe, or stands
    alone.

    Args:
        said: page, feed or url → the time that it states.
    """
    best: tuple[float, tuple[str, ...]] = (0.0, ())
    for moment, _ in said.values():
        agreeing = tuple(source for source, (other, _) in said.items() if abs(other - moment) <= AGREE)
        best = max(best, (sum(_TRUST[source] for source in agreeing), agreeing), key=lambda found: found[0])
    if not best[1]:
        return None
    source = min(best[1], key=lambda each: (said[each][1] is not Precision.SECOND, -_TRUST[each]))
    return source, said[source]
