"""The feeds of a site: what its pages name, what usually lies where, its news sitemaps; each one tried."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from lxml.etree import LxmlError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from ingest.acquire.http import ACCEPT_FEED, ACCEPT_PAGE, HttpClient
from ingest.acquire.parse import ParsedFeed, parse_feed
from ingest.acquire.robots import MAX_ROBOTS_BYTES, parsed
from ingest.charsets import decode
from ingest.errors import FetchError, ParseError
from ingest.model import Outcome, Page
from ingest.urls import is_web_url, joined, parts_of

FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/xml+rss",
        "text/xml+rss",
    }
)
# Where content systems put their feeds (WordPress, Ghost, Hugo, Jekyll, Blogger, Drupal, arc, …).
KNOWN_PATHS = (
    "/feed/",
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/index.xml",
    "/feed.json",
    "/feeds/posts/default",
    "/arc/outboundfeeds/rss/?outputType=xml",
    "/news-sitemap.xml",
    "/sitemap-news.xml",
    "/sitemaps/news.xml",
)
MAX_TRIED = 24
TRIED_AT_ONCE = 4
_LOOKS_LIKE_FEED = re.compile(
    r"(?:^|[/._?=-])(?:rss|atom|feed|rdf)s?(?:$|[/._?&=-])|\.(?:rss|atom|rdf)$", re.IGNORECASE
)
_NEWS_SITEMAP = re.compile(r"news", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that was tried and is one.

    Attributes:
        how: where it was found: "itself", "link", "anchor", "known path", "robots.txt".
        newest: the latest publication time it lists.
    """

    url: str
    how: str
    title: str | None
    version: str
    entries: int
    newest: datetime | None


async def discover(client: HttpClient, url: str) -> list[FoundFeed]:
    """The feeds of a site, the most likely first; the URL itself if it is one.

    Args:
        url: a feed, or any page of a site.

    Raises:
        FetchError: where the URL itself cannot be had.
    """
    page = await client.fetch(url, max_bytes=client.settings.max_feed_bytes, accept=f"{ACCEPT_FEED}, {ACCEPT_PAGE}")
    itself = _read(page)
    if itself is not None:
        return [_found(page.url, "itself", itself)]
    candidates = [*links_in(page.body, page.final_url)]
    candidates += [(link, "robots.txt") for link in await _news_sitemaps(client, page.final_url)]
    candidates += [(_joined(page.final_url, path), "known path") for path in KNOWN_PATHS]
    tried = _first_of_each((link, how) for link, how in candidates if is_web_url(link))[:MAX_TRIED]
    places = asyncio.Semaphore(TRIED_AT_ONCE)
    found = await asyncio.gather(*(_try(client, link, how, places) for link, how in tried))
    return _without_doubles(feed for feed in found if feed is not None)


def links_in(body: bytes, base: str) -> list[tuple[str, str]]:
    """Links of an HTML page that lead, or seem to lead, to feeds: `(URL, "link" | "anchor")`, links first."""
    start, links, anchors = base, [], []
    for element in _elements(body):
        href = element.get("href") or ""
        if not href:
            continue
        if element.tag == "base":
            start = start if start != base else _joined(base, href) or base
        elif element.tag == "a":
            anchors.append(href)
        elif "alternate" in (element.get("rel") or "").lower().split() and _is_feed_type(element.get("type") or ""):
            links.append(href)
    found = [(_joined(start, href), "link") for href in links]
    same_site = parts_of(base).hostname
    for href in anchors:
        link = _joined(start, href)
        if _LOOKS_LIKE_FEED.search(parts_of(link).path) and parts_of(link).hostname == same_site:
            found.append((link, "anchor"))
    return _first_of_each(found)


def _elements(body: bytes) -> Iterator[HtmlElement]:
    # The parser that pages get: html.parser takes minutes over 60 kB of `<a <a`.
    try:
        source = decode(body, None).encode("utf-8", "replace")
        tree = document_fromstring(source, parser=HTMLParser(recover=True, encoding="utf-8"))
    except (LxmlError, ValueError):
        return
    yield from tree.iter("base", "link", "a")


def _is_feed_type(stated: str) -> bool:
    return stated.split(";")[0].strip().lower() in FEED_TYPES


def _first_of_each(links: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    kept: dict[str, str] = {}
    for link, how in links:
        kept.setdefault(link, how)
    return list(kept.items())


def _joined(base: str, href: str) -> str:
    return (joined(base, href) or "").partition("#")[0]


async def _news_sitemaps(client: HttpClient, url: str) -> list[str]:
    try:
        page = await client.fetch(_joined(url, "/robots.txt"), max_bytes=MAX_ROBOTS_BYTES, accept="text/plain, */*")
    except FetchError:
        return []
    return [link for link in parsed(page.body).sitemaps if _NEWS_SITEMAP.search(link)]


async def _try(client: HttpClient, url: str, how: str, places: asyncio.Semaphore) -> FoundFeed | None:
    try:
        async with places:
            page = await client.fetch(url, max_bytes=client.settings.max_feed_bytes, accept=ACCEPT_FEED)
    except FetchError as error:
        if error.outcome is Outcome.BLOCKED_ADDRESS:
            raise
        return None
    feed = _read(page)
    return None if feed is None else _found(page.permanent_url or page.url, how, feed)


def _read(page: Page) -> ParsedFeed | None:
    try:
        return parse_feed(page.body, url=page.final_url, content_type=page.headers.get("content-type", ""))
    except ParseError:
        return None


def _found(url: str, how: str, feed: ParsedFeed) -> FoundFeed:
    dated = [entry.published_at for entry in feed.entries if entry.published_at]
    return FoundFeed(url, how, feed.title, feed.version, len(feed.entries), max(dated, default=None))


def _without_doubles(feeds: Iterable[FoundFeed]) -> list[FoundFeed]:
    """Each feed once: a redirect and its target, or RSS at two addresses, are one."""
    kept: dict[tuple[str | None, int, datetime | None, str], FoundFeed] = {}
    for feed in feeds:
        kept.setdefault((feed.title, feed.entries, feed.newest, feed.version), feed)
    return list(kept.values())
