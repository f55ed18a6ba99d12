"""Finding the feeds of a site."""

from __future__ import annotations

import pytest

from ingest.acquire.discover import discover, links_in
from ingest.acquire.http import HttpClient
from ingest.errors import FetchError
from tests.acquire.build import fetch_settings, item, rss
from tests.acquire.server import Reply, serving
from tests.acquire.test_parse import JSON, NEWSMAP

HOME = """<html><head><base href="/base/">
<link rel="stylesheet alternate" type="text/css" href="x.css">
<link rel="alternate" type="application/rss+xml" href="../feed.rss">
<link rel="ALTERNATE nofollow" type="application/feed+json; charset=utf-8" href="/feed.json">
<link rel="alternate" hreflang="de" href="/de"></head>
<body><a href="/rss/sport">Sport</a><a href="/about">About</a><a href="https://other.example/rss">x</a></body></html>"""


def test_links_and_anchors_of_a_page() -> None:
    assert links_in(HOME.encode(), "https://a.example/") == [
        ("https://a.example/feed.rss", "link"),
        ("https://a.example/feed.json", "link"),
        ("https://a.example/rss/sport", "anchor"),
    ]


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"<" * 5000, b"<link rel=alternate type=application/rss+xml href='http://[x'>"]
)
def test_a_broken_page_names_no_feed_and_breaks_nothing(body: bytes) -> None:
    assert links_in(body, "https://a.example/") in ([], [("", "link")])


async def test_a_feed_is_itself() -> None:
    async with serving({"/f": Reply(rss([item(1)]))}) as server, HttpClient(fetch_settings()) as client:
        (found,) = await discover(client, server.url("/f"))
    assert (found.url, found.how, found.title, found.entries) == (server.url("/f"), "itself", "Wire", 1)


async def test_a_sites_feeds_are_found_tried_and_listed_once() -> None:
    async with serving() as server, HttpClient(fetch_settings(per_host=8)) as client:
        server.replies |= {
            "/": Reply(HOME, headers={"Content-Type": "text/html"}),
            "/feed.rss": Reply(rss([item(1), item(2)])),
            "/feed.json": Reply(JSON),
            "/rss/sport": Reply("<html>no feed after all</html>"),
            "/rss.xml": Reply(status=301, headers={"Location": "/feed.rss"}),
            "/robots.txt": Reply(f"Sitemap: {server.url('/news.xml')}\nSitemap: {server.url('/all.xml')}"),
            "/news.xml": Reply(NEWSMAP),
        }
        found = await discover(client, server.url("/"))
    assert [(feed.url, feed.how, feed.version) for feed in found] == [
        (server.url("/feed.rss"), "link", "rss20"),
        (server.url("/feed.json"), "link", "json"),
        (server.url("/news.xml"), "robots.txt", "news-sitemap"),
    ]
    assert "/all.xml" not in server.paths, "a sitemap of everything is no feed"


async def test_a_site_without_feeds_has_none_and_one_that_is_down_says_so() -> None:
    async with serving({"/": Reply("<html>x</html>")}) as server:
        async with HttpClient(fetch_settings(per_host=8)) as client:
            assert await discover(client, server.url("/")) == []
            with pytest.raises(FetchError):
                await discover(client, server.url("/gone"))


def test_a_base_that_is_no_url_is_passed_over() -> None:
    body = b'<base href="http://["><link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    assert links_in(body, "https://a.example/") == [("https://a.example/feed.xml", "link")]


@pytest.mark.parametrize("piece", ["<a <a", '<a href="/feed" ', "<link <base ", "<!-", "<a href='x' href"])
def test_a_page_of_broken_tags_costs_no_more_than_its_length(piece: str) -> None:
    links_in((piece * (2_000_000 // len(piece))).encode(), "https://a.example/")  # html.parser took hours


def test_links_that_are_none_cost_themselves() -> None:
    body = b"<base href='http://[::'><a href='http://[/feed'>x</a>"
    body += b"<link rel=alternate type=application/atom+xml href=/f>"
    assert links_in(body, "https://a.example/") == [("https://a.example/f", "link")]
