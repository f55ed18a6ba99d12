"""Bytes of a feed → its entries. RSS, Atom and RDF through feedparser, JSON Feed by hand; pure, no network.

This is the border to feedparser: whatever it raises ends here, as a `ParseError` with a named outcome.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import feedparser
from lxml import etree

from ingest.acquire import jsonfeed, newsmap
from ingest.acquire.dates import Stamp, read_stamp
from ingest.acquire.extras import extra_of, tags_of
from ingest.acquire.hints import read_hints
from ingest.acquire.identity import MAX_LINK_CHARS, absolute, clean, distinct_keys, entry_key, plain_entry
from ingest.acquire.structure import MAX_PARSED, is_cut_or_unread, is_feed_root, shortened
from ingest.addresses import page_url
from ingest.charsets import decode
from ingest.dates import order_in
from ingest.errors import ParseError
from ingest.model import Entry, FeedHints, Outcome
from ingest.texts import headline, one_line

SNIFF_BYTES = 2048
MAX_AUTHOR_CHARS = 500
IANA_RELATIONS = "http://www.iana.org/assignments/relation/"
PAGE_TYPES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain", "html")
# Relations of an entry whose target is never its page (https://www.iana.org/assignments/link-relations).
NO_PAGE = frozenset(
    (
        "enclosure",
        "self",
        "edit",
        "edit-media",
        "replies",
        "hub",
        "license",
        "author",
        "next",
        "previous",
        "prev",
        "first",
        "last",
        "up",
        "related",
        "via",
        "thumbnail",
        "icon",
        "service",
        "describedby",
        "monetization",
    )
)
_HTML = re.compile(
    rb"^\s*(?>(?:<!--(?:(?!-->).)*-->\s*)*)(<!doctype\s+html|<html|<head|<body)", re.IGNORECASE | re.DOTALL
)
_BROKEN = "broken XML: no entry could be read from it"
_NO_TITLE = re.compile(r"(?is)<(script|style|iframe|svg|template)\b.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)")
_ANY_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>")
_DATES = ("published", "created", "updated")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a feed document says.

    Attributes:
        version: feedparser's name of the format ("rss20", "atom10"), "json", "news-sitemap", or "unknown".
        entries: in the order of the document; equal keys only where one entry is listed twice.
        problems: what was wrong and could be mended, in words.
        hints: what it says of its own rhythm.
        links: rel → absolute URL of the feed's own links ("hub", "self", "next", "prev-archive", "alternate").
    """

    version: str
    title: str | None
    language: str | None
    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()
    hints: FeedHints = field(default_factory=FeedHints)
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """A `ParseError` as a value: an exception with two arguments does not survive the way between processes."""

    outcome: Outcome
    message: str


def try_parse(body: bytes, url: str, content_type: str) -> ParsedFeed | ParseFailure:
    """`parse_feed` for a worker process."""
    try:
        return parse_feed(body, url=url, content_type=content_type)
    except ParseError as error:
        return ParseFailure(error.outcome, str(error))


def parse_feed(body: bytes, *, url: str, content_type: str = "") -> ParsedFeed:
    """Read a feed document.

    Args:
        body: as it came, content codings removed, never decoded to text.
        url: where it came from; relative links are relative to it.
        content_type: the Content-Type header, with its charset.

    Raises:
        ParseError: EMPTY_BODY or NOT_A_FEED.
    """
    if not body.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise ParseError(Outcome.EMPTY_BODY, f"{url}: the body is empty")
    if jsonfeed.looks_like_json(body):
        return _from_json(body, url)
    if newsmap.looks_like_sitemap(body):
        return _from_sitemap(body, url)
    return _from_xml(body, url, content_type)


def _from_json(body: bytes, url: str) -> ParsedFeed:
    read = jsonfeed.read(body, url)
    entries, doubled = distinct_keys([plain_entry(entry) for entry in read.entries])
    return ParsedFeed(
        version="json",
        title=read.title,
        language=read.language,
        entries=entries,
        problems=read.problems + doubled,
        links=read.links,
    )


def _from_sitemap(body: bytes, url: str) -> ParsedFeed:
    read = newsmap.read(body, url)
    entries, doubled = distinct_keys([plain_entry(entry) for entry in read.entries])
    return ParsedFeed("news-sitemap", read.title, read.language, entries, read.problems + doubled)


def _from_xml(body: bytes, url: str, content_type: str) -> ParsedFeed:
    charset = _CHARSET.search(content_type)
    label = charset[1] if charset else None
    body = body.lstrip(b" \t\r\n")  # XML declares itself on its first line; a blank one before it hides the charset
    if not body.isascii() and b"\0" not in body[:SNIFF_BYTES]:
        # feedparser believes what is declared; publishers write another charset, or one by a name of their own.
        body, label = _XML_DECLARATION.sub("", decode(body, label), count=1).encode(), "utf-8"
    body, listed = shortened(body)
    found = _parsed(body, url, label)
    version = str(found.get("version") or "")
    problems = _syntax_problems(found)
    if problems and not found.entries and (version or is_feed_root(body)) and is_cut_or_unread(body):
        found = _salvaged(body, url)
        version = str(found.get("version") or version)
    if not version and not found.entries:
        raise ParseError(Outcome.NOT_A_FEED, f"{url}: {_what_it_is(body)}")
    if listed:
        problems += (f"holds {listed} entries; {MAX_PARSED} of them are read",)
    channel = found.feed
    language = _text(channel, "language")
    day_first = order_in(_text(item, name) for item in found.entries for name in _DATES)
    entries, doubled = distinct_keys([plain_entry(_entry(item, url, language, day_first)) for item in found.entries])
    return ParsedFeed(
        version=version or "unknown",
        title=_title(channel),
        language=language,
        entries=entries,
        problems=problems + doubled,
        hints=read_hints(body),
        links=_links(channel, url),
    )


def _parsed(body: bytes, url: str, label: str | None) -> Any:
    headers = {"content-type": f"application/xml; charset={label}"} if label else {}
    try:
        # BytesIO: bytes given as they are would be tried as a file name first.
        return feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # the border of one feed: feedparser raises whatever its input provokes
        raise ParseError(
            Outcome.NOT_A_FEED, f"{url}: the parser fails on it: {type(error).__name__}: {error}"
        ) from error


def _salvaged(body: bytes, url: str) -> Any:
    """What a parser that forgives makes of a feed in which feedparser read no entry.

    Raises:
        ParseError: BROKEN_FEED where that is nothing either.
    """
    try:
        root = etree.fromstring(body, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
        whole = b"" if root is None else etree.tostring(root, encoding="utf-8")
    except (etree.LxmlError, ValueError):
        whole = b""
    found = _parsed(whole, url, "utf-8") if whole else None
    if found is None or not found.entries:
        raise ParseError(Outcome.BROKEN_FEED, f"{url}: {_BROKEN}")
    return found


def _what_it_is(body: bytes) -> str:
    beginning = body[:SNIFF_BYTES]
    if _HTML.search(beginning):
        return "an HTML page, not a feed; `ingest feeds discover URL` finds the feeds of a site"
    if is_feed_root(body):
        return _BROKEN
    return "not a feed"


def _syntax_problems(found: Any) -> tuple[str, ...]:
    error = found.get("bozo_exception")
    if not found.get("bozo") or error is None:
        return ()
    return (f"not well-formed: {clean(str(error)) or type(error).__name__}"[:300],)


def _entry(item: Any, base: str, feed_language: str | None, day_first: bool | None) -> Entry:
    title = _title(item)
    content, language = _content(item)
    summary = _text(item, "summary")
    link = _link(item, base)
    published, updated = _stamps(item, day_first)
    return Entry(
        key=entry_key(_text(item, "id"), link, title, content or summary),
        url=link,
        title=title,
        author=one_line(_authors(item), MAX_AUTHOR_CHARS),
        published_at=published.moment,
        published_precision=published.precision,
        published_flag=published.flag,
        updated_at=updated.moment,
        language=language or feed_language,
        content=content,
        summary=summary,
        tags=tags_of(tag.get("label") or tag.get("term") for tag in dict.get(item, "tags") or ()),
        extra=extra_of(item),
    )


def _title(values: Any) -> str | None:
    """A title as people read it; one that says that it is HTML (RFC 4287 §3.1.1) without any of its markup."""
    text = _text(values, "title")
    detail = dict.get(values, "title_detail")
    kind = str(dict.get(detail, "type") or "") if isinstance(detail, dict) else ""
    if text and kind in ("text/html", "application/xhtml+xml"):
        text = _ANY_TAG.sub("", _NO_TITLE.sub(" ", text[: 4 * MAX_LINK_CHARS]))
    return headline(text)


def _link(item: Any, base: str) -> str | None:
    # FeedBurner and its like list a redirecting link; beside it stands the page's own.
    stated = [raw for name in ("feedburner_origlink", "pheedo_origlink", "link") if (raw := _text(item, name))]
    # Of an Atom entry without a link that it knows feedparser calls the id its link.
    if not stated or stated == [_text(item, "id")]:
        stated = _page_links(item) or stated
    return page_url(absolute(base, stated[0])) if stated else None


def _page_links(item: Any) -> list[str]:
    """Links to an entry's page that feedparser does not take for one, the surest first (RFC 4287 §4.2.7).

    It knows `alternate` of the bare HTML types only: not with parameters, not by the registry's URI, and no other
    relation where that is all that an entry has.
    """
    pages: list[str] = []
    others: list[str] = []
    for link in dict.get(item, "links") or ():
        rel = str(link.get("rel") or "alternate").lower().removeprefix(IANA_RELATIONS)
        kind = str(link.get("type") or "text/html").lower().partition(";")[0].strip()
        href = str(link.get("href") or "")
        if href and rel not in NO_PAGE and kind in PAGE_TYPES:
            (pages if rel == "alternate" else others).append(href)
    return pages or (others if len(others) == 1 else [])


def _stamps(item: Any, day_first: bool | None) -> tuple[Stamp, Stamp]:
    updated = read_stamp(_text(item, "updated"), day_first=day_first)
    raw = _text(item, "published") or _text(item, "created")
    return read_stamp(raw, day_first=day_first) if raw else updated, updated


def _content(item: Any) -> tuple[str | None, str | None]:
    """The longest content (a feed may give several types), with the language it names."""
    best: tuple[str | None, str | None] = (None, None)
    for part in dict.get(item, "content") or ():
        value = clean(str(part.get("value") or ""))
        if value and len(value) > len(best[0] or ""):
            language = part.get("language")
            best = (value, str(language) if language else None)
    return best


def _authors(item: Any) -> str | None:
    names = [clean(str(author.get("name") or "")) for author in dict.get(item, "authors") or ()]
    joined = "; ".join(dict.fromkeys(name for name in names if name))
    return joined or _text(item, "author")


def _links(channel: Any, base: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for link in dict.get(channel, "links") or ():
        rel, href = str(link.get("rel") or ""), str(link.get("href") or "")
        if rel and href:
            found.setdefault(rel.lower(), absolute(base, href))
    return found


def _text(values: Any, name: str) -> str | None:
    # dict.get: feedparser's own lookup answers `updated` with `published`, and warns about it.
    value = dict.get(values, name)
    return clean(value) if isinstance(value, str) else None
