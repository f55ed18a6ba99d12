"""Housekeeping of the database: old log rows go, the planner's figures are renewed."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from ingest.store.database import transaction
from ingest.times import to_text

DELETE_BATCH = 5000  # rows a transaction: well under 200 ms, so that other writers are not held up


def maintain(connection: sqlite3.Connection, now: datetime, keep_polls: float) -> int:
    """Remove poll log rows older than `keep_polls` seconds, then let SQLite optimise itself.

    Returns:
        the number of rows removed.
    """
    before = to_text(now - timedelta(seconds=keep_polls))
    removed = 0
    while True:
        with transaction(connection):
            cursor = connection.execute(
                "DELETE FROM polls WHERE id IN (SELECT id FROM polls WHERE started_at < ? LIMIT ?)",
                (before, DELETE_BATCH),
            )
        removed += cursor.rowcount
        if cursor.rowcount < DELETE_BATCH:
            break
    connection.execute("PRAGMA optimize")
    return removed
