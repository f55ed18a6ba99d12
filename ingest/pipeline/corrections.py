"""A person's word on texts, written down and heeded at once: `split` and `merge`. One transaction each."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from ingest.errors import StoreError
from ingest.pipeline.place import place
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.articles import place_named, place_of
from ingest.store.corpus import Cache
from ingest.store.corrections import Correction, add_corrections
from ingest.store.database import transaction
from ingest.times import to_text


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction did.

    Attributes:
        doc: the text that was moved.
        was_in, is_in: its article before and after.
        others: texts that the person's word was about, beside it.
        gone: ids of articles that went up in `is_in`, and lead to it.
    """

    doc: int
    was_in: int
    is_in: int
    others: tuple[int, ...]
    gone: tuple[int, ...] = ()


def split(
    connection: sqlite3.Connection, name: str, settings: DedupSettings, now: datetime, note: str | None = None
) -> Corrected:
    """Part a text from all others of its article, for good.

    Args:
        name: the text's URL or `doc:N`; an article's id means its canonical text.

    Raises:
        StoreError: when it names nothing, or a text that stands alone.
    """
    with transaction(connection):
        found = place_named(connection, name)
        others = [each.doc for each in articles.members_of(connection, [found.article_id]) if each.doc != found.doc]
        if not others:
            raise StoreError(f"{name}: stands alone in article {found.article_id}; there is nothing to split it from")
        add_corrections(connection, Correction.SPLIT, found.doc, others, to_text(now), note)
        _place_again(connection, [found.doc], settings, to_text(now))
        after = place_of(connection, found.doc)
        assert after is not None  # noqa: S101 - it was there a moment ago
        return Corrected(found.doc, found.article_id, after.article_id, tuple(others))


def merge(
    connection: sqlite3.Connection,
    name: str,
    into: str,
    settings: DedupSettings,
    now: datetime,
    note: str | None = None,
) -> Corrected:
    """Make all texts of one article copies in another, for good.

    Args:
        name, into: URLs, `doc:N` or ids of articles.

    Raises:
        StoreError: when one names nothing, or both are in one article.
    """
    with transaction(connection):
        found, target = place_named(connection, name), place_named(connection, into)
        if found.article_id == target.article_id:
            raise StoreError(f"{name} and {into} are in one article already ({target.article_id})")
        moved = [each.doc for each in articles.members_of(connection, [found.article_id])]
        anchors = [each.doc for each in articles.members_of(connection, [target.article_id])]
        for doc in moved:
            # With each of the others, so that it outlasts an election and takes back what was split.
            add_corrections(connection, Correction.MERGE, doc, anchors, to_text(now), note)
        _place_again(connection, [*moved, *anchors], settings, to_text(now))
        after = place_of(connection, found.doc)
        assert after is not None  # noqa: S101 - it was there a moment ago
        # Which of the two ids stays comes of the election, not of the order in which they were named.
        gone = tuple(id for id in (found.article_id, target.article_id) if id != after.article_id)
        return Corrected(found.doc, found.article_id, after.article_id, tuple(anchors), gone)


def _place_again(connection: sqlite3.Connection, docs: list[int], settings: DedupSettings, now: str) -> None:
    place(connection, settings, now, Cache(), again=docs)
