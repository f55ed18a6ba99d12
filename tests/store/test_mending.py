"""Rows that nobody could go on with are brought back, and told; what stands in the file is held against its schema."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.store.database import open_database, transaction
from ingest.store.invariants import broken_invariants
from ingest.store.mending import mend_times
from ingest.times import to_text
from tests.dedup.builders import OTHER_STORY, STORY, text
from tests.loopback import loopback, page
from tests.running import ingest

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
STAMP = to_text(NOW)


def feed(db: sqlite3.Connection, name: str, **columns: str | None) -> None:
    values = {"url": f"http://{name}.example/", "source": "cli", "added_at": STAMP, "next_poll_at": STAMP} | columns
    db.execute(
        f"INSERT INTO feeds ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", tuple(values.values())
    )


def entry(db: sqlite3.Connection, key: str, **columns: str | None) -> None:
    values = {"source": "s", "key": key, "first_seen_at": STAMP, "next_attempt_at": STAMP} | columns
    db.execute(
        f"INSERT INTO entries ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", tuple(values.values())
    )


def mended(db: sqlite3.Connection) -> list[tuple[str, str]]:
    with transaction(db):
        return [(each.column, each.value) for each in mend_times(db, NOW)]


@pytest.mark.parametrize("value", ["2026-03-09 12:00:00", "tomorrow", "", "1772359200", "2026-02-31T10:00:00Z"])
def test_a_time_that_is_none_is_replaced_and_told(db: sqlite3.Connection, value: str) -> None:
    feed(db, "a", next_poll_at=value)
    feed(db, "b", last_ok_at=value)
    feed(db, "c")
    entry(db, "1", next_attempt_at=value)
    entry(db, "2", published_at=value)
    assert sorted(mended(db)) == sorted(
        [("next_poll_at", value), ("last_ok_at", value), ("next_attempt_at", value), ("published_at", value)]
    )
    assert {row[0] for row in db.execute("SELECT next_poll_at FROM feeds")} == {STAMP}
    assert {row[0] for row in db.execute("SELECT next_attempt_at FROM entries")} == {STAMP}
    assert mended(db) == []


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=3653)])
def test_what_a_clock_that_was_ahead_planned_waits_no_longer_than_its_own_pause(
    db: sqlite3.Connection, ahead: timedelta
) -> None:
    feed(db, "a", last_polled_at=to_text(NOW + ahead), next_poll_at=to_text(NOW + ahead + timedelta(minutes=30)))
    feed(db, "b", last_polled_at=STAMP, next_poll_at=to_text(NOW + timedelta(days=3)))  # as its server asked
    entry(db, "1", first_seen_at=to_text(NOW + ahead), next_attempt_at=to_text(NOW + ahead))
    entry(db, "2", next_attempt_at=to_text(NOW + timedelta(hours=5)))
    assert {column for column, _ in mended(db)} == {"next_poll_at", "next_attempt_at"}
    planned = [row[0] for row in db.execute("SELECT next_poll_at FROM feeds ORDER BY id")]
    assert planned == [to_text(NOW + timedelta(minutes=30)), to_text(NOW + timedelta(days=3))]
    assert [row[0] for row in db.execute("SELECT next_attempt_at FROM entries ORDER BY id")] == [
        STAMP,
        to_text(NOW + timedelta(hours=5)),
    ]
    assert mended(db) == []


async def test_one_bad_row_stops_nobody(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        for name, body in (("a", STORY), ("b", OTHER_STORY)):
            site.answers[f"/story-{name}1"] = page(name, text(*body))
            site.feed({"title": name, "guid": name, "link": f"/story-{name}1"}, path=f"/{name}")
        await site.poll("/a", "/b")
        connection = open_database(site.db)
        connection.execute("UPDATE feeds SET last_ok_at = datetime('now') WHERE url LIKE '%/a'")
        connection.execute(
            "UPDATE entries SET outcome = 'pending', next_attempt_at = datetime('now'), first_seen_at = 'x'"
        )
        connection.close()
        await site.poll("/a", "/b")
        assert site.rows("SELECT DISTINCT outcome FROM entries") == [("canonical",)]
        assert site.rows("SELECT count(*) FROM feeds WHERE last_outcome IN ('ok', 'not_modified')") == [(2,)]


@pytest.mark.parametrize(
    ("planted", "rule", "culprit"),
    [
        ("DROP INDEX entries_pending", "every table, index", "index entries_pending"),
        ("DROP TRIGGER copies_fts_update", "every table, index", "trigger copies_fts_update"),
        ("DROP VIEW spread", "every table, index", "view spread"),
        ("UPDATE feeds SET added_at = 'x'", "feeds.added_at holds times", "'x'"),
        ("UPDATE entries SET published_at = '2026-13-01T00:00:00Z'", "entries.published_at holds times", "2026-13"),
    ],
)
def test_what_a_hand_has_broken_is_named(db: sqlite3.Connection, planted: str, rule: str, culprit: str) -> None:
    feed(db, "a")
    entry(db, "1")
    assert broken_invariants(db) == []
    db.execute(planted)
    found = {each.rule: each.samples for each in broken_invariants(db)}
    assert any(rule in known and any(culprit in sample for sample in samples) for known, samples in found.items())


def test_a_malformed_time_ends_a_command_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = open_database(path)
    feed(connection, "a", last_polled_at="yesterday", next_poll_at="2020-01-01T00:00:00Z")
    entry(connection, "1", next_attempt_at="2020-01-01 00:00:00")
    connection.close()
    for command in (("status",), ("feeds", "list"), ("doctor",)):
        done = ingest(*command, "--db", path, cwd=tmp_path, check=None)
        assert "Traceback" not in done.stderr, command
        assert done.returncode in (0, 1)
    told = ingest("doctor", "--db", path, cwd=tmp_path, check=1).stdout
    assert "feeds.last_polled_at of row 1 is no time: 'yesterday'" in told
    assert "row 1: 'yesterday'" in ingest("doctor", "--deep", "--db", path, cwd=tmp_path, check=1).stdout
