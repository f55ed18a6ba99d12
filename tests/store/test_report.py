"""What `status`, the doctor and the metrics tell of the queue and of polls: the daemon's own work, nothing else."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta

from ingest.model import NOT_ASKED, Outcome, PollResult
from ingest.store.database import transaction
from ingest.store.entries import Item, record_items, retry_entries
from ingest.store.feeds import add_feed, due_feeds, record_poll
from ingest.store.report import gauges, health_report, status_report
from tests.store.test_entries import add

LATER = timedelta(hours=2)


def test_backfilled_items_taken_up_again_are_none_of_the_daemons_queue(db: sqlite3.Connection, now: datetime) -> None:
    with transaction(db):
        record_items(db, [Item("/a", line, f"k{line}", Outcome.TIMEOUT) for line in (1, 2)], now)
    assert retry_entries(db, ["timeout"], now) == 2
    assert gauges(db, now + LATER)["queue_oldest_due_seconds"] == 0
    assert health_report(db, now + LATER) == []
    empty = {"pending": 0, "due": 0, "oldest_due": None}
    assert status_report(db, now + LATER)["queue"] == {**empty, "backfilled": 2}


def test_entries_of_feeds_wait_in_the_queue(db: sqlite3.Connection, now: datetime) -> None:
    add(db, now, "due")
    add(db, now, "later", now + 2 * LATER)
    found = gauges(db, now + LATER)
    assert (found["queue_pending"], found["queue_due"]) == (2, 1)
    assert found["queue_oldest_due_seconds"] == LATER.total_seconds()
    assert [advice for _, advice in health_report(db, now + LATER)] == ["is a daemon running? `ingest status`"]


def test_the_queue_is_found_by_indexes_and_never_among_all_entries(db: sqlite3.Connection, now: datetime) -> None:
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    status_report(db, now)
    db.set_trace_callback(None)
    of_queue = [sql for sql in asked if "'pending'" in sql]
    plans = [row["detail"] for sql in of_queue for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert plans == [
        "SCAN entries USING INDEX entries_in_turn",
        "SEARCH entries USING COVERING INDEX entries_outcome (outcome=?)",
    ]


def test_polls_that_were_not_made_did_not_fail(db: sqlite3.Connection, now: datetime) -> None:
    add_feed(db, "https://a.example/f", now)
    (feed,) = due_feeds(db, now, 1)
    for outcome in (Outcome.OK, Outcome.RATE_LIMITED, *NOT_ASKED):
        record_poll(db, feed, PollResult(feed.id, outcome, now, 0, replace(feed)), now)
    hour = status_report(db, now)["last_hour"]
    assert (hour["polls"], hour["failed_polls"]) == (2, 1)
