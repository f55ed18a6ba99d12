"""A feed's row as the value that polling works on, and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from ingest.model import FeedHints, FeedState, FeedStatus
from ingest.texts import cut
from ingest.times import optional_text, optional_time
from ingest.urls import parts_of

MAX_MESSAGE_CHARS = 500  # enough for a message with its URL; the rest is the server's prose

STATE_COLUMNS = (
    "title, status, reason, etag, last_modified, validators_for, body_hash, interval_s, gap_s, window, next_poll_at, "
    "last_polled_at, last_full_at, last_ok_at, failing_since, last_new_at, errors, trouble, listed, moved_to, "
    "moved_count, moved_since, moved_overlap, missed, hints, hub, topic, pushed_until"
)
STATE_NAMES = tuple(name.strip() for name in STATE_COLUMNS.split(","))


def state_of(row: sqlite3.Row) -> FeedState:
    """A row of `feeds` as the value that polling works on."""
    return FeedState(
        id=row["id"],
        url=row["url"],
        title=row["title"],
        status=FeedStatus(row["status"]),
        reason=row["reason"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        validators_for=row["validators_for"],
        body_hash=row["body_hash"],
        interval_s=row["interval_s"],
        gap_s=row["gap_s"],
        window=row["window"],
        next_poll_at=optional_time(row["next_poll_at"]),
        last_polled_at=optional_time(row["last_polled_at"]),
        last_full_at=optional_time(row["last_full_at"]),
        last_ok_at=optional_time(row["last_ok_at"]),
        failing_since=optional_time(row["failing_since"]),
        last_new_at=optional_time(row["last_new_at"]),
        errors=row["errors"],
        trouble=row["trouble"],
        listed=row["listed"] or b"",
        moved_to=row["moved_to"],
        moved_count=row["moved_count"],
        moved_since=optional_time(row["moved_since"]),
        moved_overlap=row["moved_overlap"],
        missed=row["missed"],
        hints=_hints(row["hints"]),
        hub=row["hub"],
        topic=row["topic"],
        pushed_until=optional_time(row["pushed_until"]),
    )


def state_values(state: FeedState) -> dict[str, Any]:
    """A feed's state as column values."""
    return {
        "id": state.id,
        "title": state.title,
        "status": state.status,
        "reason": shorten(state.reason),
        "etag": state.etag,
        "last_modified": state.last_modified,
        "validators_for": state.validators_for,
        "body_hash": state.body_hash,
        "interval_s": state.interval_s,
        "gap_s": state.gap_s,
        "window": state.window,
        "next_poll_at": optional_text(state.next_poll_at),
        "last_polled_at": optional_text(state.last_polled_at),
        "last_full_at": optional_text(state.last_full_at),
        "last_ok_at": optional_text(state.last_ok_at),
        "failing_since": optional_text(state.failing_since),
        "last_new_at": optional_text(state.last_new_at),
        "errors": state.errors,
        "trouble": state.trouble,
        "listed": state.listed or None,
        "moved_to": state.moved_to,
        "moved_count": state.moved_count,
        "moved_since": optional_text(state.moved_since),
        "moved_overlap": state.moved_overlap,
        "missed": state.missed,
        "hints": _hints_text(state.hints),
        "hub": state.hub,
        "topic": state.topic,
        "pushed_until": optional_text(state.pushed_until),
    }


def host_of(url: str) -> str:
    """The host that a URL's requests go to, lower case."""
    return parts_of(url).hostname or ""


def shorten(text: str | None) -> str | None:
    """A message of storable length; None for nothing."""
    return cut(text, MAX_MESSAGE_CHARS) if text else None


def _hints(text: str | None) -> FeedHints:
    if not text:
        return FeedHints()
    values: Mapping[str, Any] = json.loads(text)
    return FeedHints(
        ttl_s=values.get("ttl_s"),
        period_s=values.get("period_s"),
        skip_hours=frozenset(values.get("skip_hours", ())),
        skip_days=frozenset(values.get("skip_days", ())),
    )


def _hints_text(hints: FeedHints) -> str | None:
    values = {
        "ttl_s": hints.ttl_s,
        "period_s": hints.period_s,
        "skip_hours": sorted(hints.skip_hours),
        "skip_days": sorted(hints.skip_days),
    }
    said = {name: value for name, value in values.items() if value}
    return json.dumps(said) if said else None
