"""OPML, in and out: folders become tags and tags folders. Hostile XML is refused, whatever is odd is named by line."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ingest.errors import ConfigError, ExtractError
from ingest.settings import MIB
from ingest.streams import open_regular
from ingest.texts import one_line
from ingest.urls import feed_address, is_web_url

MAX_OPML_BYTES = 32 * MIB  # 100,000 feeds
MAX_DEPTH = 50
MAX_ELEMENTS = 500_000
MAX_PROBLEMS = 1000  # that are named; the others are counted
_RAW_AMPERSAND = re.compile(rb"&(?!#?\w{1,31};)")  # in URLs with a query, as many programs write them


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """A feed as an OPML file lists it; `line` is where."""

    url: str
    title: str | None = None
    tags: tuple[str, ...] = ()
    site_url: str | None = None
    line: int = 0


Scan = Callable[[bytes, str], Awaitable[tuple[list[OpmlFeed], list[str]]]]
Submit = Callable[..., "Future[tuple[list[OpmlFeed], list[str]]]"]


def read_opml(body: bytes, name: str) -> list[OpmlFeed]:
    """The feeds of an OPML file, each once, in its order; one bad feed refuses the file.

    Args:
        name: the file's path or URL, for messages.

    Raises:
        ConfigError: naming file and line: not XML, not OPML, hostile, or a feed whose URL is none.
    """
    feeds, problems = scan_opml(body, name)
    if problems:
        raise ConfigError("\n".join(problems))
    return feeds


def scan_opml(body: bytes, name: str) -> tuple[list[OpmlFeed], list[str]]:
    """The good feeds of an OPML file, and what is wrong with the others, by file and line.

    Raises:
        ConfigError: where the file as a whole cannot be read.
    """
    if len(body) > MAX_OPML_BYTES:
        raise ConfigError(f"{name}: over {MAX_OPML_BYTES // MIB} MiB")
    listing = _read(body, name)
    problems = listing.problems
    if listing.unnamed:
        problems.append(f"{name}: {listing.unnamed} more feeds whose URL is none")
    return list(listing.feeds.values()), problems


def scan_in(submit: Submit) -> Scan:
    """A reader of lists from the network in worker processes, as feeds have one: time and memory are bounded there.

    Args:
        submit: queues a function with its arguments in a process pool that kills what takes too long.
    """

    async def scan(body: bytes, name: str) -> tuple[list[OpmlFeed], list[str]]:
        try:
            return await asyncio.wrap_future(submit(scan_opml, body, name))
        except ExtractError as error:  # the worker was killed
            raise ConfigError(f"{name}: cannot be read: {error}") from error

    return scan


def read_regular(path: Path, limit: int = MAX_OPML_BYTES + 1) -> bytes:
    """The first bytes of a regular file.

    Raises:
        OSError: where it cannot be read, or is none.
    """
    with open(path, "rb", opener=open_regular) as file:
        return file.read(limit)


def write_opml(feeds: Iterable[OpmlFeed], *, title: str = "Feeds of ingest") -> str:
    """An OPML 2.0 document: a feed stands in the folder of its first tag, with all tags as categories."""
    folders: dict[str, list[OpmlFeed]] = {}
    for feed in feeds:
        folders.setdefault(feed.tags[0] if feed.tags else "", []).append(feed)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">']
    lines += ["  <head>", f"    <title>{_escaped(title)}</title>", "  </head>", "  <body>"]
    for folder in sorted(folders):
        indent = "    "
        if folder:
            lines.append(f"    <outline text={quoteattr(folder)}>")
            indent = "      "
        lines += [indent + _outline(feed) for feed in folders[folder]]
        if folder:
            lines.append("    </outline>")
    lines += ["  </body>", "</opml>", ""]
    return "\n".join(lines)


def _outline(feed: OpmlFeed) -> str:
    title = feed.title or feed.url
    parts = ['type="rss"', f"text={quoteattr(title)}", f"title={quoteattr(title)}", f"xmlUrl={quoteattr(feed.url)}"]
    if feed.site_url:
        parts.append(f"htmlUrl={quoteattr(feed.site_url)}")
    if feed.tags:
        parts.append(f"category={quoteattr(','.join(feed.tags))}")
    return f"<outline {' '.join(parts)}/>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class _Listing:
    """A parser's target that keeps feeds, not elements: a list costs no more memory than what it lists."""

    def __init__(self, name: str) -> None:
        self.feeds: dict[str, OpmlFeed] = {}
        self.problems: list[str] = []
        self.unnamed = 0  # problems beyond `MAX_PROBLEMS`
        self.line: Callable[[], int] = lambda: 1
        self._name = name
        self._elements = 0
        self._folders: list[str | None] = []  # of each element that is open

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._elements += 1
        if self._elements == 1 and tag.lower() != "opml":
            raise ConfigError(f"{self._name}:{self.line()}: <{tag[:40]}> is not <opml>")
        if len(self._folders) > MAX_DEPTH:
            raise ConfigError(f"{self._name}:{self.line()}: nested more than {MAX_DEPTH} deep")
        if self._elements > MAX_ELEMENTS:
            raise ConfigError(f"{self._name}:{self.line()}: more than {MAX_ELEMENTS} elements")
        folder = None
        if tag.lower() == "outline":
            # xmlUrl, xmlurl, XMLURL: all are seen; of two the first counts.
            stated = {key.lower(): one_line(value, 4096) for key, value in reversed(list(attributes.items()))}
            label = stated.get("title") or stated.get("text")
            if (url := stated.get("xmlurl")) is not None:
                self._take(feed_address(url), label, stated)
            else:
                folder = label
        self._folders.append(folder)

    def end(self, _tag: str) -> None:
        """An element ends."""
        self._folders.pop()

    def close(self) -> None:
        """The document ends.

        Raises:
            ConfigError: where it held no element.
        """
        if not self._elements:
            raise ConfigError(f"{self._name}:1: holds no element")

    def _take(self, url: str, label: str | None, stated: Mapping[str, str | None]) -> None:
        if not is_web_url(url):
            if len(self.problems) < MAX_PROBLEMS:
                at = f"{self._name}:{self.line()}"
                self.problems.append(f"{at}: xmlUrl: {url[:200]!r} is not an absolute http(s) URL")
            else:
                self.unnamed += 1
            return
        listed = self.feeds.get(url)
        categories = (part.strip().strip("/") for part in (stated.get("category") or "").split(","))
        tags = (*(listed.tags if listed else ()), *self._folders, *categories)
        self.feeds[url] = OpmlFeed(
            url=url,
            title=(listed.title if listed else None) or label,
            tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
            site_url=(listed.site_url if listed else None) or stated.get("htmlurl"),
            line=listed.line if listed else self.line(),
        )


def _read(body: bytes, name: str) -> _Listing:
    body = body.lstrip(b" \t\r\n")  # XML declares itself on its first line
    try:
        return _parse(body, name)
    except ConfigError:
        mended = _RAW_AMPERSAND.sub(b"&amp;", body)
        if mended == body:
            raise
        return _parse(mended, name)


def _parse(body: bytes, name: str) -> _Listing:
    listing = _Listing(name)
    parser = DefusedXMLParser(target=listing, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    listing.line = lambda: int(parser.parser.CurrentLineNumber)
    try:
        parser.feed(body)
        parser.close()
    except ParseError as error:
        line = error.position[0] if getattr(error, "position", None) else 1
        raise ConfigError(f"{name}:{line}: not well-formed XML: {error}") from error
    except DefusedXmlException as error:
        raise ConfigError(f"{name}:{listing.line()}: refused: it declares XML entities") from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise ConfigError(f"{name}:1: cannot be read: {error}") from error
    return listing
