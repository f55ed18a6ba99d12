"""News sitemaps (the sitemaps.org format with the news extension) as feeds: many publishers have no better one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ingest.acquire.dates import read_stamp
from ingest.acquire.extras import tags_of
from ingest.acquire.identity import clean, entry_key
from ingest.acquire.structure import root_of
from ingest.addresses import page_url
from ingest.errors import ParseError as FeedParseError
from ingest.model import Entry, Outcome
from ingest.texts import headline, one_line

MAX_URLS = 50_000  # the format's own limit for one file; news sitemaps are to hold at most 1,000


@dataclass(frozen=True, slots=True)
class NewsMap:
    """The news entries of a sitemap, newest first, and what was wrong."""

    title: str | None
    language: str | None
    entries: tuple[Entry, ...]
    problems: tuple[str, ...]


def looks_like_sitemap(body: bytes) -> bool:
    """Whether the root element is a sitemap's."""
    return root_of(body) in ("urlset", "sitemapindex")


def read(body: bytes, url: str) -> NewsMap:
    """Read a news sitemap.

    Raises:
        FeedParseError: NOT_A_FEED for a sitemap without news, or an index of sitemaps.
    """
    entries: list[Entry] = []
    problems: list[str] = []
    title = language = None
    try:
        for element in _urls(body):
            facts = {_local(child.tag): (child.text or "").strip() for child in element.iter() if child.text}
            if "publication_date" not in facts and "title" not in facts:
                continue  # a page, not news
            title, language = title or one_line(facts.get("name")), language or clean(facts.get("language", ""))
            entries.append(_entry(facts))
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        problems.append(f"not well-formed: {error}"[:300])
    if not entries:
        what = "an index of sitemaps" if root_of(body) == "sitemapindex" else "a sitemap without news entries"
        raise FeedParseError(Outcome.NOT_A_FEED, f"{url}: {what}; `ingest backfill` takes sitemaps")
    entries.sort(key=lambda entry: entry.published_at.timestamp() if entry.published_at else 0.0, reverse=True)
    return NewsMap(title, language, tuple(entries), tuple(problems))


def _urls(body: bytes) -> Iterator[Element]:
    count = 0
    for _, element in iterparse(io.BytesIO(body), events=("end",), forbid_dtd=False, forbid_entities=True):
        if _local(element.tag) == "url":
            yield element
            element.clear()
            count += 1
            if count >= MAX_URLS:
                return


def _entry(facts: dict[str, str]) -> Entry:
    link = one_line(facts.get("loc"), 4096)
    address = page_url(link) if link else None
    title = headline(facts.get("title"))
    stamp = read_stamp(facts.get("publication_date") or facts.get("lastmod"))
    updated = read_stamp(facts.get("lastmod"))
    return Entry(
        key=entry_key(None, address, title, None),
        url=address,
        title=title,
        published_at=stamp.moment,
        published_precision=stamp.precision,
        published_flag=stamp.flag,
        updated_at=updated.moment,
        language=clean(facts.get("language", "")),
        tags=tags_of(facts.get("keywords", "").split(",")),
    )


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2].lower()
