"""A press that never sleeps: sites on loopback whose feeds and pages are functions of the time that is passed in."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from aiohttp import web

from tests.bench.invented import Writer

SITES = 8
LISTED = 20  # items in a feed
CARRIERS = 3  # sites that carry a story, one after another
COPY_DELAY = timedelta(minutes=7)


class Press:
    """Story number k comes out at `start + k * every`, on one site first, then on others."""

    def __init__(self, start: datetime, every: timedelta, clock: Callable[[], datetime]) -> None:
        self._start = start
        self._every = every
        self._clock = clock
        self._write = Writer(random.Random(11))
        self._texts: dict[int, list[str]] = {}
        self.urls: list[str] = []

    def listed(self, site: int) -> list[tuple[int, datetime]]:
        """The stories that a site lists now, the newest first, each with its time."""
        now = self._clock()
        newest = int((now - self._start) / self._every)
        found = []
        for story in range(newest, -1, -1):
            turn = (site - story) % SITES
            out = self._start + story * self._every + turn * COPY_DELAY
            if turn < CARRIERS and out <= now:
                found.append((story, out))
            if len(found) == LISTED:
                break
        return found

    def text(self, story: int) -> list[str]:
        """The paragraphs of a story, the same on every site."""
        while len(self._texts) <= story:  # in order, so that they depend on nothing else
            paragraphs = self._write.paragraphs(180)
            self._texts[len(self._texts)] = [" ".join(sentences) for sentences in paragraphs]
        return self._texts[story]

    def application(self, site: int) -> web.Application:
        """One site."""

        async def feed(request: web.Request) -> web.Response:
            items = "".join(
                f"<item><title>Story {story}</title><link>{request.url.origin()}/s/{story}</link>"
                f"<guid>{site}-{story}</guid><pubDate>{format_datetime(out, usegmt=True)}</pubDate></item>"
                for story, out in self.listed(site)
            )
            body = f"<rss version='2.0'><channel><title>Site {site}</title>{items}</channel></rss>"
            return web.Response(text=body, content_type="application/rss+xml")

        async def page(request: web.Request) -> web.Response:
            story = int(request.match_info["story"])
            body = "".join(f"<p>{escape(text)}</p>" for text in self.text(story))
            head = f"<title>Story {story}</title><meta name='author' content='Reporter {site}'>"
            nav = "<nav>" + "".join(f"<a href='/x{n}'>Section {n}</a>" for n in range(12)) + "</nav>"
            html = f"<html><head>{head}</head><body>{nav}<article><h1>Story {story}</h1>{body}</article></body></html>"
            return web.Response(text=html, content_type="text/html")

        application = web.Application()
        application.router.add_get("/feed", feed)
        application.router.add_get("/s/{story:\\d+}", page)
        return application


@contextmanager
def printing(press: Press) -> Iterator[Press]:
    """The press, serving in a thread of its own while the context is open."""
    loop = asyncio.new_event_loop()
    runners: list[web.AppRunner] = []

    async def open_all() -> None:
        for site in range(SITES):
            runner = web.AppRunner(press.application(site), access_log=None, shutdown_timeout=1)
            await runner.setup()
            address = f"127.0.88.{site + 1}"
            await web.TCPSite(runner, address, 0).start()
            runners.append(runner)
            press.urls.append(f"http://{address}:{runner.addresses[0][1]}/feed")

    async def close_all() -> None:
        for runner in runners:
            await runner.cleanup()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(open_all(), loop).result(10)
    try:
        yield press
    finally:
        asyncio.run_coroutine_threadsafe(close_all(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
