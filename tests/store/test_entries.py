from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

import pytest

from ingest.model import Outcome
from ingest.store.database import transaction
from ingest.store.entries import (
    MAX_ERROR_CHARS,
    Item,
    done_items,
    finish_entry,
    pending_entries,
    postpone_entry,
    record_items,
    retry_entries,
)
from ingest.times import to_text


def add(db: sqlite3.Connection, now: datetime, key: str, due: datetime | None = None) -> int:
    cursor = db.execute(
        "INSERT INTO entries (source, key, url, content, first_seen_at, next_attempt_at) VALUES ('f', ?, ?, 'c', ?, ?)",
        (key, f"https://a.example/{key}", to_text(now), to_text(due or now)),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def test_due_entries_come_oldest_first_and_waiting_ones_do_not_come(db: sqlite3.Connection, now: datetime) -> None:
    add(db, now, "late", now - timedelta(hours=1))
    add(db, now, "first", now - timedelta(hours=2))
    add(db, now, "waits", now + timedelta(seconds=5))
    assert [entry.url for entry in pending_entries(db, now, 10)] == [
        "https://a.example/first",
        "https://a.example/late",
    ]
    assert len(pending_entries(db, now, 1)) == 1


def test_a_finished_entry_leaves_the_queue_and_lets_its_content_go(db: sqlite3.Connection, now: datetime) -> None:
    entry = add(db, now, "a")
    finish_entry(db, entry, Outcome.TIMEOUT, now, error="x" * 2000)
    row = db.execute("SELECT * FROM entries").fetchone()
    assert (row["outcome"], row["attempts"], row["content"], row["next_attempt_at"]) == ("timeout", 1, None, None)
    assert len(row["error"]) == MAX_ERROR_CHARS
    assert not pending_entries(db, now, 10)


def test_a_postponed_entry_counts_its_attempts(db: sqlite3.Connection, now: datetime) -> None:
    entry = add(db, now, "a")
    postpone_entry(db, entry, now + timedelta(minutes=15), "timeout: no answer")
    assert not pending_entries(db, now, 10)
    (again,) = pending_entries(db, now + timedelta(minutes=15), 10)
    assert (again.attempts, again.content) == (1, "c")


def test_an_entry_cannot_end_and_wait_at_once(db: sqlite3.Connection, now: datetime) -> None:
    entry = add(db, now, "a")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("UPDATE entries SET outcome = 'copy' WHERE id = ?", (entry,))


def test_items_are_known_by_source_and_position(db: sqlite3.Connection, now: datetime) -> None:
    items = [Item("/a", n, f"k{n}", Outcome.CANONICAL, doc=n) for n in range(1, 6)]
    with transaction(db):
        record_items(db, items, now)
        record_items(db, [Item("/a", 3, "changed", Outcome.INVALID_RECORD, error="x")], now)
    assert done_items(db, "/a", 2, 4) == {2: "k2", 3: "changed", 4: "k4"}
    assert done_items(db, "/b", 1, 9) == {}
    assert db.execute("SELECT count(*), max(attempts) FROM entries").fetchone()[:] == (5, 2)


def test_retry_takes_up_what_failed_and_nothing_that_is_stored(db: sqlite3.Connection, now: datetime) -> None:
    for key, outcome, doc in (("a", Outcome.TIMEOUT, None), ("b", Outcome.HTTP_ERROR, None), ("c", Outcome.COPY, 7)):
        finish_entry(db, add(db, now, key), outcome, now, doc=doc)
    with transaction(db):
        record_items(db, [Item("/a", 1, "k", Outcome.TIMEOUT)], now)
    assert retry_entries(db, ["timeout", "copy"], now, source="f") == 1
    assert retry_entries(db, ["timeout", "copy"], now) == 1
    assert [entry.url for entry in pending_entries(db, now, 10)] == ["https://a.example/a"]
    assert done_items(db, "/a", 1, 1) == {}, "a backfilled item is taken up by the next backfill"
