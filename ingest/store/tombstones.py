"""What was taken out: tombstones by URL, and the traces that a text leaves in other tables. All SQL on `tombstones`.

Functions that write are called inside the caller's transaction, but for `forget_entries`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from ingest.addresses import names_of
from ingest.store import articles
from ingest.store.database import transaction
from ingest.store.searchable import SEARCHED

FORGET_BATCH = 2000  # rows a transaction: well under 200 ms


class Reason(StrEnum):
    """Why something was taken out (`tombstones.reason`)."""

    AGE = "age"
    SIZE = "size"
    TAKEDOWN = "takedown"


@dataclass(frozen=True, slots=True)
class Old:
    """An article that may go.

    Attributes:
        seen: when its canonical text was seen for the first time, as stored text.
        texts: stored texts, the canonical one included.
    """

    id: int
    seen: str
    texts: int


def is_pruned(connection: sqlite3.Connection, url: str) -> bool:
    """Whether a URL was taken out, in whatever variant, and must not return."""
    if connection.execute("SELECT 1 FROM tombstones LIMIT 1").fetchone() is None:
        return False
    found = connection.execute(
        "SELECT 1 FROM tombstones WHERE url IN (SELECT value FROM json_each(?))", (json.dumps(names_of(url)),)
    )
    return found.fetchone() is not None


def bury(connection: sqlite3.Connection, url: str, now: str, reason: Reason) -> None:
    """Remember that a URL must not return."""
    connection.execute("INSERT OR IGNORE INTO tombstones (url, pruned_at, reason) VALUES (?, ?, ?)", (url, now, reason))


def bury_texts(connection: sqlite3.Connection, docs: Iterable[int], now: str, reason: Reason) -> None:
    """Remember every URL under which texts were known, end their entries as pruned, and remove all traces of them.

    The rows in `articles` and `copies`, and those of the indexes, are the caller's to remove.
    """
    values = {"docs": json.dumps(list(docs)), "now": now, "reason": reason}
    for statement in _BURIALS:
        connection.execute(statement, values)


_GONE = "IN (SELECT value FROM json_each(:docs))"
# Statements are put together from this module's constants only.
_BURIALS = (
    f"""
    INSERT OR IGNORE INTO tombstones (url, pruned_at, reason)
    SELECT url, :now, :reason FROM articles WHERE doc {_GONE}
    UNION SELECT url, :now, :reason FROM copies WHERE doc {_GONE}
    UNION SELECT url, :now, :reason FROM revisions WHERE doc {_GONE}
    UNION SELECT url, :now, :reason FROM entries WHERE doc {_GONE} AND url IS NOT NULL
    """,  # noqa: S608
    # What the entry said of the text goes too; its key stays, so that the feed's item is known.
    f"""
    UPDATE entries SET outcome = 'pruned', doc = NULL, title = NULL, author = NULL, content = NULL,
        content_hash = NULL, error = 'pruned: ' || :reason, finished_at = :now, next_attempt_at = NULL
    WHERE doc {_GONE}
    """,  # noqa: S608
    f"DELETE FROM revisions WHERE doc {_GONE}",  # noqa: S608
    f"DELETE FROM attributions WHERE doc {_GONE}",  # noqa: S608
)


def old_articles(connection: sqlite3.Connection, before: str, after: tuple[str, int], limit: int) -> list[Old]:
    """Articles whose canonical text and every copy were first seen before a time, the oldest first.

    Args:
        after: `seen` and `id` of the last one that an earlier call returned.
    """
    rows = connection.execute(
        """
        SELECT id, first_seen_at, copies + 1 FROM articles a
        WHERE first_seen_at < :before AND (first_seen_at, id) > (:seen, :id)
          AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.article_id = a.id AND c.first_seen_at >= :before)
        ORDER BY first_seen_at, id LIMIT :limit
        """,
        {"before": before, "seen": after[0], "id": after[1], "limit": limit},
    )
    return [Old(*row) for row in rows]


def docs_under(connection: sqlite3.Connection, url: str) -> list[int]:
    """The stored texts that a URL names: its own, or those that a feed's entry with this link led to."""
    rows = connection.execute(
        """
        WITH named AS MATERIALIZED (SELECT value AS url FROM json_each(:urls))
        SELECT doc FROM articles WHERE url IN named UNION SELECT doc FROM copies WHERE url IN named
        UNION SELECT doc FROM entries WHERE url IN named AND doc IS NOT NULL
        UNION SELECT doc FROM revisions WHERE url IN named
        """,
        {"urls": json.dumps(names_of(url))},
    )
    return [row[0] for row in rows]


def texts_under(connection: sqlite3.Connection, urls: Iterable[str], *, with_copies: bool) -> dict[str, set[int]]:
    """URL → the stored texts that its takedown would take: those it names, or every text of their articles."""
    return {
        url: {
            text
            for doc in docs_under(connection, url)
            for text in (_texts_of_article(connection, doc) if with_copies else [doc])
        }
        for url in urls
    }


def _texts_of_article(connection: sqlite3.Connection, doc: int) -> list[int]:
    place = articles.place_of(connection, doc)
    return [each.publication.doc for each in articles.texts_of(connection, place.article_id)] if place else []


def overwrite_deleted(connection: sqlite3.Connection) -> None:
    """From now on what this connection deletes is overwritten with zeros in the file.

    Source: https://sqlite.org/pragma.html#pragma_secure_delete
    """
    connection.execute("PRAGMA secure_delete = ON")


def merge_text_index(connection: sqlite3.Connection, pages: int) -> None:
    """Let each full-text index give up what was deleted, so many pages of work of it.

    Source: https://sqlite.org/fts5.html#the_merge_command
    """
    for table in SEARCHED:
        connection.execute(f"INSERT INTO {table}_fts ({table}_fts, rank) VALUES ('merge', ?)", (pages,))  # noqa: S608


def forget_entries(connection: sqlite3.Connection, before: str, stop: Callable[[], bool]) -> int:
    """Remove what is known of entries without a text that no feed has listed since a time; own transactions.

    Args:
        stop: asked after each step whether to leave the rest for another call.

    Returns:
        the number of entries removed.
    """
    if not _delete(connection, _OLD_SIGHTINGS, before, stop)[1]:
        return 0
    return _delete(connection, _DEAD_ENTRIES, before, stop)[0]


_OLD_SIGHTINGS = """
    DELETE FROM sightings WHERE (feed_id, url) IN
        (SELECT feed_id, url FROM sightings WHERE last_seen_at < ? LIMIT ?)
"""
# Items of archives stay: they are what a backfill is resumed by. Entries without a URL have no sighting.
_DEAD_ENTRIES = """
    DELETE FROM entries WHERE id IN (
        SELECT id FROM entries e
        WHERE finished_at < ? AND outcome <> 'pending' AND doc IS NULL AND position IS NULL AND url IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.url = e.url)
        LIMIT ?
    )
"""


def _delete(connection: sqlite3.Connection, statement: str, before: str, stop: Callable[[], bool]) -> tuple[int, bool]:
    """How many rows went, and whether all that were to go did."""
    removed = 0
    while True:
        with transaction(connection):
            count = connection.execute(statement, (before, FORGET_BATCH)).rowcount
        removed += count
        if count < FORGET_BATCH:
            return removed, True
        if stop():
            return removed, False
