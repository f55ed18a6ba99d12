"""Documents stored in a fresh database, for the tests of matching."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from ingest.dedup.fingerprint import fingerprint
from ingest.model import Document
from ingest.pipeline.match import Matcher, Stored
from ingest.settings import DedupSettings
from ingest.store.database import transaction

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
FIRST = datetime(2026, 3, 1, 8, tzinfo=UTC)


def document(
    name: str, body: str, *, hours: float | None = 0, site: str | None = None, agency: str | None = None
) -> Document:
    """A document of a site of its own, published some hours after the first."""
    site = site or f"{name}.example"
    return Document(
        url=f"https://{site}/{name}",
        text=body,
        title=f"Title of {name}",
        site=site,
        agency=agency,
        published_at=None if hours is None else FIRST + timedelta(hours=hours),
    )


def store(
    db: sqlite3.Connection, *documents: Document, replaces: int | None = None, matcher: Matcher | None = None
) -> list[Stored]:
    """Store documents one after another, each in a transaction of its own."""
    matcher = matcher or Matcher(DedupSettings())
    stored = []
    for each in documents:
        with transaction(db):
            stored.append(matcher.store(db, each, fingerprint(each.text), now=NOW, replaces=replaces))
    return stored


def groups(db: sqlite3.Connection) -> set[frozenset[str]]:
    """The names of the documents of each article."""
    found: dict[int, set[str]] = {}
    for url, article_id in db.execute("SELECT url, article_id FROM publications"):
        found.setdefault(article_id, set()).add(url.rsplit("/", 1)[1])
    return {frozenset(names) for names in found.values()}


def canonical(db: sqlite3.Connection, name: str) -> str:
    """The name of the canonical text of a document's article."""
    row = db.execute(
        "SELECT url FROM articles WHERE id = (SELECT article_id FROM publications WHERE url LIKE '%/' || ?)", (name,)
    ).fetchone()
    return str(row[0]).rsplit("/", 1)[1]


def links(db: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """(name of the later or larger one, kind, name of the other) of every link."""
    return {
        (row[0].rsplit("/", 1)[1], row[1], row[2].rsplit("/", 1)[1])
        for row in db.execute(
            "SELECT a.url, kind, b.url FROM links"
            " JOIN articles a ON a.id = article_id JOIN articles b ON b.id = other_id"
        )
    }
