"""The demo's newsroom beside a test: in a thread of its own, so that the test may block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ingest.demo.newsroom import Newsroom

SETTINGS = """
feeds: [{feeds}]
fetch: {{allow_networks: ["127.0.0.0/8"], host_interval: 0, per_host: 8}}
poll: {{interval: 1s, min_interval: 1s, max_interval: 2s}}
extract: {{workers: 1}}
service: {{tick: 200ms, retry_delay: 1s}}
"""


@contextmanager
def running_newsroom(minutes_per_second: float | None = None) -> Iterator[Newsroom]:
    """A newsroom that serves while the context is open."""
    loop = asyncio.new_event_loop()
    newsroom = Newsroom(datetime.now(UTC), minutes_per_second=minutes_per_second)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(newsroom.start(), loop).result(10)
    try:
        yield newsroom
    finally:
        asyncio.run_coroutine_threadsafe(newsroom.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def write_config(folder: Path, newsroom: Newsroom) -> Path:
    """A config.yaml that polls the newsroom every second or so."""
    path = folder / "config.yaml"
    path.write_text(SETTINGS.format(feeds=", ".join(f'"{url}"' for url in newsroom.feeds)))
    return path
