"""The two APScheduler jobs: a tick and maintenance. What is due lives in the database, not here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Self

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from ingest.settings import ServiceSettings

JUMP_S = 5.0  # the wall clock moved this much against the monotonic one: NTP steps, a suspend, a person


class Schedule:
    """Calls `tick` and `maintenance` in their rhythm while it is entered (inside a running event loop).

    APScheduler plans by the wall clock. Set back by an hour, it would sleep that hour; so a guard that
    counts monotonic time plans both jobs anew when the two clocks part.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        tick: Callable[[], Awaitable[None]],
        maintenance: Callable[[], Awaitable[None]],
        jumped: Callable[[float], None],
    ) -> None:
        """Set up; nothing runs before it is entered.

        Args:
            settings: `tick` and `maintenance` are the intervals in seconds.
            tick: looks for due work.
            maintenance: housekeeping.
            jumped: told by how many seconds the wall clock jumped.
        """
        self._settings = settings
        self._jumped = jumped
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._guard: asyncio.Task[None] | None = None

        # APScheduler recognises coroutine functions only, and runs anything else in a thread.
        # Stopping cancels a run that is under way; that is no failure to be logged.
        async def tick_job() -> None:
            with suppress(asyncio.CancelledError):
                await tick()

        async def maintenance_job() -> None:
            with suppress(asyncio.CancelledError):
                await maintenance()

        # coalesce and no grace limit: after a suspend one run, not a storm and not none.
        shared = {"trigger": "interval", "max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        self._scheduler.add_job(tick_job, seconds=settings.tick, id="tick", **shared)
        self._scheduler.add_job(maintenance_job, seconds=settings.maintenance, id="maintenance", **shared)

    def __enter__(self) -> Self:
        self._scheduler.start()
        self._guard = asyncio.create_task(self._watch_clock())
        return self

    def __exit__(self, *_: object) -> None:
        if self._guard is not None:
            self._guard.cancel()
        self._scheduler.shutdown(wait=False)

    async def _watch_clock(self) -> None:
        apart = time.time() - time.monotonic()
        while True:
            await asyncio.sleep(self._settings.tick)
            change = time.time() - time.monotonic() - apart
            if abs(change) >= JUMP_S:
                apart += change
                self._replan()
                self._jumped(change)

    def _replan(self) -> None:
        now = datetime.now(UTC)
        for job, seconds in (("tick", self._settings.tick), ("maintenance", self._settings.maintenance)):
            self._scheduler.modify_job(job, next_run_time=now + timedelta(seconds=seconds))
