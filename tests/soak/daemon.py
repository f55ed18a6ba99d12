"""The daemon under a clock that runs faster: `python -m tests.soak.daemon CONFIG DB START SPEED BEGAN`.

Its caches are smaller than those of the real one by as much as a soak's texts are fewer: at their usual bounds
(8,192 texts, 64 MiB of pages) they would fill up all the simulated week long, and a leak could hide behind them.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from ingest.config import load_config
from ingest.pipeline import comparing
from ingest.service.daemon import Daemon
from ingest.service.logs import log_libraries, log_listener
from ingest.store import database

CACHED_TEXTS = 512
CACHED_PAGES_KIB = 2048


def fast_clock(start: datetime, speed: float, began: float) -> Callable[[], datetime]:
    """A clock that showed `start` at the monotonic second `began`; the same in every process of this machine."""
    return lambda: start + timedelta(seconds=speed * (time.monotonic() - began))


def main() -> None:
    config, db, start, speed, began = sys.argv[1:]
    comparing.MAX_CACHED_TEXTS, database.CACHE_KIB = CACHED_TEXTS, CACHED_PAGES_KIB
    clock = fast_clock(datetime.fromisoformat(start), float(speed), float(began))
    listener = log_listener(as_json=False)
    log_libraries(listener)

    async def serve() -> None:
        await Daemon(load_config(Path(config)), Path(db), listener=listener, clock=clock).run()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
