"""Pages as a publisher allows them: robots.txt, crawl-delay, noarchive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.acquire.http import HttpClient
from ingest.acquire.pages import PageFetcher, asks_for_no_copy
from ingest.errors import FetchError
from ingest.model import Outcome, Page
from tests.acquire.build import fetch_settings
from tests.acquire.server import Reply, Server, saying, serving

PAGE = Reply("<html><body>story</body></html>", headers={"Content-Type": "text/html"})


@asynccontextmanager
async def fetching(
    rules: Reply | None = None, more: Mapping[str, Reply] | None = None, **settings: Any
) -> AsyncIterator[tuple[Server, PageFetcher]]:
    replies = {"/story": PAGE, "/private/story": PAGE, **(more or {})}
    if rules is not None:
        replies["/robots.txt"] = rules
    config = fetch_settings(**settings)
    async with serving(replies) as server, HttpClient(config) as client:
        yield server, PageFetcher(client, config)


async def outcome_of(pages: PageFetcher, url: str) -> Outcome:
    with pytest.raises(FetchError) as caught:
        await pages.fetch(url)
    return caught.value.outcome


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("", "/private/story", True),
        ("User-agent: *\nDisallow: /private/", "/private/story", False),
        ("User-agent: *\nDisallow: /private/", "/story", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: ingest\nAllow: /", "/story", True),
        ("User-agent: ingest\nDisallow: /", "/story", False),
        ("User-agent: otherbot\nDisallow: /", "/story", True),
        ("User-agent: *\nDisallow: /\nAllow: /story", "/story", True),
        ("<!DOCTYPE html><html>Not found</html>", "/story", True),
        ("\xff\xfe junk \x00", "/story", True),
    ],
)
async def test_robots_txt_decides(rules: str, path: str, allowed: bool) -> None:
    async with fetching(Reply(rules.encode("latin-1"))) as (server, pages):
        if allowed:
            assert (await pages.fetch(server.url(path))).body == PAGE.body.encode()  # type: ignore[union-attr]
        else:
            assert await outcome_of(pages, server.url(path)) is Outcome.BLOCKED_ROBOTS
            assert path not in server.paths


async def test_the_rules_are_fetched_once_a_host_even_by_many_at_once() -> None:
    async with fetching(Reply("User-agent: *\nAllow: /")) as (server, pages):
        await asyncio.gather(*(pages.fetch(server.url("/story")) for _ in range(5)))
        await pages.fetch(server.url("/story", host="127.0.0.2"))
        assert server.paths.count("/robots.txt") == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_missing_robots_txt_forbids_nothing(status: int) -> None:
    async with fetching(Reply(status=status)) as (server, pages):
        assert (await pages.fetch(server.url("/story"))).status == 200


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_while_robots_txt_cannot_be_had_nothing_is_fetched(status: int) -> None:
    async with fetching(Reply(status=status)) as (server, pages):
        with pytest.raises(FetchError, match=r"robots\.txt cannot be had") as caught:
            await pages.fetch(server.url("/story"))
        assert caught.value.outcome in (Outcome.HTTP_ERROR, Outcome.RATE_LIMITED)
        assert caught.value.retry_after is not None
        assert "/story" not in server.paths


async def test_a_redirect_into_a_forbidden_place_is_not_followed() -> None:
    more = {"/go": Reply(status=302, headers={"Location": "/private/story"})}
    async with fetching(Reply("User-agent: *\nDisallow: /private/"), more) as (server, pages):
        assert await outcome_of(pages, server.url("/go")) is Outcome.BLOCKED_ROBOTS
        assert "/private/story" not in server.paths


async def test_a_crawl_delay_is_kept_up_to_its_bound() -> None:
    rules = Reply("User-agent: *\nCrawl-delay: 0.3")
    async with fetching(rules) as (server, pages):
        started = time.monotonic()
        await asyncio.gather(*(pages.fetch(server.url("/story")) for _ in range(3)))
        assert time.monotonic() - started > 0.55
    async with fetching(Reply("User-agent: *\nCrawl-delay: 3600"), max_crawl_delay=0.1) as (server, pages):
        started = time.monotonic()
        await asyncio.gather(*(pages.fetch(server.url("/story")) for _ in range(3)))
        assert time.monotonic() - started < 2


async def test_robots_can_be_switched_off() -> None:
    async with fetching(Reply("User-agent: *\nDisallow: /"), robots=False) as (server, pages):
        assert (await pages.fetch(server.url("/story"))).status == 200
        assert server.paths == ["/story"]


async def test_a_server_that_speaks_no_http_is_named() -> None:
    async with saying(b"junk\r\n") as url, HttpClient(fetch_settings()) as client:
        assert await outcome_of(PageFetcher(client, fetch_settings()), url) is Outcome.BAD_HTTP


async def test_a_url_that_is_none_is_named() -> None:
    async with fetching() as (_, pages):
        assert await outcome_of(pages, "http://[::1") is Outcome.BAD_URL


def page(body: str = "", **headers: str) -> Page:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = "https://a.example/"
    return Page(url, url, 200, named, body.encode(), datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("header", "body", "refused"),
    [
        ("", "", False),
        ("noarchive", "", True),
        ("NoIndex, NoArchive", "", True),
        ("none", "", True),
        ("noindex, nofollow", "", False),
        ("googlebot: noarchive", "", False),
        ("ingest: noarchive", "", True),
        ("googlebot: noindex, ingest: noarchive", "", True),
        ("unavailable_after: 25 Jun 2026 15:00:00 PST, noarchive", "", True),
        ("max-snippet:-1, max-image-preview:large", "", False),
        ("", '<meta name="robots" content="noindex,noarchive">', True),
        ("", "<META CONTENT='noarchive' NAME=robots>", True),
        ("", '<meta name="ingest" content="none">', True),
        ("", '<meta name="googlebot" content="noarchive">', False),
        ("", '<meta name="description" content="noarchive explained">', False),
        ("", '<meta name="robots" content="max-image-preview:large">', False),
    ],
)
def test_a_page_asks_for_no_copy(header: str, body: str, refused: bool) -> None:
    assert asks_for_no_copy(page(body, x_robots_tag=header)) is refused


async def test_noarchive_is_kept_as_configured() -> None:
    more = {"/no": Reply("text", headers={"X-Robots-Tag": "noarchive"})}
    async with fetching(None, more) as (server, pages):
        assert await outcome_of(pages, server.url("/no")) is Outcome.NOARCHIVE
    async with fetching(None, more, noarchive="store") as (server, pages):
        assert (await pages.fetch(server.url("/no"))).body == b"text"
