"""The full-text index of articles, brought up to date once a transaction: all its ways in."""

from __future__ import annotations

import sqlite3

_CHANGED = """
    SELECT old.id, old.indexed, old.title, old.text, new.id IS NOT NULL, new.title, new.text
    FROM reindex old LEFT JOIN articles new ON new.id = old.id ORDER BY old.id
"""
_TAKE_OUT = "INSERT INTO articles_fts (articles_fts, rowid, title, text) VALUES ('delete', ?, ?, ?)"
_PUT_IN = "INSERT INTO articles_fts (rowid, title, text) VALUES (?, ?, ?)"  # never of a SELECT: see the schema


def index_changed(connection: sqlite3.Connection) -> None:
    """Index what the open transaction has changed of articles, as the triggers on `articles` noted it.

    In the order of ids, as FTS5 wants it: https://sqlite.org/fts5.html#external_content_tables tells what a
    deletion must hand in.
    """
    changed = connection.execute(_CHANGED).fetchall()
    if not changed:
        return
    for article_id, indexed, old_title, old_text, exists, title, text in changed:
        if indexed:
            connection.execute(_TAKE_OUT, (article_id, old_title, old_text))
        if exists:
            connection.execute(_PUT_IN, (article_id, title, text))
    connection.execute("DELETE FROM reindex")
