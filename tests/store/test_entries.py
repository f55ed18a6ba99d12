from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from ingest.model import Outcome
from ingest.store.database import transaction
from ingest.store.entries import (
    MAX_ERROR_CHARS,
    Item,
    PendingEntry,
    done_items,
    finish_entry,
    pending_entries,
    postpone_entry,
    record_items,
    retry_entries,
)
from ingest.store.feeds import add_feed
from ingest.times import to_text


def add(
    db: sqlite3.Connection, now: datetime, key: str, due: datetime | None = None, *, feed: int | None = None
) -> int:
    cursor = db.execute(
        """
        INSERT INTO entries (feed_id, source, key, url, content, first_seen_at, next_attempt_at)
        VALUES (?, 'f', ?, ?, 'c', ?, ?)
        """,
        (feed, key, f"https://a.example/{key}", to_text(now), to_text(due or now)),
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


@pytest.fixture
def three_feeds(db: sqlite3.Connection, now: datetime) -> sqlite3.Connection:
    """Feed 1 with a long backlog, feeds 2 and 3 with an entry or two, and one entry of a feed that was removed."""
    for number in (1, 2, 3):
        add_feed(db, f"https://{number}.example/feed", now)
    for n in range(50):
        add(db, now, f"1-{n}", now - timedelta(days=1, minutes=-n), feed=1)
    add(db, now, "2-0", now - timedelta(hours=1), feed=2)
    add(db, now, "3-1", now, feed=3)
    add(db, now, "3-0", now - timedelta(minutes=1), feed=3)
    add(db, now, "3-later", now + timedelta(minutes=1), feed=3)
    add(db, now, "removed", now)
    return db


def keys(entries: Iterable[PendingEntry]) -> list[str]:
    return [str(entry.url).removeprefix("https://a.example/") for entry in entries]


@pytest.mark.parametrize(
    ("after", "first"),
    [
        (0, ["1-0", "2-0", "3-0", "removed"]),
        (1, ["2-0", "3-0", "removed", "1-0"]),
        (2, ["3-0", "removed", "1-0", "2-0"]),
        (3, ["removed", "1-0", "2-0", "3-0"]),
        (99, ["removed", "1-0", "2-0", "3-0"]),
    ],
)
def test_feeds_take_turns_and_the_one_served_last_comes_last(
    three_feeds: sqlite3.Connection, now: datetime, after: int, first: list[str]
) -> None:
    found = keys(pending_entries(three_feeds, now, 100, after=after))
    assert found[:4] == first
    assert sorted(found[4:6]) == ["1-1", "3-1"]
    assert found[6:] == [f"1-{n}" for n in range(2, 50)]
    for limit in (0, 1, 3, 5, 9):
        assert keys(pending_entries(three_feeds, now, limit, after=after)) == found[:limit]


def test_feeds_with_nothing_due_have_no_turn(three_feeds: sqlite3.Connection, now: datetime) -> None:
    assert set(keys(pending_entries(three_feeds, now - timedelta(hours=2), 100))) == {f"1-{n}" for n in range(50)}
    assert pending_entries(three_feeds, now - timedelta(days=2), 100) == []


def test_a_look_costs_what_it_finds_not_what_waits(db: sqlite3.Connection, now: datetime) -> None:
    for number in range(1, 21):
        add_feed(db, f"https://{number}.example/feed", now)

    def steps() -> int:
        count = 0

        def tick() -> None:
            nonlocal count
            count += 1

        db.set_progress_handler(tick, 10)  # called every 10 instructions of SQLite's machine
        pending_entries(db, now, 16)
        db.set_progress_handler(None, 0)
        return count

    with transaction(db):
        for number in range(1, 21):
            add(db, now, f"{number}-0", feed=number)
    few = steps()
    with transaction(db):
        for n in range(5000):
            add(db, now, f"1-{n + 1}", now - timedelta(days=1), feed=1)
    assert steps() < 2 * few


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
