"""The two APScheduler jobs: a tick and maintenance. What is due lives in the database, not here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from ingest.settings import ServiceSettings


class Schedule:
    """Calls `tick` and `maintenance` in their rhythm while it is entered (inside a running event loop)."""

    def __init__(
        self, settings: ServiceSettings, *, tick: Callable[[], None], maintenance: Callable[[], Awaitable[None]]
    ) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")

        # APScheduler runs plain functions in a thread pool; a coroutine stays on the event loop.
        async def tick_job() -> None:
            tick()

        # coalesce and no grace limit: after a suspend or a clock jump one run, not a storm and not none.
        shared = {"trigger": "interval", "max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        self._scheduler.add_job(tick_job, seconds=settings.tick, id="tick", **shared)
        self._scheduler.add_job(maintenance, seconds=settings.maintenance, id="maintenance", **shared)

    def __enter__(self) -> Self:
        self._scheduler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._scheduler.shutdown(wait=False)
