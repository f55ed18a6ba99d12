"""What a feed says of its own rhythm: ttl, the syndication module, skipHours and skipDays."""

from __future__ import annotations

import re

from ingest.model import FeedHints

HEAD_BYTES = 64 * 1024  # channel elements stand before the items, or (RSS 1.0) close to the start
MAX_PERIOD_S = 31 * 86_400

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PERIODS_S = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}


def read_hints(body: bytes) -> FeedHints:
    """The hints of an XML feed.

    Read from the raw bytes: feedparser keeps only the last of several `hour` elements. The names are
    ASCII in every encoding that feeds use but UTF-16, whose hints are not read.
    """
    head = re.split(rb"<(?:item|entry)[\s>]", body[:HEAD_BYTES], maxsplit=1)[0].decode("latin-1")
    minutes = _number(_element(head, "ttl"))
    period = _PERIODS_S.get((_element(head, r"sy:updatePeriod") or "").strip().lower())
    frequency = _number(_element(head, r"sy:updateFrequency")) or 1
    return FeedHints(
        ttl_s=min(minutes * 60, MAX_PERIOD_S) if minutes else None,
        period_s=min(period / frequency, MAX_PERIOD_S) if period else None,
        skip_hours=_hours(_element(head, "skipHours")),
        skip_days=_weekdays(_element(head, "skipDays")),
    )


def _element(head: str, name: str) -> str | None:
    found = re.search(rf"<{name}\s*>(.{{0,2000}}?)</{name}\s*>", head, re.IGNORECASE | re.DOTALL)
    return found[1] if found else None


def _number(text: str | None) -> int | None:
    found = re.search(r"\d{1,7}", text or "")
    return int(found[0]) if found else None


def _hours(text: str | None) -> frozenset[int]:
    # RSS 0.91 counts 1–24, RSS 2.0 0–23: 24 is midnight in both.
    hours = frozenset(int(hour) % 24 for hour in re.findall(r"<hour>\s*(\d{1,2})\s*</hour>", text or "", re.IGNORECASE))
    return hours if len(hours) < 24 else frozenset()  # "never" is a mistake


def _weekdays(text: str | None) -> frozenset[int]:
    names = re.findall(r"<day>\s*(\w+)\s*</day>", text or "", re.IGNORECASE)
    days = frozenset(_DAYS.index(name.lower()) for name in names if name.lower() in _DAYS)
    return days if len(days) < 7 else frozenset()
