"""Permanent redirects: followed at once, believed when seen often, for days, and with known entries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest.acquire.moves import SIGHTINGS, Move, follow, noted
from ingest.model import FeedState
from tests.acquire.build import feed_state

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OLD, NEW = "https://old.example/f", "https://new.example/f"


def watched(target: str | None, overlap: float | None, polls: int, step: timedelta) -> tuple[FeedState, Move]:
    feed, move = feed_state(OLD), Move()
    for number in range(polls):
        move = follow(feed, target, overlap if number == 0 else 1.0, NOW + number * step)
        feed = noted(feed, move)
    return feed, move


def test_a_move_that_lasts_and_leads_to_known_entries_is_believed() -> None:
    feed, move = watched(NEW, 0.8, SIGHTINGS, timedelta(hours=12))
    assert move.settled == NEW
    assert feed.moved_to is None, "it is over"


def test_few_sightings_are_not_believed() -> None:
    assert watched(NEW, 0.8, SIGHTINGS - 1, timedelta(days=1))[1].settled is None


def test_many_sightings_within_hours_are_not_believed() -> None:
    assert watched(NEW, 0.8, SIGHTINGS * 3, timedelta(minutes=5))[1].settled is None


def test_a_target_with_other_entries_is_never_believed() -> None:
    feed, move = watched(NEW, 0.0, SIGHTINGS * 3, timedelta(days=1))
    assert move.settled is None
    assert feed.moved_to == NEW
    assert feed.moved_overlap == 0.0


def test_another_target_or_none_begins_the_count_anew() -> None:
    feed, _ = watched(NEW, 0.8, SIGHTINGS - 1, timedelta(days=1))
    assert follow(feed, "https://third.example/", 0.9, NOW).count == 1
    assert follow(feed, None, None, NOW) == Move()
    assert follow(feed, OLD, None, NOW) == Move()
