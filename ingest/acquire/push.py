"""A document that a hub pushed → the same value that a poll gives; polls are slow while pushes arrive."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ingest.acquire import cadence
from ingest.acquire.poll import Parse, bounded, known_marks, marks_of, remember, settled
from ingest.errors import ExtractError, ParseError
from ingest.model import FeedState, Outcome, PollResult
from ingest.settings import PollSettings

QUIET_GAPS = 5  # as many usual gaps without a push, and polling is as it was
MIN_TRUST_S = 3600.0


async def pushed(
    feed: FeedState, body: bytes, content_type: str, *, now: datetime, settings: PollSettings, parse: Parse
) -> PollResult:
    """What a push brought.

    A push says what is new, not what the feed lists: it changes neither validators nor rhythm. A
    document that is no feed ("something is new, come and look") makes the feed due instead.
    """
    try:
        parsed = await parse(body, feed.url, content_type)
    except (ParseError, ExtractError) as error:
        return PollResult(
            feed_id=feed.id,
            outcome=error.outcome,
            started_at=now,
            duration_ms=0,
            after=replace(feed, next_poll_at=now),
            bytes=len(body),
            error=f"pushed: {error}",
        )
    entries, problems = bounded(parsed.entries, settings.max_entries)
    marks = [marks_of(entry) for entry in entries]
    before = known_marks(feed.listed)
    new = any(before.isdisjoint(some) for some in marks)
    trust = min(max(QUIET_GAPS * (feed.gap_s or 0.0), MIN_TRUST_S), settings.max_interval)
    # Only the first push puts the poll off: each one would, for ever, and what a hub left out would never be seen.
    is_slow = feed.pushed_until is not None and feed.pushed_until > now
    slow = now + timedelta(seconds=cadence.jittered(settings.max_interval / 2, feed, now))
    after = replace(
        feed,
        last_new_at=now if new else feed.last_new_at,
        listed=remember(marks, feed.listed),
        pushed_until=now + timedelta(seconds=trust),
        next_poll_at=feed.next_poll_at if is_slow or feed.errors else max(feed.next_poll_at or now, slow),
    )
    return PollResult(
        feed_id=feed.id,
        outcome=Outcome.OK,
        started_at=now,
        duration_ms=0,
        after=after,
        entries=tuple(settled(entry, now) for entry in entries),
        bytes=len(body),
        problems=("pushed by its hub", *parsed.problems, *problems),
    )
