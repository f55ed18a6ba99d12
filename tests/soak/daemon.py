"""The daemon under a clock that runs faster: `python -m tests.soak.daemon CONFIG DB START SPEED BEGAN`.

Its caches are smaller than those of the real one by as much as a soak's texts are fewer: at their usual bounds
(8,192 texts, 64 MiB of pages) they would fill up all the simulated week long, and a leak could hide behind them.
Those of URLs and times are full from the start, for the same reason.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.acquire.http import _checked
from ingest.addresses import page_url
from ingest.config import load_config
from ingest.dedup.canonical import trusted_time
from ingest.service.daemon import Daemon
from ingest.service.logs import log_libraries, log_listener
from ingest.store import corpus, database
from ingest.times import to_text

CACHED_TEXTS = 512
CACHED_PAGES_KIB = 2048


def fast_clock(start: datetime, speed: float, began: float) -> Callable[[], datetime]:
    """A clock that showed `start` at the monotonic second `began`; the same in every process of this machine."""
    return lambda: start + timedelta(seconds=speed * (time.monotonic() - began))


def fill_caches() -> None:
    """Fill the caches of functions that see something new with every text."""
    for read in (_checked, page_url):
        for number in range(read.cache_info().maxsize or 0):
            read(f"http://127.0.0.1:8000/of-no-page/as-long-as-that-of-a-story-{number}")
    for number in range(trusted_time.cache_info().maxsize or 0):
        moment = to_text(datetime.fromtimestamp(number + 1, UTC))
        trusted_time(moment, "second", moment)


def main() -> None:
    config, db, start, speed, began = sys.argv[1:]
    fill_caches()
    corpus.MAX_CACHED_TEXTS, database.CACHE_KIB = CACHED_TEXTS, CACHED_PAGES_KIB
    clock = fast_clock(datetime.fromisoformat(start), float(speed), float(began))
    listener = log_listener(as_json=False)
    log_libraries(listener)

    async def serve() -> None:
        await Daemon(load_config(Path(config)), Path(db), listener=listener, clock=clock).run()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
