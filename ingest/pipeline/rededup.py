"""Deduplication run anew over the stored texts: after a change of settings, parameters or corrections.

Three steps in short transactions, each resumable: the indexes are cleared, every text is indexed anew,
every text is placed anew. Articles keep their ids wherever their texts stay together.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.dedup import bands, boilerplate
from ingest.dedup.fingerprint import fingerprint
from ingest.dedup.parameters import VERSION
from ingest.errors import StoreError
from ingest.pipeline.comparing import Cache, Comparing
from ingest.pipeline.grouping import Grouping
from ingest.settings import DedupSettings
from ingest.store import rededup as store
from ingest.store.articles import place_of
from ingest.store.database import transaction
from ingest.store.rededup import Progress
from ingest.store.trouble import trouble_of
from ingest.times import to_text

_LOG = logging.getLogger(__name__)

CLEAR, INDEX, PLACE = "clear", "index", "place"
BATCH = 500  # texts looked up at a time
MAX_TRANSACTION_S = 0.15  # other processes share the database: DESIGN allows 200 ms a transaction

Tell = Callable[[str, int, int], None]  # step, texts done, texts in all


@dataclass(frozen=True, slots=True)
class Report:
    """What a re-run changed.

    Attributes:
        resumed: whether it took up an earlier, unfinished one.
        joined: pairs of texts that were two articles and are one now.
        parted: pairs of texts that were one article and are two now.
        failed: texts that stay where they stood, as a fault of this program kept them from being placed.
    """

    texts: int
    articles_before: int
    articles_after: int
    links_before: int
    links_after: int
    joined: int
    parted: int
    resumed: bool
    failed: int = 0


def rededup(connection: sqlite3.Connection, settings: DedupSettings, now: datetime, tell: Tell) -> Report:
    """Run deduplication anew over all stored texts; take up an unfinished run where it stopped.

    Args:
        tell: called after every transaction.
    """
    progress = store.load(connection)
    resumed = progress is not None and progress.parameters == VERSION
    if progress is None or not resumed:
        progress = _begin(connection)
    if progress.step == CLEAR:
        progress = _clear(connection, progress)
    if progress.step == INDEX:
        progress = _each(connection, progress, tell, _indexer(connection, settings))
        progress = _next_step(connection, progress, PLACE)
    placer = _Placer(connection, settings, to_text(now))
    progress = _each(connection, progress, tell, placer.place)
    return _end(connection, progress, resumed, placer.failed)


class _Placer:
    """Places texts anew, each for itself: one that fails stays where it stood.

    Attributes:
        failed: how many did.
    """

    def __init__(self, connection: sqlite3.Connection, settings: DedupSettings, stamp: str) -> None:
        self._connection = connection
        self._settings = settings
        self._stamp = stamp
        self._cache = Cache()
        self.failed = 0

    def place(self, doc: int) -> None:
        """Place one text anew.

        Raises:
            StoreError, sqlite3.Error: when the database cannot be read or written.
        """
        try:
            with transaction(self._connection):
                Grouping(self._connection, self._cache, self._settings, self._stamp).place_again(doc)
        except Exception as error:  # the border of one text: a bug costs this text only, and is named
            self._cache = Cache()  # it may hold what was undone
            if isinstance(error, StoreError) or trouble_of(error) is not None:
                raise
            _LOG.exception("match_failed doc:%d", doc)
            self.failed += 1


def _begin(connection: sqlite3.Connection) -> Progress:
    with transaction(connection):
        texts, articles, links = store.counts(connection)
        step = CLEAR if store.outdated(connection, VERSION) else PLACE
        progress = Progress(VERSION, step, 0, texts, articles, links)
        store.begin(connection)
        if step == PLACE:
            store.clear_links(connection)
        store.save(connection, progress)
    return progress


def _clear(connection: sqlite3.Connection, progress: Progress) -> Progress:
    left = True
    while left:
        with transaction(connection):
            left = store.clear_chunk(connection)
            if not left:
                boilerplate.forget_all(connection)  # learned from the keys that are gone
    return _next_step(connection, progress, INDEX)


def _next_step(connection: sqlite3.Connection, progress: Progress, step: str) -> Progress:
    progress = replace(progress, step=step, last_doc=0)
    with transaction(connection):
        if step == PLACE:
            store.clear_links(connection)
        store.save(connection, progress)
    return progress


def _indexer(connection: sqlite3.Connection, settings: DedupSettings) -> Callable[[int], None]:
    comparing = Comparing(connection, Cache(), settings)

    def index(doc: int) -> None:
        place = place_of(connection, doc)
        if place is None:
            return
        made = fingerprint(place.publication.text)
        bands.set_signature(connection, doc, made)
        keys = bands.keys_of(made, comparing.boilerplate(place.publication.site))
        bands.add(connection, doc, keys, bands.find(connection, keys))

    return index


def _each(connection: sqlite3.Connection, progress: Progress, tell: Tell, work: Callable[[int], None]) -> Progress:
    """Do a step's work on every text that it has not done, in transactions that note how far it is."""
    done = 0
    while docs := store.next_docs(connection, progress.last_doc, BATCH):
        while docs:
            with transaction(connection):
                started = time.monotonic()
                while docs and time.monotonic() - started < MAX_TRANSACTION_S:
                    doc = docs.pop(0)
                    work(doc)
                    done += 1
                    progress = replace(progress, last_doc=doc)
                store.save(connection, progress)
            tell(progress.step, done, progress.texts)
    return progress


def _end(connection: sqlite3.Connection, progress: Progress, resumed: bool, failed: int) -> Report:
    with transaction(connection):
        texts, articles, links = store.counts(connection)
        joined, parted = _changed_pairs(connection)
        store.end(connection)
    return Report(texts, progress.articles, articles, progress.links, links, joined, parted, resumed, failed)


def _changed_pairs(connection: sqlite3.Connection) -> tuple[int, int]:
    """Pairs of texts that stand in one article now and did not, and that did and do not."""
    before: Counter[int] = Counter()
    after: Counter[int] = Counter()
    both: defaultdict[tuple[int, int], int] = defaultdict(int)
    for _, old, new in store.pairs_before_and_after(connection):
        before[old] += 1
        after[new] += 1
        both[old, new] += 1
    kept = sum(map(_pairs, both.values()))
    return sum(map(_pairs, after.values())) - kept, sum(map(_pairs, before.values())) - kept


def _pairs(texts: int) -> int:
    return texts * (texts - 1) // 2
