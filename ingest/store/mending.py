"""Rows that nobody could go on with: a time that is none, or one of a clock that was ahead. Brought back, and told.

A hand, another program or a wrong clock may have written them. Such a row costs itself: what it says is replaced by
what lets it go on, and the caller tells which it was. Functions are called inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from ingest.acquire.answers import MAX_LIFETIME_S, MAX_RETRY_AFTER_S
from ingest.store.schema import migrations
from ingest.times import from_text, to_text

# As `ingest.times` writes them; anything else is no time to this program.
TIME = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z"
AHEAD = timedelta(minutes=5)  # clocks of one machine differ by less; what is further ahead was written by a wrong one
_SHOWN = 200

# Table → the columns that the daemon reads of a row before it works on it; the first one says when.
READ: dict[str, tuple[str, ...]] = {
    "feeds": (
        "next_poll_at", "last_polled_at", "last_full_at", "last_ok_at", "last_new_at", "failing_since", "moved_since",
        "pushed_until",
    ),
    "entries": ("next_attempt_at", "published_at", "updated_at", "first_seen_at"),
    "subscriptions": ("lease_until", "requested_at", "last_push_at"),
}  # fmt: skip
_KEYS = {"feeds": "id", "entries": "id", "subscriptions": "feed_id"}
_NEEDED = ("next_poll_at", "next_attempt_at", "first_seen_at")  # without which a row is lost: it is now


@dataclass(frozen=True, slots=True)
class Mended:
    """A time that was replaced.

    Attributes:
        value: what stood there.
    """

    table: str
    key: int
    column: str
    value: str


def mend_times(connection: sqlite3.Connection, now: datetime) -> list[Mended]:
    """Replace what is no time in rows that wait for work, and let none wait longer than its own longest pause.

    Returns:
        what was replaced.
    """
    unreadable = unreadable_times(connection)
    for each in unreadable:
        value = to_text(now) if each.column in _NEEDED else None
        connection.execute(
            f"UPDATE {each.table} SET {each.column} = ? WHERE {_KEYS[each.table]} = ?",  # noqa: S608 - names of this module
            (value, each.key),
        )
    return [*unreadable, *_ahead(connection, now)]


def mend_schema(connection: sqlite3.Connection) -> list[str]:
    """Make indexes, triggers and views anew that somebody dropped: queries name them, and the daemon stands still.

    Returns:
        what was made.
    """
    made = []
    for kind, name, sql in missing_of_schema(connection):
        if kind != "table":
            connection.execute(sql)
            made.append(f"{kind} {name}")
    return made


def missing_of_schema(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Kind, name and SQL of what the schema of this version has and the file lacks; a read."""
    objects = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    with closing(sqlite3.connect(":memory:")) as scratch:
        migrations.apply(Database(scratch))
        wanted = {(row[0], row[1]): row[2] for row in scratch.execute(objects)}
    there = {(row[0], row[1]) for row in connection.execute(objects)}
    return sorted((kind, name, sql) for (kind, name), sql in wanted.items() if (kind, name) not in there)


def unreadable_times(connection: sqlite3.Connection) -> list[Mended]:
    """What is no time in feeds, and in entries that wait; a read."""
    found = []
    for table, columns in READ.items():
        waiting = "AND outcome = 'pending'" if table == "entries" else ""
        for column in columns:
            # What has the form may still be no time: the 31st of February.
            rows = connection.execute(
                f"SELECT {_KEYS[table]}, {column} FROM {table} WHERE {column} IS NOT NULL {waiting}"  # noqa: S608
                f" AND ({column} NOT GLOB '{TIME}'"
                f" OR strftime('%Y-%m-%dT%H:%M:%SZ', {column}, '+0 days') IS NOT {column})"
            )
            found += [Mended(table, row[0], column, str(row[1])[:_SHOWN]) for row in rows if not is_time(row[1])]
    return found


def is_time(value: object) -> bool:
    """Whether a value is a time as it is stored."""
    try:
        return isinstance(value, str) and bool(from_text(value))
    except ValueError:
        return False


def _ahead(connection: sqlite3.Connection, now: datetime) -> Iterator[Mended]:
    """Rows that were written by a clock that was ahead, or wait for longer than anything may."""
    stamp, ahead = to_text(now), to_text(now + AHEAD)
    longest = to_text(now + timedelta(seconds=max(MAX_LIFETIME_S, MAX_RETRY_AFTER_S)) + AHEAD)
    rows = connection.execute(
        "SELECT id, next_poll_at, last_polled_at FROM feeds WHERE last_polled_at > ? OR next_poll_at > ?",
        (ahead, longest),
    ).fetchall()
    for key, planned, polled in rows:
        # Its own pause holds, from now on.
        pause = connection.execute("SELECT unixepoch(?) - unixepoch(?)", (planned, polled)).fetchone()[0]
        wait = min(max(pause or 0, 0), MAX_LIFETIME_S) if polled and polled > ahead else 0
        connection.execute(
            "UPDATE feeds SET next_poll_at = :next, last_polled_at = min(last_polled_at, :now),"
            " last_ok_at = min(last_ok_at, :now), last_new_at = min(last_new_at, :now),"
            " last_full_at = min(last_full_at, :now), failing_since = min(failing_since, :now) WHERE id = :id",
            {"next": to_text(now + timedelta(seconds=wait)), "now": stamp, "id": key},
        )
        yield Mended("feeds", key, "next_poll_at", str(planned))
    waiting = connection.execute(
        "SELECT id, next_attempt_at FROM entries WHERE outcome = 'pending' AND next_attempt_at > ?"
        " AND (next_attempt_at > ? OR first_seen_at > ?)",
        (stamp, to_text(now + timedelta(seconds=MAX_RETRY_AFTER_S) + AHEAD), ahead),
    ).fetchall()
    for key, planned in waiting:
        connection.execute("UPDATE entries SET next_attempt_at = ? WHERE id = ?", (stamp, key))
        yield Mended("entries", key, "next_attempt_at", str(planned))
