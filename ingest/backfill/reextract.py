"""Kept pages extracted again by this version: old articles improve without the network, and the change is told."""

from __future__ import annotations

import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ingest.errors import ExtractError, MatchError, StoreError
from ingest.extract.page import Hints
from ingest.extract.pool import WorkerPool
from ingest.model import Document, Outcome, Precision
from ingest.pipeline.match import Matcher
from ingest.pipeline.work import Worked, work_page
from ingest.settings import Settings
from ingest.store.articles import Publication, doc_of_url, place_of
from ingest.store.database import transaction
from ingest.store.pages import KeptPage, improve_facts, kept_pages, unpack_page
from ingest.times import optional_time

AHEAD = 4  # pages in work or waiting, times the workers
MAX_EXAMPLES = 20
FACTS = ("title", "author", "agency", "language")


@dataclass(frozen=True, slots=True)
class Change:
    """A text that came out otherwise."""

    url: str
    words_before: int
    words_after: int


@dataclass(slots=True)
class Report:
    """Before and after.

    Attributes:
        pages: kept pages whose text is stored.
        unchanged: texts and facts as they were.
        texts: texts that changed.
        words_before, words_after: of all texts that could be extracted again.
        facts: fact → texts for which it changed or was gained.
        failed: outcome → pages that give no text now; their stored texts stay.
        examples: the largest changes.
    """

    pages: int = 0
    unchanged: int = 0
    texts: int = 0
    words_before: int = 0
    words_after: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    examples: list[Change] = field(default_factory=list)


Tell = Callable[[Report], None]


class Reextraction:
    """Takes every kept page through extraction again and stores what is better."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        settings: Settings,
        pool: WorkerPool,
        *,
        folder: Path | None,
        clock: Callable[[], datetime],
        dry_run: bool = False,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._pool = pool
        self._folder = folder
        self._clock = clock
        self._dry_run = dry_run
        self._matcher = Matcher(settings.dedup)
        self._report = Report()

    def run(self, tell: Tell) -> Report:
        """Work through all kept pages; `tell` hears of the state now and then.

        Raises:
            sqlite3.Error: when the database cannot be written.
        """
        ahead: deque[tuple[Publication, Future[Worked]]] = deque()
        for before, future in self._submitted():
            ahead.append((before, future))
            if len(ahead) > AHEAD * self._pool.workers:
                self._finish(*ahead.popleft())
                tell(self._report)
        while ahead:
            self._finish(*ahead.popleft())
        tell(self._report)
        return self._report

    def _submitted(self) -> Iterator[tuple[Publication, Future[Worked]]]:
        for kept in kept_pages(self._connection, self._folder):
            doc = doc_of_url(self._connection, kept.url)
            place = place_of(self._connection, doc) if doc is not None else None
            if place is None:
                continue  # its text was taken out; maintenance takes the page out too
            self._report.pages += 1
            try:
                yield place.publication, self._submit(kept, place.publication)
            except StoreError:
                self._report.failed["unreadable"] += 1

    def _submit(self, kept: KeptPage, before: Publication) -> Future[Worked]:
        hints = Hints(
            url=kept.packed.fetched_url,
            title=before.title,
            author=before.author,
            published_at=optional_time(before.published_at),
            published_precision=Precision(before.published_precision or Precision.SECOND),
            language=before.language,
        )
        return self._pool.submit(work_page, unpack_page(kept.packed), hints, self._settings.extract)

    def _finish(self, before: Publication, future: Future[Worked]) -> None:
        try:
            worked = future.result()
        except ExtractError as error:
            self._report.failed[str(error.outcome)] += 1
            return
        # The text keeps the URL it is stored under, whatever the page calls itself now.
        document = replace(worked.document, url=before.url, fetched_url=before.fetched_url)
        changed = self._note(before, document, worked.fingerprint.word_count)
        if changed and not self._dry_run:
            self._store(before, document, worked)

    def _note(self, before: Publication, document: Document, words: int) -> bool:
        report = self._report
        report.words_before += before.word_count
        report.words_after += words
        facts = [name for name in FACTS if (new := getattr(document, name)) and new != getattr(before, name)]
        report.facts.update(facts)
        if document.text != before.text:
            report.texts += 1
            report.examples.append(Change(before.url, before.word_count, words))
            report.examples.sort(key=lambda change: -abs(change.words_after - change.words_before))
            del report.examples[MAX_EXAMPLES:]
            return True
        report.unchanged += not facts
        return bool(facts)

    def _store(self, before: Publication, document: Document, worked: Worked) -> None:
        try:
            with transaction(self._connection):
                stored = self._matcher.store(
                    self._connection, document, worked.fingerprint, now=self._clock(), replaces=before.doc, certain=True
                )
                improve_facts(self._connection, stored.doc, document)
        except MatchError:  # told in the log; the stored text stays
            self._report.failed[str(Outcome.MATCH_FAILED)] += 1
        except BaseException:
            self._matcher.forget()  # its caches may hold what was rolled back
            raise
