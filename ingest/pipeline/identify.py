"""Which stored publication a document is a version of, and under which URL it stands: claims held against texts.

A URL is a claim. A page may name another as its own (`rel=canonical`), a template may name the same on every page, a
record may come under a variant, and columns of every day live at one URL. A text is only ever replaced by what is
recognisably a version of it; else both are kept, and the doubt is told.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ingest.addresses import variants
from ingest.dedup.comparable import Comparable
from ingest.dedup.corpus import Text
from ingest.dedup.draft import Draft
from ingest.dedup.fingerprint import fingerprint as fingerprint_of
from ingest.dedup.scorecard import Scorecard
from ingest.dedup.verify import FEWEST_SHARED, Kind
from ingest.model import Document, Fingerprint
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.articles import Publication
from ingest.store.corpus import Cache, SqliteCorpus, facts_of

# Share of its word sequences that a text has to keep at its own URL to be a version of what stood there: a report that
# is written anew keeps its quotations. What only claims a URL has to be one text with what stands there, or its update.
LEAST_KEPT = FEWEST_SHARED / 2
SIBLING = "#text-"  # behind a URL at which another text stands, with a number from 2 on


@dataclass(frozen=True, slots=True)
class Arrival:
    """A document to be stored.

    Attributes:
        fingerprint: of this document's text, by this version's parameters.
        replaces: the text that the same feed entry led to before.
        certain: it is that text's page, whatever it says now.
        is_fresh: it was fetched just now, so that its facts are the ones of today.
    """

    document: Document
    fingerprint: Fingerprint
    replaces: int | None = None
    certain: bool = False
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """What a document is.

    Attributes:
        before: the publication that it is a version of; None for a new one.
        url: under which it is to stand.
        unchanged: it says what that says already.
        doubt: why it does not stand under the URL it claims, in words.
        disputed: the URL that it claims, where a text stands already that only claimed it too.
        returned: doc → URL: texts that claimed that URL before, and are to stand under their own now.
    """

    before: Publication | None
    url: str
    unchanged: bool = False
    doubt: str | None = None
    disputed: str | None = None
    returned: Mapping[int, str] = field(default_factory=dict)


def names_of(arrival: Arrival) -> set[object]:
    """What two documents of one batch may not share: each has to see what became of the other."""
    document = arrival.document
    urls = {document.url, document.fetched_url or document.url}
    variations = {other for url in urls for other in variants(url)}
    return {*urls, *variations, *([] if arrival.replaces is None else [arrival.replaces])}


class Identifying:
    """Identifies the documents of one batch, inside the caller's transaction."""

    def __init__(
        self, connection: sqlite3.Connection, settings: DedupSettings, cache: Cache, batch: Sequence[Arrival]
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._cache = cache
        urls = {url for arrival in batch for url in _urls(arrival)}
        self._known = articles.docs_of_urls(connection, urls)
        self._disputed = articles.disputed(
            connection, [arrival.document.url for arrival in batch if arrival.document.fetched_url]
        )

    @cached_property
    def _corpus(self) -> SqliteCorpus:
        return SqliteCorpus(self._connection, self._cache)

    @cached_property
    def _draft(self) -> Draft:
        return Draft(self._corpus, self._settings.window, Scorecard.load(self._settings.model))

    def identify(self, arrival: Arrival, text: Publication) -> Identity:
        """What a document is.

        Args:
            text: the document as a publication, its doc being 0.
        """
        document = arrival.document
        own = document.fetched_url or document.url
        found = dict(self._candidates(arrival))
        if not found:
            return self._apart(document, own, {})
        stored = {doc: place.publication for doc, place in articles.places_of(self._connection, found).items()}
        for doc, before in stored.items():
            if says_the_same(before, document, arrival.fingerprint):
                same_title = not found[doc] or not text.title or _plain(before.title) == _plain(text.title)
                return Identity(before, self._url_of(before, document), unchanged=same_title)
        for doc, before in stored.items():
            if (arrival.certain and doc == arrival.replaces) or self._is_version(before, arrival, text, found[doc]):
                return Identity(before, self._url_of(before, document))
        return self._apart(document, own, stored)

    def _candidates(self, arrival: Arrival) -> Iterator[tuple[int, bool]]:
        """Stored texts that a document may be a version of → whether they stand at its own URL."""
        document = arrival.document
        own = document.fetched_url or document.url
        for url in dict.fromkeys((own, document.url)):
            if url in self._known:
                yield self._known[url], url == own
                yield from ((doc, url == own) for doc in articles.docs_at(self._connection, url + SIBLING))
        if arrival.replaces is not None:
            yield arrival.replaces, True
        for url in dict.fromkeys((*variants(own), *variants(document.url))):
            if url in self._known:
                yield self._known[url], False

    def _is_version(self, before: Publication, arrival: Arrival, text: Publication, at_own: bool) -> bool:
        new = Text(facts_of(self._connection, text), Comparable(arrival.fingerprint))
        verdict = self._draft.verdict(self._corpus.text_of(before), new)
        if verdict.kind is not Kind.DIFFERENT:
            return True
        if not at_own:
            return False
        days = {one.published_at[:10] for one in (before, text) if one.published_at}
        if verdict.rule == "template":
            return len(days) < 2  # a corrected figure; with a day of its own the next one of a series
        return verdict.containment >= LEAST_KEPT or (
            before.published_at == text.published_at is not None and before.published_precision == "second"
        )

    def _url_of(self, before: Publication, document: Document) -> str:
        """A publication keeps its URL, unless its feed's entry leads to another now, where nothing stands."""
        urls = (document.url, document.fetched_url or document.url)
        kept = any(
            before.url == url or before.url in variants(url) or before.url.startswith(url + SIBLING) for url in urls
        )
        return before.url if kept or document.url in self._known else document.url

    def _apart(self, document: Document, own: str, stored: Mapping[int, Publication]) -> Identity:
        if own == document.url:
            if own not in self._known:
                return Identity(None, own)
            free = self._sibling(own)
            return Identity(None, free, doubt=f"another text stands at {own}: kept as {free}")
        url = own if own not in self._known else self._sibling(own)
        if document.url in self._disputed:
            return Identity(None, url, doubt=f"the page calls itself {document.url}, as pages with other texts do")
        if document.url not in self._known:
            return Identity(None, document.url)
        holder = stored[self._known[document.url]]
        returned = {}
        if holder.fetched_url and holder.fetched_url not in self._known:
            returned = {holder.doc: holder.fetched_url}  # what several texts claim is a template's mistake
        doubt = f"the page calls itself {document.url}, where another text stands"
        return Identity(None, url, doubt=doubt, disputed=document.url, returned=returned)

    def _sibling(self, url: str) -> str:
        taken = len(articles.docs_at(self._connection, url + SIBLING))
        return f"{url}{SIBLING}{taken + 2}"


def says_the_same(before: Publication, document: Document, fingerprint: Fingerprint) -> bool:
    """Whether a text says what another said, to the sign: however spaced or ordered, and nothing corrected."""
    if before.text == document.text:
        return True
    if fingerprint_of(before.text).text_key != fingerprint.text_key:
        return False
    return Counter(before.text.split()) == Counter(document.text.split())


def _plain(title: str | None) -> str:
    return " ".join((title or "").split())


def _urls(arrival: Arrival) -> Iterator[str]:
    for url in {arrival.document.url, arrival.document.fetched_url or arrival.document.url}:
        yield url
        yield from variants(url)
