"""Watched remote OPML files: fetched in their rhythm, the feeds table brought in line with each."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ingest.acquire.http import HttpClient
from ingest.acquire.opml import MAX_OPML_BYTES, OpmlFeed, Scan
from ingest.acquire.poll import validator
from ingest.errors import ConfigError, IngestError, NotAskedError, StoreError, WorkersError
from ingest.events import Listener
from ingest.settings import PollSettings
from ingest.store.database import Call
from ingest.store.feed_sync import Synced, sync_list
from ingest.store.subscriptions import list_state, note_list_look, save_list_state
from ingest.times import from_text, to_text

ACCEPT_OPML = "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"


async def refresh_lists(
    settings: PollSettings, *, client: HttpClient, call: Call, scan: Scan, tell: Listener, now: datetime
) -> None:
    """Look at every watched list that is due. A list that cannot be had, or is empty, changes nothing."""
    for url in settings.lists:
        state = await call(list_state, url)
        checked = state.get("checked_at")
        if checked and now - from_text(checked) < timedelta(seconds=settings.lists_interval):
            continue
        try:
            headers = _validators(state, now, settings.full_fetch)
            page = await client.fetch(url, max_bytes=MAX_OPML_BYTES, accept=ACCEPT_OPML, headers=headers)
            if page.status == 304:
                await call(note_list_look, url, state, {**state, "checked_at": to_text(now), "error": None})
                continue
            feeds, problems = await scan(page.body, url)
            if not feeds:
                raise ConfigError(f"{url}: lists no feed")
        except NotAskedError as error:
            tell("list_failed", {"url": url, "error": str(error)})
            continue  # not read, so still due
        except (StoreError, WorkersError):
            raise  # of this machine: the list is still due
        except Exception as error:  # the border of one list: it costs those behind it nothing
            said = str(error) if isinstance(error, IngestError) else f"internal error: {error!r}"
            await call(note_list_look, url, state, {**state, "checked_at": to_text(now), "error": said})
            tell("list_failed", {"url": url, "error": said})
            continue
        kept = {name: value for name in _HEADERS if (value := validator(page.headers, _HEADERS[name], None))}
        state = {**kept, "checked_at": to_text(now), "full_at": to_text(now), "error": "; ".join(problems) or None}
        synced = await call(_take, url, feeds, state, now)
        tell("list_read", {"url": url, "added": synced.added, "paused": synced.paused, "refused": len(problems)})


def _take(
    connection: sqlite3.Connection, url: str, feeds: Sequence[OpmlFeed], state: Mapping[str, Any], now: datetime
) -> Synced:
    """Bring the table in line with a list and note its state: in one go, so that no forgetting falls in between."""
    synced = sync_list(connection, url, feeds, now)
    save_list_state(connection, url, state)
    return synced


_HEADERS = {"etag": "etag", "last_modified": "last-modified"}


def _validators(state: Any, now: datetime, full_fetch_s: float) -> dict[str, str]:
    # Some servers answer 304 for ever: a list is read in full as often as a feed.
    full_at = state.get("full_at")
    if not full_at or now - from_text(full_at) >= timedelta(seconds=full_fetch_s):
        return {}
    found = {"If-None-Match": state.get("etag"), "If-Modified-Since": state.get("last_modified")}
    return {name: value for name, value in found.items() if value}
