"""The feeds of a site: what its pages name, what usually lies where, its news sitemaps; each one tried."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from ingest.acquire.http import ACCEPT_FEED, ACCEPT_PAGE, HttpClient
from ingest.acquire.parse import ParsedFeed, parse_feed
from ingest.acquire.robots import MAX_ROBOTS_BYTES, parsed
from ingest.errors import FetchError, ParseError
from ingest.model import Outcome, Page
from ingest.urls import is_web_url

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
    candidates += [(urljoin(page.final_url, path), "known path") for path in KNOWN_PATHS]
    tried = _first_of_each((link, how) for link, how in candidates if is_web_url(link))[:MAX_TRIED]
    places = asyncio.Semaphore(TRIED_AT_ONCE)
    found = await asyncio.gather(*(_try(client, link, how, places) for link, how in tried))
    return _without_doubles(feed for feed in found if feed is not None)


def links_in(body: bytes, base: str) -> list[tuple[str, str]]:
    """Links of an HTML page that lead, or seem to lead, to feeds: `(URL, "link" | "anchor")`, links first."""
    finder = _Finder()
    finder.feed(body.decode("utf-8", "replace"))
    finder.close()
    start = (finder.base and _joined(base, finder.base)) or base
    found = [(_joined(start, href), "link") for href in finder.links]
    same_site = urlsplit(base).hostname
    for href in finder.anchors:
        link = _joined(start, href)
        if _LOOKS_LIKE_FEED.search(urlsplit(link).path) and urlsplit(link).hostname == same_site:
            found.append((link, "anchor"))
    return _first_of_each(found)


class _Finder(HTMLParser):
    """Collects `link rel=alternate` of feed types, and all anchors."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.links: list[str] = []
        self.anchors: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        href = values.get("href", "")
        if tag == "base" and href and self.base is None:
            self.base = href
        elif tag == "link" and href and "alternate" in values.get("rel", "").lower().split():
            if values.get("type", "").split(";")[0].strip().lower() in FEED_TYPES:
                self.links.append(href)
        elif tag == "a" and href:
            self.anchors.append(href)


def _first_of_each(links: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    kept: dict[str, str] = {}
    for link, how in links:
        kept.setdefault(link, how)
    return list(kept.items())


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip()).partition("#")[0]
    except ValueError:
        return ""


async def _news_sitemaps(client: HttpClient, url: str) -> list[str]:
    try:
        page = await client.fetch(urljoin(url, "/robots.txt"), max_bytes=MAX_ROBOTS_BYTES, accept="text/plain, */*")
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
