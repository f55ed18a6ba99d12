"""Documents and their fingerprints → stored: the entrance to deduplication, for poll, daemon and backfill alike.

Decides whether a URL is new, unchanged or revised; where texts belong is planned by `ingest.dedup.plan`, and written
by `ingest.store.placement`. Runs inside the caller's transaction.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.dedup.corpus import Text
from ingest.dedup.placement import Standing
from ingest.errors import MatchError, StoreError
from ingest.model import Document, Fingerprint, Outcome, Relation
from ingest.pipeline.identify import Arrival, Identifying, Identity, names_of
from ingest.pipeline.place import place
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.articles import Publication
from ingest.store.corpus import Cache, facts_of
from ingest.store.database import transaction
from ingest.store.placement import add_doc, set_fingerprints
from ingest.store.trouble import trouble_of
from ingest.times import optional_text, to_text
from ingest.urls import site_of

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a document.

    Attributes:
        outcome: canonical, copy, revision or same_url.
        url: under which the text stands.
        standing: how the text stands to its article's canonical text now.
        candidates: stored texts that it was worth comparing with.
        note: why it does not stand where its page says.
    """

    outcome: Outcome
    doc: int
    article_id: int
    standing: Standing
    url: str
    candidates: int = 0
    note: str | None = None


class Matcher:
    """Stores documents, one or many at a time; between two calls it holds nothing but bounded caches."""

    def __init__(self, settings: DedupSettings) -> None:
        self.settings = settings
        self.cache = Cache()

    def forget(self) -> None:
        """Empty the caches; to be called when a transaction was rolled back, as they may hold what it wrote."""
        self.cache.clear()

    def store(
        self,
        connection: sqlite3.Connection,
        document: Document,
        fingerprint: Fingerprint,
        *,
        now: datetime,
        replaces: int | None = None,
        certain: bool = False,
        is_fresh: bool = False,
    ) -> Stored:
        """Store a document as article, copy or revision, inside the caller's open transaction; as an `Arrival` has it.

        Raises:
            MatchError: by a fault of this program; what was written of the document is undone, nothing else.
            StoreError, sqlite3.Error: when the database cannot be read or written.
        """
        (stored,) = self.store_many(connection, [Arrival(document, fingerprint, replaces, certain, is_fresh)], now=now)
        if isinstance(stored, MatchError):
            raise stored
        return stored

    def store_many(
        self, connection: sqlite3.Connection, arrivals: Sequence[Arrival], *, now: datetime
    ) -> list[Stored | MatchError]:
        """Store documents as articles, copies or revisions, inside the caller's open transaction.

        Returns:
            what became of each, in their order. A `MatchError` stands for one that a fault of this program kept from
            its place: nothing was written of it.

        Raises:
            StoreError, sqlite3.Error: when the database cannot be read or written.
        """
        stored: list[Stored | MatchError] = []
        for batch in _without_repeats(arrivals):
            stored += self._try(connection, batch, to_text(now))
        return stored

    def _try(self, connection: sqlite3.Connection, batch: Sequence[Arrival], stamp: str) -> list[Stored | MatchError]:
        """Store a batch; where it fails by a bug, its halves, until what fails is alone."""
        try:
            with transaction(connection):
                return [*self._store(connection, batch, stamp)]
        except Exception as error:  # the border of one text: a bug costs this text only, and is named
            self.forget()
            if isinstance(error, StoreError) or trouble_of(error) is not None:
                raise
            if len(batch) > 1:
                middle = len(batch) // 2
                return [
                    stored for half in (batch[:middle], batch[middle:]) for stored in self._try(connection, half, stamp)
                ]
            _LOG.exception("match_failed %s", batch[0].document.url)
            failed = MatchError(f"its place could not be found, by a fault of ingest: {error!r}")
            failed.__cause__ = error
            return [failed]

    def _store(self, connection: sqlite3.Connection, batch: Sequence[Arrival], stamp: str) -> list[Stored]:
        identifying = Identifying(connection, self.settings, self.cache, batch)
        became: list[tuple[int, Outcome | None, Identity]] = []
        texts: dict[int, Publication] = {}
        planned: list[Text] = []
        again: list[int] = []
        fingerprints: dict[int, Fingerprint] = {}
        for arrival in batch:
            new = _publication(arrival.document, arrival.fingerprint, 0, stamp)
            identity = identifying.identify(arrival, new)
            if identity.disputed:
                articles.dispute(connection, identity.disputed, stamp)
            for doc, url in identity.returned.items():
                articles.set_url(connection, doc, url)
                again.append(doc)
            before = identity.before
            if before is None:
                text = replace(new, doc=add_doc(connection, arrival.fingerprint), url=identity.url)
                became.append((text.doc, None, identity))
            else:
                text = _revised(before, new, identity.url)
                if identity.unchanged:
                    became.append((before.doc, Outcome.SAME_URL, identity))
                    if not arrival.is_fresh or text == replace(before, provenance=text.provenance):
                        continue
                else:
                    became.append((before.doc, Outcome.REVISION, identity))
                    articles.add_revision(connection, before, stamp)
                fingerprints[text.doc] = arrival.fingerprint
            texts[text.doc] = text
            planned.append(Text(facts_of(connection, text), self.cache.put(text, arrival.fingerprint)))
            articles.attribute(connection, text.doc, arrival.document)
        placement = place(connection, self.settings, stamp, self.cache, texts=planned, publications=texts, again=again)
        set_fingerprints(connection, fingerprints)
        standings = articles.standings_of(connection, [doc for doc, _, _ in became])
        return [
            _stored(doc, standings[doc], outcome, identity, placement.candidates.get(doc, 0))
            for doc, outcome, identity in became
        ]


def _without_repeats(arrivals: Sequence[Arrival]) -> Iterator[list[Arrival]]:
    """The arrivals cut into runs in which no text comes twice: the second has to see the first."""
    run: list[Arrival] = []
    seen: set[object] = set()
    for arrival in arrivals:
        names = names_of(arrival)
        if not seen.isdisjoint(names) or (run and arrival.replaces is not None):
            yield run
            run, seen = [], set()
        run.append(arrival)
        seen |= names
    if run:
        yield run


def _stored(
    doc: int, stands: tuple[int, Standing], outcome: Outcome | None, identity: Identity, candidates: int
) -> Stored:
    article_id, standing = stands
    if outcome is None:
        outcome = Outcome.CANONICAL if standing.relation is Relation.CANONICAL else Outcome.COPY
    return Stored(outcome, doc, article_id, standing, identity.url, candidates, identity.doubt)


def _publication(document: Document, fingerprint: Fingerprint, doc: int, now: str) -> Publication:
    return Publication(
        doc=doc,
        url=document.url,
        title=document.title,
        site=document.site or site_of(document.url),
        author=document.author,
        agency=document.agency,
        language=document.language,
        published_at=optional_text(document.published_at),
        published_precision=document.published_precision if document.published_at else None,
        first_seen_at=now,
        text=document.text,
        word_count=fingerprint.word_count,
        section=document.section,
        image=document.image,
        modified_at=optional_text(document.modified_at),
        provenance=json.dumps(dict(document.provenance), sort_keys=True) if document.provenance else None,
        fetched_url=document.fetched_url,
    )


def _revised(before: Publication, new: Publication, url: str) -> Publication:
    """The publication with its new text; what the new page does not say is kept."""
    return replace(
        new,
        doc=before.doc,
        url=url,
        title=new.title or before.title,
        author=new.author or before.author,
        agency=new.agency or before.agency,
        language=new.language or before.language,
        published_at=before.published_at or new.published_at,  # a revision does not make it a later publication
        published_precision=before.published_precision if before.published_at else new.published_precision,
        first_seen_at=before.first_seen_at,
        section=new.section or before.section,
        image=new.image or before.image,
        modified_at=new.modified_at or before.modified_at,
        provenance=new.provenance or before.provenance,
    )
