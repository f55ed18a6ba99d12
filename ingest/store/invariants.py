"""What must hold in every ingest database at every moment, as queries that return what breaks it.

`ingest doctor --deep` runs them for a person, the fault harness after every kill.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.store.articles import place_of
from ingest.store.mending import TIME, is_time, missing_of_schema
from ingest.store.searchable import SEARCHED, disagreeing

MAX_SAMPLES = 5  # broken rows that are named


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule and the query for its violations; the first column of a row names the culprit."""

    rule: str
    violations: str


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that does not hold.

    Attributes:
        count: violations.
        samples: a few culprits.
    """

    rule: str
    count: int
    samples: tuple[str, ...]


INVARIANTS = (
    Invariant("no article without text", "SELECT id FROM articles WHERE trim(text) = ''"),
    Invariant("no copy without text", "SELECT doc FROM copies WHERE trim(text) = ''"),
    Invariant(
        "no copy without its article",
        "SELECT doc FROM copies WHERE article_id NOT IN (SELECT id FROM articles)",
    ),
    Invariant(
        "a text is canonical or a copy, never both",
        "SELECT doc FROM articles WHERE doc IN (SELECT doc FROM copies)",
    ),
    Invariant(
        "a URL has one text",
        "SELECT url FROM articles WHERE url IN (SELECT url FROM copies)",
    ),
    Invariant(
        "every text has its fingerprint",
        """SELECT doc FROM (SELECT doc FROM articles UNION ALL SELECT doc FROM copies)
           WHERE doc NOT IN (SELECT doc FROM fingerprints)""",
    ),
    Invariant(
        "every fingerprint has its text",
        """SELECT doc FROM fingerprints
           WHERE doc NOT IN (SELECT doc FROM articles) AND doc NOT IN (SELECT doc FROM copies)""",
    ),
    Invariant(
        "articles.copies counts the copies",
        """SELECT id FROM articles a
           WHERE copies <> (SELECT count(*) FROM copies c WHERE c.article_id = a.id)""",
    ),
    Invariant(
        "articles.sites counts the sites",
        """SELECT id FROM articles a
           WHERE sites <> (SELECT count(DISTINCT site) FROM
                           (SELECT coalesce(a.site, '') AS site
                            UNION ALL SELECT coalesce(c.site, '') FROM copies c WHERE c.article_id = a.id))""",
    ),
    Invariant(
        "a text's agency is its own word, with the evidence for it",
        """SELECT t.doc FROM (SELECT doc, agency FROM articles UNION ALL SELECT doc, agency FROM copies) t
           LEFT JOIN attributions a ON a.doc = t.doc WHERE a.agency IS NOT t.agency""",
    ),
    Invariant(
        "a time of publication says how exact it is",
        """SELECT doc FROM publications WHERE (published_at IS NULL) <> (published_precision IS NULL)
              OR published_precision NOT IN ('second', 'day')""",
    ),
    Invariant("no change waits for the full-text index", "SELECT id FROM reindex"),
    Invariant(
        "every text stands in a node, and its leader leads",
        """SELECT f.doc FROM fingerprints f LEFT JOIN fingerprints l ON l.doc = f.leader
           WHERE l.doc IS NULL OR l.leader <> l.doc""",
    ),
    Invariant(
        "every leader that does not wait can be found by its keys",
        """SELECT doc FROM fingerprints WHERE leader = doc AND doc NOT IN (SELECT doc FROM postings)
           AND doc NOT IN (SELECT doc FROM unsettled)
                      AND doc IN (SELECT doc FROM articles WHERE word_count > 0
                       UNION ALL SELECT doc FROM copies WHERE word_count > 0)""",
    ),
    Invariant(
        "the index names stored texts only",
        "SELECT DISTINCT doc FROM postings WHERE doc NOT IN (SELECT doc FROM fingerprints WHERE leader IS NOT NULL)",
    ),
    Invariant(
        "the texts of a node stand in one article",
        """SELECT f.doc FROM fingerprints f
           JOIN (SELECT doc, id FROM articles UNION ALL SELECT doc, article_id FROM copies) p ON p.doc = f.doc
           JOIN (SELECT doc, id FROM articles UNION ALL SELECT doc, article_id FROM copies) l ON l.doc = f.leader
           WHERE p.id <> l.id""",
    ),
    Invariant(
        "pairs are of stored texts",
        """SELECT a FROM pairs WHERE a >= b OR a NOT IN (SELECT doc FROM fingerprints)
              OR b NOT IN (SELECT doc FROM fingerprints)""",
    ),
    Invariant(
        "what waits to be placed again is stored",
        "SELECT doc FROM unsettled WHERE doc NOT IN (SELECT doc FROM fingerprints)",
    ),
    Invariant(
        "two articles have one link",
        """SELECT a.article_id FROM links a JOIN links b
           ON b.article_id = a.other_id AND b.other_id = a.article_id""",
    ),
    Invariant(
        "an entry that ended with a text has one",
        """SELECT id FROM entries
           WHERE outcome IN ('canonical', 'copy', 'revision', 'same_url')
             AND (doc IS NULL OR doc NOT IN (SELECT doc FROM fingerprints))""",
    ),
    Invariant(
        "an entry that ended has its time, a waiting one its next attempt",
        """SELECT id FROM entries
           WHERE (outcome <> 'pending' AND finished_at IS NULL)
              OR (outcome = 'pending') <> (next_attempt_at IS NOT NULL)""",
    ),
    Invariant(
        "every URL that a feed lists has its entry",
        """SELECT url FROM sightings s
           WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.url = s.url)""",
    ),
    Invariant(
        "links join articles that exist",
        """SELECT article_id FROM links
           WHERE article_id NOT IN (SELECT id FROM articles) OR other_id NOT IN (SELECT id FROM articles)
              OR article_id = other_id""",
    ),
    Invariant(
        "redirects lead from gone articles to ones that exist",
        """SELECT old_id FROM redirects
           WHERE old_id IN (SELECT id FROM articles) OR article_id NOT IN (SELECT id FROM articles)""",
    ),
    Invariant(
        "revisions belong to stored texts",
        "SELECT id FROM revisions WHERE doc NOT IN (SELECT doc FROM fingerprints)",
    ),
)


def broken_invariants(connection: sqlite3.Connection) -> list[Broken]:
    """Every invariant that does not hold, the full-text index and SQLite's own checks among them; a read.

    Needs a writing connection for the full-text check, which SQLite offers as an INSERT.
    """
    found = [each for invariant in INVARIANTS if (each := _check(connection, invariant))]
    for rule, statement in (
        ("the file is sound (integrity_check)", "PRAGMA integrity_check"),
        ("foreign keys hold (foreign_key_check)", "PRAGMA foreign_key_check"),
    ):
        rows = [str(row[0]) for row in connection.execute(statement) if row[0] != "ok"]
        if rows:
            found.append(Broken(rule, len(rows), tuple(rows[:MAX_SAMPLES])))
    found += [*_check_schema(connection), *_check_times(connection)]
    found += [each for table in SEARCHED for each in _check_search(connection, table)]
    return found


def _check_times(connection: sqlite3.Connection) -> Iterator[Broken]:
    """Times in any table that are none; of them by table, column and row."""
    for table, columns in _columns(connection).items():
        for column in columns:
            if not column.endswith(("_at", "_until")):
                continue
            rows = connection.execute(
                f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL AND ({column} NOT GLOB '{TIME}'"  # noqa: S608
                f" OR strftime('%Y-%m-%dT%H:%M:%SZ', {column}, '+0 days') IS NOT {column})"
            )
            culprits = [f"row {row[0]}: {str(row[1])[:40]!r}" for row in rows if not is_time(row[1])]
            if culprits:
                yield Broken(f"{table}.{column} holds times", len(culprits), tuple(culprits[:MAX_SAMPLES]))


def _columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Table → its columns, of the tables with row numbers that are not the full-text index's."""
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%'"
        " AND instr(name, '_fts') = 0 AND instr(name, 'sqlite_') = 0"
    )
    return {
        row[0]: [column[1] for column in connection.execute(f"PRAGMA table_info({row[0]})")]
        for row in tables.fetchall()
    }


def missing_objects(connection: sqlite3.Connection) -> list[Broken]:
    """What the schema of this version has and the file lacks; quick."""
    return [*_check_schema(connection)]


def _check_schema(connection: sqlite3.Connection) -> Iterator[Broken]:
    """What the schema of this version has and the file lacks: an index that was dropped, a trigger, a view."""
    missing = missing_of_schema(connection)
    if missing:
        names = tuple(f"{kind} {name}" for kind, name, _ in missing[:MAX_SAMPLES])
        yield Broken("the file has every table, index, trigger and view of its schema", len(missing), names)


def _check_search(connection: sqlite3.Connection, table: str) -> Iterator[Broken]:
    rule = f"the full-text index agrees with {table}; `ingest search --rebuild` writes it anew"
    try:
        # https://sqlite.org/fts5.html#the_integrity_check_command: the index within itself
        connection.execute(f"INSERT INTO {table}_fts ({table}_fts, rank) VALUES ('integrity-check', 0)")  # noqa: S608
        if wrong := disagreeing(connection, table):
            yield Broken(rule, len(wrong), tuple(map(str, wrong[:MAX_SAMPLES])))
    except sqlite3.DatabaseError as error:
        yield Broken(rule, 1, (str(error),))


def broken(connection: sqlite3.Connection, rule: str, docs: Sequence[int]) -> Broken:
    """A rule that some texts break, as it is told: by their URLs."""
    samples = []
    for doc in docs[:MAX_SAMPLES]:
        place = place_of(connection, doc)
        samples.append(f"doc {doc}" if place is None else place.publication.url)
    return Broken(rule, len(docs), tuple(samples))


def first_damage(connection: sqlite3.Connection) -> str | None:
    """The first thing that is wrong with the file itself, found without reading every index; None if it is sound."""
    verdict: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    return None if verdict == "ok" else verdict


def _check(connection: sqlite3.Connection, invariant: Invariant) -> Broken | None:
    culprits = [str(row[0]) for row in connection.execute(invariant.violations)]
    return Broken(invariant.rule, len(culprits), tuple(culprits[:MAX_SAMPLES])) if culprits else None
