"""The feeds table: which feeds there are, where each is listed, which are due. What a poll leaves is in `polls`."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ingest.errors import StoreError
from ingest.model import FeedState
from ingest.store.database import transaction
from ingest.store.feed_state import STATE_COLUMNS, state_of
from ingest.store.feed_sync import (
    BATCH,
    Listed,
    Wanted,
    in_batches,
    insert_feeds,
    sync_feeds,
    sync_list,
    was_unlisted,
)
from ingest.store.polls import RecordedPoll, record_poll
from ingest.times import to_text
from ingest.urls import is_web_url, parts_of

__all__ = [
    "Listed",
    "RecordedPoll",
    "add_feed",
    "due_feeds",
    "feed_id",
    "feed_state",
    "list_feeds",
    "mark_due",
    "pause_feed",
    "record_poll",
    "remove_feed",
    "resume_feed",
    "sync_feeds",
    "sync_list",
]

PER_HOST = 3  # due feeds of one host taken at a time: two are asked (fetch.per_host), one waits


def add_feed(
    connection: sqlite3.Connection, url: str, now: datetime, *, title: str | None = None, tags: Sequence[str] = ()
) -> int | None:
    """Add a feed by command; its id, or None where it is there already (a paused one is active again).

    Raises:
        StoreError: where the URL is no absolute http(s) URL, or holds a password.
    """
    if not is_web_url(url):
        raise StoreError(f"{url!r} is not an absolute http(s) URL")
    if "@" in parts_of(url).netloc:
        raise StoreError("the URL holds a user name or password; name a credential in fetch.access instead")
    row = connection.execute(
        "SELECT id, status FROM feeds WHERE url = :url OR listed_as = :url", {"url": url}
    ).fetchone()
    if row is None:
        insert_feeds(connection, [Wanted(url, "cli", "", title, tuple(tags))], now)
        return feed_id(connection, url)
    if row["status"] != "active":
        resume_feed(connection, str(row["id"]), now)
    return None


def remove_feed(connection: sqlite3.Connection, name: str) -> str:
    """Remove a feed that no file lists, with its polls and sightings; its entries and articles stay.

    Returns:
        its URL.

    Raises:
        StoreError: where there is none, or a file lists it (the message names the file and line).
    """
    id_ = feed_id(connection, name)
    row = connection.execute("SELECT url, source, origin, status, reason FROM feeds WHERE id = ?", (id_,)).fetchone()
    if row["source"] != "cli" and not was_unlisted(row):
        raise StoreError(
            f"{row['url']}: listed in {row['origin'] or row['source']}; take it out there "
            f"(it is then paused), or run `ingest feeds pause {id_}`"
        )
    for statement in (
        "UPDATE entries SET feed_id = NULL WHERE id IN (SELECT id FROM entries WHERE feed_id = ? LIMIT ?)",
        "DELETE FROM polls WHERE id IN (SELECT id FROM polls WHERE feed_id = ? LIMIT ?)",
    ):
        while True:
            with transaction(connection):
                if connection.execute(statement, (id_, BATCH)).rowcount < BATCH:
                    break
    with transaction(connection):
        connection.execute("DELETE FROM feeds WHERE id = ?", (id_,))
    return str(row["url"])


def pause_feed(connection: sqlite3.Connection, name: str, reason: str) -> str:
    """Poll a feed no more until it is resumed; its URL.

    Raises:
        StoreError: where there is none.
    """
    return _set_status(connection, name, "paused", reason, None)


def resume_feed(connection: sqlite3.Connection, name: str, now: datetime) -> str:
    """Poll a paused or parked feed again, now; its URL. One that its file lists no longer is the person's own then.

    Raises:
        StoreError: where there is none.
    """
    return _set_status(connection, name, "active", None, now)


def list_feeds(connection: sqlite3.Connection, *, tag: str | None = None) -> list[dict[str, Any]]:
    """All feeds as plain values, ready for JSON: state, rhythm, trouble, and how many entries each brought."""
    rows = connection.execute(
        """
        SELECT id, url, title, site, source, origin, tags, status, reason, added_at, interval_s, gap_s, next_poll_at,
               last_polled_at, last_ok_at, last_new_at, last_outcome, last_error, errors, missed, moved_to, hub,
               (SELECT count(*) FROM entries WHERE entries.feed_id = feeds.id AND position IS NULL) AS entries
        FROM feeds ORDER BY id
        """
    )
    feeds = [{**dict(row), "tags": json.loads(row["tags"])} for row in rows]
    return [feed for feed in feeds if tag is None or tag in feed["tags"]]


def due_feeds(connection: sqlite3.Connection, now: datetime, limit: int) -> list[FeedState]:
    """The feeds to be polled now, the longest overdue first, few of each host; a read.

    A host's feeds are polled at its pace, so more than `PER_HOST` of them at a time would only hold
    places: after a night's downtime neither a large host nor a small one waits for the rest.
    """
    due = connection.execute(
        """
        SELECT id, host FROM feeds INDEXED BY feeds_due
        WHERE status <> 'paused' AND next_poll_at <= ? ORDER BY next_poll_at, id
        """,
        (to_text(now),),
    )
    taken: Counter[str] = Counter()
    ids: list[int] = []
    for row in due:  # read as far as is needed
        taken[row["host"]] += 1
        if taken[row["host"]] <= PER_HOST:
            ids.append(row["id"])
            if len(ids) >= limit:
                break
    due.close()
    rows = connection.execute(
        f"SELECT id, url, {STATE_COLUMNS} FROM feeds WHERE id IN ({','.join('?' * len(ids))})",  # noqa: S608 - names
        ids,
    )
    states = {row["id"]: state_of(row) for row in rows}
    return [states[id_] for id_ in ids if id_ in states]


def feed_state(connection: sqlite3.Connection, feed_id: int) -> FeedState:
    """One feed's state; a read.

    Raises:
        StoreError: where there is no such feed.
    """
    row = connection.execute(
        f"SELECT id, url, {STATE_COLUMNS} FROM feeds WHERE id = ?",  # noqa: S608 - column names
        (feed_id,),
    ).fetchone()
    if row is None:
        raise StoreError(f"no feed {feed_id}; `ingest feeds list` shows them")
    return state_of(row)


def mark_due(connection: sqlite3.Connection, names: Sequence[str], now: datetime) -> int:
    """Make feeds due now and leave the others be; how many there are.

    Raises:
        StoreError: where a name is of no feed, or of a paused one.
    """
    ids = [feed_id(connection, name) for name in names]
    for id_ in ids:
        row = connection.execute("SELECT url, status, reason FROM feeds WHERE id = ?", (id_,)).fetchone()
        if row["status"] == "paused":
            raise StoreError(f"{row['url']}: is paused ({row['reason']}); `ingest feeds resume {id_}` first")
    in_batches(
        connection,
        "UPDATE feeds SET next_poll_at = :now WHERE id = :id",
        [{"now": to_text(now), "id": id_} for id_ in ids],
    )
    return len(ids)


def feed_id(connection: sqlite3.Connection, name: str) -> int:
    """The id of a feed named by id or URL; a read.

    Raises:
        StoreError: where there is none.
    """
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 19 else None
    row = connection.execute(
        "SELECT id FROM feeds WHERE id = :id OR url = :name OR listed_as = :name", {"id": number, "name": name}
    ).fetchone()
    if row is None:
        raise StoreError(f"{name}: no such feed; `ingest feeds list` shows them, `ingest feeds add URL` adds one")
    return int(row["id"])


def _set_status(
    connection: sqlite3.Connection, name: str, status: str, reason: str | None, due: datetime | None
) -> str:
    id_ = feed_id(connection, name)
    with transaction(connection):
        before = connection.execute("SELECT status, reason FROM feeds WHERE id = ?", (id_,)).fetchone()
        if status == "active" and was_unlisted(before):
            # Left to the file that dropped it, the next reading of that file would pause it again.
            connection.execute("UPDATE feeds SET source = 'cli', origin = NULL WHERE id = ?", (id_,))
        row = connection.execute(
            """
            UPDATE feeds SET status = :status, reason = :reason, next_poll_at = coalesce(:due, next_poll_at),
                errors = CASE :status WHEN 'active' THEN 0 ELSE errors END,
                trouble = CASE :status WHEN 'active' THEN 0 ELSE trouble END,
                failing_since = CASE :status WHEN 'active' THEN NULL ELSE failing_since END
            WHERE id = :id RETURNING url
            """,
            {"id": id_, "status": status, "reason": reason, "due": to_text(due) if due else None},
        ).fetchone()
    return str(row["url"])
