"""Pages that stand behind many links of a site and are no article. All SQL on `dead_pages`.

Functions are called inside the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from ingest.model import Outcome
from ingest.store.teasers import keep_teaser

MOST_OF_SITE = 50  # the latest count: sites change their error page now and then


def dead_pages(connection: sqlite3.Connection, site: str) -> list[bytes]:
    """The MinHash signatures of a site's known ones."""
    rows = connection.execute(
        "SELECT signature FROM dead_pages WHERE site = ? ORDER BY id DESC LIMIT ?", (site, MOST_OF_SITE)
    )
    return [row[0] for row in rows]


def add_dead_page(connection: sqlite3.Connection, site: str, signature: bytes, now: str) -> None:
    """Remember one."""
    connection.execute("INSERT INTO dead_pages (site, signature, noted_at) VALUES (?, ?, ?)", (site, signature, now))


def entries_of(connection: sqlite3.Connection, doc: int) -> list[str | None]:
    """The titles under which feeds listed a text; none for one that came otherwise."""
    rows = connection.execute("SELECT title FROM entries WHERE doc = ? AND position IS NULL", (doc,))
    return [row[0] for row in rows]


def retract(connection: sqlite3.Connection, docs: Sequence[int], outcome: Outcome, error: str, now: str) -> None:
    """End the entries of some texts anew, as led to no article; what they showed is kept with them (`teasers`).

    Their rows in `articles` and `copies` are the caller's to remove.
    """
    listed = json.dumps(list(docs))
    shown = connection.execute(
        "SELECT e.id, t.text FROM entries e"
        " JOIN (SELECT doc, text FROM articles UNION ALL SELECT doc, text FROM copies) t ON t.doc = e.doc"
        " WHERE e.doc IN (SELECT value FROM json_each(?))",
        (listed,),
    ).fetchall()
    for entry_id, text in shown:
        keep_teaser(connection, entry_id, text)
    connection.execute(
        "UPDATE entries SET outcome = ?, error = ?, doc = NULL, finished_at = ?, next_attempt_at = NULL"
        " WHERE doc IN (SELECT value FROM json_each(?))",
        (outcome, error, now, listed),
    )
    for table in ("attributions", "revisions"):
        connection.execute(f"DELETE FROM {table} WHERE doc IN (SELECT value FROM json_each(?))", (listed,))  # noqa: S608
