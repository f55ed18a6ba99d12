"""JSON Feed 1.0 and 1.1 (jsonfeed.org) → entries. A dozen keys, none of them trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from ingest.acquire.dates import read_stamp
from ingest.acquire.extras import tags_of
from ingest.acquire.identity import absolute, clean, entry_key
from ingest.addresses import page_url
from ingest.errors import ParseError
from ingest.model import Entry, Outcome
from ingest.texts import headline, one_line

VERSION_PREFIX = ("https://jsonfeed.org/version/", "http://jsonfeed.org/version/")


@dataclass(frozen=True, slots=True)
class JsonFeed:
    """What a JSON Feed says, keys of its entries not yet made distinct."""

    title: str | None
    language: str | None
    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    links: Mapping[str, str] = field(default_factory=dict)


def looks_like_json(body: bytes) -> bool:
    """Whether the first character that counts opens a JSON value; UTF-16 and UTF-32 are seen through."""
    return body[:256].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] in (b"{", b"[")


def read(body: bytes, url: str) -> JsonFeed:
    """Read a JSON Feed.

    Raises:
        ParseError: NOT_A_FEED, with what it is instead.
    """
    try:
        value = json.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise ParseError(Outcome.NOT_A_FEED, f"{url}: broken JSON: {error}") from error
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not (_is_feed(value) or isinstance(items, list)):
        raise ParseError(Outcome.NOT_A_FEED, f"{url}: JSON, but not a JSON Feed")
    if not isinstance(items, list):
        items = []
    language = _text(value, "language")
    entries = []
    problems = [] if _is_feed(value) else ["no JSON Feed version"]
    for index, item in enumerate(items):
        if isinstance(item, dict):
            entries.append(_entry(item, url, language))
        else:
            problems.append(f"item {index + 1} is no object")
    return JsonFeed(headline(_text(value, "title")), language, tuple(entries), tuple(problems), _links(value, url))


def _is_feed(value: Mapping[str, Any]) -> bool:
    version = value.get("version")
    return isinstance(version, str) and version.startswith(VERSION_PREFIX)


def _entry(item: Mapping[str, Any], base: str, feed_language: str | None) -> Entry:
    # `external_url` is the page a link blog talks about, `url` the entry's own.
    link = _text(item, "url") or _text(item, "external_url")
    title = headline(_text(item, "title"))
    html = _text(item, "content_html")
    plain = _text(item, "content_text")
    content = html or (_as_html(plain) if plain else None)
    published = read_stamp(_text(item, "date_published"))
    updated = read_stamp(_text(item, "date_modified"))
    when = published if published.moment is not None else updated
    identifier = item.get("id")
    guid = str(identifier) if isinstance(identifier, int | float) else _text(item, "id")
    url = page_url(absolute(base, link)) if link else None
    return Entry(
        key=entry_key(guid, url, title, content),
        url=url,
        title=title,
        author=one_line(_authors(item), 500),
        published_at=when.moment,
        published_precision=when.precision,
        published_flag=when.flag,
        updated_at=updated.moment,
        language=_text(item, "language") or feed_language,
        content=content,
        summary=_text(item, "summary"),
        tags=tags_of(listed if isinstance(listed := item.get("tags"), list) else ()),
    )


def _as_html(plain: str) -> str:
    return "".join(f"<p>{escape(part.strip())}</p>" for part in plain.split("\n\n") if part.strip())


def _authors(item: Mapping[str, Any]) -> str | None:
    listed = item.get("authors")  # 1.1; `author` is 1.0
    people = listed if isinstance(listed, list) else [item.get("author")]
    names = [_text(person, "name") for person in people if isinstance(person, dict)]
    return "; ".join(dict.fromkeys(name for name in names if name)) or None


def _links(value: Mapping[str, Any], base: str) -> dict[str, str]:
    found = {}
    for key, rel in (("feed_url", "self"), ("home_page_url", "alternate"), ("next_url", "next")):
        link = _text(value, key)
        if link:
            found[rel] = absolute(base, link)
    hubs = value.get("hubs")
    for hub in hubs if isinstance(hubs, list) else []:
        link = _text(hub, "url") if isinstance(hub, dict) else None
        if link and "hub" not in found and str(hub.get("type", "")).lower() in ("websub", "pubsubhubbub", ""):
            found["hub"] = absolute(base, link)
    return found


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return clean(value) if isinstance(value, str) else None
