"""Sixty hostile servers and 200 healthy feeds polled together: each case ends as named, the healthy lose nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.acquire.http import HttpClient
from ingest.acquire.poll import parser_in, poll_feed
from ingest.extract.pool import WorkerPool
from ingest.model import FeedState, Outcome, PollResult
from ingest.service.intake import Intake
from ingest.settings import MIB, ExtractSettings, FetchSettings, Settings
from ingest.store.feeds import add_feed, due_feeds, list_feeds, record_poll
from ingest.store.writer import Writer
from tests.acquire.build import item, rss
from tests.acquire.server import Reply, serving
from tests.e2e.hostile import CASES, hostile_servers

HEALTHY = 200
ENTRIES = 3
MAX_FEED = 2 * MIB
TIMEOUT_S = 4.0
PARSE_S = 4.0
# What one case may add at most: the cap, twice (pieces and whole), and what a parser makes of it. All
# cases together run 64 at a time.
MEMORY_BOUND = 150 * MIB
SETTINGS = Settings(
    fetch=FetchSettings(
        allow_networks=("127.0.0.0/8",),
        timeout=TIMEOUT_S,
        read_timeout=2,
        connect_timeout=2,
        max_feed_bytes=MAX_FEED,
        connections=64,
    ),
    extract=ExtractSettings(workers=1, deadline=PARSE_S),
)


@dataclass(slots=True)
class Ended:
    """What the run left."""

    results: dict[str, PollResult]
    feeds: list[dict[str, Any]]
    entries: int
    seconds: float
    memory: int


@contextmanager
def hostile_world() -> Iterator[dict[str, str]]:
    """The hostile servers in a thread and loop of their own: their work must not slow the client's."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers = hostile_servers()
    try:
        yield asyncio.run_coroutine_threadsafe(servers.__aenter__(), loop).result(20)
    finally:
        asyncio.run_coroutine_threadsafe(servers.__aexit__(None, None, None), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


@asynccontextmanager
async def healthy_feeds() -> AsyncIterator[list[str]]:
    replies = {f"/f{n}": Reply(rss(item(f"{n}-{i}") for i in range(ENTRIES))) for n in range(HEALTHY)}
    async with serving(replies) as server:
        yield [server.url(f"/f{n}", host=f"127.77.0.{n + 1}") for n in range(HEALTHY)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ended, dict[str, str]]]:
    with hostile_world() as hostile:
        yield asyncio.run(poll_all(tmp_path_factory.mktemp("hostile"), hostile)), hostile


async def poll_all(folder: Path, hostile: dict[str, str]) -> Ended:
    """One pass over everything, the way the daemon does it."""
    writer = Writer(folder / "hostile.db")
    pool = WorkerPool(SETTINGS.extract)
    results: dict[str, PollResult] = {}
    now = datetime.now(UTC)

    async def call(function: Any, *args: Any) -> Any:
        return await asyncio.wrap_future(writer.submit(function, *args))

    async with healthy_feeds() as healthy, HttpClient(SETTINGS.fetch) as client:
        for url in [*hostile.values(), *healthy]:
            await call(add_feed, url, now)

        async def take(limit: int) -> Sequence[FeedState]:
            return list(await call(due_feeds, datetime.now(UTC), limit))

        async def poll(feed: FeedState) -> None:
            result = await poll_feed(
                client, feed, now=datetime.now(UTC), settings=SETTINGS, parse=parser_in(pool.submit)
            )
            results[feed.url] = result
            await call(record_poll, feed, result, datetime.now(UTC))

        await asyncio.wrap_future(pool.submit(abs, 1))  # the workers are up: what is measured is the polling
        before = peak_memory(reset=True)
        started = time.monotonic()
        intake: Intake[FeedState] = Intake(64, take=take, key=lambda feed: feed.id, work=poll)
        intake.fill()
        await intake.idle()
        intake.raise_error()
        seconds = time.monotonic() - started
        memory = peak_memory() - before
    feeds = await call(list_feeds)
    entries = await call(lambda connection: connection.execute("SELECT count(*) FROM entries").fetchone()[0])
    pool.close()
    writer.close()
    return Ended(results, feeds, entries, seconds, memory)


def peak_memory(*, reset: bool = False) -> int:
    """The most memory that this process has held (since the last reset), in bytes."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_hostile_server_ends_in_its_named_outcome_in_time(case: Any, world: tuple[Ended, dict[str, str]]) -> None:
    outcome, urls = world
    result = outcome.results[urls[case.name]]
    assert result.outcome in case.outcomes, result.error
    assert result.duration_ms < (TIMEOUT_S + PARSE_S + 4) * 1000
    stored = next(feed for feed in outcome.feeds if feed["url"] == urls[case.name])
    assert stored["last_outcome"] == result.outcome
    assert stored["next_poll_at"] > stored["last_polled_at"], "it is asked again, later"
    if result.outcome is not Outcome.OK:
        assert stored["errors"] == 1
        assert stored["last_error"]


def test_healthy_feeds_beside_them_lose_nothing(world: tuple[Ended, dict[str, str]]) -> None:
    outcome, urls = world
    healthy = [feed for feed in outcome.feeds if feed["url"] not in urls.values()]
    assert len(healthy) == HEALTHY
    assert {feed["last_outcome"] for feed in healthy} == {"ok"}
    assert {feed["entries"] for feed in healthy} == {ENTRIES}


def test_the_whole_stays_within_its_memory_and_time(world: tuple[Ended, dict[str, str]]) -> None:
    outcome, _ = world
    assert outcome.memory < MEMORY_BOUND, f"{outcome.memory / MIB:.0f} MiB"
    assert outcome.seconds < 60


def test_no_file_of_this_machine_comes_out_of_an_entity(world: tuple[Ended, dict[str, str]]) -> None:
    outcome, urls = world
    entries = outcome.results[urls["external entity"]].entries
    assert not any("root:" in (entry.title or "") for entry in entries)
