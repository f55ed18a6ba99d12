"""Watched remote OPML files: fetched in their rhythm, the feeds table brought in line with each."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from ingest.acquire.http import HttpClient
from ingest.acquire.opml import MAX_OPML_BYTES, scan_opml
from ingest.errors import ConfigError, FetchError, NotAskedError
from ingest.pipeline.events import Listener
from ingest.settings import PollSettings
from ingest.store.database import Call
from ingest.store.feeds import sync_list
from ingest.store.subscriptions import list_state, save_list_state
from ingest.times import from_text, to_text

ACCEPT_OPML = "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"


async def refresh_lists(
    settings: PollSettings, *, client: HttpClient, call: Call, tell: Listener, now: datetime
) -> None:
    """Look at every watched list that is due. A list that cannot be had, or is empty, changes nothing."""
    for url in settings.lists:
        state = await call(list_state, url)
        checked = state.get("checked_at")
        if checked and now - from_text(checked) < timedelta(seconds=settings.lists_interval):
            continue
        try:
            page = await client.fetch(url, max_bytes=MAX_OPML_BYTES, accept=ACCEPT_OPML, headers=_validators(state))
            if page.status == 304:
                await call(save_list_state, url, {**state, "checked_at": to_text(now), "error": None})
                continue
            feeds, problems = await asyncio.to_thread(scan_opml, page.body, url)
            if not feeds:
                raise ConfigError(f"{url}: lists no feed")
        except NotAskedError as error:
            tell("list_failed", {"url": url, "error": str(error)})
            continue  # not read, so still due
        except (FetchError, ConfigError) as error:
            await call(save_list_state, url, {**state, "checked_at": to_text(now), "error": str(error)})
            tell("list_failed", {"url": url, "error": str(error)})
            continue
        synced = await call(sync_list, url, feeds, now)
        kept = {name: page.headers[header] for name, header in _HEADERS.items() if header in page.headers}
        await call(save_list_state, url, {**kept, "checked_at": to_text(now), "error": "; ".join(problems) or None})
        tell("list_read", {"url": url, "added": synced.added, "paused": synced.paused, "refused": len(problems)})


_HEADERS = {"etag": "etag", "last_modified": "last-modified"}


def _validators(state: Any) -> dict[str, str]:
    found = {"If-None-Match": state.get("etag"), "If-Modified-Since": state.get("last_modified")}
    return {name: value for name, value in found.items() if value}
