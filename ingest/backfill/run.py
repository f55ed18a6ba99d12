"""A backfill: raw records → workers → one writing connection, in the archive's order; resumable at any point.

Every record has its row in `entries` under (source, position) with a hash of its content, so a second
run passes over what is done, and a kill costs at most the batch under way, which is then done again.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from ingest.backfill.find import Source
from ingest.backfill.hashing import Hashing
from ingest.backfill.pace import ALONE_S, MAX_TRANSACTION_S, Pace
from ingest.backfill.prepare import Prepared, Refused, prepare_batch
from ingest.backfill.sources import Format, Record
from ingest.errors import ExtractError, MatchError
from ingest.extract.pool import WorkerPool
from ingest.model import Outcome
from ingest.pipeline.identify import Arrival
from ingest.pipeline.match import Matcher, Stored
from ingest.pipeline.settle import Settling
from ingest.points import Point
from ingest.settings import MIB, Settings
from ingest.store.database import transaction
from ingest.store.entries import Item, done_items, record_items
from ingest.store.runs import record_sources
from ingest.store.teasers import keep_teasers_of_items
from ingest.store.tombstones import is_pruned
from ingest.times import optional_text

MAX_BATCH_BYTES = 1 * MIB  # of raw records in one task: bounds what crosses to a worker at a time
BATCHES_AHEAD = 3  # per worker, prepared or under way: keeps workers busy while the writer commits
RECORD_DEADLINE_S = 0.5  # added to a task's deadline for each record in it


class Progress(Protocol):
    """Who is told how far a backfill is."""

    def advance(self, source: Source, offset: int, summary: Summary) -> None:
        """`offset` bytes of the source's file are done."""

    def refused(self, source: Source, position: int, outcome: Outcome, error: str) -> None:
        """A record came to nothing."""

    def settling(self, left: int) -> None:
        """All records are written; so many texts are still to be placed again."""

    def noted(self, source: Source, position: int, note: str) -> None:
        """A record was stored, but a part of it could not be used."""


@dataclass(slots=True)
class Summary:
    """What a backfill did.

    Attributes:
        outcomes: outcome → records of this run.
        passed_over: records that an earlier run had done.
        refused: records that no text was stored of.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    passed_over: int = 0
    refused: int = 0

    @property
    def taken(self) -> int:
        """Records of this run."""
        return self.outcomes.total()


@dataclass(frozen=True, slots=True)
class _Batch:
    source: Source
    records: Sequence[Record]
    future: Future[list[Prepared | Refused]] | None  # None: nothing to prepare

    @property
    def is_prepared(self) -> bool:
        """Whether its results are there, to be had without a wait."""
        return self.future is None or (
            self.future.done() and not self.future.cancelled() and self.future.exception() is None
        )


@dataclass(frozen=True, slots=True)
class _Ready:
    """A record to be written; `ends` tells whether its batch is done with it."""

    source: Source
    record: Record
    key: str
    result: Prepared | Refused
    ends: bool

    def item(self, outcome: Outcome, *, url: str | None = None, error: str | None = None) -> Item:
        """Its row where no text came of it."""
        return Item(self.source.name, self.record.position, self.key, outcome, url=url, error=error)


class Backfill:
    """One run over some sources into an open database."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        settings: Settings,
        pool: WorkerPool,
        *,
        progress: Progress,
        clock: Callable[[], datetime],
        is_shared: Callable[[], bool],
        mapping: Mapping[str, str] | None = None,
    ) -> None:
        """Set up.

        Args:
            mapping: field → name in the records; records that were taken by another are taken up again.
            is_shared: whether a daemon works on this database just now.
        """
        self._connection = connection
        self._settings = settings
        self._pool = pool
        self._matcher = Matcher(settings.dedup)
        self._settling = Settling(settings.dedup, self._matcher.cache)
        self._progress = progress
        self._clock = clock
        self._is_shared = is_shared
        self._mapping = dict(mapping or {})
        self._summary = Summary()
        self._ahead: deque[_Batch] = deque()
        self._ready: deque[_Ready] = deque()
        self._pace = Pace()
        self._hashing = Hashing()

    def run(self, sources: Iterable[Source]) -> Summary:
        """Take up every record that no earlier run has done.

        Raises:
            StoreError, sqlite3.Error: when the database cannot be written; run again to go on.
        """
        with self._hashing:
            for batch in self._batches(sources):
                self._ahead.append(batch)
                while len(self._ahead) > BATCHES_AHEAD * self._pool.workers:
                    self._write_some()
            while self._ahead or self._ready:
                self._write_some()
            self._settle()
            with transaction(self._connection):
                record_sources(self._connection, self._hashing.done(wait=True))
        return self._summary

    def _settle(self) -> None:
        """Place texts again that wait for it, so that nothing hangs on the order in which they came."""
        self._settling.all(self._connection, self._clock(), self._progress.settling)

    def _batches(self, sources: Iterable[Source]) -> Iterator[_Batch]:
        for source in sources:
            self._hashing.begin(source)
            for records in _grouped(source.format.read(source.path), source.format):
                left = self._not_done(source, records)
                if left:
                    yield _Batch(source, left, self._submit(source, left))
                else:
                    self._progress.advance(source, records[-1].offset, self._summary)

    def _not_done(self, source: Source, records: Sequence[Record]) -> list[Record]:
        done = done_items(self._connection, source.name, records[0].position, records[-1].position)
        left = [
            record
            for record in records
            if record.error is not None or done.get(record.position) != self._key_of(record)
        ]
        self._summary.passed_over += len(records) - len(left)
        return left

    def _key_of(self, record: Record) -> str:
        """A record's identity, and what was read in it."""
        by = ",".join(f"{field}={name}" for field, name in sorted(self._mapping.items()))
        return f"{record.key}:{by}" if by else record.key

    def _submit(self, source: Source, records: Sequence[Record]) -> Future[list[Prepared | Refused]] | None:
        payloads = [record.payload for record in records if record.error is None]
        if not payloads:
            return None
        extract = self._settings.extract
        deadline = extract.deadline + RECORD_DEADLINE_S * len(payloads)
        name, path = source.format.name, str(source.path)
        return self._pool.submit(prepare_batch, name, path, payloads, extract, self._mapping, deadline=deadline)

    def _take_batch(self) -> None:
        """Make the records of the oldest batch ready; waits for its results."""
        batch = self._ahead.popleft()
        results = iter(self._results(batch))
        last = batch.records[-1]
        for record in batch.records:
            result = next(results) if record.error is None else Refused(Outcome.UNREADABLE, record.error)
            self._ready.append(_Ready(batch.source, record, self._key_of(record), result, ends=record is last))

    def _results(self, batch: _Batch) -> list[Prepared | Refused]:
        if batch.future is None:
            return []
        try:
            return batch.future.result()
        except ExtractError as error:  # the worker hung or died on one of these records
            if len(batch.records) == 1:
                return [Refused(error.outcome, str(error))]
        # Each once more in a task of its own, so that only the guilty one is lost.
        singles = (
            _Batch(batch.source, [record], self._submit(batch.source, [record]))
            for record in batch.records
            if record.error is None
        )
        return [result for single in singles for result in self._results(single)]

    def _write_some(self) -> None:
        """Write one transaction's worth: what is ready, and whatever its time leaves room for."""
        if not self._ready:
            self._take_batch()
        now = self._clock()
        written: list[tuple[_Ready, Item]] = []
        self._pace.begin(MAX_TRANSACTION_S if self._is_shared() else ALONE_S)
        begun = time.monotonic()
        try:
            with transaction(self._connection, Point.BACKFILL_COMMIT):
                while time.monotonic() - begun < self._pace.limit - self._pace.longest and self._is_ready():
                    some = [self._ready.popleft() for _ in range(min(self._pace.size, len(self._ready)))]
                    started = time.monotonic()
                    written += zip(some, self._store(some, now), strict=True)
                    self._pace.took(time.monotonic() - started, len(some))
                record_items(self._connection, [item for _, item in written], now)
                keep_teasers_of_items(self._connection, [item for _, item in written])
                record_sources(self._connection, self._hashing.done())
        except BaseException:
            self._matcher.forget()  # its caches may hold what was rolled back
            raise
        for ready, item in written:
            self._report(ready, item)
        until = time.monotonic() + self._pace.limit
        while time.monotonic() < until and self._settling.some(self._connection, now):
            pass  # while the texts are at hand; the rest at the end

    def _is_ready(self) -> bool:
        """Whether there is a record to write without a wait: others may want the database."""
        if not self._ready and self._ahead and self._ahead[0].is_prepared:
            self._take_batch()
        return bool(self._ready)

    def _store(self, some: Sequence[_Ready], now: datetime) -> list[Item]:
        items: dict[int, Item] = {}
        arrivals: dict[int, Prepared] = {}
        for number, ready in enumerate(some):
            if isinstance(ready.result, Refused):
                refused = ready.result
                failed = ready.item(refused.outcome, url=refused.url, error=refused.error)
                items[number] = replace(failed, teaser=refused.teaser)
            elif is_pruned(self._connection, url := ready.result.worked.document.url):
                items[number] = ready.item(Outcome.PRUNED, url=url, error="taken out by `ingest prune`")
            else:
                arrivals[number] = ready.result
        stored = self._matcher.store_many(
            self._connection,
            [Arrival(each.worked.document, each.worked.fingerprint) for each in arrivals.values()],
            now=now,
        )
        for (number, each), became in zip(arrivals.items(), stored, strict=True):
            items[number] = _item(some[number], each, became)
        return [items[number] for number in range(len(some))]

    def _report(self, ready: _Ready, item: Item) -> None:
        self._summary.outcomes[item.outcome] += 1
        if item.doc is None:
            self._summary.refused += 1
            self._progress.refused(ready.source, item.position, item.outcome, item.error or "")
        elif item.error:
            self._progress.noted(ready.source, item.position, item.error)
        if ready.ends:
            self._progress.advance(ready.source, ready.record.offset, self._summary)


def _item(ready: _Ready, prepared: Prepared, became: Stored | MatchError) -> Item:
    document = prepared.worked.document
    if isinstance(became, MatchError):
        failed = ready.item(Outcome.MATCH_FAILED, url=document.url, error=str(became))
        return replace(failed, title=document.title, tags=document.tags)
    notes = [note for note in (prepared.note, became.note) if note]
    return replace(
        ready.item(became.outcome, url=became.url, error="; ".join(notes) or None),
        title=document.title,
        published_at=optional_text(document.published_at),
        tags=document.tags,
        doc=became.doc,
    )


def _grouped(records: Iterator[Record], format: Format) -> Iterator[list[Record]]:
    """Records in batches of at most the format's number and `MAX_BATCH_BYTES`, never empty."""
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.payload)
        if len(batch) >= format.batch or size >= MAX_BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
