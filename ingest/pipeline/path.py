"""THE path: a pending entry → its page → document → fingerprint → verdict → stored.

Daemon, one-shot poll and demo all go this way. Network on the event loop, CPU in worker processes,
SQLite in the writer thread; every entry leaves with exactly one outcome, or waits for another attempt.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from ingest.acquire.pages import PageFetcher
from ingest.addresses import entry_url
from ingest.errors import ExtractError, FetchError, MatchError, NotAskedError, StoreError, WorkersError
from ingest.events import Listener
from ingest.extract.page import Hints
from ingest.extract.pool import WorkerPool
from ingest.model import Outcome, Page, Relation
from ingest.pipeline.deadlinks import SAME_EVERYWHERE, Link, is_known_dead, take_back
from ingest.pipeline.match import Matcher, Stored
from ingest.pipeline.retry import is_early, retry_delay
from ingest.pipeline.work import Worked, work_feed_content, work_page
from ingest.points import Point, reach
from ingest.settings import Settings
from ingest.store.articles import doc_of_url
from ingest.store.database import Call, transaction
from ingest.store.entries import PendingEntry, finish_entry, lists_it_anew, postpone_entry
from ingest.store.pages import keep_page
from ingest.store.teasers import drop_teaser, keep_teaser
from ingest.store.tombstones import is_pruned
from ingest.urls import is_web_url, site_of

# The publisher does not want the text taken; the feed's copy of it is no way around that.
NEW = (Outcome.CANONICAL, Outcome.COPY)
REFUSED_BY_PUBLISHER = frozenset({Outcome.BLOCKED_ROBOTS, Outcome.NOARCHIVE})


class Pipeline:
    """Takes pending entries to their outcome, one `process` call each; calls may run side by side."""

    def __init__(
        self,
        settings: Settings,
        *,
        pages: PageFetcher,
        pool: WorkerPool,
        call: Call,
        listener: Listener,
        clock: Callable[[], datetime],
        kept_in: Path | None = None,
    ) -> None:
        """Set up.

        Args:
            kept_in: the folder of raw pages, where they are kept as files.
        """
        self._settings = settings
        self._kept_in = kept_in
        self._pages = pages
        self._pool = pool
        self._call = call
        self._matcher = Matcher(settings.dedup)
        self._listener = listener
        self._clock = clock

    async def process(self, entry: PendingEntry) -> None:
        """Take one entry to its outcome, or let it wait; raises only where no database or no worker can be had."""
        try:
            try:
                await self._take(entry)
            except FetchError as error:
                await self._without_page(entry, error)
        except ExtractError as error:
            await self._without_text(entry, error.outcome, str(error), error.teaser)
        except (StoreError, WorkersError, asyncio.CancelledError):
            raise  # the entry stays pending: nothing is lost
        except Exception as error:  # the border of one entry: a bug costs this entry only, and is named
            await self._end(entry, Outcome.EXTRACT_FAILED, f"internal error: {error!r}")

    async def _take(self, entry: PendingEntry) -> None:
        if entry.url is None or not is_web_url(entry.url):
            raise FetchError(Outcome.BAD_URL, f"no http(s) link: {entry.url!r}", url=entry.url or "")
        if entry.doc is None:
            known = await self._call(_finish_known, entry, self._clock())
            if known is not None:
                self._tell(entry, known)
                return
        page = await self._pages.fetch(entry.url, asker=_asker(entry))
        reach(Point.PAGE_FETCHED)
        await self._store(entry, await self._work(page, entry))

    async def _work(self, page: Page, entry: PendingEntry) -> Worked:
        """The page's document, made whole by the further pages that extraction asks for, as far as they can be had."""
        best: Worked | None = None
        failure: ExtractError | None = None
        further: list[Page] = []
        while True:
            try:
                best = await self._extract(page, entry, further)
                wanted = best.wanted
            except ExtractError as error:
                failure, wanted = error, error.wanted
            had = {one.url for one in further}
            missing = [url for url in wanted if url not in had]
            if not missing:
                break
            try:
                further += [await self._pages.fetch(url, asker=_asker(entry)) for url in missing]
            except NotAskedError:
                raise  # all of it again, later
            except FetchError:
                break  # what the pages so far gave
        if best is None and failure is not None:
            raise failure
        assert best is not None  # noqa: S101 - each round leaves one or the other
        reach(Point.DOCUMENT_READY)
        return best

    async def _extract(self, page: Page, entry: PendingEntry, further: Sequence[Page]) -> Worked:
        keep = self._settings.pages.keep != "off"
        task = partial(work_page, keep=keep)
        return await asyncio.wrap_future(
            self._pool.submit(task, page, _hints(entry), self._settings.extract, tuple(further))
        )

    async def _without_page(self, entry: PendingEntry, error: FetchError) -> None:
        age = (self._clock() - entry.first_seen_at).total_seconds()
        delay = retry_delay(error, entry.attempts, self._settings.service, age=age)
        if delay is not None and is_early(error, age) and await self._from_feed(entry, str(error)) is True:
            return  # what is in hand need not wait for a page that may never come
        if delay is not None:
            until = self._clock() + timedelta(seconds=delay)
            await self._call(_postpone, entry, until, error)
            self._listener("entry_postponed", {"url": entry.url, "outcome": error.outcome, "until": until})
            return
        await self._without_text(entry, error.outcome, str(error), "")

    async def _without_text(self, entry: PendingEntry, outcome: Outcome, error: str, teaser: str) -> None:
        """What the feed itself gives stands in for a page without a text; of a summary the page's outcome is told."""
        if outcome not in REFUSED_BY_PUBLISHER:
            summary = await self._from_feed(entry, error)
            if summary is True:
                return
            if isinstance(summary, ExtractError):
                teaser = teaser or summary.teaser
                if entry.url is None and summary.teaser:
                    outcome, error = summary.outcome, str(summary)
        await self._end(entry, outcome, error, teaser if outcome not in REFUSED_BY_PUBLISHER else "")

    async def _from_feed(self, entry: PendingEntry, error: str) -> bool | ExtractError:
        """Store what the feed itself gives; False where it gives nothing, or why that is no text."""
        if not entry.content:
            return False
        try:
            worked = await asyncio.wrap_future(
                self._pool.submit(work_feed_content, _own_hints(entry), self._settings.extract)
            )
        except ExtractError as summary:
            return summary
        await self._store(entry, worked, note=f"the feed's own content; its page: {error}")
        return True

    async def _store(self, entry: PendingEntry, worked: Worked, note: str | None = None) -> None:
        now = self._clock()
        begun = time.perf_counter()
        try:
            stored = await self._call(_store, self._matcher, entry, worked, now, note, self._kept_in)
        except MatchError as error:
            await self._end(entry, Outcome.MATCH_FAILED, str(error))
            return
        took = time.perf_counter() - begun
        if isinstance(stored, Outcome):
            self._tell(entry, stored)
        else:
            self._tell(entry, _outcome_of(entry, stored), worked, stored, took)

    async def _end(self, entry: PendingEntry, outcome: Outcome, error: str, teaser: str = "") -> None:
        await self._call(_finish, entry, outcome, self._clock(), error, teaser)
        self._listener("entry_done", {"url": entry.url, "title": entry.title, "outcome": outcome, "error": error})

    def _tell(
        self,
        entry: PendingEntry,
        outcome: Outcome,
        worked: Worked | None = None,
        stored: Stored | None = None,
        took: float = 0.0,
    ) -> None:
        fields: dict[str, object] = {"url": entry.url, "title": entry.title, "outcome": outcome}
        if worked is not None and stored is not None:
            document = worked.document
            fields |= {
                "url": stored.url,
                "title": document.title or entry.title,
                "site": document.site or site_of(document.url),
                "article": stored.article_id,
                "relation": stored.standing.relation,
                "carried": stored.standing.carried,
                "own_words": stored.standing.own_words,
                "jaccard": stored.standing.jaccard,
                "containment": stored.standing.containment,
                "candidates": stored.candidates,
                "extract_ms": round(worked.seconds * 1000),
                "store_ms": round(took * 1000),
            }
        self._listener("entry_done", fields)


def _asker(entry: PendingEntry) -> str:
    return f"feed {entry.feed_id}"


def _hints(entry: PendingEntry) -> Hints:
    return Hints(
        url=entry.url if entry.url and is_web_url(entry.url) else entry_url(entry.source, entry.key),
        title=entry.title,
        author=entry.author,
        published_at=entry.published_at,
        published_precision=entry.published_precision,
        language=entry.language,
        content=entry.content,
        is_own_feed=entry.url is None or site_of(entry.url) == site_of(entry.source),
    )


def _own_hints(entry: PendingEntry) -> Hints:
    """The same for what a feed says itself: it speaks for URLs of its own site, elsewhere under its own address only.

    Else anybody's feed could say what stands at a page that is not there yet.
    """
    hints = _hints(entry)
    if hints.is_own_feed:
        return hints
    return replace(hints, url=entry_url(entry.source, entry.key))


def _finish_known(connection: sqlite3.Connection, entry: PendingEntry, now: datetime) -> Outcome | None:
    """End an entry whose page need not be fetched; None for all others."""
    url = entry.url or ""
    if not is_pruned(connection, url) and (doc_of_url(connection, url) is None or lists_it_anew(connection, entry)):
        return None
    with transaction(connection):
        if is_pruned(connection, url):
            finish_entry(connection, entry.id, Outcome.PRUNED, now, error="taken out by `ingest prune`")
            return Outcome.PRUNED
        known = doc_of_url(connection, url)
        if known is not None:  # another feed listed it first, or this one under another id
            finish_entry(connection, entry.id, Outcome.SAME_URL, now, doc=known)
            return Outcome.SAME_URL
    return None


def _outcome_of(entry: PendingEntry, stored: Stored) -> Outcome:
    """The entry's outcome: one that was taken up again and led to the same text keeps what it is."""
    if stored.outcome is not Outcome.SAME_URL or entry.doc != stored.doc:
        return stored.outcome
    return Outcome.CANONICAL if stored.standing.relation is Relation.CANONICAL else Outcome.COPY


def _store(
    connection: sqlite3.Connection,
    matcher: Matcher,
    entry: PendingEntry,
    worked: Worked,
    now: datetime,
    note: str | None,
    kept_in: Path | None,
) -> Stored | Outcome:
    """Store a document and end its entry; the outcome alone where nothing is kept of it."""
    try:
        with transaction(connection, Point.STORE_COMMIT):
            if is_pruned(connection, worked.document.url):
                finish_entry(connection, entry.id, Outcome.PRUNED, now, error=f"pruned: {worked.document.url}")
                return Outcome.PRUNED
            link = Link(entry.title, worked.document, worked.fingerprint)
            if is_known_dead(connection, link):
                finish_entry(connection, entry.id, Outcome.DEAD_LINK, now, error=SAME_EVERYWHERE)
                keep_teaser(connection, entry.id, worked.document.text)
                return Outcome.DEAD_LINK
            stored = matcher.store(
                connection, worked.document, worked.fingerprint, now=now, replaces=entry.doc, is_fresh=note is None
            )
            if stored.outcome in NEW and take_back(connection, link, stored, matcher.settings, matcher.cache, now):
                finish_entry(connection, entry.id, Outcome.DEAD_LINK, now, error=SAME_EVERYWHERE)
                keep_teaser(connection, entry.id, worked.document.text)
                return Outcome.DEAD_LINK
            drop_teaser(connection, entry.id)
            notes = "; ".join(each for each in (note, stored.note) if each) or None
            finish_entry(connection, entry.id, _outcome_of(entry, stored), now, doc=stored.doc, error=notes)
            if worked.packed is not None:
                keep_page(connection, stored.url, worked.packed, kept_in)
    except BaseException:
        matcher.forget()  # its caches may hold what was rolled back
        raise
    reach(Point.STORE_DONE)
    return stored


def _finish(
    connection: sqlite3.Connection,
    entry: PendingEntry,
    outcome: Outcome,
    now: datetime,
    error: str | None,
    teaser: str,
) -> None:
    with transaction(connection):
        finish_entry(connection, entry.id, outcome, now, error=error)
        keep_teaser(connection, entry.id, teaser)


def _postpone(connection: sqlite3.Connection, entry: PendingEntry, until: datetime, error: FetchError) -> None:
    tried = not isinstance(error, NotAskedError)
    with transaction(connection):
        postpone_entry(connection, entry.id, until, f"{error.outcome}: {error}", counted=tried)
