"""Maintenance inside the daemon: in slices of the writer's time, so that polls and pages go on in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from ingest.events import Listener
from ingest.pipeline.prune import Pruned, prune
from ingest.pipeline.settle import Settling
from ingest.settings import Settings
from ingest.store.database import LOG_LIMIT_BYTES, Call, log_bytes
from ingest.store.maintenance import cut_log, give_back, optimize, remove_polls
from ingest.store.pages import limit_pages
from ingest.times import to_text

SLICE_S = 0.5  # of the writer's time at once: a tick is 2 s
LARGE_LOG_BYTES = 4 * LOG_LIMIT_BYTES  # a write-ahead log of this size says that a reader stays for hours


async def keep_up(
    settings: Settings,
    db: Path,
    *,
    call: Call,
    tell: Listener,
    clock: Callable[[], datetime],
    stop: Callable[[], bool],
) -> None:
    """Apply the limits of retention, forget old boilerplate, remove old log rows, give room back, cut the log.

    Texts that wait for it are placed again, and the planner's figures are renewed.

    Args:
        stop: whether to leave the rest for the next time.

    Raises:
        StoreError: when the database is damaged.
    """
    pruned = Pruned()
    while not stop():
        some = await call(prune, settings.retention, settings.dedup, clock(), stop=_slice())
        pruned.articles += some.articles
        pruned.texts += some.texts
        pruned.entries += some.entries
        pruned.sentences += some.sentences
        pruned.freed_bytes += some.freed_bytes
        pruned.other_bytes = some.other_bytes
        if not some.articles and not some.entries and not some.sentences:
            break
    if pruned.sentences:
        tell("boilerplate_forgotten", {"sentences": pruned.sentences})
    if pruned.articles:
        tell("pruned", {"articles": pruned.articles, "texts": pruned.texts, "entries": pruned.entries})
    if pruned.other_bytes:
        tell("size_out_of_reach", {"other_bytes": pruned.other_bytes, "advice": "raise retention.max_size"})
    settling, placed = Settling(settings.dedup), 0
    while not stop() and (some_texts := await call(settling.some, clock())):
        placed += some_texts
    if placed:
        tell("settled", {"texts": placed, "failed": settling.failed or None})
    before = to_text(clock() - timedelta(seconds=settings.service.keep_polls))
    removed = 0
    while not stop() and (some_rows := await call(remove_polls, before, _slice())):
        removed += some_rows
    freed = pruned.freed_bytes
    while not stop() and (some_bytes := await call(give_back, _slice())):
        freed += some_bytes
    if settings.pages.keep != "off":
        await call(limit_pages, settings.pages, settings.pages.folder_beside(db), clock())
    held = not await call(cut_log)
    await call(optimize)
    size = log_bytes(db)
    tell("maintained", {"polls_removed": removed, "freed_bytes": freed, "log_bytes": size, "log_held": held})
    if held and size > LARGE_LOG_BYTES:
        tell("log_held", {"bytes": size, "advice": "a reader has been open for long; end it"})


def _slice() -> Callable[[], bool]:
    end = time.monotonic() + SLICE_S
    return lambda: time.monotonic() > end
