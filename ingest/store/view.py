"""One article with all that belongs to it, as plain values: what `ingest show` prints. Reads only."""

from __future__ import annotations

import sqlite3
from typing import Any

from ingest.errors import StoreError
from ingest.model import Precision
from ingest.store.articles import place_named

DAY_CHARS = len("YYYY-MM-DD")


def resolve_article(connection: sqlite3.Connection, name: str) -> int:
    """The article that a person means.

    Args:
        name: an article's id (ids of merged articles too), `doc:N` for a stored text, or a publication's URL.

    Raises:
        StoreError: when it names nothing.
    """
    try:
        return place_named(connection, name).article_id
    except StoreError:
        raise StoreError(
            f"{name}: no such article; give its id, a publication's URL, or doc:N "
            "(`sqlite-utils rows DB articles -c id -c title` lists them)"
        ) from None


def article_view(connection: sqlite3.Connection, article_id: int) -> dict[str, Any]:
    """An article with its copies, timeline, revisions and links, ready for JSON.

    The times of events (`at`) are full, or days. Keys: the columns of `articles`; `origin` (the agency of its canonical
    text, own or inherited, with the evidence, as the view `origins` has it; None where none is known); `copies` (in
    order of publication), `timeline` (who carried or changed it when, updates by other articles among them),
    `revisions`, `links` (each with the other article), `merged` (ids that lead here).
    """
    article = dict(connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone())
    copies = _dicts(
        connection.execute(
            """
            SELECT doc, url, title, site, author, agency, published_at, published_precision, first_seen_at,
                   word_count, relation, carried, own_words, jaccard, containment
            FROM copies WHERE article_id = ? ORDER BY coalesce(published_at, first_seen_at), doc
            """,
            (article_id,),
        )
    )
    docs = [article["doc"], *(copy["doc"] for copy in copies)]
    revisions = _dicts(
        connection.execute(
            f"""
            SELECT doc, url, title, first_seen_at, replaced_at, word_count
            FROM revisions WHERE doc IN ({",".join("?" * len(docs))}) ORDER BY replaced_at, id
            """,  # noqa: S608 - placeholders
            docs,
        )
    )
    links = _links(connection, article_id)
    merged = [row[0] for row in connection.execute("SELECT old_id FROM redirects WHERE article_id = ?", (article_id,))]
    return {
        **article,
        "origin": _origin(connection, article_id, article["doc"]),
        "copies": copies,
        "timeline": _timeline(article, copies, revisions, links),
        "revisions": revisions,
        "links": links,
        "merged": merged,
    }


def versions_of(connection: sqlite3.Connection, doc: int) -> list[dict[str, Any]]:
    """Every text that a publication has had, as the view `versions` has them, the first one first."""
    return _dicts(connection.execute("SELECT * FROM versions WHERE doc = ? ORDER BY version", (doc,)))


def _origin(connection: sqlite3.Connection, article_id: int, doc: int) -> dict[str, Any] | None:
    rows = connection.execute(
        """
        SELECT o.agency, o.kind, o.own_site, o.inherited, o.place, o.confidence, o.evidence, e.url AS evidence_url
        FROM origins o LEFT JOIN publications e ON e.doc = o.evidence_doc
        WHERE o.article_id = ? AND o.doc = ?
        """,
        (article_id, doc),
    )
    return next(iter(_dicts(rows)), None)


def _links(connection: sqlite3.Connection, article_id: int) -> list[dict[str, Any]]:
    return _dicts(
        connection.execute(
            """
            SELECT l.kind, l.jaccard, l.containment, l.article_id = :id AS is_later,
                   a.id, a.title, a.site, a.url, a.published_at, a.published_precision, a.first_seen_at
            FROM links l
            JOIN articles a ON a.id = CASE l.article_id WHEN :id THEN l.other_id ELSE l.article_id END
            WHERE l.article_id = :id OR l.other_id = :id
            ORDER BY coalesce(a.published_at, a.first_seen_at), a.id
            """,
            {"id": article_id},
        )
    )


def _timeline(
    article: dict[str, Any],
    copies: list[dict[str, Any]],
    revisions: list[dict[str, Any]],
    links: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """What happened to the text, in order: first and later publications, changes, other takes of the wire."""
    events = [_event(copy, copy["relation"]) for copy in copies]
    events.append(_event(article, "canonical"))
    events += _revised(article, copies, revisions)
    events += [_event(link, f"{link['kind']} (article {link['id']})") for link in links if link["kind"] == "update"]
    # A day is no midnight: what is known to the day only stands behind what happened in it.
    return sorted(
        events, key=lambda event: (event["at"][:10], len(event["at"]) == DAY_CHARS, event["at"], event["url"])
    )


def _revised(
    article: dict[str, Any], copies: list[dict[str, Any]], revisions: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Each change of a text, under the title that it had from then on."""
    titles = {each["doc"]: each["title"] for each in (article, *copies)}
    sites = {each["doc"]: each["site"] for each in (article, *copies)}
    events = []
    for one in reversed(revisions):  # the latest first: its title came with the next change
        now = {"title": titles[one["doc"]], "url": one["url"]}
        events.append({"at": one["replaced_at"], "what": "revised", "site": sites[one["doc"]], **now})
        titles[one["doc"]] = one["title"]
    return events[::-1]


def _event(row: dict[str, Any], what: str) -> dict[str, Any]:
    return {
        "at": _when(row),
        "what": what,
        "site": row["site"],
        **_named(row),
        "carried": row.get("carried"),
        "own_words": row.get("own_words"),
        "jaccard": row.get("jaccard"),
        "containment": row.get("containment"),
    }


def _when(row: dict[str, Any]) -> str:
    """When it was published, else when it was first seen; of what is known to the day only, the day."""
    if not row["published_at"]:
        return str(row["first_seen_at"])
    return str(row["published_at"])[: DAY_CHARS if row["published_precision"] == Precision.DAY else None]


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {"title": row["title"], "url": row["url"]}


def _dicts(rows: sqlite3.Cursor) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
