"""Whether a feed has moved for good: permanent redirects are followed at once, believed only in time.

A publisher's maintenance page answers 301 too (and a feed rewritten to it is lost), so a feed's URL
changes only when the same redirect was seen again and again and led to the entries known already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.model import FeedState

SIGHTINGS = 10  # polls in a row with the same target
MIN_AGE = timedelta(days=3)
MIN_OVERLAP = 0.5  # of the entries at the target, known from the old URL


@dataclass(frozen=True, slots=True)
class Move:
    """What is known of a feed's move; `settled` is its new URL once that is certain."""

    target: str | None = None
    count: int = 0
    since: datetime | None = None
    overlap: float | None = None
    settled: str | None = None


def follow(feed: FeedState, target: str | None, overlap: float | None, now: datetime) -> Move:
    """Count a poll's permanent redirect.

    Args:
        target: where only permanent redirects led; None where there were none.
        overlap: share of the listed entries that were known; None where nothing can be said.
    """
    if target is None or target == feed.url:
        return Move()
    if target != feed.moved_to:
        return Move(target, 1, now, overlap)
    # What the old URL listed is compared once; later polls compare the target with itself.
    first_overlap = feed.moved_overlap if feed.moved_overlap is not None else overlap
    since = feed.moved_since or now
    count = feed.moved_count + 1
    certain = count >= SIGHTINGS and now - since >= MIN_AGE and (first_overlap is None or first_overlap >= MIN_OVERLAP)
    return Move(target, count, since, first_overlap, target if certain else None)


def noted(feed: FeedState, move: Move) -> FeedState:
    """The feed's state with what is known of its move; a settled move is over."""
    if move.settled is not None:
        move = Move()
    if move == Move() and feed.moved_to is None:
        return feed  # as nearly always; a copy of so many fields takes its time
    return replace(
        feed, moved_to=move.target, moved_count=move.count, moved_since=move.since, moved_overlap=move.overlap
    )
