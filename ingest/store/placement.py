"""A placement written down: the engine's own tables, articles and copies, links, what waits. One transaction's part."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping

from ingest.dedup.corpus import Pair
from ingest.dedup.placement import Group, Link, Placement
from ingest.model import Fingerprint, Relation
from ingest.store import articles, boilerplate
from ingest.store.articles import Placed, Publication
from ingest.store.corpus import PAIR_COLUMNS
from ingest.store.runs import archive_of, run_of

_ADD_PAIR = f"""
    INSERT OR REPLACE INTO pairs ({PAIR_COLUMNS}, features, model, compared_at, run)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def add_doc(connection: sqlite3.Connection, fingerprint: Fingerprint) -> int:
    """Give a new text its id; it stands nowhere before its placement is applied."""
    cursor = connection.execute(
        "INSERT INTO fingerprints (signature, parameters, text_key, archive) VALUES (?, ?, ?, ?)",
        (fingerprint.signature, fingerprint.parameters, fingerprint.text_key, archive_of(connection)),
    )
    assert cursor.lastrowid is not None  # noqa: S101 - an INSERT that did not raise has one
    return cursor.lastrowid


def set_fingerprints(connection: sqlite3.Connection, fingerprints: Mapping[int, Fingerprint]) -> None:
    """Replace what is kept of texts that were revised, or fingerprinted anew."""
    connection.executemany(
        "UPDATE fingerprints SET signature = ?, parameters = ?, text_key = ? WHERE doc = ?",
        [(each.signature, each.parameters, each.text_key, doc) for doc, each in fingerprints.items()],
    )


def apply(
    connection: sqlite3.Connection,
    placement: Placement,
    now: str,
    texts: Mapping[int, Publication] | None = None,
    withdrawn: Collection[int] = (),
) -> None:
    """Write a placement (inside the caller's transaction).

    Args:
        texts: the publications that were planned for, new ones and ones with new words.
        withdrawn: docs that leave for good.
    """
    _apply_pairs(connection, placement, now)
    connection.executemany(
        "UPDATE fingerprints SET leader = ? WHERE doc = ?",
        [(leader, doc) for doc, leader in placement.leaders.items()],
    )
    _apply_postings(connection, placement)
    for site, keys in placement.learned.items():
        boilerplate.learn(connection, site, keys, now)
    for site, keys in placement.unlearned.items():
        boilerplate.unlearn(connection, site, keys)
    for site, keys in placement.shown.items():
        boilerplate.seen(connection, site, keys, now)
    _Articles(connection, texts or {}, now).write(placement.groups, placement.orphans, withdrawn)
    _apply_links(connection, placement.linked, placement.links, now)
    unsettle(connection, placement.queued, placement.settled)


def unsettle(connection: sqlite3.Connection, queued: Mapping[int, bool], settled: Iterable[int] = ()) -> None:
    """Let docs wait to be placed again (→ whether their pairs are to be measured anew), and others no longer."""
    connection.executemany("DELETE FROM unsettled WHERE doc = ?", [(doc,) for doc in settled])
    connection.executemany(
        "INSERT INTO unsettled (doc, stale) VALUES (?, ?) ON CONFLICT DO UPDATE SET stale = max(stale, excluded.stale)",
        [(doc, int(stale)) for doc, stale in queued.items()],
    )


def unsettled(connection: sqlite3.Connection, limit: int) -> dict[int, bool]:
    """Docs that wait to be placed again → whether their pairs are to be measured anew."""
    rows = connection.execute("SELECT doc, stale FROM unsettled ORDER BY doc LIMIT ?", (limit,))
    return {row[0]: bool(row[1]) for row in rows}


def count_unsettled(connection: sqlite3.Connection) -> int:
    """How many docs wait to be placed again."""
    return int(connection.execute("SELECT count(*) FROM unsettled").fetchone()[0])


def _apply_pairs(connection: sqlite3.Connection, placement: Placement, now: str) -> None:
    run = run_of(connection)
    if placement.void:
        void = json.dumps(list(placement.void))
        for column in "ab":
            connection.execute(f"DELETE FROM pairs WHERE {column} IN (SELECT value FROM json_each(?))", (void,))
    connection.executemany(_ADD_PAIR, [(*_pair_row(pair, placement.model), now, run) for pair in placement.pairs])


def _pair_row(pair: Pair, model: str) -> tuple[object, ...]:
    figures = {name: round(value, 4) for name, value in (pair.figures or {}).items() if value is not None}
    return (
        pair.a,
        pair.b,
        pair.score,
        pair.kind,
        pair.rule,
        pair.larger,
        round(pair.jaccard, 6),
        round(pair.containment, 6),
        round(pair.coverage_smaller, 6),
        round(pair.coverage_larger, 6),
        round(pair.length_ratio, 4),
        pair.met,
        json.dumps(figures, separators=(",", ":")) if figures else None,
        model,
    )


def _apply_postings(connection: sqlite3.Connection, placement: Placement) -> None:
    connection.executemany(
        "DELETE FROM postings WHERE position = ? AND doc = ? AND key IN (SELECT value FROM json_each(?))",
        [
            (position, doc, json.dumps(sorted(keys)))
            for (position, doc), keys in sorted(placement.withdrawn_postings.items())
        ],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO postings (key, position, doc) VALUES (?, ?, ?)", sorted(placement.postings)
    )


class _Articles:
    """Brings `articles`, `copies` and `redirects` in line with some groups."""

    def __init__(self, connection: sqlite3.Connection, texts: Mapping[int, Publication], now: str) -> None:
        self._connection = connection
        self._texts = texts
        self._now = now
        self._places: dict[int, Placed] = {}
        self._touched: set[int] = set()

    def write(self, groups: Collection[Group], orphans: Iterable[int], withdrawn: Collection[int]) -> None:
        """Write them; rows of texts that stay as they are are not touched."""
        docs = {doc for group in groups for doc in (group.canonical, *group.standings, *group.moved)}
        self._places = articles.places_of(self._connection, {*docs, *withdrawn})
        self._touched = {place.article_id for place in self._places.values()}
        for doc in withdrawn:
            articles.remove_copy(self._connection, doc)
        # A text that comes to stand for an article is no copy any more; one that did and does not is known by now.
        for group in groups:
            if group.canonical in self._places and not self._places[group.canonical].is_canonical:
                articles.remove_copy(self._connection, group.canonical)
        known = [(group, group.article_id) for group in groups if group.article_id is not None]
        for group, article_id in known:
            for absorbed in group.absorbed:
                self._move_rest(absorbed, article_id)
                articles.dissolve(self._connection, absorbed, article_id)
                self._touched.discard(absorbed)
        # A text may come to stand for one article while another, which it stood for, finds its heir: all let go first.
        changed = [(group, article_id) for group, article_id in known if not self._stays(group, article_id)]
        for _, article_id in changed:
            articles.vacate(self._connection, article_id)
        for group, article_id in changed:
            articles.set_canonical(self._connection, article_id, self._publication(group.canonical))
        ids = {group.canonical: self._id(group) for group in groups}
        for group in groups:
            self._move_copies(group, ids[group.canonical])
            self._add_copies(group, ids[group.canonical])
        for orphan in orphans:
            articles.remove_article(self._connection, orphan)
            self._touched.discard(orphan)
        alone = {ids[group.canonical] for group in groups if group.article_id is None and not group.standings}
        articles.count_copies(self._connection, (self._touched | set(ids.values())) - alone)
        if withdrawn:
            self._forget(withdrawn)

    def _id(self, group: Group) -> int:
        if group.article_id is not None:
            return group.article_id
        return articles.add_article(self._connection, self._publication(group.canonical))

    def _publication(self, doc: int) -> Publication:
        return self._texts[doc] if doc in self._texts else self._places[doc].publication

    def _move_copies(self, group: Group, article_id: int) -> None:
        """Point copies' rows to their article; such as have no row yet come later."""
        for doc in (*group.standings, *group.moved):
            place = self._places.get(doc)
            if place is None or place.is_canonical or doc in self._texts:
                continue
            standing = group.standings.get(doc, place.standing)
            articles.move_copy(self._connection, Placed(place.publication, article_id, standing))

    def _move_rest(self, absorbed: int, article_id: int) -> None:
        """Copies that come along with their article, their figures still to be measured."""
        self._connection.execute("UPDATE copies SET article_id = ? WHERE article_id = ?", (article_id, absorbed))

    def _stays(self, group: Group, article_id: int) -> bool:
        """Whether an article stands for the same text as before, with the same words."""
        place = self._places.get(group.canonical)
        return (
            place is not None
            and place.is_canonical
            and place.article_id == article_id
            and group.canonical not in self._texts
        )

    def _add_copies(self, group: Group, article_id: int) -> None:
        """Write rows for copies that stood for an article, are new, or have new words."""
        for doc, standing in group.standings.items():
            place = self._places.get(doc)
            if place is None or place.is_canonical or doc in self._texts:
                articles.remove_copy(self._connection, doc)
                articles.add_copy(self._connection, Placed(self._publication(doc), article_id, standing))

    def _forget(self, withdrawn: Collection[int]) -> None:
        gone = json.dumps(list(withdrawn))
        for table, column in (
            ("fingerprints", "doc"),
            ("unsettled", "doc"),
            ("corrections", "doc"),
            ("corrections", "other"),
        ):
            self._connection.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))", (gone,))


def _apply_links(connection: sqlite3.Connection, linked: Collection[int], links: Iterable[Link], now: str) -> None:
    """Write the links of some articles, named by their canonical docs; since when there was one stays."""
    links = list(links)
    docs = {*linked, *(doc for link in links for doc in (link.canonical, link.other_canonical))}
    standings = articles.standings_of(connection, docs)
    ids = {doc: article for doc, (article, each) in standings.items() if each.relation is Relation.CANONICAL}
    before = articles.links_of(connection, [ids[doc] for doc in linked])
    since = {frozenset((row["article_id"], row["other_id"])): row["first_seen_at"] for row in before}
    if before:
        articles.remove_links(connection, [ids[doc] for doc in linked])
    for link in links:
        first, second = ids[link.canonical], ids[link.other_canonical]
        articles.add_link(
            connection,
            first,
            second,
            link,
            since.get(frozenset((first, second)), now),
        )
