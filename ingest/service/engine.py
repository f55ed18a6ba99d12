"""What the daemon and the one-shot poll share: the open database, client, workers, and both queues."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from ingest import __version__
from ingest.acquire.http import HttpClient
from ingest.acquire.opml import OpmlFeed, read_opml, read_regular, scan_in
from ingest.acquire.pages import PageFetcher
from ingest.acquire.poll import parser_in, poll_feed
from ingest.acquire.push import pushed
from ingest.config import Config
from ingest.errors import ConfigError, IngestError
from ingest.events import Listener
from ingest.extract.pool import WorkerPool
from ingest.model import FeedState, PollResult
from ingest.pipeline.path import Pipeline
from ingest.pipeline.runs import parameters_of
from ingest.points import Point, reach
from ingest.service.gate import StoreGate
from ingest.service.intake import Intake
from ingest.service.lock import DatabaseLock
from ingest.service.ration import Sparing
from ingest.store.allowance import Allowance, room
from ingest.store.database import BUSY_TIMEOUT_S, named_file, transaction
from ingest.store.entries import PendingEntry, pending_entries, retry_after_upgrade
from ingest.store.feeds import due_feeds, feed_state, record_poll, sync_feeds
from ingest.store.mending import Mended, mend_schema, mend_times
from ingest.store.polls import postpone_poll
from ingest.store.runs import begin_run, end_run
from ingest.store.trouble import Trouble
from ingest.store.writer import Writer
from ingest.times import to_text

# The gate tries again, so the writer need not wait long for another process: it stays able to stop.
WRITER_PATIENCE_S = 5.0

# A feed whose links are all slow holds an eighth of the places for pages: by default 6 of 48, too few to take all
# look-ups of names (`acquire.resolve`) or all large bodies (`acquire.bodies`) for itself. Pages of one site, as in
# most feeds, are asked for two at a time anyway (fetch.per_host).
SHARES = 8
MIN_SHARE = 2

MOST_TOLD = 20  # rows that were mended, one by one

P = ParamSpec("P")
T = TypeVar("T")


class Engine:
    """Polls feeds and takes their entries to an outcome. An async context: everything opens and closes with it.

    Attributes:
        polls: the intake of due feeds.
        entries: the intake of pending entries.
        client: the HTTP client, once it is entered.
        sparing: a listener for what may happen by the thousand.
    """

    def __init__(
        self,
        config: Config,
        db: Path,
        *,
        listener: Listener,
        clock: Callable[[], datetime],
        patient: bool = False,
    ) -> None:
        """Set up; nothing is opened before it is entered.

        Args:
            patient: whether work waits while the database cannot be written (full disk, lock); else it fails.
        """
        self._config = config
        self._patient = patient
        self._db = named_file(db)
        self._listener = listener
        self._clock = clock
        self._stack = AsyncExitStack()
        self.sparing = Sparing(listener)
        connections = config.settings.fetch.connections
        self.polls: Intake[FeedState] = Intake(
            connections, take=self._due_feeds, key=lambda feed: feed.id, work=self._poll
        )
        self._served = 0  # feed whose entry was started last
        places = max(1, connections * 3 // 4)  # each makes one request at a time: the rest is left to polls
        # Two feeds may list one page at the same time: it is fetched once, the second then finds it stored.
        self.entries: Intake[PendingEntry] = Intake(
            places,
            take=self._due_entries,
            key=lambda entry: entry.url or entry.id,
            work=self._process,
            owner=lambda entry: entry.feed_id,
            share=max(MIN_SHARE, places // SHARES),
        )

    async def __aenter__(self) -> Self:
        """Lock and open the database, bring its feeds in line with the config, start the client and workers.

        Raises:
            StoreError: when the database is locked by another daemon or cannot be used.
            ConfigError: when the OPML file cannot be used.
        """
        settings = self._config.settings
        kept_in = settings.pages.folder_beside(self._db)
        self._stack.callback(self.sparing.close)
        try:
            self._stack.enter_context(DatabaseLock(self._db))
            self._writer = Writer(self._db, patience_s=WRITER_PATIENCE_S if self._patient else BUSY_TIMEOUT_S)
            self._stack.callback(self._writer.close)
            self._gate = StoreGate(
                self._db,
                self._writer.submit,
                tell=self._listener,
                patient=self._patient,
                probe_s=settings.service.tick,
                kept_in=kept_in,
            )
            self._stack.push_async_callback(self._gate.close)
            pool = WorkerPool(settings.extract)
            self._stack.callback(pool.close)
            pool.start()  # its imports take a second: they run while the rest is set up and the first feeds answer
            await self.reload(self._config)
            await self.mend()
            await self.call(retry_after_upgrade, __version__, self._clock())
            command = "run" if self._patient else "poll"
            await self.call(begin_run, command, parameters_of(settings), to_text(self._clock()))
            self._stack.callback(self._end_run)
            self.client = await self._stack.enter_async_context(
                HttpClient(settings.fetch, clock=self._clock, tell=self.sparing)
            )
            self._parse = parser_in(pool.submit)
            self.scan_list = scan_in(pool.submit)
            self._pipeline = Pipeline(
                settings,
                pages=PageFetcher(self.client, settings.fetch),
                pool=pool,
                call=self.call,
                listener=self._listener,
                clock=self._clock,
                kept_in=kept_in,
            )
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _end_run(self) -> None:
        # Where the database cannot be written the run has no end: nobody waits for that.
        self._writer.submit(end_run, to_text(self._clock()))

    async def call(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function of the store in the writer thread; where the database cannot be written, wait until it can.

        Raises:
            StoreError: when it is damaged, or in trouble and this engine is not patient.
        """
        return await self._gate.call(lambda: self._writer.submit(function, *args, **kwargs))

    async def look(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a reading function in the writer thread, whether the database can be written or not."""
        return await asyncio.wrap_future(self._writer.submit(function, *args, **kwargs))

    async def mend(self) -> None:
        """Bring back rows that nobody could go on with, and tell which."""
        made, mended = await self.call(_mend, self._clock())
        if made:
            self._listener("schema_mended", {"made": ", ".join(made)})
        for each in mended[:MOST_TOLD]:
            told = {"table": each.table, "row": each.key, "column": each.column, "value": each.value}
            self._listener("row_mended", told)
        if len(mended) > MOST_TOLD:
            self._listener("rows_mended", {"more": len(mended) - MOST_TOLD})

    @property
    def trouble(self) -> Trouble | None:
        """Why the store cannot be written at the moment, if it cannot."""
        return self._gate.trouble

    async def reload(self, config: Config) -> None:
        """Take over a config's feeds and polling rhythm; what is polled now goes on undisturbed."""
        opml = await asyncio.to_thread(read_config_opml, config)
        await self.call(sync_feeds, config, opml, self._clock())
        self._config = config

    async def stop(self, deadline: float) -> int:
        """Let what runs finish within `deadline` seconds; the number of tasks that were cut off (they stay due)."""
        if self.trouble:
            deadline = 0  # what waits for the database cannot finish
        counts = await asyncio.gather(self.polls.stop(deadline), self.entries.stop(deadline))
        return sum(counts)

    async def _due_feeds(self, limit: int) -> Sequence[FeedState]:
        return await self.call(due_feeds, self._clock(), limit)

    async def _due_entries(self, limit: int) -> Sequence[PendingEntry]:
        return await self.call(pending_entries, self._clock(), limit, after=self._served)

    async def _poll(self, feed: FeedState) -> None:
        try:
            await self._poll_and_record(feed)
        except (IngestError, asyncio.CancelledError):
            raise
        except Exception as error:  # the border of one feed: a bug must not have it asked again at every tick
            self._listener("work_failed", {"feed": feed.id, "url": feed.url, "error": repr(error)})
            pause = timedelta(seconds=self._config.settings.poll.interval)
            await self.call(postpone_poll, feed.id, self._clock() + pause, f"internal error: {error!r}")

    async def _poll_and_record(self, feed: FeedState) -> None:
        result = await poll_feed(
            self.client, feed, now=self._clock(), settings=self._config.settings, parse=self._parse
        )
        reach(Point.POLL_ANSWERED)
        await self._record(feed, result)

    @property
    def _allowance(self) -> Allowance:
        return Allowance.of(self._config.settings.poll)

    async def take_push(self, feed_id: int, body: bytes, content_type: str) -> None:
        """Take what a feed's hub pushed."""
        feed = await self.call(feed_state, feed_id)
        if await self.look(room, feed_id, self._clock(), self._allowance) == 0:
            # Not even parsed: its feed is polled, and in an hour it may bring something again.
            self.sparing("feed_over_budget", {"feed": feed.id, "url": feed.url})
            return
        result = await pushed(
            feed, body, content_type, now=self._clock(), settings=self._config.settings.poll, parse=self._parse
        )
        await self._record(feed, result)

    async def _record(self, feed: FeedState, result: PollResult) -> None:
        recorded = await self._gate.call(
            lambda: self._writer.submit_small(record_poll, feed, result, self._clock(), self._allowance)
        )
        reach(Point.POLL_STORED)
        self._listener(
            "feed_polled",
            {
                "feed": feed.id,
                "url": feed.url,
                "outcome": result.outcome,
                "status": result.status,
                "entries": len(result.entries),
                "new": recorded.new,
                "ms": result.duration_ms,
                "error": result.error,
            },
        )
        if recorded.refused:
            self._listener("feed_over_budget", {"feed": feed.id, "url": feed.url, "refused": recorded.refused})
        if recorded.new:
            self.entries.fill()

    async def _process(self, entry: PendingEntry) -> None:
        self._served = entry.feed_id or 0
        await self._pipeline.process(entry)


def _mend(connection: sqlite3.Connection, now: datetime) -> tuple[list[str], list[Mended]]:
    with transaction(connection):
        return mend_schema(connection), mend_times(connection, now)


def read_config_opml(config: Config) -> Sequence[OpmlFeed]:
    """The feeds of the OPML file that a config names; none where it names none.

    Raises:
        ConfigError: naming the config's line and the OPML file's problem.
    """
    if config.settings.opml is None:
        return ()
    path = config.resolve(config.settings.opml)
    try:
        return read_opml(read_regular(path), str(path))
    except OSError as error:
        raise ConfigError(f"{config.where('opml')}: {path}: cannot be read: {error.strerror}") from error
