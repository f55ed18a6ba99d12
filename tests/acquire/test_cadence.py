"""When the next poll comes: rhythm, wishes, back-off, and a simulated month."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.acquire.cadence import (
    JITTER,
    Seen,
    after_failure,
    after_success,
    estimate_missed,
    out_of_skips,
    spread,
    usual_gap,
    weight,
)
from ingest.acquire.dates import MAX_AHEAD, Stamp, settle
from ingest.model import DateFlag, FeedHints, FeedState, Outcome, Precision
from ingest.settings import PollSettings
from tests.acquire.build import feed_state
from tests.bench.bench_cadence import simulate

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
HOUR, DAY = 3600.0, 86_400.0
SETTINGS = PollSettings()


def known(*, gap: float = HOUR, interval: float = HOUR, window: int = 20, since: float = HOUR) -> FeedState:
    before = NOW - timedelta(seconds=since)
    return feed_state(
        "https://a.example/f", gap_s=gap, interval_s=interval, window=window, last_ok_at=before, last_new_at=before
    )


def pause(feed: FeedState, seen: Seen, *, hints: FeedHints | None = None, fresh: float = 0.0) -> float:
    plan = after_success(feed, seen, NOW, SETTINGS, hints=hints or FeedHints(), fresh_s=fresh)
    return (plan.next_poll_at - NOW).total_seconds()


def close(seconds: float) -> object:
    return pytest.approx(seconds, rel=JITTER + 0.01)


def test_a_new_feed_is_polled_at_the_pace_its_dates_show() -> None:
    feed = feed_state("https://a.example/f")
    assert pause(feed, Seen(25, 25, span_s=24 * 2 * HOUR, first=True)) == close(2 * HOUR)
    assert pause(feed, Seen(25, 25, first=True)) == close(SETTINGS.interval)


@pytest.mark.parametrize(
    ("seen", "seconds"),
    [
        (Seen(20, 1), HOUR),  # as usual
        (Seen(0, 0), HOUR),  # unchanged
        (Seen(20, 10), 20 * 0.2 * HOUR / 10),  # ten in an hour: a fifth of the window comes in 24 minutes
        (Seen(20, 20), SETTINGS.min_interval * 1.0 + 420),  # faster still
    ],
)
def test_the_pause_follows_the_overlap(seen: Seen, seconds: float) -> None:
    assert pause(known(), seen) == close(seconds)


def test_no_pause_is_shorter_or_longer_than_the_bounds() -> None:
    assert pause(known(since=60), Seen(10, 10)) >= SETTINGS.min_interval * (1 - JITTER)
    assert pause(known(gap=90 * DAY, interval=2 * DAY), Seen(20, 0)) <= SETTINGS.max_interval * (1 + JITTER)


def test_a_pause_grows_by_steps() -> None:
    assert pause(known(gap=DAY, interval=HOUR, window=500), Seen(500, 1)) < 2 * HOUR


def test_a_feed_that_sleeps_is_still_polled_often_enough_to_see_it_wake() -> None:
    feed = replace(known(gap=HOUR, window=10, interval=DAY), last_new_at=NOW - timedelta(days=10))
    assert pause(feed, Seen(0, 0)) <= 2 * HOUR * (1 + JITTER)


@pytest.mark.parametrize(
    ("hints", "fresh", "seconds"),
    [
        (FeedHints(), 3 * HOUR, 3 * HOUR),
        (FeedHints(), 90 * DAY, SETTINGS.max_interval),
        (FeedHints(ttl_s=2 * HOUR), 0.0, 2 * HOUR),
        (FeedHints(period_s=3 * HOUR), 0.0, 3 * HOUR),
        (FeedHints(ttl_s=60.0), 0.0, HOUR),
    ],
)
def test_what_server_and_feed_ask_for_is_kept(hints: FeedHints, fresh: float, seconds: float) -> None:
    assert pause(known(), Seen(20, 1), hints=hints, fresh=fresh) == close(seconds)


def test_a_ttl_yields_where_entries_would_be_missed_but_a_max_age_does_not() -> None:
    assert pause(known(), Seen(20, 20), hints=FeedHints(ttl_s=6 * HOUR)) < HOUR
    assert pause(known(), Seen(20, 20), fresh=6 * HOUR) == close(6 * HOUR)


@pytest.mark.parametrize(
    ("hints", "at", "moved_to"),
    [
        (FeedHints(), NOW, NOW),
        (FeedHints(skip_hours=frozenset({12, 13})), NOW, NOW.replace(hour=14)),
        (FeedHints(skip_hours=frozenset({23, 0})), NOW.replace(hour=23), datetime(2026, 3, 3, 1, 0, tzinfo=UTC)),
        (FeedHints(skip_days=frozenset({0})), NOW, datetime(2026, 3, 3, 0, 0, tzinfo=UTC)),
        (FeedHints(None, None, frozenset({0}), frozenset({0, 1})), NOW, datetime(2026, 3, 4, 1, 0, tzinfo=UTC)),
        (FeedHints(skip_days=frozenset(range(7))), NOW, NOW),  # "never" is no wish
    ],
)  # fmt: skip
def test_skipped_hours_and_days_are_left_alone(hints: FeedHints, at: datetime, moved_to: datetime) -> None:
    assert out_of_skips(at, hints) == moved_to


def test_pauses_after_failures_grow_and_are_bounded() -> None:
    feed = known()
    pauses = [(after_failure(feed, trouble, NOW, SETTINGS) - NOW).total_seconds() for trouble in range(12)]
    assert pauses[0] == close(HOUR)
    assert pauses[3] == close(8 * HOUR)
    assert pauses[11] == close(SETTINGS.max_interval)


def test_retry_after_is_a_floor_and_capped() -> None:
    feed = known()
    asked = (after_failure(feed, 0, NOW, SETTINGS, retry_after_s=5 * HOUR) - NOW).total_seconds()
    assert 5 * HOUR <= asked <= 5 * HOUR * (1 + JITTER)
    capped = (after_failure(feed, 0, NOW, SETTINGS, retry_after_s=30 * DAY) - NOW).total_seconds()
    assert capped <= SETTINGS.max_interval * (1 + JITTER)


def test_failures_weigh_by_how_lasting_they_are() -> None:
    assert weight(Outcome.DNS_ERROR) < weight(Outcome.NOT_A_FEED) < weight(Outcome.GONE)


def test_jitter_spreads_feeds_that_were_added_together() -> None:
    shares = [spread(feed_state(f"https://a.example/{n}"), NOW) for n in range(1000)]
    assert 0.45 < sum(shares) / len(shares) < 0.55
    assert min(shares) < 0.02
    assert max(shares) > 0.98
    assert spread(feed_state("https://a.example/1"), NOW) == shares[1], "no hidden randomness"


@pytest.mark.parametrize(
    ("seen", "missed"),
    [
        (Seen(20, 19, span_s=HOUR), 0),  # one was known: nothing lies between
        (Seen(20, 20, span_s=9 * HOUR), 2),  # one hour unseen, at a pace between 2.1 and the usual 1 an hour
        (Seen(20, 20, span_s=12 * HOUR), 0),
        (Seen(20, 20), 1),  # undated: a doubt
        (Seen(20, 20, span_s=HOUR, first=True), 0),
        (Seen(0, 0), 0),
    ],
)
def test_missed_entries_are_estimated(seen: Seen, missed: int) -> None:
    assert estimate_missed(known(since=10 * HOUR), seen, NOW) == missed


def test_the_first_entries_of_a_feed_that_was_empty_are_no_sign_of_missed_ones() -> None:
    assert estimate_missed(known(window=0), Seen(1, 1), NOW) == 0
    assert estimate_missed(known(window=1), Seen(1, 1), NOW) == 1


def test_the_usual_gap_is_learned_slowly_and_not_from_silence() -> None:
    feed = known(gap=HOUR, since=4 * HOUR)
    assert usual_gap(feed, Seen(0, 0), NOW) == HOUR
    gap = usual_gap(feed, Seen(20, 2), NOW)
    assert gap is not None
    assert HOUR < gap < 2 * HOUR


@pytest.mark.parametrize(
    ("stamp", "kept", "flag"),
    [
        (Stamp(NOW - timedelta(days=1)), True, None),
        (Stamp(NOW + MAX_AHEAD / 2), True, None),
        (Stamp(NOW - timedelta(days=1), flag=DateFlag.ZONELESS), True, DateFlag.ZONELESS),
        (Stamp(NOW.replace(hour=0), Precision.DAY), True, None),
        (Stamp(NOW + timedelta(hours=2)), False, DateFlag.FUTURE),
        (Stamp((NOW + timedelta(days=1)).replace(hour=0), Precision.DAY), False, DateFlag.FUTURE),
        (Stamp(datetime(1970, 1, 1, tzinfo=UTC)), False, DateFlag.ANCIENT),
        (Stamp(None, flag=DateFlag.MISSING), False, DateFlag.MISSING),
        (Stamp(None, flag=DateFlag.UNREADABLE), False, DateFlag.UNREADABLE),
    ],
)
def test_a_date_that_cannot_be_true_is_clamped_to_the_first_sighting(
    stamp: Stamp, kept: bool, flag: DateFlag | None
) -> None:
    settled = settle(stamp, NOW)
    assert settled.moment == (stamp.moment if kept else NOW)
    assert settled.flag is flag


def test_a_simulated_month_misses_less_than_hourly_polling_with_half_the_requests() -> None:
    ours, hourly = simulate(feeds=60)
    assert ours.requests <= hourly.requests / 2
    assert ours.missed < hourly.missed
    assert ours.estimated > 0
