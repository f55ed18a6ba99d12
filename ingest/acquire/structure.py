"""What kind of document bytes are, by their root element, and long ones cut to the entries that can be taken. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from ingest.dates import read_date

MAX_PARSED = 10_000  # entries of one document: feedparser takes half a millisecond each
PROLOG_BYTES = 65_536

# XML 1.0 §2.8: declaration, comments, processing instructions and a DOCTYPE stand before the root element.
_BEFORE_ROOT = re.compile(
    rb"(?:\s|\0|\xef\xbb\xbf|\xff\xfe|\xfe\xff|<\?[^>]*>|<!--.*?-->|<!doctype[^>\[]*(?:\[[^\]]*\]\s*)?>)*",
    re.IGNORECASE | re.DOTALL,
)
_START_TAG = re.compile(rb"<\0?(?:[\w.-]+:)?([\w.-]+)")
_ITEM = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>]")
_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>")
_DATE = re.compile(rb"<(?:[\w.-]+:)?(?:pubDate|published|updated|date|issued)\b[^>]{0,200}>\s*([^<]{4,60})<")
_CLOSED = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>\s*", re.IGNORECASE)


def root_of(body: bytes) -> str:
    """The local name of a document's first element, lower case; '' where it begins with something else."""
    start = body[:PROLOG_BYTES]
    before = _BEFORE_ROOT.match(start)
    found = _START_TAG.match(start, before.end() if before else 0)
    return found[1].decode("ascii", "replace").lower() if found else ""


def is_feed_root(body: bytes) -> bool:
    """Whether a document's first element is a feed's."""
    return root_of(body) in ("rss", "feed", "rdf", "channel")


def is_cut_or_unread(body: bytes) -> bool:
    """Whether a feed of which no entry was read holds some, or ends before its root element does."""
    return _ITEM.search(body) is not None or _CLOSED.search(body) is None


def shortened(body: bytes, most: int = MAX_PARSED) -> tuple[bytes, int]:
    """A feed with at most so many entries, the newest by their dates, else the first; and how many it had.

    What it had is 0 where nothing was left out. An entry that stands in another one's text is not told from others.
    """
    spans = _spans(body)
    if len(spans) <= most:
        return body, 0
    times = [_time(body[start:end]) for start, end in spans]
    kept: Sequence[int] = range(most)
    if 2 * sum(time is not None for time in times) >= len(spans):
        # One without a date stands where the one before it does, as in `poll.bounded`.
        known = next(time for time in times if time is not None)
        placed = [known := time or known for time in times]
        kept = sorted(sorted(range(len(spans)), key=lambda at: (placed[at], -at), reverse=True)[:most])
    inner = b"\n".join(body[spans[at][0] : spans[at][1]] for at in kept)
    return body[: spans[0][0]] + inner + body[spans[-1][1] :], len(spans)


def _spans(body: bytes) -> list[tuple[int, int]]:
    starts = [match.start() for match in _ITEM.finditer(body)]
    ends = iter(match.end() for match in _END.finditer(body))
    spans: list[tuple[int, int]] = []
    end = 0
    for start, following in pairwise([*starts, len(body)]):
        if start < end:
            continue  # within the one before
        while end <= start:
            end = next(ends, len(body))
        spans.append((start, min(end, following) if end == len(body) else end))
    return spans


def _time(entry: bytes) -> datetime | None:
    found = _DATE.search(entry)
    if found is None:
        return None
    stated = read_date(found[1].decode("utf-8", "replace").strip())
    return stated.moment if stated else None
