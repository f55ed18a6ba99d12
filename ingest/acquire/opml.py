"""OPML, in and out: folders become tags and tags folders. Hostile XML is refused, whatever is odd is named by line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.sax.saxutils import quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ingest.errors import ConfigError
from ingest.settings import MIB
from ingest.texts import one_line
from ingest.urls import feed_address, is_web_url

MAX_OPML_BYTES = 32 * MIB  # 100,000 feeds
MAX_DEPTH = 50
_RAW_AMPERSAND = re.compile(rb"&(?!#?\w{1,31};)")  # in URLs with a query, as many programs write them
_LINE = "\0line"  # no XML attribute can have this name


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """A feed as an OPML file lists it; `line` is where."""

    url: str
    title: str | None = None
    tags: tuple[str, ...] = ()
    site_url: str | None = None
    line: int = 0


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
    root = _parsed(body, name)
    if root.tag.lower() != "opml":
        raise ConfigError(f"{name}:{_line(root)}: <{root.tag[:40]}> is not <opml>")
    found: dict[str, OpmlFeed] = {}
    problems: list[str] = []
    for outline, tags in _walk(root, name):
        url = _attribute(outline, "xmlurl")
        if url is None:
            continue
        if not is_web_url(url := feed_address(url)):
            problems.append(f"{name}:{_line(outline)}: xmlUrl: {url[:200]!r} is not an absolute http(s) URL")
            continue
        listed = found.get(url)
        known_tags = listed.tags if listed else ()
        categories = (part.strip().strip("/") for part in (_attribute(outline, "category") or "").split(","))
        found[url] = OpmlFeed(
            url=url,
            title=(listed.title if listed else None) or _attribute(outline, "title") or _attribute(outline, "text"),
            tags=tuple(dict.fromkeys(tag for tag in (*known_tags, *tags, *categories) if tag)),
            site_url=(listed.site_url if listed else None) or _attribute(outline, "htmlurl"),
            line=listed.line if listed else _line(outline),
        )
    return list(found.values()), problems


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


def _parsed(body: bytes, name: str) -> Element:
    body = body.lstrip(b" \t\r\n")  # XML declares itself on its first line
    try:
        return _parse(body, name)
    except ConfigError:
        mended = _RAW_AMPERSAND.sub(b"&amp;", body)
        if mended == body:
            raise
        return _parse(mended, name)


def _parse(body: bytes, name: str) -> Element:
    builder = TreeBuilder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    expat = parser.parser
    start = expat.StartElementHandler

    def with_line(tag: str, attributes: Any) -> None:
        element = start(tag, attributes)
        if isinstance(element, Element):
            element.set(_LINE, str(expat.CurrentLineNumber))

    expat.StartElementHandler = with_line
    try:
        parser.feed(body)
        root = parser.close()
    except ParseError as error:
        line = error.position[0] if getattr(error, "position", None) else 1
        raise ConfigError(f"{name}:{line}: not well-formed XML: {error}") from error
    except DefusedXmlException as error:
        raise ConfigError(f"{name}:{expat.CurrentLineNumber}: refused: it declares XML entities") from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise ConfigError(f"{name}:1: cannot be read: {error}") from error
    if not isinstance(root, Element):
        raise ConfigError(f"{name}:1: holds no element")
    return root


def _walk(root: Element, name: str) -> Iterable[tuple[Element, tuple[str, ...]]]:
    """Every outline with the names of the folders around it; no recursion, so that depth is harmless."""
    stack: list[tuple[Element, tuple[str, ...], int]] = [(root, (), 0)]
    while stack:
        element, tags, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise ConfigError(f"{name}:{_line(element)}: nested more than {MAX_DEPTH} deep")
        inner = tags
        if element.tag.lower() == "outline":
            yield element, tags
            label = _attribute(element, "title") or _attribute(element, "text")
            if label and _attribute(element, "xmlurl") is None:
                inner = (*tags, label)
        stack += [(child, inner, depth + 1) for child in reversed(element)]


def _attribute(element: Element, name: str) -> str | None:
    for key, value in element.attrib.items():  # xmlUrl, xmlurl, XMLURL: all are seen
        if key.lower() == name:
            return one_line(value, 4096)
    return None


def _line(element: Element) -> int:
    return int(element.get(_LINE, "1"))
