"""The full-text indexes of articles and of copies: kept up once a transaction, written anew, checked, asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass

from ingest.store.wording import TOKENIZER, excerpt_of, indexed, query_of

# Table → its key, the `rowid` of its index. The index of a table bears its name with `_fts` behind it.
SEARCHED = {"articles": "id", "copies": "doc", "teasers": "entry"}

_BATCH = 500  # texts read at a time


def create(connection: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Make the indexes of some tables, empty."""
    for table in tables:
        connection.execute(
            f'CREATE VIRTUAL TABLE {table}_fts USING FTS5 (title, text, tokenize="{TOKENIZER}", content="{table}")'
        )
        # Merge 16 segments of the index at a time, not 4: each word is written half as often, and a search
        # looks into a few segments more (https://sqlite.org/fts5.html#the_automerge_configuration_option).
        for option, value in (("automerge", 16), ("crisismerge", 64)):
            connection.execute(f"INSERT INTO {table}_fts ({table}_fts, rank) VALUES (?, ?)", (option, value))


def index_changed(connection: sqlite3.Connection) -> None:
    """Index what the open transaction has changed of titles and texts, as `reindex` notes it.

    In the order of ids, as FTS5 wants it: https://sqlite.org/fts5.html#external_content_tables tells what a
    deletion must hand in.
    """
    if connection.execute("SELECT 1 FROM reindex LIMIT 1").fetchone() is None:
        return
    for table, key in SEARCHED.items():
        changed = connection.execute(
            f"""
            SELECT old.id, old.indexed, old.title, old.text, new.{key} IS NOT NULL, new.title, new.text
            FROM reindex old LEFT JOIN {table} new ON new.{key} = old.id WHERE old.source = ? ORDER BY old.id
            """,
            (table,),
        ).fetchall()
        for rowid, was_indexed, old_title, old_text, exists, title, text in changed:
            if was_indexed:
                connection.execute(
                    f"INSERT INTO {table}_fts ({table}_fts, rowid, title, text) VALUES ('delete', ?, ?, ?)",
                    (rowid, indexed(old_title), indexed(old_text)),
                )
            if exists:
                _put_in(connection, table, rowid, title, text)
    connection.execute("DELETE FROM reindex")


def rebuild(connection: sqlite3.Connection, tables: Iterable[str] = tuple(SEARCHED)) -> None:
    """Write indexes anew, inside the caller's transaction; FTS5's own `rebuild` knows no words within words."""
    for table in tables:
        connection.execute(f"INSERT INTO {table}_fts ({table}_fts) VALUES ('delete-all')")
        for rows in _texts(connection, table):
            for row in rows:
                _put_in(connection, table, *row)
    connection.execute("DELETE FROM reindex")


def disagreeing(connection: sqlite3.Connection, table: str) -> list[int]:
    """The rows that an index does not know by as many words as they have, or that it knows and the table does not.

    FTS5's own check compares with the table's words alone, so the words are counted by an index of a batch each.
    """
    shadow = f"{table}_fts_docsize"
    key = SEARCHED[table]
    found = [
        int(row[0])
        for row in connection.execute(f"SELECT id FROM {shadow} WHERE id NOT IN (SELECT {key} FROM {table})")
    ]
    for rows in _texts(connection, table):
        known = dict(
            connection.execute(f"SELECT id, sz FROM {shadow} WHERE id BETWEEN ? AND ?", (rows[0][0], rows[-1][0]))
        )
        wanted = _sizes(rows)
        found += [rowid for rowid, size in wanted.items() if known.get(rowid) != size]
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """A publication that a search found, or a teaser: that has no text and no article. Times as stored text.

    Attributes:
        excerpt: the text around the first of the words that stands in it.
    """

    url: str | None
    doc: int | None
    article_id: int | None
    relation: str
    site: str | None
    agency: str | None
    language: str | None
    published_at: str | None
    first_seen_at: str
    title: str | None
    excerpt: str


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which publications are searched; None: all. Times as stored text: from `since` on, before `until`."""

    site: str | None = None
    agency: str | None = None
    language: str | None = None
    since: str | None = None
    until: str | None = None
    canonical: bool = False


def search(connection: sqlite3.Connection, words: str, narrowed: Narrowed, limit: int) -> tuple[int, list[Found]]:
    """The publications that hold some words in title or text, the newest first.

    Args:
        words: as `ingest.store.wording.query_of` takes them.
        limit: publications at most.

    Returns:
        how many there are, and the first of them.

    Raises:
        ValueError: when there is no word in `words`.
    """
    found = """
        FROM (SELECT a.doc, NULL AS entry, a.url, a.id AS article_id, 'canonical' AS relation, a.site, a.agency,
                     a.language, a.published_at, a.first_seen_at, a.title
              FROM articles_fts f JOIN articles a ON a.id = f.rowid WHERE articles_fts MATCH :query
              UNION ALL
              SELECT c.doc, NULL, c.url, c.article_id, c.relation, c.site, c.agency,
                     c.language, c.published_at, c.first_seen_at, c.title
              FROM copies_fts f JOIN copies c ON c.doc = f.rowid WHERE copies_fts MATCH :query AND NOT :canonical
              UNION ALL
              SELECT NULL, t.entry, t.url, NULL, 'teaser', t.site, NULL,
                     NULL, t.published_at, t.first_seen_at, t.title
              FROM teasers_fts f JOIN teasers t ON t.entry = f.rowid WHERE teasers_fts MATCH :query AND NOT :canonical
        ) p
        WHERE (:site IS NULL OR p.site = :site) AND (:agency IS NULL OR p.agency = :agency)
          AND (:language IS NULL OR p.language = :language)
          AND (:since IS NULL OR coalesce(p.published_at, p.first_seen_at) >= :since)
          AND (:until IS NULL OR coalesce(p.published_at, p.first_seen_at) < :until)
    """
    asked = {"query": query_of(words), "limit": limit, **asdict(narrowed)}
    count = int(connection.execute(f"SELECT count(*) {found}", asked).fetchone()[0])
    rows = connection.execute(
        f"""
        SELECT p.url, p.doc, p.article_id, p.relation, p.site, p.agency, p.language, p.published_at, p.first_seen_at,
               p.title, coalesce((SELECT text FROM articles WHERE doc = p.doc),
                                 (SELECT text FROM copies WHERE doc = p.doc),
                                 (SELECT text FROM teasers WHERE entry = p.entry)) AS excerpt
        {found} ORDER BY coalesce(p.published_at, p.first_seen_at) DESC, p.doc LIMIT :limit
        """,
        asked,
    )
    return count, [Found(**{**row, "excerpt": excerpt_of(row["excerpt"], words)}) for row in map(dict, rows)]


def _sizes(rows: list[tuple[int, str | None, str]]) -> dict[int, bytes]:
    with closing(sqlite3.connect(":memory:")) as scratch:
        scratch.execute(f'CREATE VIRTUAL TABLE fts USING FTS5 (title, text, tokenize="{TOKENIZER}", content="")')
        for rowid, title, text in rows:
            scratch.execute(
                "INSERT INTO fts (rowid, title, text) VALUES (?, ?, ?)", (rowid, indexed(title), indexed(text))
            )
        return dict(scratch.execute("SELECT id, sz FROM fts_docsize"))


def _texts(connection: sqlite3.Connection, table: str) -> Iterator[list[tuple[int, str | None, str]]]:
    last = 0
    key = SEARCHED[table]
    while rows := [
        (row[0], row[1], row[2])
        for row in connection.execute(
            f"SELECT {key}, title, text FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT ?",
            (last, _BATCH),
        )
    ]:
        yield rows
        last = rows[-1][0]


def _put_in(connection: sqlite3.Connection, table: str, rowid: int, title: str | None, text: str) -> None:
    # Row by row, never of a SELECT: FTS5 writes out what it has gathered at every statement of several rows.
    connection.execute(
        f"INSERT INTO {table}_fts (rowid, title, text) VALUES (?, ?, ?)",
        (rowid, indexed(title), indexed(text)),
    )
