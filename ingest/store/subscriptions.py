"""The subscriptions table: which feeds have a WebSub hub, what was agreed with it; and the lists that are watched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from ingest.store.database import transaction
from ingest.store.feed_state import shorten
from ingest.times import optional_text, optional_time, to_text

MAX_AT_ONCE = 20  # hubs asked in one round


class SubscriptionRow(TypedDict):
    """A subscription's fields, as `acquire.websub.Subscription` takes them."""

    feed_id: int
    hub: str
    topic: str
    token: str
    secret: str
    lease_until: datetime | None
    requested_at: datetime | None
    requests: int
    error: str | None


def hubs_to_join(connection: sqlite3.Connection) -> list[tuple[int, str, str]]:
    """`(feed id, hub, topic)` of active feeds that name a hub which was never asked; a read."""
    rows = connection.execute(
        """
        SELECT feeds.id, feeds.hub, coalesce(feeds.topic, feeds.url) AS topic
        FROM feeds LEFT JOIN subscriptions ON subscriptions.feed_id = feeds.id
        WHERE feeds.status = 'active' AND feeds.hub IS NOT NULL
            AND (subscriptions.feed_id IS NULL OR subscriptions.hub <> feeds.hub
                 OR subscriptions.topic <> coalesce(feeds.topic, feeds.url))
        LIMIT ?
        """,
        (MAX_AT_ONCE,),
    )
    return [(row["id"], row["hub"], row["topic"]) for row in rows]


def subscriptions(connection: sqlite3.Connection) -> list[SubscriptionRow]:
    """Subscriptions of active feeds; a read."""
    rows = connection.execute(
        """
        SELECT subscriptions.* FROM subscriptions JOIN feeds ON feeds.id = feed_id WHERE feeds.status = 'active'
        ORDER BY coalesce(lease_until, requested_at, '')
        """
    )
    return [_fields(row) for row in rows]


def subscription_by_token(connection: sqlite3.Connection, token: str) -> SubscriptionRow | None:
    """The subscription whose callback ends in a token; a read."""
    row = connection.execute(
        """
        SELECT subscriptions.* FROM subscriptions JOIN feeds ON feeds.id = feed_id
        WHERE token = ? AND feeds.status = 'active'
        """,
        (token,),
    ).fetchone()
    return _fields(row) if row is not None else None


def save_subscription(connection: sqlite3.Connection, fields: SubscriptionRow) -> None:
    """Store a subscription as it stands now."""
    with transaction(connection):
        connection.execute(
            """
            INSERT INTO subscriptions (feed_id, hub, topic, token, secret, lease_until, requested_at, requests, error)
            SELECT :feed_id, :hub, :topic, :token, :secret, :lease_until, :requested_at, :requests, :error
            WHERE EXISTS (SELECT 1 FROM feeds WHERE id = :feed_id)
            ON CONFLICT (feed_id) DO UPDATE SET hub = excluded.hub, topic = excluded.topic, token = excluded.token,
                secret = excluded.secret, lease_until = excluded.lease_until, requested_at = excluded.requested_at,
                requests = excluded.requests, error = excluded.error
            """,
            {
                **fields,
                "lease_until": optional_text(fields["lease_until"]),
                "requested_at": optional_text(fields["requested_at"]),
                "error": shorten(fields["error"]),
            },
        )


def change_subscription(connection: sqlite3.Connection, before: SubscriptionRow, after: SubscriptionRow) -> bool:
    """Store a subscription as it stands now, unless it was changed since it was read; whether it was stored."""
    row = connection.execute("SELECT * FROM subscriptions WHERE feed_id = ?", (before["feed_id"],)).fetchone()
    if row is None or _fields(row) != before:
        return False
    save_subscription(connection, after)
    return True


def count_push(connection: sqlite3.Connection, feed_id: int, now: datetime) -> None:
    """Note that a hub has pushed."""
    with transaction(connection):
        connection.execute(
            "UPDATE subscriptions SET last_push_at = ?, pushes = pushes + 1 WHERE feed_id = ?", (to_text(now), feed_id)
        )


def list_state(connection: sqlite3.Connection, url: str) -> Mapping[str, Any]:
    """What is known of a watched list: `etag`, `last_modified`, `checked_at`, `error`; a read."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (f"list:{url}",)).fetchone()
    return json.loads(row["value"]) if row is not None else {}


def save_list_state(connection: sqlite3.Connection, url: str, state: Mapping[str, Any]) -> None:
    """Store what is known of a watched list."""
    with transaction(connection):
        connection.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (f"list:{url}", json.dumps(dict(state))),
        )


def note_list_look(
    connection: sqlite3.Connection, url: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Store what a look changed, unless the list was forgotten while it was asked: then it is read anew."""
    if list_state(connection, url) == before:
        save_list_state(connection, url, after)


def forget_lists(connection: sqlite3.Connection) -> None:
    """Have every watched list read in full at the next look: without validators, whenever it was read last."""
    with transaction(connection):
        connection.execute("DELETE FROM meta WHERE key GLOB 'list:*'")


def _fields(row: sqlite3.Row) -> SubscriptionRow:
    return SubscriptionRow(
        feed_id=row["feed_id"],
        hub=row["hub"],
        topic=row["topic"],
        token=row["token"],
        secret=row["secret"],
        lease_until=optional_time(row["lease_until"]),
        requested_at=optional_time(row["requested_at"]),
        requests=row["requests"],
        error=row["error"],
    )
