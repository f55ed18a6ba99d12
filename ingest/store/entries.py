"""The entries table: what waits, and the one outcome that each entry ends in.

Functions that end an entry are called inside the caller's transaction, so that the outcome stands
exactly when what it names stands.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice, zip_longest

from ingest.model import Outcome, Precision
from ingest.store.database import transaction
from ingest.store.runs import run_of
from ingest.texts import cut
from ingest.times import from_text, optional_time, to_text

MAX_TAKES = 24  # times that a page is fetched for one entry; lemon24/reader stops at as many changes of one
RETRY_BATCH = 5000  # rows a transaction: other writers wait 200 ms at most

MAX_ERROR_CHARS = 500  # enough for a message with its URL; the rest is the server's prose


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """An entry of a feed that waits for its page.

    Attributes:
        published_at: as the feed gives it; None where that is not to be trusted (`entries.published_flag`).
        content: the feed's own full content as HTML, if it gave any.
        doc: the text that this entry led to before, when it is taken up again.
    """

    id: int
    feed_id: int | None
    source: str
    key: str
    url: str | None
    title: str | None
    author: str | None
    language: str | None
    published_at: datetime | None
    published_precision: Precision
    content: str | None
    attempts: int
    doc: int | None
    first_seen_at: datetime


def pending_entries(connection: sqlite3.Connection, now: datetime, limit: int, *, after: int = 0) -> list[PendingEntry]:
    """The feeds' entries that are due, in turn over the feeds, of each the oldest due first; a read.

    The first entry of every feed comes before the second of any: a feed's backlog is in nobody's way. It costs
    what it gives, however much waits: 5 ms for 100 of 1,000,000 entries.

    Args:
        after: id of the feed that was served last; the one behind it begins.
    """
    feeds = _due_feeds(connection, now, limit, after)
    queues = [connection.execute(_DUE_OF_FEED, {"feed": feed, "now": to_text(now)}) for feed in feeds]
    turns = chain.from_iterable(zip_longest(*queues))  # the queues are read as far as is needed
    entries = [_entry(row) for row in islice((row for row in turns if row is not None), limit)]
    for queue in queues:
        queue.close()
    return entries


_DUE_OF_FEED = """
    SELECT id, feed_id, source, key, url, title, author, language, published_precision, content, attempts, doc,
           first_seen_at,
           CASE WHEN published_flag IS NULL OR published_flag = 'zoneless' THEN published_at END AS published_at
    FROM entries INDEXED BY entries_in_turn
    WHERE outcome = 'pending' AND position IS NULL AND feed_id IS :feed AND next_attempt_at <= :now
    ORDER BY next_attempt_at, id
"""


def _due_feeds(connection: sqlite3.Connection, now: datetime, limit: int, after: int) -> list[int | None]:
    """Up to `limit` feeds with due entries, by id, from `after` on and round to it; None stands for removed ones."""
    # Steps from feed to feed by one look into the index each; a DISTINCT would read all that waits.
    rows = connection.execute(
        """
        WITH RECURSIVE walk (feed_id, lap) AS (
            SELECT :after, 0
            UNION ALL
            SELECT (SELECT min(feed_id) FROM entries INDEXED BY entries_in_turn
                    WHERE outcome = 'pending' AND position IS NULL AND feed_id > coalesce(walk.feed_id, 0)),
                   lap + (feed_id IS NULL)  -- min() of nothing: the end, where removed feeds stand
            FROM walk WHERE lap = 0 OR feed_id < :after
        )
        SELECT feed_id FROM walk
        WHERE CASE lap WHEN 0 THEN feed_id IS NOT :after ELSE feed_id <= :after END
          AND EXISTS (SELECT 1 FROM entries INDEXED BY entries_in_turn
                      WHERE outcome = 'pending' AND position IS NULL
                        AND feed_id IS walk.feed_id AND next_attempt_at <= :now)
        LIMIT :limit
        """,
        {"after": after, "now": to_text(now), "limit": limit},
    )
    return [row["feed_id"] for row in rows]


def _entry(row: sqlite3.Row) -> PendingEntry:
    return PendingEntry(
        id=row["id"],
        feed_id=row["feed_id"],
        source=row["source"],
        key=row["key"],
        url=row["url"],
        title=row["title"],
        author=row["author"],
        language=row["language"],
        published_at=optional_time(row["published_at"]),
        published_precision=Precision(row["published_precision"] or Precision.SECOND),
        content=row["content"],
        attempts=row["attempts"],
        doc=row["doc"],
        first_seen_at=from_text(row["first_seen_at"]),
    )


def lists_it_anew(connection: sqlite3.Connection, entry: PendingEntry) -> bool:
    """Whether a feed lists a page that it has listed before as something new: by its title, date or words.

    At most `MAX_TAKES` times: some feeds give all they list a new id and the date of today at every poll.
    """
    row = connection.execute(
        """
        SELECT count(*), coalesce(sum(o.title IS e.title AND o.published_at IS e.published_at
                                      AND o.content_hash IS e.content_hash), 0)
        FROM entries e JOIN entries o ON o.url = e.url AND o.feed_id = e.feed_id AND o.id <> e.id
        WHERE e.id = ? AND o.position IS NULL AND o.outcome <> 'pending'
        """,
        (entry.id,),
    ).fetchone()
    return bool(0 < row[0] <= MAX_TAKES and row[1] == 0)


def next_attempt(connection: sqlite3.Connection) -> datetime | None:
    """When the next waiting entry of a feed is due; None if none waits."""
    row = connection.execute(
        "SELECT min(next_attempt_at) AS at FROM entries WHERE outcome = 'pending' AND position IS NULL"
    ).fetchone()
    return optional_time(row["at"])


def finish_entry(
    connection: sqlite3.Connection,
    entry_id: int,
    outcome: Outcome,
    now: datetime,
    *,
    doc: int | None = None,
    error: str | None = None,
) -> None:
    """End an entry in its outcome (inside the caller's transaction); the feed's content is let go.

    After `match_failed` it is kept: the entry is taken up again.
    """
    connection.execute(
        """
        UPDATE entries
        SET outcome = :outcome, doc = coalesce(:doc, doc), error = :error, finished_at = :now,
            attempts = attempts + 1, next_attempt_at = NULL,
            content = iif(:outcome = :failed, content, NULL), run = :run
        WHERE id = :id
        """,
        {
            "id": entry_id,
            "outcome": outcome,
            "failed": Outcome.MATCH_FAILED,
            "doc": doc,
            "error": _shorten(error),
            "now": to_text(now),
            "run": run_of(connection),
        },
    )


def postpone_entry(
    connection: sqlite3.Connection, entry_id: int, until: datetime, error: str, *, counted: bool = True
) -> None:
    """Let an entry wait for another attempt (inside the caller's transaction).

    Args:
        counted: whether an attempt was made: a host too busy to be asked is none.
    """
    connection.execute(
        "UPDATE entries SET attempts = attempts + :made, next_attempt_at = :until, error = :error WHERE id = :id",
        {"id": entry_id, "made": int(counted), "until": to_text(until), "error": _shorten(error)},
    )


@dataclass(frozen=True, slots=True)
class Item:
    """The outcome of one item of a backfilled source.

    Attributes:
        source: absolute path (or URL) of the file or archive.
        position: line, item or offset within it; 0 stands for the source as a whole.
        key: hash of the raw item: a changed item is taken up again.
        teaser: what there is of its article, where that could not be had.
    """

    source: str
    position: int
    key: str
    outcome: Outcome
    url: str | None = None
    title: str | None = None
    published_at: str | None = None
    tags: tuple[str, ...] = ()
    doc: int | None = None
    error: str | None = None
    teaser: str = ""


def record_items(connection: sqlite3.Connection, items: Iterable[Item], now: datetime) -> None:
    """Write the outcomes of backfilled items (inside the caller's transaction)."""
    stamp, run = to_text(now), run_of(connection)
    connection.executemany(
        """
        INSERT INTO entries (source, position, key, url, title, published_at, first_seen_at,
                             outcome, attempts, finished_at, error, doc, tags, run)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)
        ON CONFLICT (source, position) WHERE position IS NOT NULL DO UPDATE
        SET key = excluded.key, url = excluded.url, title = excluded.title,
            published_at = excluded.published_at, outcome = excluded.outcome, attempts = attempts + 1,
            finished_at = excluded.finished_at, error = excluded.error, doc = excluded.doc, next_attempt_at = NULL,
            tags = excluded.tags, run = excluded.run
        """,
        [
            (
                item.source,
                item.position,
                item.key,
                item.url,
                item.title,
                item.published_at,
                stamp,
                item.outcome,
                stamp,
                _shorten(item.error),
                item.doc,
                as_json(item.tags),
                run,
            )
            for item in items
        ],
    )


def done_items(connection: sqlite3.Connection, source: str, first: int, last: int) -> dict[int, str]:
    """Position → key of the items of a source between two positions that have an outcome to stay.

    What failed by a fault of this program is tried again by every run.
    """
    rows = connection.execute(
        """
        SELECT position, key FROM entries
        WHERE source = ? AND position BETWEEN ? AND ? AND outcome NOT IN ('pending', 'match_failed')
        """,
        (source, first, last),
    )
    return {row["position"]: row["key"] for row in rows}


def retry_entries(
    connection: sqlite3.Connection, outcomes: Sequence[str], now: datetime, *, source: str | None = None
) -> int:
    """Make entries that ended in these outcomes, without a text, pending again; own transactions.

    Of `match_failed` also those with a text: it is the one before the revision that could not be placed.

    Returns:
        how many there were.
    """
    count = 0
    while True:
        with transaction(connection):
            cursor = connection.execute(
                f"""
                UPDATE entries SET outcome = 'pending', next_attempt_at = ?, finished_at = NULL, attempts = 0
                WHERE id IN (
                    SELECT id FROM entries
                    WHERE outcome IN ({", ".join("?" * len(outcomes))}) AND outcome <> 'pending'
                      AND (doc IS NULL OR outcome = 'match_failed')
                      AND (? IS NULL OR source = ?)
                    LIMIT {RETRY_BATCH}
                )
                """,  # noqa: S608 - placeholders and a constant
                (to_text(now), *outcomes, source, source),
            )
        count += cursor.rowcount
        if cursor.rowcount < RETRY_BATCH:
            return count


def retry_after_upgrade(connection: sqlite3.Connection, version: str, now: datetime) -> int:
    """Make what another version of ingest could not place pending again; own transactions, once a version.

    Returns:
        how many entries there were.
    """
    row = connection.execute("SELECT value FROM meta WHERE key = 'retried_by'").fetchone()
    if row is not None and row["value"] == version:
        return 0
    count = retry_entries(connection, [Outcome.MATCH_FAILED], now)
    with transaction(connection):
        connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('retried_by', ?)", (version,))
    return count


def as_json(said: Sequence[str] | Mapping[str, str]) -> str | None:
    """A list or a mapping as JSON; None where there is nothing in it."""
    return json.dumps(said, ensure_ascii=False) if said else None


def _shorten(error: str | None) -> str | None:
    return None if error is None else cut(error, MAX_ERROR_CHARS)
