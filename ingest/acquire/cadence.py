"""When to poll a feed next. Pure: what the last poll saw, what the feed asks for, what went wrong → a time.

The rhythm follows the overlap of successive polls: as long as most of what a feed lists was known
already, nothing can have slipped through, and the pause may grow towards the feed's own pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import xxhash

from ingest.model import FeedHints, FeedState, Outcome
from ingest.settings import PollSettings

JITTER = 0.1  # share of a pause by which polls are spread, to both sides
GROWTH = 1.6  # most by which a pause grows from one poll to the next: one quiet hour is no new habit
MIN_NEW = 2  # new entries from which on one poll says something of the pace
SILENCE_WEIGHT = 0.3  # of a silence, as an estimate of the gap
GAP_WEIGHT = 0.15  # of the newest observation in the usual gap between entries
MAX_SKIP_S = 7 * 86_400
NO_HINTS = FeedHints()

# How lasting each failure is. Names and connections come back by themselves, "gone" rarely does;
# between them what Media Cloud's fetcher calls soft errors.
WEIGHTS = {
    Outcome.DNS_ERROR: 0.5,
    Outcome.CONNECT_ERROR: 0.5,
    Outcome.TIMEOUT: 0.5,
    Outcome.BAD_ENCODING: 0.5,
    Outcome.TLS_ERROR: 0.5,
    Outcome.RATE_LIMITED: 0.5,
    Outcome.HTTP_ERROR: 0.5,
    Outcome.GONE: 2.0,
}
OTHER_WEIGHT = 1.0
MAX_DOUBLINGS = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """What one good poll saw.

    Attributes:
        listed: entries in the document; 0 for an unchanged one.
        new: those of them not listed by the polls before.
        span_s: from the oldest to the newest publication time listed, where dated.
        first: nothing was known of the feed before.
    """

    listed: int
    new: int
    span_s: float | None = None
    first: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The rhythm from now on."""

    interval_s: float
    gap_s: float | None
    next_poll_at: datetime


def after_success(
    feed: FeedState,
    seen: Seen,
    now: datetime,
    settings: PollSettings,
    *,
    hints: FeedHints = NO_HINTS,
    fresh_s: float = 0.0,
) -> Plan:
    """The plan after a good poll.

    Args:
        feed: the state before the poll.
        seen: what the poll saw.
        hints: the feed's own wishes.
        fresh_s: seconds for which HTTP says that the answer stays fresh.
    """
    gap = usual_gap(feed, seen, now)
    wanted = _wanted(feed, seen, gap, now, settings)
    if feed.interval_s is not None:
        wanted = min(wanted, max(feed.interval_s, settings.min_interval) * GROWTH)
    interval = _clamp(wanted, settings)
    pause = _with_wishes(interval, seen, settings, hints, fresh_s)
    if feed.pushed_until is not None and feed.pushed_until > now:
        pause = max(pause, settings.max_interval / 2)  # the hub tells; polls only make sure of it
    return Plan(interval, gap, out_of_skips(now + timedelta(seconds=jittered(pause, feed, now)), hints))


def after_failure(
    feed: FeedState, trouble: float, now: datetime, settings: PollSettings, *, retry_after_s: float | None = None
) -> datetime:
    """When to try again after a failed poll: later with each failure, never never."""
    base = feed.interval_s or settings.interval
    pause = min(base * 2.0 ** min(trouble, MAX_DOUBLINGS), max(settings.max_interval, base))
    pause = max(jittered(pause, feed, now), settings.min_interval)
    if retry_after_s is not None:
        # The wish is a floor: jitter may only lengthen it.
        asked = min(retry_after_s, settings.max_interval)
        pause = max(pause, asked * (1 + JITTER * spread(feed, now)))
    return now + timedelta(seconds=pause)


def parked_until(feed: FeedState, now: datetime, settings: PollSettings) -> datetime:
    """When a parked feed is tried again."""
    return now + timedelta(seconds=jittered(settings.parked_interval, feed, now))


def weight(outcome: Outcome) -> float:
    """How much a failure counts."""
    return WEIGHTS.get(outcome, OTHER_WEIGHT)


def usual_gap(feed: FeedState, seen: Seen, now: datetime) -> float | None:
    """Seconds between two new entries, as a moving average over the polls that brought some."""
    if seen.first or feed.last_ok_at is None:
        return seen.span_s / (seen.listed - 1) if seen.span_s and seen.listed > 1 else None
    if seen.new == 0:
        return feed.gap_s
    since = (now - (feed.last_new_at or feed.last_ok_at)).total_seconds()
    sample = max(since, 1.0) / seen.new
    if feed.gap_s is None:
        return sample
    return sample * GAP_WEIGHT + feed.gap_s * (1 - GAP_WEIGHT)


def estimate_missed(feed: FeedState, seen: Seen, now: datetime) -> int:
    """Entries that came and went between the last two polls: more than 0 only if all that is listed is new.

    What the window shows reaches back `span_s`; between the last poll and that lies a time of which
    nothing was seen. Its pace is taken half-way between the window's and the usual one: the simulated
    month (tests/bench/bench_cadence.py) compares the estimate with the truth.
    """
    if seen.first or seen.listed == 0 or seen.new < seen.listed or feed.last_ok_at is None:
        return 0
    if feed.window == 0:
        return 0  # it listed nothing then: no entry is known to have left its list since
    if not seen.span_s or seen.listed < 2:
        return 1  # undated: at least a doubt
    unseen = (now - feed.last_ok_at).total_seconds() - seen.span_s
    shown = (seen.listed - 1) / seen.span_s
    usual = 1 / feed.gap_s if feed.gap_s else shown
    return max(0, round(unseen * (shown + min(usual, shown)) / 2))


def span_of(moments: Sequence[datetime]) -> float | None:
    """Seconds from the oldest to the newest of some times."""
    return (max(moments) - min(moments)).total_seconds() if len(moments) > 1 else None


def out_of_skips(moment: datetime, hints: FeedHints) -> datetime:
    """The first time at or after `moment` outside the hours and days that the feed wants left alone."""
    if not hints.skip_hours and not hints.skip_days:
        return moment
    limit = moment + timedelta(seconds=MAX_SKIP_S)
    at = moment
    while at < limit:
        if at.weekday() in hints.skip_days:
            at = at.replace(hour=0, minute=moment.minute, second=moment.second) + timedelta(days=1)
        elif at.hour in hints.skip_hours:
            at = at.replace(minute=moment.minute, second=moment.second) + timedelta(hours=1)
        else:
            return at
    return moment


def jittered(pause: float, feed: FeedState, now: datetime) -> float:
    """A pause, up to a tenth shorter or longer: feeds that were added together drift apart."""
    return pause * (1 + JITTER * (2 * spread(feed, now) - 1))


def spread(feed: FeedState, now: datetime) -> float:
    """A number in [0, 1) that differs by feed and by poll, without a random source."""
    return xxhash.xxh3_64_intdigest(f"{feed.url} {now.timestamp()}".encode("utf-8", "replace")) / 2.0**64


def _wanted(feed: FeedState, seen: Seen, gap: float | None, now: datetime, settings: PollSettings) -> float:
    if gap is None:
        return settings.interval if seen.first or feed.interval_s is None else feed.interval_s * GROWTH
    quiet = (now - feed.last_new_at).total_seconds() if seen.new == 0 and feed.last_new_at is not None else 0.0
    # Pace: about one poll for each new entry; in a silence that is long for the feed, fewer.
    pace = max(settings.interval, max(gap, quiet * SILENCE_WEIGHT) * settings.patience)
    # Safety: the share of the window that may be new at the next poll, at the pace of now if that is
    # faster than usual. A feed that sleeps may wake at its usual pace, so silence does not count here.
    current = gap
    if not seen.first and feed.last_ok_at is not None and seen.new >= MIN_NEW:
        current = min(gap, (now - feed.last_ok_at).total_seconds() / seen.new)
    window = seen.listed or feed.window
    return min(pace, (1 - settings.overlap) * window * current) if window else pace


def _with_wishes(interval: float, seen: Seen, settings: PollSettings, hints: FeedHints, fresh_s: float) -> float:
    # HTTP caching is a promise by the server and holds always. `ttl` and the syndication module are
    # often a program's default ("hourly" in WordPress): they yield where entries would be missed.
    pause = max(interval, min(fresh_s, settings.max_interval))
    crowded = seen.listed > 0 and seen.new > (1 - settings.overlap) * seen.listed and not seen.first
    if not crowded:
        pause = max(pause, min(max(hints.ttl_s or 0.0, hints.period_s or 0.0), settings.max_interval))
    return pause


def _clamp(seconds: float, settings: PollSettings) -> float:
    return min(max(seconds, settings.min_interval), settings.max_interval)
