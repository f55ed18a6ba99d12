"""What `ingest status` tells: counts and rates over feeds, queue, outcomes and the store. Reads only."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ingest.times import from_text, to_text

MAX_TROUBLED = 20  # feeds in trouble that are named; the rest is a query away


def status_report(connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    """The state of a database as plain values, ready for JSON.

    Keys: `feeds` (by status, due, troubled), `queue` (pending, due, oldest), `outcomes` (all time),
    `last_hour` and `last_day` (polls, entries, articles, copies), `store` (articles, copies, links,
    revisions, bytes), `agencies` (code → articles).
    """
    return {
        "at": to_text(now),
        "feeds": _feeds(connection, now),
        "queue": _queue(connection, now),
        "outcomes": _counts(connection, "SELECT outcome, count(*) FROM entries GROUP BY outcome ORDER BY 2 DESC"),
        "last_hour": _recent(connection, now - timedelta(hours=1)),
        "last_day": _recent(connection, now - timedelta(days=1)),
        "store": {**store_counts(connection), "bytes": _database_bytes(connection)},
        "agencies": _counts(
            connection,
            "SELECT agency, count(*) FROM articles WHERE agency IS NOT NULL GROUP BY agency ORDER BY 2 DESC LIMIT 20",
        ),
    }


def store_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How much the store holds: rows of `articles`, `copies`, `links`, `revisions`."""
    return {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names below
        for table in ("articles", "copies", "links", "revisions")
    }


def gauges(connection: sqlite3.Connection, now: datetime) -> dict[str, float]:
    """Cheap figures for metrics: everything answered by an index or a pragma, at any size."""
    queue = _queue(connection, now)
    due = connection.execute(
        "SELECT count(*) FROM feeds WHERE status = 'active' AND next_poll_at <= ?", (to_text(now),)
    ).fetchone()[0]
    oldest = queue["oldest_due"]
    return {
        "feeds_due": due,
        "queue_pending": queue["pending"],
        "queue_due": queue["due"],
        "queue_oldest_due_seconds": (now - from_text(oldest)).total_seconds() if oldest else 0,
        "database_bytes": _database_bytes(connection),
    }


def _feeds(connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    due, overdue_since = connection.execute(
        "SELECT count(*), min(next_poll_at) FROM feeds WHERE status = 'active' AND next_poll_at <= ?", (to_text(now),)
    ).fetchone()
    troubled = connection.execute(
        """
        SELECT id, url, status, errors, last_outcome, last_error, last_ok_at FROM feeds
        WHERE errors > 0 OR status = 'parked' ORDER BY errors DESC, id LIMIT ?
        """,
        (MAX_TROUBLED,),
    )
    return {
        "by_status": _counts(connection, "SELECT status, count(*) FROM feeds GROUP BY status"),
        "due": due,
        "due_since": overdue_since,
        "troubled": [dict(row) for row in troubled],
    }


def _queue(connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    pending, due, oldest = connection.execute(
        """
        SELECT count(*), coalesce(sum(next_attempt_at <= :now), 0),
               min(CASE WHEN next_attempt_at <= :now THEN next_attempt_at END)
        FROM entries WHERE outcome = 'pending'
        """,
        {"now": to_text(now)},
    ).fetchone()
    return {"pending": pending, "due": due, "oldest_due": oldest}


def _recent(connection: sqlite3.Connection, since: datetime) -> dict[str, Any]:
    values = {"since": to_text(since)}

    def one(sql: str) -> Any:
        return connection.execute(sql, values).fetchone()[0]

    return {
        "polls": one("SELECT count(*) FROM polls WHERE started_at >= :since"),
        "failed_polls": one(
            "SELECT count(*) FROM polls WHERE started_at >= :since AND outcome NOT IN ('ok', 'not_modified')"
        ),
        "entries": one("SELECT count(*) FROM entries WHERE finished_at >= :since"),
        "articles": one("SELECT count(*) FROM articles WHERE first_seen_at >= :since"),
        "copies": one("SELECT count(*) FROM copies WHERE first_seen_at >= :since"),
    }


def _database_bytes(connection: sqlite3.Connection) -> int:
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size)


def _counts(connection: sqlite3.Connection, sql: str) -> Mapping[str, int]:
    return {row[0]: row[1] for row in connection.execute(sql)}
