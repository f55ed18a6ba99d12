"""Where a re-run of deduplication stands, and where every text stood before it: one row in `meta`, one table."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

KEY = "rededup"
CHUNK = 20_000  # rows deleted in one transaction: under 200 ms


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a re-run is.

    Attributes:
        parameters: version of the parameters it brings the texts to.
        step: `clear` or `place`.
        texts: texts when it began.
        articles, links: how many there were before.
    """

    parameters: int
    step: str
    texts: int
    articles: int
    links: int


def load(connection: sqlite3.Connection) -> Progress | None:
    """The re-run under way, if there is one."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    if row is None:
        return None
    found = json.loads(row[0])
    known = {each.name for each in fields(Progress)}
    # One that an earlier version began is begun anew.
    return Progress(**found) if found.keys() == known else None


def save(connection: sqlite3.Connection, progress: Progress) -> None:
    """Write down how far it is."""
    connection.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        (KEY, json.dumps(asdict(progress))),
    )


def begin(connection: sqlite3.Connection) -> None:
    """Write down where every text stands now, and let all of them wait to be placed again."""
    connection.execute("DELETE FROM rededup")
    connection.execute(
        "INSERT INTO rededup (doc, article_id)"
        " SELECT doc, id FROM articles UNION ALL SELECT doc, article_id FROM copies"
    )
    connection.execute("INSERT OR REPLACE INTO unsettled (doc, stale) SELECT doc, 1 FROM fingerprints")


def end(connection: sqlite3.Connection) -> None:
    """Forget the re-run."""
    connection.execute("DELETE FROM rededup")
    connection.execute("DELETE FROM meta WHERE key = ?", (KEY,))


def counts(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Texts, articles and links."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM copies), (SELECT count(*) FROM articles), (SELECT count(*) FROM links)"
    ).fetchone()
    return row[0] + row[1], row[1], row[2]


def clear_chunk(connection: sqlite3.Connection) -> bool:
    """Delete a chunk of the index and of the pairs; False when all is gone."""
    for table, columns in (("postings", "key, position, doc"), ("pairs", "a, b")):
        gone = connection.execute(
            f"DELETE FROM {table} WHERE ({columns}) IN (SELECT {columns} FROM {table} LIMIT {CHUNK})"
        ).rowcount
        if gone:
            return True
    return False


def outdated(connection: sqlite3.Connection, parameters: int) -> int:
    """How many texts are indexed by other parameters than these."""
    row = connection.execute("SELECT count(*) FROM fingerprints WHERE parameters <> ?", (parameters,)).fetchone()
    return int(row[0])


def pairs_before_and_after(connection: sqlite3.Connection) -> Iterable[tuple[int, int, int]]:
    """(doc, article before, article now) of every text that was stored before the re-run and is now."""
    return connection.execute(
        """
        SELECT rededup.doc, rededup.article_id, coalesce(articles.id, copies.article_id)
        FROM rededup LEFT JOIN articles USING (doc) LEFT JOIN copies USING (doc)
        WHERE coalesce(articles.id, copies.article_id) IS NOT NULL
        """
    )
