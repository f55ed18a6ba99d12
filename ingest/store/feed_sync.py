"""The feeds table brought in line with what config and OPML list; feeds are paused, never deleted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ingest.config import Config
from ingest.store.database import transaction
from ingest.store.feed_state import host_of
from ingest.store.subscriptions import forget_lists
from ingest.times import to_text
from ingest.urls import site_of

BATCH = 500  # rows written in one transaction: well under 200 ms
NO_LONGER_LISTED = "no longer listed in "  # the reason by which a feed that is listed again is told from a paused one


class Listed(Protocol):
    """A feed as an OPML file lists it."""

    @property
    def url(self) -> str:
        """Its URL."""

    @property
    def title(self) -> str | None:
        """The title given there."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Its folders."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A feed as it ought to stand in the table."""

    url: str
    source: str
    origin: str
    title: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Synced:
    """How many feeds a reading of the configuration added, paused, and made active again."""

    added: int = 0
    paused: int = 0
    resumed: int = 0


def sync_feeds(connection: sqlite3.Connection, config: Config, opml: Sequence[Listed], now: datetime) -> Synced:
    """Bring the table in line with the configuration: its own feeds, and those of the OPML file it names.

    A feed that is listed no longer is paused with that reason, never deleted; listed again, it is
    active again. A person's pause stays, and so do feeds added by command, or resumed by it when they were
    listed no longer. Where both list a feed, the configuration's own entry counts.
    """
    opml_name = str(config.settings.opml or "")
    wanted = {feed.url: Wanted(feed.url, "opml", opml_name, feed.title, feed.tags) for feed in opml}
    for index, feed in enumerate(config.settings.feeds):
        origin = config.where("feeds", index) if config.path else ""
        wanted[feed.url] = Wanted(feed.url, "config", origin, feed.title, feed.tags)
    watched = config.settings.poll.lists

    def is_ours(row: sqlite3.Row) -> bool:
        return row["source"] in ("config", "opml") and row["origin"] not in watched

    return _bring_in_line(connection, wanted, is_ours, lambda row: True, now)


def sync_list(connection: sqlite3.Connection, url: str, listed: Sequence[Listed], now: datetime) -> Synced:
    """Bring the feeds of a watched remote OPML in line with it; feeds that are listed elsewhere too stay there.

    A feed that was paused as another file lists it no longer is taken over and active again.
    """
    wanted = {feed.url: Wanted(feed.url, "opml", url, feed.title, feed.tags) for feed in listed}

    def is_ours(row: sqlite3.Row) -> bool:
        return bool(row["source"] == "opml" and row["origin"] == url)

    def may_take(row: sqlite3.Row) -> bool:
        return is_ours(row) or was_unlisted(row)

    return _bring_in_line(connection, wanted, is_ours, may_take, now)


def _bring_in_line(
    connection: sqlite3.Connection,
    wanted: Mapping[str, Wanted],
    is_ours: Callable[[sqlite3.Row], bool],
    may_take: Callable[[sqlite3.Row], bool],
    now: datetime,
) -> Synced:
    rows = connection.execute("SELECT id, coalesce(listed_as, url) AS url, source, origin, status, reason FROM feeds")
    known = {row["url"]: row for row in rows}
    added = [feed for url, feed in wanted.items() if url not in known]
    kept = [(known[url], feed) for url, feed in wanted.items() if url in known and may_take(known[url])]
    gone = [row for url, row in known.items() if is_ours(row) and url not in wanted and row["status"] != "paused"]
    resumed = [row for row, _ in kept if was_unlisted(row)]
    insert_feeds(connection, added, now)
    in_batches(
        connection,
        """
        UPDATE feeds SET source = :source, origin = :origin, tags = :tags, title = coalesce(:title, title)
        WHERE id = :id
        """,
        [{"id": row["id"], **_listing(feed)} for row, feed in kept],
    )
    in_batches(
        connection,
        "UPDATE feeds SET status = 'active', reason = NULL, next_poll_at = :now WHERE id = :id",
        [{"id": row["id"], "now": to_text(now)} for row in resumed],
    )
    if gone:
        # A watched list may name them too, and one that has not changed would not be read. Before they are paused:
        # stopped in between, the next start does both.
        forget_lists(connection)
    in_batches(
        connection,
        "UPDATE feeds SET status = 'paused', reason = :reason WHERE id = :id",
        [{"id": row["id"], "reason": NO_LONGER_LISTED + _file_of(row)} for row in gone],
    )
    return Synced(len(added), len(gone), len(resumed))


def insert_feeds(connection: sqlite3.Connection, feeds: Sequence[Wanted], now: datetime) -> None:
    """Add feeds that are not in the table; they are due now."""
    in_batches(
        connection,
        """
        INSERT INTO feeds (url, host, site, source, origin, title, tags, added_at, next_poll_at)
        VALUES (:url, :host, :site, :source, :origin, :title, :tags, :now, :now)
        """,
        [
            {
                "url": feed.url,
                "host": host_of(feed.url),
                "site": site_of(feed.url),
                "now": to_text(now),
                **_listing(feed),
            }
            for feed in feeds
        ],
    )


def _listing(feed: Wanted) -> dict[str, Any]:
    tags = json.dumps(list(feed.tags), ensure_ascii=False)
    return {"source": feed.source, "origin": feed.origin or None, "title": feed.title, "tags": tags}


def in_batches(connection: sqlite3.Connection, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a statement for many rows, a transaction for each few hundred."""
    for start in range(0, len(rows), BATCH):
        with transaction(connection):
            connection.executemany(sql, rows[start : start + BATCH])


def was_unlisted(row: sqlite3.Row) -> bool:
    """Whether a feed (its `status` and `reason`) is paused as its file lists it no longer."""
    return bool(row["status"] == "paused" and str(row["reason"] or "").startswith(NO_LONGER_LISTED))


def _file_of(row: sqlite3.Row) -> str:
    origin = str(row["origin"] or row["source"])
    file, _, line = origin.rpartition(":")
    return file if line.isdigit() else origin
