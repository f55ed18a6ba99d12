"""A site on loopback for tests of what real feeds and pages do: answers by path, which a test may change as it goes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from ingest.config import load_config
from ingest.service.once import Pass, poll_once
from ingest.store.database import open_database
from tests.running import rows

Answer = str | bytes | web.Response | Callable[[web.Request], web.StreamResponse]
FEED = "application/rss+xml; charset=utf-8"
HTML = "text/html; charset=utf-8"
CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'


class Loopback:
    """A running site with an archive that polls it.

    Attributes:
        answers: path with query → what is said there; a missing one is a 404.
        asked: paths in the order they were asked for.
        db: the archive.
    """

    def __init__(self, base: str, folder: Path) -> None:
        self.base = base
        self.folder = folder
        self.db = folder / "a.db"
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []

    def url(self, path: str) -> str:
        """A path as an absolute URL."""
        return self.base + path

    def feed(self, *items: Mapping[str, str], path: str = "/feed") -> None:
        """Let a feed list some items: `title`, `link`, `guid`, `pubDate`, `description`, `content`."""
        self.answers[path] = web.Response(
            body=rss([{**item, "link": self.url(item["link"])} if item.get("link", "").startswith("/") else item
                      for item in items]).encode(),
            headers={"Content-Type": FEED},
        )  # fmt: skip

    async def poll(self, *paths: str, settings: str = "", clock: datetime | None = None) -> Pass:
        """Poll feeds, due or not, and work off what waits."""
        config = self.folder / "config.yaml"
        config.write_text(
            f"feeds: {json.dumps([self.url(path) for path in paths or ('/feed',)])}\n"
            "fetch: {allow_networks: ['127.0.0.0/8'], host_interval: 0, per_host: 32, timeout: 5s}\n" + settings
        )
        if self.db.exists():
            with closing(open_database(self.db)) as connection:
                connection.execute(
                    "UPDATE feeds SET next_poll_at = '2020-01-01T00:00:00Z', etag = NULL, body_hash = NULL"
                )
                connection.execute(
                    "UPDATE entries SET next_attempt_at = '2020-01-01T00:00:00Z' WHERE outcome = 'pending'"
                )
        now = clock or datetime.now(UTC)
        return await poll_once(load_config(config), self.db, (), listener=lambda event, fields: None, clock=lambda: now)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the archive answers."""
        return rows(self.db, query)

    def outcomes(self) -> dict[str, str]:
        """Title of each entry → its outcome."""
        return dict(self.rows("SELECT title, outcome FROM entries ORDER BY id"))


@asynccontextmanager
async def loopback(folder: Path) -> AsyncIterator[Loopback]:
    """A site that answers while the context is open."""
    site: Loopback

    async def handle(request: web.Request) -> web.StreamResponse:
        site.asked.append(request.path_qs)
        found = site.answers.get(request.path_qs, site.answers.get(request.path))
        if found is None:
            return web.Response(
                status=404, text="<html><body><h1>Not found</h1></body></html>", content_type="text/html"
            )
        if callable(found) and not isinstance(found, web.Response):
            return found(request)
        if isinstance(found, web.Response):
            return web.Response(status=found.status, body=found.body, headers=found.headers)
        return web.Response(body=found.encode() if isinstance(found, str) else found, headers={"Content-Type": HTML})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await web.TCPSite(runner, "127.0.0.2", runner.addresses[0][1]).start()  # another site
    site = Loopback(f"http://127.0.0.1:{runner.addresses[0][1]}", folder)
    try:
        yield site
    finally:
        await runner.cleanup()


def page(title: str, body: str, *, head: str = "", around: str = "{}") -> str:
    """An article's page: a text's lines as paragraphs."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in body.splitlines())
    article = f"<article><h1>{escape(title)}</h1>{paragraphs}</article>"
    top = f"<!doctype html><html><head><title>{escape(title)}</title>{head}</head>"
    return f"{top}<body>{around.format(article)}</body></html>"


def paragraphs(body: str) -> str:
    """A text's lines as HTML, as a feed's full content has it."""
    return "".join(f"<p>{escape(line)}</p>" for line in body.splitlines())


def rss(items: Sequence[Mapping[str, str]], head: str = "") -> str:
    """An RSS 2.0 document."""
    listed = "".join(
        "<item>"
        + "".join(
            f"<{'content:encoded' if name == 'content' else name}"
            f"{' isPermaLink=' + chr(34) + 'false' + chr(34) if name == 'guid' else ''}>{escape(value)}"
            f"</{'content:encoded' if name == 'content' else name}>"
            for name, value in item.items()
        )
        + "</item>"
        for item in items
    )
    top = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {CONTENT}>'
    return f"{top}<channel><title>t</title>{head}{listed}</channel></rss>"
