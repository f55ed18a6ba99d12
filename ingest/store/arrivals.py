"""Entries arriving from a feed: which are new, which are known under another name; stored as pending.

Called inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import xxhash

from ingest.model import Entry
from ingest.store.allowance import Allowance, room
from ingest.store.entries import MAX_TAKES, as_json
from ingest.times import optional_text, to_text

# A storm: nearly all of a feed's ids are new at once, though nearly all of its entries are not.
STORM_SHARE = 0.8
STORM_MIN = 2  # one entry is no storm: it may be today's
CHUNK = 500  # SQL parameters at a time


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a list of entries came to.

    Attributes:
        new: stored as pending.
        rekeyed: known already, now under another key.
        refused: new ones beyond what the feed may bring.
        problems: in words.
    """

    new: int = 0
    rekeyed: int = 0
    refused: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """A stored entry, as far as identity goes."""

    id: int
    key: str
    url: str | None
    title: str | None
    content_hash: str | None


def store_entries(
    connection: sqlite3.Connection,
    feed_id: int,
    source: str,
    entries: Sequence[Entry],
    now: datetime,
    allowance: Allowance | None = None,
) -> Arrived:
    """Store what is new among the entries that a feed lists, as far as it may bring it; note what was seen where."""
    if not entries:
        return Arrived()
    known = _by(connection, feed_id, "key", [entry.key for entry in entries])
    fresh: list[Entry] = []
    changed: list[tuple[_Known, Entry]] = []
    problems: list[str] = []
    for entry in entries:
        stored = known.get(entry.key)
        if stored is None:
            fresh.append(entry)
        elif stored.content_hash in (None, content_hash(entry)):
            continue
        elif _is_another(stored, entry):
            own = f"{entry.key}#{content_hash(entry)}"
            if not _by(connection, feed_id, "key", [own]):
                problems.append(f"GUID {entry.key[:120]!r} was given to another entry: {entry.url}")
                fresh.append(replace(entry, key=own))
        else:
            changed.append((stored, entry))
    fresh, rekeyed = _through_storm(connection, feed_id, fresh, len(entries))
    if rekeyed:
        problems.append(f"GUID storm: {rekeyed} known entries came back under other ids")
    fresh, refused = _within(connection, feed_id, fresh, now, allowance)
    if refused:
        problems.append(
            f"{len(refused)} new entries refused: more than one feed may bring in an hour, or have waiting "
            "(poll.hourly_entries, hourly_bytes, max_pending); those still listed later are taken then"
        )
        entries = [entry for entry in entries if entry.key not in refused]
    _insert(connection, feed_id, source, fresh, now)
    _take_again(connection, changed, now)
    _sight(connection, feed_id, entries, now)
    return Arrived(len(fresh), rekeyed, len(refused), tuple(problems))


def _within(
    connection: sqlite3.Connection, feed_id: int, fresh: list[Entry], now: datetime, allowance: Allowance | None
) -> tuple[list[Entry], set[str]]:
    """The first entries that a feed may bring, and the keys of the others."""
    if not fresh or allowance is None:
        return fresh, set()
    most = room(connection, feed_id, now, allowance)
    return fresh[:most], {entry.key for entry in fresh[most:]}


def content_hash(entry: Entry) -> str:
    """Hash of an entry's title and text as the feed gives them."""
    text = "\x1f".join((entry.title or "", entry.content or entry.summary or ""))
    return xxhash.xxh3_64_hexdigest(text.encode("utf-8", "replace"))


def _is_another(stored: _Known, entry: Entry) -> bool:
    # Changed links and corrected headlines are common, but not both at once and the text besides.
    return (
        stored.url != entry.url
        and stored.title != entry.title
        and stored.content_hash is not None
        and stored.content_hash != content_hash(entry)
    )


def _through_storm(
    connection: sqlite3.Connection, feed_id: int, fresh: list[Entry], listed: int
) -> tuple[list[Entry], int]:
    """Set aside entries that are known by URL or content, if all the feed's ids changed at once."""
    if len(fresh) < STORM_MIN or len(fresh) < STORM_SHARE * listed:
        return fresh, 0
    by_url = _by(connection, feed_id, "url", [entry.url for entry in fresh if entry.url])
    by_content = _by(connection, feed_id, "content_hash", [content_hash(entry) for entry in fresh])
    twins: dict[int, Entry] = {}
    new: list[Entry] = []
    for entry in fresh:
        twin = by_content.get(content_hash(entry))
        if twin is None and entry.url and (same := by_url.get(entry.url)) and same.title == entry.title:
            twin = same
        if twin is None or twin.id in twins:
            new.append(entry)
        else:
            twins[twin.id] = entry
    if len(twins) < STORM_SHARE * len(fresh):
        return fresh, 0
    connection.executemany(
        "UPDATE entries SET key = :key WHERE id = :id",
        [{"id": id_, "key": entry.key} for id_, entry in twins.items()],
    )
    return new, len(twins)


def _by(connection: sqlite3.Connection, feed_id: int, column: str, values: Sequence[str]) -> dict[str, _Known]:
    found: dict[str, _Known] = {}
    for start in range(0, len(values), CHUNK):
        some = values[start : start + CHUNK]
        rows = connection.execute(
            f"""
            SELECT id, key, url, title, content_hash FROM entries
            WHERE feed_id = ? AND position IS NULL AND {column} IN ({",".join("?" * len(some))})
            """,  # noqa: S608 - column names of this module
            (feed_id, *some),
        )
        for row in rows:
            known = _Known(row["id"], row["key"], row["url"], row["title"], row["content_hash"])
            found[row[column]] = known
    return found


def _insert(connection: sqlite3.Connection, feed_id: int, source: str, fresh: Sequence[Entry], now: datetime) -> None:
    stamp = to_text(now)
    # The newest stands first in most feeds; stored last to first, ids grow with time.
    connection.executemany(
        """
        INSERT INTO entries (feed_id, source, key, url, title, author, language, published_at,
                             published_precision, published_flag, updated_at, content_hash, content,
                             tags, extra, first_seen_at, outcome, next_attempt_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)
        """,
        [
            (
                feed_id,
                source,
                entry.key,
                entry.url,
                entry.title,
                entry.author,
                entry.language,
                optional_text(entry.published_at),
                entry.published_precision,
                entry.published_flag,
                optional_text(entry.updated_at),
                content_hash(entry),
                entry.content or entry.summary,
                as_json(entry.tags),
                as_json(entry.extra),
                stamp,
                stamp,
            )
            for entry in reversed(fresh)
        ],
    )


def _take_again(connection: sqlite3.Connection, changed: Sequence[tuple[_Known, Entry]], now: datetime) -> None:
    """Let entries that the feed has changed wait for their page once more: it may be a revision.

    At most `MAX_TAKES` times an entry: some feeds change a counter in every text at every poll.
    """
    connection.executemany(
        """
        UPDATE entries
        SET title = :title, content = :content, content_hash = :hash, updated_at = :updated, takes = takes + 1,
            outcome = 'pending', attempts = 0, next_attempt_at = :now, finished_at = NULL
        WHERE id = :id AND takes < :most
        """,
        [
            {
                "id": stored.id,
                "title": entry.title,
                "content": entry.content or entry.summary,
                "hash": content_hash(entry),
                "updated": optional_text(entry.updated_at),
                "now": to_text(now),
                "most": MAX_TAKES,
            }
            for stored, entry in changed
        ],
    )


def _sight(connection: sqlite3.Connection, feed_id: int, entries: Sequence[Entry], now: datetime) -> None:
    stamp = to_text(now)
    connection.executemany(
        """
        INSERT INTO sightings (feed_id, url, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (feed_id, url) DO UPDATE SET last_seen_at = excluded.last_seen_at
        """,
        [(feed_id, entry.url, stamp, stamp) for entry in entries if entry.url],
    )
