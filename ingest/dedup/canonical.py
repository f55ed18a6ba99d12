"""Which of two copies stands for their text: the one rule of electing and re-electing. Pure.

It looks only at the two publications, never at what was there first, so the order in which the texts of an archive
arrive cannot matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from ingest.agencies.table import load_sources
from ingest.model import Precision
from ingest.times import optional_time

# A text that nearly stands in another, which is at least twice as long, is an excerpt of it, whatever the clock
# says; below twice the clock decides: the longer one may be an extension with own reporting.
EXCERPT_RATIO = 2.0
EXCERPT_TOLD = 0.8
FUTURE_TOLERANCE = timedelta(days=1)  # clocks and zones differ; a date further ahead of our seeing it is wrong


@dataclass(frozen=True, slots=True)
class Candidate:
    """What an election looks at.

    Attributes:
        size: words of the text, its site's boilerplate set aside.
        published_at: stored text of the time, or None.
        first_seen_at: when it was stored: a date after that is not trusted.
        archive: what it came with, by a number: of two texts of one moment that of a later archive does not take over.
    """

    url: str
    site: str | None
    agency: str | None
    published_at: str | None
    published_precision: str | None
    first_seen_at: str
    size: int
    archive: int = 0


def rank(publication: Candidate) -> tuple[bool, bool, float, int, int, str]:
    """What an election sorts by, excerpts apart; the smallest stands first."""
    moment = trusted_time(publication.published_at, publication.published_precision, publication.first_seen_at)
    return (
        not is_agency_page(publication),
        moment is None,
        moment.timestamp() if moment else 0.0,
        publication.archive,
        -publication.size,
        publication.url,
    )


def is_agency_page(publication: Candidate) -> bool:
    """Whether a publication stands on its own agency's site."""
    return is_agency_page_of(publication.agency, publication.site)


def is_agency_page_of(agency: str | None, site: str | None) -> bool:
    """Whether a site is an agency's own."""
    source = load_sources().of_site(site)
    return source is not None and source.code == agency


@lru_cache(maxsize=16_384)
def trusted_time(published_at: str | None, precision: str | None, first_seen_at: str) -> datetime | None:
    """The publication time as far as it can be believed.

    A day counts as its last second, so that it never beats a second on that day. A time after the text
    was first seen, or the epoch itself, is a machine's mistake.
    """
    moment = optional_time(published_at)
    seen = optional_time(first_seen_at)
    if moment is None or moment.timestamp() == 0:
        return None
    if precision == Precision.DAY:
        moment = moment.replace(hour=23, minute=59, second=59)
    return moment if seen is None or moment <= seen + FUTURE_TOLERANCE else None
