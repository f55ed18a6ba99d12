"""Which entry is which: GUID, else link, else a hash; no two entries of one document share a key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import xxhash

from ingest.model import Entry
from ingest.texts import one_line, plain_text
from ingest.urls import joined

MAX_LANGUAGE_CHARS = 64
MAX_LINK_CHARS = 4096  # twice what is fetched
MAX_KEY_CHARS = 1024  # longer ids are whole documents put in the wrong place


def clean(text: str) -> str | None:
    """Text that can be stored: no NUL, no lone surrogates, no space around it; None for nothing."""
    stripped = text.replace("\0", "").strip()
    if not stripped:
        return None
    try:
        stripped.encode("utf-8")
    except UnicodeEncodeError:
        return stripped.encode("utf-8", "replace").decode("utf-8")
    return stripped


def plain_entry(entry: Entry) -> Entry:
    """An entry none of whose columns can steer a terminal or hold another line; its texts keep their lines.

    The one border for all that feeds say of entries, whatever format they are in.
    """

    def line(text: str | None) -> str | None:
        return one_line(text, max(len(text), 1)) if text else text

    return replace(
        entry,
        key=line(entry.key) or f"hash:{digest(entry.key, entry.title)}",
        url=line(entry.url),
        title=line(entry.title),
        author=line(entry.author),
        language=one_line(entry.language, MAX_LANGUAGE_CHARS),
        content=plain_text(entry.content) if entry.content else entry.content,
        summary=plain_text(entry.summary) if entry.summary else entry.summary,
        tags=tuple(tag for stated in entry.tags if (tag := line(stated))),
        extra={name: said for stated, value in entry.extra.items() if (name := line(stated)) and (said := line(value))},
    )


def absolute(base: str, link: str) -> str:
    """A link as the feed means it; as it stands where it cannot be resolved (fetching names that `bad_url`)."""
    return one_line(joined(base, link) or link, MAX_LINK_CHARS) or ""


def digest(*parts: str | None) -> str:
    """A short stable hash of some texts (64 bit, hex); for telling apart, not for security."""
    return xxhash.xxh3_64_hexdigest("\x1f".join(part or "" for part in parts).encode("utf-8", "replace"))


def entry_key(guid: str | None, link: str | None, title: str | None, text: str | None) -> str:
    """The identity of an entry within its feed."""
    for name in (guid, link):
        if name:
            return name if len(name) <= MAX_KEY_CHARS else f"{name[:64]}#{digest(name)}"
    return f"hash:{digest(title, text)}"


def distinct_keys(entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Make the keys of one document's entries distinct, unless they are one entry listed twice.

    Entries that share a GUID but not link, title and content are different ones: each gets a longer
    key. A true repetition keeps an equal key, for the caller to leave out. Both are said.

    Returns:
        all entries, and a problem for every key that repeats.
    """
    counts = Counter(entry.key for entry in entries)
    if len(counts) == len(entries):
        return tuple(entries), ()
    # All carriers of the GUID get the longer key, so that it does not hang on their order.
    texts: dict[str, set[str]] = {}
    for entry in entries:
        if counts[entry.key] > 1:
            texts.setdefault(_own_key(entry), set()).add(_text_of(entry))
    kept = []
    different: dict[str, set[str]] = {}
    for entry in entries:
        if counts[entry.key] > 1:
            own = _own_key(entry)
            if len(texts[own]) > 1:
                own = f"{own}.{digest(_text_of(entry))}"
            different.setdefault(entry.key, set()).add(own)
            kept.append(replace(entry, key=own))
        else:
            kept.append(entry)
    # One entry, listed several times and nothing else: its GUID is its own.
    plain = {next(iter(own)): key for key, own in different.items() if len(own) == 1}
    kept = [replace(entry, key=plain[entry.key]) if entry.key in plain else entry for entry in kept]
    return tuple(kept), tuple(_problem(key, counts[key], len(own)) for key, own in different.items())


def _own_key(entry: Entry) -> str:
    return f"{entry.key}#{digest(entry.url, entry.title)}"


def _text_of(entry: Entry) -> str:
    return entry.content or entry.summary or ""


def _problem(key: str, listed: int, different: int) -> str:
    if different == 1:
        return f"one entry is listed {listed} times: {key[:200]!r}"
    return f"{different} entries share the GUID {key[:200]!r}"
