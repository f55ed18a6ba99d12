"""What `ingest status` tells: counts and rates over feeds, queue, outcomes and the store. Reads only."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ingest.model import NOT_ASKED
from ingest.store.database import file_bytes
from ingest.store.maintenance import used_bytes
from ingest.times import from_text, to_text

SILENT_GAPS = 5  # a feed is silent after this many times its usual pause between new entries
MIN_GAP_S = 6 * 3600  # a busy feed is not silent over one night
LATE_QUEUE = timedelta(hours=1)
MAX_TROUBLED = 20  # feeds in trouble that are named; the rest is a query away


def status_report(connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    """The state of a database as plain values, ready for JSON.

    Keys: `feeds` (by status, due, troubled, silent, estimated `missed` entries and the feeds `losing`
    them), `queue` (pending, due, oldest; apart from them `backfilled`), `outcomes` (all time),
    `last_hour` and `last_day` (polls, entries, articles, copies), `store` (articles, copies, links,
    revisions, bytes), `agencies` (code → articles).
    """
    queue = _queue(connection, now)
    return {
        "at": to_text(now),
        "feeds": _feeds(connection, now),
        "queue": {**queue, "backfilled": _backfilled(connection, queue)},
        "outcomes": _counts(connection, "SELECT outcome, count(*) FROM entries GROUP BY outcome ORDER BY 2 DESC"),
        "last_hour": _recent(connection, now - timedelta(hours=1)),
        "last_day": _recent(connection, now - timedelta(days=1)),
        "store": {**store_counts(connection), "bytes": file_bytes(connection)},
        "agencies": _counts(
            connection,
            "SELECT agency, count(DISTINCT article_id) FROM doc_origins GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20",
        ),
    }


def store_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How much the store holds: rows of `articles`, `copies`, `links`, `revisions`."""
    return {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names below
        for table in ("articles", "copies", "links", "revisions")
    }


def last_doc(connection: sqlite3.Connection) -> int:
    """The highest doc that was ever given."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'fingerprints'").fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class Against:
    """What texts that came last are to those that were stored before.

    Attributes:
        new: articles of which no text was stored before.
        copies_of_stored: texts that went to an article of which one was.
        took_over: of these articles those that stand for one of the later texts now.
    """

    new: int
    copies_of_stored: int
    took_over: int


def against_stored(connection: sqlite3.Connection, before: int) -> Against:
    """What the texts after a doc are to those up to it."""
    new, took_over = connection.execute(
        """
        SELECT coalesce(sum(NOT has_older), 0), coalesce(sum(has_older), 0)
        FROM (SELECT EXISTS (SELECT 1 FROM copies c WHERE c.article_id = a.id AND c.doc <= :before) AS has_older
              FROM articles a WHERE a.doc > :before)
        """,
        {"before": before},
    ).fetchone()
    (of_older,) = connection.execute(
        "SELECT count(*) FROM copies c JOIN articles a ON a.id = c.article_id WHERE c.doc > ? AND a.doc <= ?",
        (before, before),
    ).fetchone()
    (of_taken,) = connection.execute(
        """
        SELECT count(*) FROM copies c JOIN articles a ON a.id = c.article_id
        WHERE c.doc > :before AND a.doc > :before
          AND EXISTS (SELECT 1 FROM copies o WHERE o.article_id = a.id AND o.doc <= :before)
        """,
        {"before": before},
    ).fetchone()
    return Against(new, of_older + of_taken + took_over, took_over)


def gauges(connection: sqlite3.Connection, now: datetime) -> dict[str, float]:
    """Cheap figures for metrics: everything answered by an index or a pragma, at any size."""
    queue = _queue(connection, now)
    due, due_since = connection.execute(
        "SELECT count(*), min(next_poll_at) FROM feeds WHERE status <> 'paused' AND next_poll_at <= ?", (to_text(now),)
    ).fetchone()
    statuses = _counts(connection, "SELECT status, count(*) FROM feeds GROUP BY status")
    oldest = queue["oldest_due"]
    return {
        "feeds_due": due,
        "feeds_late_seconds": (now - from_text(due_since)).total_seconds() if due_since else 0,
        "feeds_active": statuses.get("active", 0),
        "feeds_parked": statuses.get("parked", 0),
        "queue_pending": queue["pending"],
        "queue_due": queue["due"],
        "queue_oldest_due_seconds": (now - from_text(oldest)).total_seconds() if oldest else 0,
        "database_bytes": file_bytes(connection),
        "database_used_bytes": used_bytes(connection),
    }


def health_report(connection: sqlite3.Connection, now: datetime) -> list[tuple[str, str]]:
    """Feeds and queues that want a person's look, as (what, advice); empty when all is well."""
    parked = connection.execute(
        "SELECT id, url, reason FROM feeds WHERE status = 'parked' ORDER BY id LIMIT ?", (MAX_TROUBLED,)
    )
    found = [
        (f"feed {row['id']} {row['url']} is parked: {row['reason']}", f"`ingest feeds test {row['url']}`")
        for row in parked
    ]
    for row in _silent(connection, now):
        usual = f"every {row['gap_s'] / 3600:.1f} h"
        found.append(
            (
                f"feed {row['id']} {row['url']} is silent: no new entry since {row['last_new_at']}, usually {usual}",
                "look whether it moved",
            )
        )
    oldest = _queue(connection, now)["oldest_due"]
    if oldest and now - from_text(oldest) > LATE_QUEUE:
        found.append((f"entries are due since {oldest} and not taken up", "is a daemon running? `ingest status`"))
    return found


def last_time(connection: sqlite3.Connection) -> str | None:
    """The latest moment that the database knows of its own work."""
    row = connection.execute(
        """
        SELECT max(at) FROM
            (SELECT max(started_at) AS at FROM polls UNION ALL SELECT max(first_seen_at) FROM articles)
        """
    ).fetchone()
    return None if row[0] is None else str(row[0])


def _silent(connection: sqlite3.Connection, now: datetime) -> list[sqlite3.Row]:
    return connection.execute(
        """
        SELECT id, url, last_new_at, gap_s FROM feeds
        WHERE status = 'active' AND errors = 0 AND gap_s IS NOT NULL
          AND strftime('%s', :now) - strftime('%s', last_new_at) > :times * max(gap_s, :least)
        ORDER BY id LIMIT :limit
        """,
        {"now": to_text(now), "times": SILENT_GAPS, "least": MIN_GAP_S, "limit": MAX_TROUBLED},
    ).fetchall()


def _feeds(connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    due, overdue_since = connection.execute(
        "SELECT count(*), min(next_poll_at) FROM feeds WHERE status <> 'paused' AND next_poll_at <= ?", (to_text(now),)
    ).fetchone()
    troubled = connection.execute(
        """
        SELECT id, url, status, errors, last_outcome, last_error, last_ok_at FROM feeds
        WHERE status = 'parked' OR (status = 'active' AND errors > 0) ORDER BY errors DESC, id LIMIT ?
        """,
        (MAX_TROUBLED,),
    )
    missed = connection.execute(
        "SELECT id, url, missed, interval_s FROM feeds WHERE missed > 0 ORDER BY missed DESC, id LIMIT ?",
        (MAX_TROUBLED,),
    )
    return {
        "by_status": _counts(connection, "SELECT status, count(*) FROM feeds GROUP BY status"),
        "due": due,
        "due_since": overdue_since,
        "troubled": [dict(row) for row in troubled],
        "silent": [dict(row) for row in _silent(connection, now)],
        "missed": connection.execute("SELECT coalesce(sum(missed), 0) FROM feeds").fetchone()[0],
        "losing": [dict(row) for row in missed],
    }


def _queue(connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    # What the daemon takes up. Backfilled items (those with a position) wait for a backfill, whoever else is at work.
    pending, due, oldest = connection.execute(
        """
        SELECT count(*), coalesce(sum(next_attempt_at <= :now), 0),
               min(CASE WHEN next_attempt_at <= :now THEN next_attempt_at END)
        FROM entries INDEXED BY entries_in_turn WHERE outcome = 'pending' AND position IS NULL
        """,
        {"now": to_text(now)},
    ).fetchone()
    return {"pending": pending, "due": due, "oldest_due": oldest}


def _backfilled(connection: sqlite3.Connection, queue: Mapping[str, Any]) -> int:
    """Backfilled items that wait for their backfill: all that waits, less the daemon's queue (no index has them)."""
    (pending,) = connection.execute("SELECT count(*) FROM entries WHERE outcome = 'pending'").fetchone()
    return int(pending) - int(queue["pending"])


# A poll that was put off was not made: it is logged, and neither counts nor failed.
_POLLS = f"""
    SELECT count(*), coalesce(sum(outcome IN ('ok', 'not_modified')), 0) FROM polls
    WHERE started_at >= :since AND outcome NOT IN ({", ".join(f"'{outcome}'" for outcome in NOT_ASKED)})
"""  # noqa: S608 - names of this package


def _recent(connection: sqlite3.Connection, since: datetime) -> dict[str, Any]:
    values = {"since": to_text(since)}

    def one(sql: str) -> Any:
        return connection.execute(sql, values).fetchone()[0]

    polls, good = connection.execute(_POLLS, values).fetchone()
    return {
        "polls": polls,
        "failed_polls": polls - good,
        "entries": one("SELECT count(*) FROM entries WHERE finished_at >= :since"),
        "articles": one("SELECT count(*) FROM articles WHERE first_seen_at >= :since"),
        "copies": one("SELECT count(*) FROM copies WHERE first_seen_at >= :since"),
    }


def _counts(connection: sqlite3.Connection, sql: str) -> Mapping[str, int]:
    return {row[0]: row[1] for row in connection.execute(sql)}
