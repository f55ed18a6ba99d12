"""Feeds share the places: slow pages of some hold up neither the pages nor the polls of others."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from ingest.config import Config, load_config
from ingest.service.engine import Engine
from tests.acquire.server import Reply, Server, serving
from tests.e2e.test_outcomes import page, rss
from tests.running import rows

SLOW_HOSTS = 600
GOOD_PAGES = 10
WAIT_S = 15.0  # for what takes one or two on an idle machine; a slow page takes 60


class Press:
    """A server whose feeds `/slow…` link to hosts that never answer, and `/good` to its own pages."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.open = 0  # slow pages asked for and not answered
        html = {"Content-Type": "text/html; charset=utf-8"}
        server.replies["/good"] = Reply(rss({f"g{n}": server.url(f"/page/{n}") for n in range(GOOD_PAGES)}))
        server.replies |= {f"/page/{n}": Reply(page(n), headers=html) for n in range(GOOD_PAGES)}
        server.replies["/story"] = self._hang

    def slow_feed(self, number: int) -> str:
        """A feed of its own hosts; its URL."""
        hosts = [f"127.{number}.{n // 200}.{n % 200 + 1}" for n in range(SLOW_HOSTS)]
        links = {host: self.server.url("/story", host) for host in hosts}
        self.server.replies[f"/slow{number}"] = Reply(rss(links))
        return self.server.url(f"/slow{number}")

    async def _hang(self, request: web.Request) -> web.StreamResponse:
        self.open += 1
        try:
            await asyncio.sleep(60)
        finally:
            self.open -= 1
        return web.Response()


@asynccontextmanager
async def press() -> AsyncIterator[Press]:
    async with serving() as server:
        yield Press(server)


@asynccontextmanager
async def running(folder: Path, feeds: Sequence[str], *, connections: int) -> AsyncIterator[Engine]:
    """An engine on these feeds that looks for due work all the time, as the daemon does."""
    engine = Engine(
        config(folder, feeds, connections),
        folder / "a.db",
        listener=lambda event, fields: None,
        clock=lambda: datetime.now(UTC),
    )

    async def tick() -> None:
        while True:
            engine.polls.fill()
            engine.entries.fill()
            await asyncio.sleep(0.1)

    async with engine:
        ticking = asyncio.create_task(tick())
        try:
            yield engine
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
            await engine.stop(0)


def config(folder: Path, feeds: Sequence[str], connections: int) -> Config:
    path = folder / "config.yaml"
    path.write_text(
        f"feeds: {json.dumps(list(feeds))}\n"
        f"fetch: {{allow_networks: ['127.0.0.0/8'], host_interval: 0, connections: {connections}}}\n"
        "extract: {workers: 1}\n"
    )
    return load_config(path)


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.05)


@pytest.mark.timeout(60)
async def test_a_feed_that_links_to_slow_hosts_holds_up_no_page_of_another(tmp_path: Path) -> None:
    stored = "SELECT count(*) FROM entries WHERE outcome = 'canonical'"
    async with press() as held:
        slow, good = held.slow_feed(1), held.server.url("/good")
        async with running(tmp_path, [slow], connections=16) as engine:
            await until(lambda: held.open == 2)  # of 12 places for pages: an eighth, and two at least
            await engine.reload(config(tmp_path, [slow, good], 16))
            await until(lambda: rows(tmp_path / "a.db", stored) == [(GOOD_PAGES,)])
            assert held.open == 2
    waiting = "SELECT outcome, sum(attempts), count(*) FROM entries WHERE outcome <> 'canonical' GROUP BY 1"
    assert rows(tmp_path / "a.db", waiting) == [("pending", 0, SLOW_HOSTS)], "what was cut off waits as before"


@pytest.mark.timeout(60)
async def test_a_poll_is_not_held_up_where_all_places_of_pages_are_taken(tmp_path: Path) -> None:
    polled = "SELECT count(*) FROM feeds WHERE last_ok_at IS NOT NULL AND url LIKE '%/good'"
    async with press() as held:
        slow = [held.slow_feed(number) for number in range(1, 5)]
        async with running(tmp_path, slow, connections=8) as engine:
            await until(lambda: held.open == 6)  # three quarters of the connections
            await engine.reload(config(tmp_path, [*slow, held.server.url("/good")], 8))
            await until(lambda: rows(tmp_path / "a.db", polled) == [(1,)])
            assert held.open == 6
