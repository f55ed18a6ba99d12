"""The table of sentences that sites repeat (`ingest.dedup.boilerplate` tells which): written, read, forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

KEEP_DAYS = 120  # a redesigned site stops showing its old furniture


def known(connection: sqlite3.Connection, site: str) -> frozenset[int]:
    """The keys of the sentences that a site, or `EVERYWHERE` for anybody, is known to repeat."""
    return frozenset(row[0] for row in connection.execute("SELECT key FROM boilerplate WHERE site = ?", (site,)))


def learn(connection: sqlite3.Connection, site: str, keys: Iterable[int], now: str) -> None:
    """Remember that a site, or `EVERYWHERE`, repeats these sentences, too."""
    connection.executemany(
        "INSERT OR IGNORE INTO boilerplate (site, key, learned_at, last_seen_at) VALUES (?, ?, ?, ?)",
        [(site, key, now, now) for key in keys],
    )
    _count_change(connection)


def unlearn(connection: sqlite3.Connection, site: str, keys: Iterable[int]) -> None:
    """Remember that a site, or `EVERYWHERE`, repeats these sentences no longer."""
    connection.executemany("DELETE FROM boilerplate WHERE site = ? AND key = ?", [(site, key) for key in keys])
    _count_change(connection)


def seen(connection: sqlite3.Connection, site: str, keys: Iterable[int], now: str) -> None:
    """Note that a page of the site shows these sentences still; written once a day."""
    connection.executemany(
        "UPDATE boilerplate SET last_seen_at = ?1 WHERE site = ?2 AND key = ?3 AND substr(last_seen_at, 1, 10) < ?4",
        [(now, site, key, now[:10]) for key in keys],
    )


def forget(connection: sqlite3.Connection, before: str, limit: int) -> int:
    """Drop at most `limit` sentences that no page has shown since a time; returns how many that were."""
    forgotten = connection.execute(
        """
        DELETE FROM boilerplate WHERE (site, key) IN
            (SELECT site, key FROM boilerplate WHERE last_seen_at < ? LIMIT ?)
        """,
        (before, limit),
    ).rowcount
    if forgotten:
        _count_change(connection)
    return forgotten


def forget_all(connection: sqlite3.Connection) -> None:
    """Drop everything: it is learned anew."""
    connection.execute("DELETE FROM boilerplate")
    _count_change(connection)


def _count_change(connection: sqlite3.Connection) -> None:
    """Tell every process that what it read of `known` may no longer be so."""
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('boilerplate_changes', 1) ON CONFLICT DO UPDATE SET value = value + 1"
    )


def changes(connection: sqlite3.Connection) -> int:
    """How often something was learned or forgotten: what was read of `known` is good as long as this stays."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'boilerplate_changes'").fetchone()
    return int(row[0]) if row else 0
