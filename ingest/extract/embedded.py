"""The article's text where a page carries it as data: JSON-LD's live blog, or the state of an application. Pure.

Sites that are drawn by scripts send an empty shell and, beside it, all that they draw: as `__NEXT_DATA__`,
`__APOLLO_STATE__`, `Fusion.globalContent` and many other names. What is prose in it is found by its form: the strings
that stand side by side in one list, of that list the most.
"""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

from ingest.extract.jsonld import body_of, load, text_of, types_of
from ingest.extract.walls import count_words

MAX_SCRIPT_CHARS = 8_000_000
MAX_NODES = 400_000
MAX_ASSIGNMENTS = 2000  # of one script that are looked at
MAX_DEPTH = 60
PROSE_WORDS = 8
LEAST_WORDS = 60  # that make a text of it
# Many short lists in one are a list of blocks, each with its spans.
SPANS = 3

_STATE = re.compile(r"(?:=|\()\s*(?=[{\[])|JSON\.parse\(\s*(?=\")")
_MARKUP = re.compile(r"<\s*/?\s*(?:p|br|div|h\d|li|a|em|strong|b|i|span|blockquote)\b", re.IGNORECASE)
_ENDS = re.compile(r"[.!?…。！？»”\"'’।؟]\s*$")

_TITLES = frozenset(("title", "headline", "url", "href", "link", "slug", "permalink", "name"))
TITLED_SHARE = 4  # what tells of other articles counts so much less

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _String:
    path: Path
    text: str
    is_titled: bool  # it stands beside a title or a link, as what tells of another article does
    is_prose: bool


@dataclass(frozen=True, slots=True)
class Script:
    """A script of a page: its `type` in lower case, and its source."""

    kind: str
    source: str


def scripts_of(tree: HtmlElement) -> list[Script]:
    """The scripts of a page that may hold data; to be asked before they are taken out of the tree."""
    return [
        Script((script.get("type") or "").lower(), script.text)
        for script in tree.iter("script")
        if script.text and PROSE_WORDS * 4 < len(script.text) <= MAX_SCRIPT_CHARS
    ]


def embedded_text(scripts: Sequence[Script]) -> str | None:
    """The longest text that a page carries as data, its paragraphs as lines; None where there is none."""
    found = [text for script in scripts for text in _texts_of(script) if text]
    best = max(found, key=count_words, default=None)
    return best if best and count_words(best) >= LEAST_WORDS else None


def _texts_of(script: Script) -> Iterator[str | None]:
    if "ld+json" in script.kind:
        yield _live_blog(load(script.source))
    else:
        yield from map(_prose_of, _states(script))


def _live_blog(data: Any) -> str | None:
    updates: list[str] = []
    for item in data if isinstance(data, list) else [data]:
        if not isinstance(item, dict) or "LiveBlogPosting" not in types_of(item):
            continue
        listed = item.get("liveBlogUpdate")
        for update in listed if isinstance(listed, list) else [listed]:
            if isinstance(update, dict):
                updates += [
                    part for part in (text_of(update.get("headline")), body_of(update.get("articleBody"))) if part
                ]
    return "\n".join(updates) or None


def _states(script: Script) -> Iterator[Any]:
    """The data in a script: the whole of it, or what it assigns or hands on."""
    source = script.source
    if "json" in script.kind:
        value, _ = _decoded_at(source, len(source) - len(source.lstrip()))
        yield value
        return
    at = 0
    for _ in range(MAX_ASSIGNMENTS):
        match = _STATE.search(source, at)
        if match is None:
            return
        value, stop = _decoded_at(source, match.end())
        yield value
        at = max(stop, match.end())


def _decoded_at(source: str, at: int) -> tuple[Any, int]:
    try:
        value, stop = json.JSONDecoder(strict=False).raw_decode(source, at)
    except (ValueError, RecursionError):
        return None, at
    return value, stop


def _prose_of(state: Any) -> str | None:
    strings = list(_strings(state))
    lists: dict[Path, list[_String]] = defaultdict(list)
    wider: dict[Path, list[_String]] = defaultdict(list)
    for string in strings:
        if string.is_prose:
            narrow, wide = _without_last_places(string.path)
            lists[narrow].append(string)
            wider[wide].append(string)
    best = max(lists.values(), key=_words, default=[])
    spans: Path | None = None
    for wide, group in wider.items():
        parts = {_without_last_places(string.path)[0] for string in group}
        # Blocks with spans: many parts, none of which is a text of its own.
        if len(parts) >= SPANS and _words(group) > _words(best) and _words(group) < LEAST_WORDS * len(parts):
            best, spans = group, wide
    if spans is None:
        return "\n".join(line for string in best for line in _lines(string.text)) or None
    blocks: dict[Path, list[str]] = defaultdict(list)
    for string in strings:  # a span may be a word
        narrow, wide = _without_last_places(string.path)
        if wide == spans:
            blocks[narrow].append(string.text)
    return "\n".join(" ".join("".join(parts).split()) for parts in blocks.values())


def _strings(state: Any) -> Iterator[_String]:
    """All strings, with their paths, in the order of the data."""
    left = MAX_NODES
    stack: list[tuple[Path, Any, bool]] = [((), state, False)]
    while stack and left:
        path, value, titled = stack.pop()
        left -= 1
        if isinstance(value, str):
            if value[:1] in "{[" and len(value) > LEAST_WORDS * 4:  # JSON within JSON
                stack.append((path, _decoded_at(value, 0)[0], titled))
            else:
                yield _String(path, value, titled, _is_prose(value))
        elif len(path) < MAX_DEPTH:
            parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            # Numbers of places in a list are marked, so that they can be left out.
            if isinstance(value, dict):
                titled = not _TITLES.isdisjoint(map(str.lower, map(str, value)))
            inner = [
                ((*path, f"#{name}" if isinstance(name, int) else str(name)), part, titled) for name, part in parts
            ]
            stack += reversed(inner)


def _is_prose(text: str) -> bool:
    if "://" in text[:12] or (text.count("{") > 2 and text.count(";") > 2):
        return False
    words = count_words(text)
    return words >= PROSE_WORDS and bool(_ENDS.search(text) or _MARKUP.search(text) or words >= 3 * PROSE_WORDS)


def _without_last_places(path: Path) -> tuple[Path, Path]:
    """A path without the number of its last list, and without those of its last two."""
    places = [at for at, name in enumerate(path) if name.startswith("#")]
    narrow = tuple("#" if at in places[-1:] else name for at, name in enumerate(path))
    wide = tuple("#" if at in places[-2:] else name for at, name in enumerate(path))
    return narrow, wide


def _words(strings: list[_String]) -> int:
    return sum(count_words(string.text) // (TITLED_SHARE if string.is_titled else 1) for string in strings)


def _lines(text: str) -> list[str]:
    if _MARKUP.search(text):
        return (body_of(text) or "").split("\n")
    return [" ".join(line.split()) for line in html.unescape(text).splitlines() if line.strip()]
