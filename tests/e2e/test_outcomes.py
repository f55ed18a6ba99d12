"""Every entry of a feed ends in exactly one named outcome, whatever its page is; the rest goes on."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from aiohttp import web

from ingest.config import load_config
from ingest.service.once import Pass, poll_once
from ingest.settings import MIB
from ingest.store.database import open_database
from tests.backfill.test_run import article
from tests.running import rows

MAX_PAGE = 2 * MIB
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page(number: int, charset: str = "utf-8") -> bytes:
    """A page with a text of its own."""
    record = article(number)
    body = "".join(f"<p>{line}</p>" for line in record["text"].splitlines())
    html = f"<html><head><title>{record['title']} é</title></head><body><article>{body}</article></body></html>"
    return html.encode(charset)


def answer(body: bytes, **headers: str) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return web.Response(body=body, headers={"Content-Type": "text/html; charset=utf-8", **named})

    return handle


def status(code: int) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, text="no")

    return handle


async def loops(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(f"/loop?{random.random()}")


async def to_private(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("http://10.0.0.1/secret")


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    while True:
        await response.write(b"<p>" + b"more " * 20_000)


async def trickle(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    while True:
        await response.write(b"x")
        await asyncio.sleep(0.1)


async def broken_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html", "Content-Length": "100000"})
    await response.prepare(request)
    await response.write(b"<html><body>")
    assert request.transport is not None
    request.transport.abort()
    return response


BOMB = gzip.compress(b"<p>" + b"a" * (50 * MIB))

# path → (handler, the outcome that its entry ends in; "pending": it waits for another attempt)
PAGES: Mapping[str, tuple[Handler, str]] = {
    "/good": (answer(page(1)), "canonical"),
    "/latin": (answer(page(2, "latin-1"), Content_Type="text/html; charset=iso-8859-1"), "canonical"),
    "/lies": (answer(page(3, "latin-1")), "canonical"),  # says UTF-8, is not
    "/unknown-charset": (answer(page(4), Content_Type="text/html; charset=klingon"), "canonical"),
    "/empty": (answer(b""), "empty_body"),
    "/short": (answer(b"<html><body><p>Only a few words.</p></body></html>"), "too_short"),
    "/pdf": (answer(b"%PDF-1.7 " + b"x" * 500, Content_Type="application/pdf"), "not_html"),
    "/noise": (answer(random.Random(1).randbytes(50_000), Content_Type="text/html"), "not_html"),
    "/404": (status(404), "pending"),  # it may appear within the first hour
    "/410": (status(410), "gone"),
    "/403": (status(403), "http_error"),
    "/503": (status(503), "pending"),
    "/429": (status(429), "pending"),
    "/loop": (loops, "redirect_loop"),
    "/private": (to_private, "blocked_address"),
    "/bomb": (answer(BOMB, Content_Encoding="gzip"), "too_large"),
    "/cut": (answer(gzip.compress(page(5))[:-300], Content_Encoding="gzip"), "pending"),
    "/endless": (endless, "too_large"),
    "/trickle": (trickle, "pending"),
    "/broken-off": (broken_off, "pending"),
}
OTHER_LINKS = {
    "ftp://a.example/x": "bad_url",
    "javascript:alert(1)": "bad_url",
    "http://127.0.0.99:9/": "pending",  # nobody listens
    "http://[::ffff:10.0.0.1]/": "blocked_address",
    "http://169.254.169.254/latest/meta-data": "blocked_address",
}


@asynccontextmanager
async def serving(
    feeds: Callable[[str], Mapping[str, str | bytes]], pages: Callable[[str], Mapping[str, bytes]] = lambda base: {}
) -> AsyncIterator[str]:
    """Serves `PAGES`, the feeds that are made for its base URL, and further pages by path and query."""
    app = web.Application()
    for path, (handler, _) in PAGES.items():
        app.router.add_get(path, handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    bodies: dict[str, str | bytes] = {}
    further: dict[str, bytes] = {}

    async def feed(request: web.Request) -> web.StreamResponse:
        if request.path_qs in further:
            return web.Response(body=further[request.path_qs], content_type="text/html")
        body = bodies[request.path]
        return web.Response(body=body.encode() if isinstance(body, str) else body, content_type="application/rss+xml")

    app.router.add_get("/feeds/{name}", feed)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    bodies.update(feeds(base))
    further.update(pages(base))
    try:
        yield base
    finally:
        await runner.cleanup()


def rss(items: Mapping[str, str]) -> str:
    """guid → link."""
    listed = "".join(
        f"<item><guid isPermaLink='false'>{escape(guid)}</guid><title>{escape(guid)}</title>"
        f"<link>{escape(link)}</link></item>"
        for guid, link in items.items()
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{listed}</channel></rss>'


async def poll(folder: Path, base: str, names: list[str], more: str = "") -> Pass:
    config = folder / "config.yaml"
    config.write_text(
        f"feeds: {json.dumps([f'{base}/feeds/{name}' for name in names])}\n"
        f"fetch: {{allow_networks: ['127.0.0.0/8'], host_interval: 0, per_host: 32, timeout: 5s, read_timeout: 2s, "
        f"connect_timeout: 2s, max_page_bytes: {MAX_PAGE}}}\n{more}"
    )
    return await poll_once(
        load_config(config), folder / "a.db", (), listener=lambda event, fields: None, clock=lambda: datetime.now(UTC)
    )


@pytest.mark.timeout(120)
async def test_every_page_ends_in_its_named_outcome(tmp_path: Path) -> None:
    def feeds(base: str) -> dict[str, str | bytes]:
        links = {path: base + path for path in PAGES} | {link: link for link in OTHER_LINKS}
        return {"/feeds/a": rss(links)}

    async with serving(feeds) as base:
        await poll(tmp_path, base, ["a"])
    found = dict(rows(tmp_path / "a.db", "SELECT key, outcome FROM entries"))
    expected = {path: outcome for path, (_, outcome) in PAGES.items()} | OTHER_LINKS
    assert found == expected
    silent = "SELECT key FROM entries WHERE outcome NOT IN ('canonical', 'copy') AND coalesce(error, '') = ''"
    assert rows(tmp_path / "a.db", silent) == []


BROKEN_FEEDS: dict[str, tuple[str | bytes, str]] = {
    "broken-xml": ("<rss><channel><title>x</title><item>", "ok"),  # mended as far as it goes, its problem logged
    "html": ("<!doctype html><html><body><h1>Moved</h1></body></html>", "not_a_feed"),
    "empty": ("", "empty_body"),
    "noise": (random.Random(2).randbytes(3000), "not_a_feed"),
    "json-no-feed": ('{"error": "no"}', "not_a_feed"),
    "entity-bomb": (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss version="2.0"><channel>'
        "<title>&b;</title></channel></rss>",
        "ok",
    ),
}


@pytest.mark.timeout(120)
async def test_a_broken_feed_is_named_and_a_good_one_beside_it_loses_nothing(tmp_path: Path) -> None:
    def feeds(base: str) -> dict[str, str | bytes]:
        good = rss({"one": base + "/good"})
        return {f"/feeds/{name}": body for name, (body, _) in BROKEN_FEEDS.items()} | {"/feeds/good": good}

    async with serving(feeds) as base:
        await poll(tmp_path, base, [*BROKEN_FEEDS, "good"])
    found = rows(tmp_path / "a.db", "SELECT url, last_outcome, last_error FROM feeds")
    outcomes = {url.rsplit("/", 1)[1]: outcome for url, outcome, _ in found}
    assert outcomes == {name: outcome for name, (_, outcome) in BROKEN_FEEDS.items()} | {"good": "ok"}
    assert all(error for _, outcome, error in found if outcome != "ok")
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM articles") == [(1,)]


async def test_two_entries_with_one_guid_are_both_taken(tmp_path: Path) -> None:
    def feeds(base: str) -> dict[str, str | bytes]:
        item = "<item><guid isPermaLink='false'>same</guid><title>{}</title><link>{}</link></item>"
        items = item.format("first", base + "/good") + item.format("second", base + "/latin")
        return {"/feeds/a": f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'}

    async with serving(feeds) as base:
        await poll(tmp_path, base, ["a"])
    assert rows(tmp_path / "a.db", "SELECT outcome, count(*) FROM entries GROUP BY 1") == [("canonical", 2)]


async def test_two_feeds_with_one_link_fetch_its_page_once(tmp_path: Path) -> None:
    def feeds(base: str) -> dict[str, str | bytes]:
        return {f"/feeds/{name}": rss({f"guid {name}": base + "/good"}) for name in "ab"}

    async with serving(feeds) as base:
        await poll(tmp_path, base, ["a", "b"])
    assert sorted(rows(tmp_path / "a.db", "SELECT outcome FROM entries")) == [("canonical",), ("same_url",)]
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM sightings") == [(2,)]


async def test_the_feeds_own_content_stands_in_for_a_page_that_cannot_be_had(tmp_path: Path) -> None:
    text = "".join(f"<p>{line}</p>" for line in article(9)["text"].splitlines())

    def feeds(base: str) -> dict[str, str | bytes]:
        content = f'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">{escape(text)}</content:encoded>'
        item = f"<item><guid>g</guid><title>t</title><link>{base}/404</link>{content}</item>"
        return {"/feeds/a": f'<rss version="2.0"><channel><title>t</title>{item}</channel></rss>'}

    async with serving(feeds) as base:
        await poll(tmp_path, base, ["a"])
    ((outcome, error, content),) = rows(tmp_path / "a.db", "SELECT outcome, error, content FROM entries")
    assert outcome == "canonical"
    assert "the feed's own content" in error
    assert content is None


async def test_an_entry_that_its_feed_changes_is_taken_again_and_becomes_a_revision(tmp_path: Path) -> None:
    item = "<item><guid isPermaLink='false'>g</guid><title>t</title><description>{}</description><link>{}</link></item>"
    text = [b""]
    bodies: dict[str, str | bytes] = {}

    async def story(request: web.Request) -> web.StreamResponse:
        return web.Response(body=text[0], content_type="text/html")

    async def feed(request: web.Request) -> web.StreamResponse:
        return web.Response(text=str(bodies["a"]), content_type="application/rss+xml")

    app = web.Application()
    app.router.add_get("/story", story)
    app.router.add_get("/feeds/a", feed)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def round_of(description: str, body: bytes) -> tuple[str, int]:
        listed = item.format(description, base + "/story")
        bodies["a"] = f'<rss version="2.0"><channel><title>t</title>{listed}</channel></rss>'
        text[0] = body
        await poll(tmp_path, base, ["a"])
        connection = open_database(tmp_path / "a.db")
        connection.execute("UPDATE feeds SET next_poll_at = '2020-01-01T00:00:00Z'")
        connection.close()
        ((outcome, takes),) = rows(tmp_path / "a.db", "SELECT outcome, takes FROM entries")
        return outcome, takes

    try:
        assert await round_of("first", page(11)) == ("canonical", 0)
        assert await round_of("first", page(12)) == ("canonical", 0), "the feed has not changed: nothing is fetched"
        assert await round_of("second", page(11)) == ("canonical", 1), "only the feed's words have changed"
        assert await round_of("third", page(11).replace(b" in 1911", b" in 1912", 1)) == ("revision", 2)
    finally:
        await runner.cleanup()
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM articles") == [(1,)]
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM revisions") == [(1,)]


async def test_an_article_of_two_pages_is_stored_whole_and_its_raw_page_kept(tmp_path: Path) -> None:
    first, second = (article(number)["text"].splitlines() for number in (21, 22))

    def leaf(lines: list[str], following: str) -> bytes:
        body = "".join(f"<p>{line}</p>" for line in lines)
        head = (
            f'<head><title>Two pages</title><link rel="next" href="{following}"></head>'
            if following
            else "<head></head>"
        )
        return f"<html>{head}<body><article><h1>Two pages</h1>{body}</article></body></html>".encode()

    def feeds(base: str) -> dict[str, str | bytes]:
        return {"/feeds/a": rss({"g": f"{base}/feeds/story"})}

    def pages(base: str) -> dict[str, bytes]:
        return {"/feeds/story": leaf(first, f"{base}/feeds/story?page=2"), "/feeds/story?page=2": leaf(second, "")}

    async with serving(feeds, pages) as base:
        await poll(tmp_path, base, ["a"], more="pages: {keep: database}\n")
    ((text, words),) = rows(tmp_path / "a.db", "SELECT text, word_count FROM articles")
    assert first[0] in text
    assert second[-1] in text
    assert words > 300
    assert rows(tmp_path / "a.db", "SELECT count(*), size > 0 FROM pages") == [(1, 1)]
