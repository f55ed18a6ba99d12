"""Feeds that need a person's eye: parked, failing, silent, losing entries. Reads only."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from ingest.times import from_text, to_text

SILENT_GAPS = 5  # without a new entry for as many usual gaps
SILENT_MIN_S = 86_400.0  # a busy feed's quiet night is no silence
MAX_NAMED = 50  # of each kind; the rest is a query away


def feed_health(connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    """What is wrong with feeds, as plain values ready for JSON.

    Keys: `parked` and `failing` (with reason, errors, last good poll), `silent` (with the time of the
    last new entry and the usual gap in seconds), `missed` (`total`, and `feeds` with their estimates),
    `problems` (feeds whose last document had to be mended).
    """
    return {
        "parked": _rows(
            connection,
            """
            SELECT id, url, title, reason, errors, last_ok_at, next_poll_at FROM feeds WHERE status = 'parked'
            ORDER BY last_ok_at
            """,
        ),
        "failing": _rows(
            connection,
            """
            SELECT id, url, title, errors, last_outcome, last_error, failing_since, last_ok_at, next_poll_at FROM feeds
            WHERE status = 'active' AND errors > 0 ORDER BY trouble DESC, id
            """,
        ),
        "silent": silent_feeds(connection, now),
        "missed": {
            "total": connection.execute("SELECT coalesce(sum(missed), 0) FROM feeds").fetchone()[0],
            "feeds": _rows(
                connection,
                "SELECT id, url, title, missed, interval_s FROM feeds WHERE missed > 0 ORDER BY missed DESC, id",
            ),
        },
        "problems": _rows(
            connection,
            """
            SELECT feeds.id, feeds.url, polls.error AS problem FROM feeds JOIN polls ON polls.id = (
                SELECT max(id) FROM polls WHERE polls.feed_id = feeds.id AND polls.outcome = 'ok'
            )
            WHERE feeds.status = 'active' AND feeds.errors = 0 AND polls.error IS NOT NULL ORDER BY feeds.id
            """,
        ),
    }


def silent_feeds(connection: sqlite3.Connection, now: datetime) -> list[dict[str, Any]]:
    """Feeds that answer, and have brought nothing new for five times their usual gap, the most unusual first."""
    rows = connection.execute(
        """
        SELECT id, url, title, last_new_at, gap_s FROM feeds
        WHERE status = 'active' AND errors = 0 AND gap_s IS NOT NULL AND last_new_at IS NOT NULL AND last_new_at < ?
        """,
        (to_text(now),),
    )
    silent = []
    for row in rows:
        quiet = (now - from_text(row["last_new_at"])).total_seconds()
        if quiet > max(SILENT_GAPS * row["gap_s"], SILENT_MIN_S):
            silent.append({**dict(row), "quiet_s": round(quiet), "gap_s": round(row["gap_s"])})
    silent.sort(key=lambda feed: feed["quiet_s"] / max(feed["gap_s"], 1), reverse=True)
    return silent[:MAX_NAMED]


def _rows(connection: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(f"{sql} LIMIT {MAX_NAMED}")]
