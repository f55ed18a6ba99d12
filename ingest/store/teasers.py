"""Beginnings of articles that could not be had: what a paywalled page shows, or a feed's summary. All SQL on `teasers`.

They are found by their words, and take no part in grouping. Functions are called inside the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from ingest.addresses import names_of
from ingest.store.entries import Item
from ingest.texts import plain_text
from ingest.urls import site_of

MAX_TEASER_CHARS = 20_000  # what is longer is no beginning


def keep_teaser(connection: sqlite3.Connection, entry_id: int, text: str) -> None:
    """Keep what there is of the article that an entry leads to; nothing where that is nothing."""
    text = plain_text(text).strip()[:MAX_TEASER_CHARS]
    if not text:
        return
    drop_teaser(connection, entry_id)
    row = connection.execute(
        "SELECT url, title, published_at, first_seen_at FROM entries WHERE id = ?", (entry_id,)
    ).fetchone()
    connection.execute(
        "INSERT INTO teasers (entry, url, site, title, published_at, first_seen_at, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (entry_id, row["url"], site_of(row["url"] or "") or None, *tuple(row)[1:], text),
    )
    connection.execute("INSERT OR IGNORE INTO reindex (source, id, indexed) VALUES ('teasers', ?, 0)", (entry_id,))


def keep_teasers_of_items(connection: sqlite3.Connection, items: Iterable[Item]) -> None:
    """The same for items of backfilled sources that are recorded already; those with a text let go of theirs."""
    any_kept = connection.execute("SELECT 1 FROM teasers LIMIT 1").fetchone() is not None
    for item in items:
        if item.teaser or (any_kept and item.doc is not None):
            row = connection.execute(
                "SELECT id FROM entries WHERE source = ? AND position = ?", (item.source, item.position)
            ).fetchone()
            if item.teaser:
                keep_teaser(connection, row[0], item.teaser)
            else:
                drop_teaser(connection, row[0])


def drop_teaser(connection: sqlite3.Connection, entry_id: int) -> None:
    """Let go of what an entry showed before it led to a text."""
    connection.execute("DELETE FROM teasers WHERE entry = ?", (entry_id,))


def take_down_teasers(connection: sqlite3.Connection, url: str) -> list[str]:
    """Take out what is kept under a URL, in whatever variant; returns the URLs."""
    named = json.dumps(names_of(url))
    gone = [
        row[0]
        for row in connection.execute(
            "SELECT url FROM teasers WHERE url IN (SELECT value FROM json_each(?))", (named,)
        ).fetchall()
    ]
    connection.execute("DELETE FROM teasers WHERE url IN (SELECT value FROM json_each(?))", (named,))
    return gone
