"""What one feed may bring in an hour and have waiting, whatever the way in: polled, or pushed by a hub."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.settings import PollSettings
from ingest.times import to_text

WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Limits of one feed.

    Attributes:
        entries: new ones within an hour.
        bytes: of documents that brought any, within an hour.
        pending: entries that wait for their page.
    """

    entries: int
    bytes: int
    pending: int

    @classmethod
    def of(cls, settings: PollSettings) -> Allowance:
        """Those of the settings."""
        return cls(settings.hourly_entries, settings.hourly_bytes, settings.max_pending)


def room(connection: sqlite3.Connection, feed_id: int, now: datetime, allowance: Allowance) -> int:
    """How many new entries a feed may still bring now; a read of the log and of what waits."""
    brought = connection.execute(
        "SELECT coalesce(sum(new), 0) AS entries, coalesce(sum(bytes), 0) AS bytes FROM polls "
        "WHERE feed_id = ? AND started_at > ? AND new > 0",
        (feed_id, to_text(now - WINDOW)),
    ).fetchone()
    if brought["bytes"] >= allowance.bytes:
        return 0
    left = allowance.entries - int(brought["entries"])
    if left <= 0:
        return 0
    (waiting,) = connection.execute(
        "SELECT count(*) FROM entries INDEXED BY entries_in_turn "
        "WHERE outcome = 'pending' AND position IS NULL AND feed_id = ?",
        (feed_id,),
    ).fetchone()
    return max(0, min(left, allowance.pending - int(waiting)))
