"""JSON-LD of a page → its items and the one that is the article. Broken JSON is mended where it can be."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml.html import HtmlElement

from ingest.urls import parts_of

Item = Mapping[str, Any]

MAX_SCRIPT_CHARS = 2_000_000  # news pages carry up to 200 kB
MAX_DEPTH = 20
MAX_ITEMS = 2000
DOUBLED_CHARS = 80  # of its beginning by which a text is found that stands twice in one body

# schema.org's news kinds, the most telling first; a WebPage carries facts where no article does.
_ARTICLE_TYPES = (
    ("NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle", "BackgroundNewsArticle",
     "ReviewNewsArticle", "AskPublicNewsArticle", "LiveBlogPosting"),
    ("Article", "BlogPosting", "SocialMediaPosting", "Report", "TechArticle", "ScholarlyArticle",
     "AdvertiserContentArticle", "SatiricalArticle", "MedicalScholarlyArticle"),
    ("WebPage", "ItemPage", "VideoObject", "CreativeWork"),
)  # fmt: skip

_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_MISSING_COMMA = re.compile(r'(["}\]\d])(\s*\n\s*)(")')
_BAD_ESCAPE = re.compile(r"\\(?![\"\\/bfnrtu])")
_COMMENT_LINE = re.compile(r"^\s*//.*$", re.MULTILINE)
# A last resort for JSON beyond mending: the plain string facts, one by one.
_STRING_FACT = re.compile(
    r'"(headline|datePublished|dateModified|articleSection|articleBody|isAccessibleForFree|inLanguage)"\s*:\s*'
    r'(?:"((?:[^"\\]|\\.){1,200000})"|(true|false))'
)


def items_of(tree: HtmlElement) -> list[Item]:
    """All items of a page's JSON-LD scripts, nested ones after those that hold them."""
    found: list[Item] = []
    for script in tree.iter("script"):
        kind = (script.get("type") or "").lower()
        if "ld+json" not in kind or not script.text or len(script.text) > MAX_SCRIPT_CHARS:
            continue
        for item in _walk(load(script.text), 0):
            found.append(item)
            if len(found) >= MAX_ITEMS:
                return found
    return found


def load(text: str) -> Any:
    """The value of a JSON-LD script, mended if need be; None where nothing can be made of it."""
    for mended in _mendings(text):
        try:
            return json.loads(mended, strict=False)
        except (ValueError, RecursionError):
            continue
    facts: dict[str, Any] = {}
    for name, string, literal in _STRING_FACT.findall(text):
        facts.setdefault(name, _unescaped(string) if string else literal == "true")
    return {"@type": "NewsArticle", **facts} if "headline" in facts or "datePublished" in facts else None


def _mendings(text: str) -> Iterator[str]:
    yield text
    # Comments and CDATA marks around the value: from its first bracket to its last.
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    text = text[min(starts, default=0) : max(text.rfind("}"), text.rfind("]")) + 1]
    mended = _TRAILING_COMMA.sub(r"\1", _COMMENT_LINE.sub("", text))
    yield mended
    mended = _BAD_ESCAPE.sub(r"\\\\", _MISSING_COMMA.sub(r"\1,\2\3", mended))
    yield mended
    yield html.unescape(mended)  # &quot; for every quotation mark


def _unescaped(string: str) -> str:
    try:
        return str(json.loads(f'"{string}"', strict=False))
    except ValueError:
        return string


def _walk(value: Any, depth: int) -> Iterator[Item]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        yield value
        for part in value.values():
            if isinstance(part, dict | list):
                yield from _walk(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part, depth + 1)


def types_of(item: Item) -> tuple[str, ...]:
    """An item's types without namespace."""
    stated = item.get("@type")
    listed = stated if isinstance(stated, list) else [stated]
    return tuple(kind.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for kind in listed if isinstance(kind, str))


def article_of(items: list[Item], url: str) -> Item:
    """The item that describes the page's article, what lower ones know added to it; {} without any.

    Where a page describes several (a list of related stories), the one under the page's own URL counts,
    else the first with a headline.
    """
    chosen: dict[str, Any] = {}
    path = parts_of(url).path.rstrip("/")
    for group in _ARTICLE_TYPES:
        candidates = [item for item in items if any(kind in group for kind in types_of(item))]
        if not candidates:
            continue
        paths = [{parts_of(link).path.rstrip("/") for link in _links(item)} for item in candidates]
        own = [item for item, theirs in zip(candidates, paths, strict=True) if path and path in theirs]
        titled = [item for item in own or candidates if text_of(item.get("headline"))]
        best = (titled or own or candidates)[0]
        if "VideoObject" in types_of(best) and chosen:
            continue
        chosen = {**best, **chosen}
    return chosen


def is_article(item: Item) -> bool:
    """Whether an item calls itself an article, of whatever kind."""
    kinds = types_of(item)
    return any(kind in group for group in _ARTICLE_TYPES[:2] for kind in kinds)


def _links(item: Item) -> Iterator[str]:
    for key in ("url", "mainEntityOfPage", "@id"):
        value = item.get(key)
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str):
            yield value


def resolve(value: Any, items: list[Item]) -> Any:
    """An item that is only named by its @id, looked up among the page's items."""
    if isinstance(value, dict) and "@id" in value and not value.get("name"):
        for item in items:
            if item.get("@id") == value["@id"] and item.get("name"):
                return item
    return value


def text_of(value: Any) -> str:
    """A string fact as plain text: entities resolved, markup dropped, white space collapsed; '' for others."""
    if isinstance(value, list):
        value = next((part for part in value if part), None)
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    if not isinstance(value, str):
        return ""
    text = html.unescape(value)
    if "&" in text:
        text = html.unescape(text)  # escaped twice is common
    return " ".join(re.sub(r"</?[a-zA-Z][^<>]{0,200}>", " ", text).split())


def body_of(value: Any) -> str | None:
    """`articleBody` as text with its paragraphs; None where there is none."""
    if isinstance(value, list):
        value = "\n".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str) or not value.strip():
        return None
    text = html.unescape(value)
    text = re.sub(r"(?i)</?(?:p|br|div|li|h[1-6]|blockquote)\b[^<>]{0,200}>", "\n", text)
    text = re.sub(r"</?[a-zA-Z][^<>]{0,500}>", "", text)
    lines = "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)
    return _said_once(lines) or None


def _said_once(text: str) -> str:
    # Some templates write the body twice, one after the other.
    again = text.find(text[:DOUBLED_CHARS], DOUBLED_CHARS)
    return text[:again].rstrip() if again > 0 and text.startswith(text[again:]) else text
