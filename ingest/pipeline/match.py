"""A document and its fingerprint → stored: the entrance to deduplication, for poll, daemon and backfill alike.

Decides whether a URL is new, unchanged or revised; where a text belongs is `grouping`'s work. Runs
inside the caller's transaction.
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from ingest.dedup import bands
from ingest.dedup.fingerprint import fingerprint as fingerprint_of
from ingest.errors import MatchError, StoreError
from ingest.model import Document, Fingerprint, Outcome, Relation
from ingest.pipeline.comparing import Cache
from ingest.pipeline.grouping import Grouping
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.articles import Placed, Publication
from ingest.store.database import transaction
from ingest.store.trouble import trouble_of
from ingest.times import optional_text, to_text
from ingest.urls import site_of

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a document.

    Attributes:
        outcome: canonical, copy, revision or same_url.
        relation: how the text relates to its article's canonical text now.
        jaccard, containment: against that text; 1.0 for itself.
        candidates: stored texts that it was worth comparing with.
    """

    outcome: Outcome
    doc: int
    article_id: int
    relation: Relation
    jaccard: float
    containment: float
    candidates: int = 0


class Matcher:
    """Stores documents one after another; between two calls it holds nothing but bounded caches."""

    def __init__(self, settings: DedupSettings) -> None:
        self._settings = settings
        self._cache = Cache()

    def forget(self) -> None:
        """Empty the caches; to be called when a transaction was rolled back, as they may hold what it wrote."""
        self._cache = Cache()

    def store(
        self,
        connection: sqlite3.Connection,
        document: Document,
        fingerprint: Fingerprint,
        *,
        now: datetime,
        replaces: int | None = None,
    ) -> Stored:
        """Store a document as article, copy or revision, inside the caller's open transaction.

        Args:
            fingerprint: of this document's text, by this version's parameters.
            replaces: the text that the same feed entry led to before.

        Raises:
            MatchError: by a fault of this program; what was written of the document is undone, nothing else.
            StoreError, sqlite3.Error: when the database cannot be read or written.
        """
        try:
            with transaction(connection):
                return self._store(connection, document, fingerprint, to_text(now), replaces)
        except Exception as error:  # the border of one text: a bug costs this text only, and is named
            self.forget()
            if isinstance(error, StoreError) or trouble_of(error) is not None:
                raise
            _LOG.exception("match_failed %s", document.url)
            raise MatchError(f"its place could not be found, by a fault of ingest: {error!r}") from error

    def _store(
        self,
        connection: sqlite3.Connection,
        document: Document,
        fingerprint: Fingerprint,
        stamp: str,
        replaces: int | None,
    ) -> Stored:
        grouping = Grouping(connection, self._cache, self._settings, stamp)
        known = articles.doc_of_url(connection, document.url)
        if known is None:
            known = replaces
        before = articles.place_of(connection, known) if known is not None else None
        if before is None:
            doc = bands.add_signature(connection, fingerprint)
            text = _publication(document, fingerprint, doc, stamp)
            placed = grouping.place_new(text, fingerprint)
            _attribute(connection, doc, document)
            return _stored(Outcome.CANONICAL if placed.is_canonical else Outcome.COPY, placed, grouping.candidates)
        if _unchanged(before.publication, document, fingerprint):
            return _stored(Outcome.SAME_URL, before)
        text = _revised(before.publication, document, fingerprint)
        articles.add_revision(connection, before.publication, stamp)
        placed = grouping.place_revised(before, text, fingerprint)
        _attribute(connection, text.doc, document)
        return _stored(Outcome.REVISION, placed, grouping.candidates)


def _attribute(connection: sqlite3.Connection, doc: int, document: Document) -> None:
    if document.agency:
        evidence = document.provenance.get("agency", "stated by the source")
        articles.attribute(connection, doc, document.agency, evidence)


def _stored(outcome: Outcome, placed: Placed, candidates: int | None = None) -> Stored:
    figures = placed.jaccard, placed.containment, candidates or 0
    return Stored(outcome, placed.doc, placed.article_id, placed.relation, *figures)


def _unchanged(before: Publication, document: Document, fingerprint: Fingerprint) -> bool:
    """Whether a publication's text says what it said: the same sentences, however spaced or ordered."""
    return before.text == document.text or fingerprint_of(before.text).text_key == fingerprint.text_key


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
    )


def _revised(before: Publication, document: Document, fingerprint: Fingerprint) -> Publication:
    """The publication with its new text; what the new page does not say is kept."""
    new = _publication(document, fingerprint, before.doc, before.first_seen_at)
    return Publication(
        doc=before.doc,
        url=new.url,
        title=new.title or before.title,
        site=new.site,
        author=new.author or before.author,
        agency=new.agency or before.agency,
        language=new.language or before.language,
        published_at=before.published_at or new.published_at,  # a revision does not make it a later publication
        published_precision=before.published_precision if before.published_at else new.published_precision,
        first_seen_at=before.first_seen_at,
        text=new.text,
        word_count=new.word_count,
    )
