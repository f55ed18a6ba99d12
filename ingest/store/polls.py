"""What a poll leaves in the database: feed state, new entries, sightings, the log; one transaction a poll."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.model import FeedState, PollResult
from ingest.points import Point
from ingest.store.allowance import WINDOW, Allowance
from ingest.store.arrivals import Arrived, store_entries
from ingest.store.database import transaction
from ingest.store.feed_state import STATE_NAMES, host_of, shorten, state_values
from ingest.times import from_text, optional_time, to_text


@dataclass(frozen=True, slots=True)
class RecordedPoll:
    """What a poll changed.

    Attributes:
        new: entries stored as pending.
        rekeyed: entries known already that came back under other ids (a GUID storm).
        refused: new ones beyond what the feed may bring; they are asked for again.
        problems: oddities of identity, in words.
    """

    new: int
    rekeyed: int = 0
    refused: int = 0
    problems: tuple[str, ...] = ()


def record_poll(
    connection: sqlite3.Connection,
    feed: FeedState,
    result: PollResult,
    now: datetime,
    allowance: Allowance | None = None,
) -> RecordedPoll:
    """Store what a poll found: new entries, sightings, the log and the feed's next state, all or nothing.

    A feed that was removed, paused or moved meanwhile keeps that; the entries are stored all the same.
    """
    with transaction(connection, Point.POLL_COMMIT):
        url = connection.execute("SELECT url FROM feeds WHERE id = ?", (feed.id,)).fetchone()
        if url is None:
            return RecordedPoll(0, problems=("the feed was removed while it was polled",))
        arrived = store_entries(connection, feed.id, url["url"], result.entries, now, allowance)
        _log(connection, result, arrived)
        _update_feed(connection, result)
        if arrived.refused:
            # When it may bring more, and without validators: a "not modified" would keep from us what is listed still.
            connection.execute(
                "UPDATE feeds SET etag = NULL, last_modified = NULL, body_hash = NULL, "
                "next_poll_at = min(coalesce(next_poll_at, :due), :due) WHERE id = :id",
                {"id": feed.id, "due": to_text(now + WINDOW)},
            )
        moved = _move(connection, feed, result.moved) if result.moved else ()
    return RecordedPoll(arrived.new, arrived.rekeyed, arrived.refused, arrived.problems + moved)


def postpone_poll(connection: sqlite3.Connection, feed_id: int, until: datetime, error: str) -> None:
    """Let a feed wait whose poll could not be recorded."""
    with transaction(connection):
        connection.execute(
            "UPDATE feeds SET next_poll_at = :until, last_error = :error WHERE id = :id",
            {"id": feed_id, "until": to_text(until), "error": shorten(error)},
        )


def poll_soon(connection: sqlite3.Connection, feed_id: int, now: datetime, min_interval_s: float) -> None:
    """Make a feed due, though no sooner after its last poll than any other; a read where it is due as soon already.

    Not one that failed: its publisher may have named the time when it may be asked again.
    """
    row = connection.execute(
        "SELECT last_polled_at, next_poll_at FROM feeds WHERE id = ? AND status = 'active' AND errors = 0", (feed_id,)
    ).fetchone()
    if row is None or row["next_poll_at"] is None:
        return
    last = optional_time(row["last_polled_at"])
    soon = now if last is None else max(now, last + timedelta(seconds=min_interval_s))
    if soon < from_text(row["next_poll_at"]):
        with transaction(connection):
            connection.execute("UPDATE feeds SET next_poll_at = ? WHERE id = ?", (to_text(soon), feed_id))


_LOG = """
    INSERT INTO polls (feed_id, started_at, duration_ms, outcome, status, entries, new, bytes, missed, error)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def _log(connection: sqlite3.Connection, result: PollResult, arrived: Arrived) -> None:
    said = (result.error,) if result.error else ()
    notes = "; ".join((*said, *result.problems, *arrived.problems))
    connection.execute(
        _LOG,
        (
            result.feed_id,
            to_text(result.started_at),
            result.duration_ms,
            result.outcome,
            result.status,
            len(result.entries),
            arrived.new,
            result.bytes,
            result.missed,
            shorten(notes),
        ),
    )


# Paused while the poll was under way: it stays paused.
_UPDATE = f"""
    UPDATE feeds SET {", ".join(f"{name} = :{name}" for name in STATE_NAMES if name not in ("status", "reason"))},
        status = CASE status WHEN 'paused' THEN status ELSE :status END,
        reason = CASE status WHEN 'paused' THEN reason ELSE :reason END,
        last_outcome = :last_outcome, last_error = :last_error
    WHERE id = :id
"""  # noqa: S608 - column names of this package


def _update_feed(connection: sqlite3.Connection, result: PollResult) -> None:
    last = {"last_outcome": result.outcome, "last_error": shorten(result.error)}
    connection.execute(_UPDATE, {**state_values(result.after), **last})


def _move(connection: sqlite3.Connection, feed: FeedState, target: str) -> tuple[str, ...]:
    """Give a feed its new URL; where another feed has that URL already, this one is its double and paused."""
    other = connection.execute("SELECT id FROM feeds WHERE url = ? AND id <> ?", (target, feed.id)).fetchone()
    if other is not None:
        reason = f"moved to {target}, which is feed {other['id']}"
        connection.execute("UPDATE feeds SET status = 'paused', reason = ? WHERE id = ?", (reason, feed.id))
        return (reason,)
    connection.execute(
        """
        UPDATE feeds SET url = :target, host = :host, listed_as = coalesce(listed_as, url) WHERE id = :id
        """,
        {"target": target, "host": host_of(target), "id": feed.id},
    )
    return (f"moved for good: {feed.url} → {target}",)
