"""The rows of `articles`, `copies`, `redirects`, `links` and `revisions`: one stored text, one place.

Every function that writes is called inside the caller's transaction. What is a copy of what is decided
elsewhere; here it is only written down.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from ingest.addresses import names_of
from ingest.dedup.placement import Link, Standing
from ingest.errors import StoreError
from ingest.model import Document, Evidence, Relation

_FACTS = (
    "doc, url, title, site, author, agency, language, published_at, published_precision,"
    " first_seen_at, text, word_count, section, image, modified_at, provenance,"
    " fetched_url"
)
_SLOTS = ", ".join("?" * len(_FACTS.split(",")))


_STANDING = "relation, jaccard, containment, carried, own_words"
_CANONICAL = Standing(Relation.CANONICAL)


@dataclass(frozen=True, slots=True)
class Publication:
    """One stored text with its facts; times as stored text."""

    doc: int
    url: str
    title: str | None
    site: str | None
    author: str | None
    agency: str | None
    language: str | None
    published_at: str | None
    published_precision: str | None
    first_seen_at: str
    text: str
    word_count: int
    section: str | None = None
    image: str | None = None
    modified_at: str | None = None
    provenance: str | None = None  # JSON: fact → where it was found
    fetched_url: str | None = None  # the one that answered, where the page names another


FACTS = len(fields(Publication))


@dataclass(frozen=True, slots=True)
class Placed:
    """A publication and its place in an article."""

    publication: Publication
    article_id: int
    standing: Standing

    @property
    def relation(self) -> Relation:
        """How it relates to the canonical text."""
        return self.standing.relation

    @property
    def doc(self) -> int:
        """The id of the text."""
        return self.publication.doc

    @property
    def is_canonical(self) -> bool:
        """Whether this text stands for the article."""
        return self.relation is Relation.CANONICAL


def standings_of(connection: sqlite3.Connection, docs: Iterable[int]) -> dict[int, tuple[int, Standing]]:
    """Doc → its article, and how it stands there."""
    rows = connection.execute(
        f"""
        SELECT doc, id, 'canonical', 1.0, 1.0, 1.0, 0 FROM articles WHERE doc IN (SELECT value FROM json_each(:docs))
        UNION ALL
        SELECT doc, article_id, {_STANDING} FROM copies WHERE doc IN (SELECT value FROM json_each(:docs))
        """,
        {"docs": json.dumps(list(docs))},
    )
    return {row[0]: (row[1], _standing(row[2:])) for row in rows}


def doc_of_url(connection: sqlite3.Connection, url: str) -> int | None:
    """The text stored under a URL, if there is one."""
    row = connection.execute(
        "SELECT doc FROM articles WHERE url = ?1 UNION ALL SELECT doc FROM copies WHERE url = ?1", (url,)
    ).fetchone()
    return None if row is None else int(row[0])


def docs_of_urls(connection: sqlite3.Connection, urls: Iterable[str]) -> dict[str, int]:
    """URL → the text stored under it, of those under which one is."""
    wanted = json.dumps(list(urls))
    return {
        row[0]: row[1]
        for table in ("articles", "copies")
        for row in connection.execute(
            f"SELECT url, doc FROM {table} WHERE url IN (SELECT value FROM json_each(?))", (wanted,)
        )
    }


def docs_at(connection: sqlite3.Connection, beginning: str) -> list[int]:
    """The texts whose URLs begin so."""
    return [
        row[0]
        for table in ("articles", "copies")
        for row in connection.execute(
            f"SELECT doc FROM {table} WHERE url >= ? AND url < ?", (beginning, beginning + "\U0010ffff")
        )
    ]


def disputed(connection: sqlite3.Connection, urls: Iterable[str]) -> set[str]:
    """Of some URLs those that pages with several texts call themselves."""
    rows = connection.execute(
        "SELECT url FROM disputed WHERE url IN (SELECT value FROM json_each(?))", (json.dumps(list(urls)),)
    )
    return {row[0] for row in rows}


def dispute(connection: sqlite3.Connection, url: str, now: str) -> None:
    """Remember that pages with several texts call themselves by a URL."""
    connection.execute("INSERT OR IGNORE INTO disputed (url, noted_at) VALUES (?, ?)", (url, now))


def set_url(connection: sqlite3.Connection, doc: int, url: str) -> None:
    """Let a text stand under another URL, under which nothing stands; its kept page goes along."""
    for table in ("articles", "copies"):
        connection.execute(
            f"UPDATE OR IGNORE pages SET url = :url WHERE url = (SELECT url FROM {table} WHERE doc = :doc)",
            {"url": url, "doc": doc},
        )
        connection.execute(f"UPDATE {table} SET url = ?, fetched_url = NULL WHERE doc = ?", (url, doc))


def count_texts(connection: sqlite3.Connection) -> int:
    """How many texts are stored, copies included."""
    return int(connection.execute("SELECT count(*) FROM fingerprints").fetchone()[0])


def doc_named(connection: sqlite3.Connection, name: str) -> int:
    """The stored text that a person means.

    Args:
        name: an article's id (its canonical text is meant; ids of merged articles lead on), `doc:N`, or a URL.

    Raises:
        StoreError: when it names nothing.
    """
    found: int | None = None
    if name.isdigit():
        article_id = current_id(connection, int(name))
        row = connection.execute("SELECT doc FROM articles WHERE id = ?", (article_id,)).fetchone()
        found = row[0] if row else None
    elif name.startswith("doc:") and name[4:].isdigit():
        found = int(name[4:]) if place_of(connection, int(name[4:])) else None
    else:
        known = docs_of_urls(connection, names := names_of(name))
        found = next((known[url] for url in names if url in known), None)
    if found is None:
        raise StoreError(f"{name}: no such text; give a publication's URL, doc:N for a stored text, or an article's id")
    return found


def text_named(connection: sqlite3.Connection, name: str) -> Placed:
    """As `place_named`; `rev:N` means a revision: what a publication said before, under the negative of N as its doc.

    Raises:
        StoreError: when it names nothing.
    """
    if not (name.startswith("rev:") and name[4:].isdigit()):
        return place_named(connection, name)
    row = connection.execute(
        "SELECT doc, title, published_at, first_seen_at, text, word_count FROM revisions WHERE id = ?", (name[4:],)
    ).fetchone()
    place = place_of(connection, row["doc"]) if row else None
    if place is None:
        raise StoreError(f"{name}: no such revision; `select id, url, title from revisions` lists them")
    now = place.publication
    before = replace(
        now,
        doc=-int(name[4:]),
        title=row["title"],
        published_at=row["published_at"],
        first_seen_at=row["first_seen_at"],
        text=row["text"],
        word_count=row["word_count"],
    )
    return replace(place, publication=before)


def place_named(connection: sqlite3.Connection, name: str) -> Placed:
    """The stored text that a person means, with its place; names and errors as those of `doc_named`."""
    place = place_of(connection, doc_named(connection, name))
    assert place is not None  # noqa: S101 - doc_named found it
    return place


def place_of(connection: sqlite3.Connection, doc: int) -> Placed | None:
    """A stored text with its place."""
    return places_of(connection, [doc]).get(doc)


def places_of(connection: sqlite3.Connection, docs: Iterable[int]) -> dict[int, Placed]:
    """The stored texts among `docs`, with their places."""
    wanted = json.dumps(list(docs))
    found = {}
    for row in connection.execute(
        f"SELECT {_FACTS}, id FROM articles WHERE doc IN (SELECT value FROM json_each(?))", (wanted,)
    ):
        found[row[0]] = Placed(Publication(*row[:FACTS]), row[FACTS], _CANONICAL)
    for row in connection.execute(
        f"SELECT {_FACTS}, article_id, {_STANDING} FROM copies WHERE doc IN (SELECT value FROM json_each(?))",
        (wanted,),
    ):
        found[row[0]] = _copy(row)
    return found


def canonicals_of(connection: sqlite3.Connection, article_ids: Iterable[int]) -> dict[int, Placed]:
    """Article id → its canonical text."""
    rows = connection.execute(
        f"SELECT {_FACTS}, id FROM articles WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(article_ids)),),
    )
    return {row[FACTS]: Placed(Publication(*row[:FACTS]), row[FACTS], _CANONICAL) for row in rows}


def copies_of(connection: sqlite3.Connection, article_id: int) -> list[Placed]:
    """The copies of an article, in the order of their docs."""
    rows = connection.execute(
        f"SELECT {_FACTS}, article_id, {_STANDING} FROM copies WHERE article_id = ? ORDER BY doc",
        (article_id,),
    )
    return [_copy(row) for row in rows]


def texts_of(connection: sqlite3.Connection, article_id: int) -> list[Placed]:
    """Every text of an article, the canonical one first; none where it has gone."""
    return [*canonicals_of(connection, [article_id]).values(), *copies_of(connection, article_id)]


def members_of(connection: sqlite3.Connection, article_ids: Iterable[int]) -> list[Placed]:
    """All texts of some articles: of each the canonical one, then its copies."""
    canonicals = canonicals_of(connection, article_ids)
    return [
        member
        for article_id in sorted(canonicals)
        for member in (canonicals[article_id], *copies_of(connection, article_id))
    ]


def _copy(row: sqlite3.Row) -> Placed:
    return Placed(Publication(*row[:FACTS]), row[FACTS], _standing(row[FACTS + 1 :]))


def _standing(row: Sequence[Any]) -> Standing:
    return Standing(Relation(row[0]), *row[1:])


# --- placing -----------------------------------------------------------------------------------


def add_article(connection: sqlite3.Connection, text: Publication) -> int:
    """Let a text stand as an article of its own; returns the new article's id."""
    cursor = connection.execute(f"INSERT INTO articles ({_FACTS}) VALUES ({_SLOTS})", _values(text))
    article_id = cursor.lastrowid
    assert article_id is not None  # noqa: S101 - an INSERT that did not raise has one
    _is_new(connection, "articles", article_id)
    return article_id


def attribute(connection: sqlite3.Connection, doc: int, document: Document) -> None:
    """Write down what speaks for a text's agency, where its document names one."""
    if document.agency:
        evidence = document.evidence or Evidence("source", 1.0, document.agency)
        connection.execute(
            "INSERT OR REPLACE INTO attributions (doc, agency, place, confidence, evidence) VALUES (?, ?, ?, ?, ?)",
            (doc, document.agency, evidence.place, evidence.confidence, evidence.words),
        )


def add_copy(connection: sqlite3.Connection, copy: Placed) -> None:
    """Write a text down as a copy."""
    connection.execute(
        f"INSERT INTO copies ({_FACTS}, article_id, {_STANDING}) VALUES ({_SLOTS}, ?, ?, ?, ?, ?, ?)",
        (*_values(copy.publication), copy.article_id, *_standing_values(copy.standing)),
    )
    _is_new(connection, "copies", copy.doc)


def _is_new(connection: sqlite3.Connection, table: str, key: int) -> None:
    # A row that went within the same transaction is noted already, by the words that it was known by.
    connection.execute("INSERT OR IGNORE INTO reindex (source, id, indexed) VALUES (?, ?, 0)", (table, key))


def move_copy(connection: sqlite3.Connection, copy: Placed) -> None:
    """Write down where a copy stands now, and how it relates to the canonical text there."""
    connection.execute(
        "UPDATE copies SET article_id = ?, relation = ?, jaccard = ?, containment = ?, carried = ?, own_words = ?"
        " WHERE doc = ?",
        (copy.article_id, *_standing_values(copy.standing), copy.doc),
    )


def remove_copy(connection: sqlite3.Connection, doc: int) -> None:
    """Take a copy's row away; the caller places the text elsewhere."""
    connection.execute("DELETE FROM copies WHERE doc = ?", (doc,))


def set_canonical(connection: sqlite3.Connection, article_id: int, text: Publication) -> None:
    """Let an article stand for another text; its id stays."""
    connection.execute(
        f"UPDATE articles SET ({_FACTS}) = ({_SLOTS}) WHERE id = ?",
        (*_values(text), article_id),
    )


def vacate(connection: sqlite3.Connection, article_id: int) -> None:
    """Let an article stand for no text, for a moment within a transaction: `set_canonical` follows."""
    connection.execute("UPDATE articles SET doc = -id, url = 'vacant:' || id WHERE id = ?", (article_id,))


def dissolve(connection: sqlite3.Connection, article_id: int, into: int) -> None:
    """Remove an article that has become part of another; its id stays resolvable, its links are written anew."""
    remove_links(connection, [article_id])
    connection.execute("UPDATE redirects SET article_id = ? WHERE article_id = ?", (into, article_id))
    connection.execute("DELETE FROM articles WHERE id = ?", (article_id,))
    connection.execute("INSERT OR REPLACE INTO redirects (old_id, article_id) VALUES (?, ?)", (article_id, into))


def remove_article(connection: sqlite3.Connection, article_id: int) -> None:
    """Remove an article that has no copies (any more), for good: its links and the ids that led to it go too."""
    remove_links(connection, [article_id])
    connection.execute("DELETE FROM redirects WHERE article_id = ?", (article_id,))
    connection.execute("DELETE FROM articles WHERE id = ?", (article_id,))


def count_copies(connection: sqlite3.Connection, article_ids: Iterable[int]) -> None:
    """Bring the counts of some articles up to date."""
    connection.execute(
        """
        UPDATE articles
        SET copies = (SELECT count(*) FROM copies WHERE article_id = articles.id),
            sites = (SELECT count(*) FROM
                     (SELECT articles.site UNION SELECT site FROM copies WHERE article_id = articles.id))
        WHERE id IN (SELECT value FROM json_each(?))
        """,
        (json.dumps(list(article_ids)),),
    )


def _standing_values(each: Standing) -> tuple[object, ...]:
    return each.relation, round(each.jaccard, 6), round(each.containment, 6), each.carried, each.own_words


def _values(text: Publication) -> tuple[object, ...]:
    return (
        text.doc,
        text.url,
        text.title,
        text.site,
        text.author,
        text.agency,
        text.language,
        text.published_at,
        text.published_precision,
        text.first_seen_at,
        text.text,
        text.word_count,
        text.section,
        text.image,
        text.modified_at,
        text.provenance,
        text.fetched_url,
    )


# --- revisions, links, names -------------------------------------------------------------------


def add_revision(connection: sqlite3.Connection, old: Publication, replaced_at: str) -> None:
    """Keep the text that a publication had until now."""
    connection.execute(
        """
        INSERT INTO revisions (doc, url, title, published_at, first_seen_at, replaced_at, text, word_count)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            old.doc,
            old.url,
            old.title,
            old.published_at,
            _since(connection, old),
            replaced_at,
            old.text,
            old.word_count,
        ),
    )


def _since(connection: sqlite3.Connection, old: Publication) -> str:
    row = connection.execute("SELECT max(replaced_at) FROM revisions WHERE doc = ?", (old.doc,)).fetchone()
    return row[0] or old.first_seen_at


def add_link(connection: sqlite3.Connection, article_id: int, other_id: int, link: Link, since: str) -> None:
    """Join two articles that belong together and are not one text."""
    connection.execute(
        """
        INSERT INTO links (article_id, other_id, kind, doc, other_doc, jaccard, containment, first_seen_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (article_id, other_id, link.kind, link.doc, link.other_doc, link.jaccard, link.containment, since),
    )


_EITHER_WAY = "article_id IN (SELECT value FROM json_each(:ids)) OR other_id IN (SELECT value FROM json_each(:ids))"


def links_of(connection: sqlite3.Connection, article_ids: Iterable[int]) -> list[sqlite3.Row]:
    """The links of some articles, either way."""
    return connection.execute(
        "SELECT article_id, other_id, kind, doc, other_doc, jaccard, containment, first_seen_at FROM links"
        f" WHERE {_EITHER_WAY}",
        {"ids": json.dumps(list(article_ids))},
    ).fetchall()


def remove_links(connection: sqlite3.Connection, article_ids: Iterable[int]) -> None:
    """Remove the links of some articles, either way."""
    connection.execute(f"DELETE FROM links WHERE {_EITHER_WAY}", {"ids": json.dumps(list(article_ids))})


def current_id(connection: sqlite3.Connection, article_id: int) -> int | None:
    """The article that an id names now: itself, or the one it was merged into; None if it never was."""
    row = connection.execute(
        "SELECT id FROM articles WHERE id = ?1 UNION ALL SELECT article_id FROM redirects WHERE old_id = ?1",
        (article_id,),
    ).fetchone()
    return None if row is None else int(row[0])
