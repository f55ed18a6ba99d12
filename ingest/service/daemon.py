"""The daemon: starts the engine, ticks, answers signals, stops within its deadline."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from ingest.config import Config, load_config
from ingest.errors import ConfigError, MovedError, StoreError
from ingest.events import Listener, unfailing
from ingest.service import files
from ingest.service.engine import Engine
from ingest.service.health import HealthServer
from ingest.service.lists import refresh_lists
from ingest.service.metrics import Metrics
from ingest.service.notify import Notifier
from ingest.service.progress import Progress
from ingest.service.push import Push
from ingest.service.restart import needing_restart
from ingest.service.schedule import Schedule
from ingest.service.upkeep import keep_up
from ingest.store.database import identity, log_bytes, named_file
from ingest.store.report import gauges
from ingest.times import TimeError

LOOK_S = 60.0  # between two looks for lists and hubs that are due; such a look is two reads of the database


class Daemon:
    """`ingest run`: an engine under a schedule, until `request_stop` or SIGTERM."""

    def __init__(self, config: Config, db: Path, *, listener: Listener, clock: Callable[[], datetime]) -> None:
        self._config = config
        self._started_with = config.settings
        self._db = named_file(db)
        self._clock = clock
        self._metrics = Metrics()
        self._outer = unfailing(listener)
        self._stop = asyncio.Event()
        self._notifier = Notifier()
        self._reloads: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._look_at = 0.0  # monotonic
        started = time.monotonic()
        self._progress = Progress(config.settings.service.tick, ticked=started, wrote=started)
        self._ready = False
        self._damage: StoreError | None = None
        self._file: tuple[int, int] | None = None

    def request_stop(self) -> None:
        """Ask for a clean stop; `run` returns when it is done."""
        self._stop.set()

    async def run(self, *, handle_signals: bool = True) -> None:
        """Run until asked to stop.

        Raises:
            StoreError, ConfigError: when it cannot start, or the database turns out to be damaged.
        """
        service = self._config.settings.service
        self._raise_file_limit()
        async with AsyncExitStack() as stack:
            engine = Engine(self._config, self._db, listener=self._tell, clock=self._clock, patient=True)
            await stack.enter_async_context(engine)
            self._file = identity(self._db)
            if service.listen:
                await stack.enter_async_context(self._health(service.listen, engine))
            push = (
                await stack.enter_async_context(self._push(engine)) if self._config.settings.websub.callback else None
            )
            if handle_signals:
                self._handle_signals(engine)
            schedule = Schedule(
                service,
                tick=lambda: self._tick(engine, push),
                maintenance=lambda: self._maintain(engine),
                jumped=lambda seconds: self._clock_jumped(engine, seconds),
            )
            with schedule:
                self._ready = True
                self._notifier.ready("polling")
                self._tell("started", {"db": str(self._db)})
                await self._tick(engine, push)
                await self._stop.wait()
                await self._stop_looking()
            self._ready = False
            self._notifier.stopping()
            cut_off = await engine.stop(service.stop_deadline)
            self._tell("stopped", {"cut_off": cut_off})
        if self._damage is not None:
            raise self._damage

    def _raise_file_limit(self) -> None:
        limit, needed = files.raise_limit(), files.needed(self._config.settings)
        if limit < needed:
            self._tell("file_limit_low", {"limit": limit, "needed": needed, "advice": files.ADVICE})

    def _tell(self, event: str, fields: Mapping[str, object]) -> None:
        self._metrics.listen(event, fields)
        self._outer(event, fields)

    async def _tick(self, engine: Engine, push: Push | None) -> None:
        self._progress.ticked = time.monotonic()
        for name, intake in (("polls", engine.polls), ("pages", engine.entries)):
            self._progress.failing[name] = intake.failing
            try:
                intake.raise_error()
            except StoreError as error:
                self._give_up(error)
            except (TimeError, sqlite3.OperationalError) as error:  # what cannot be read costs itself
                self._tell("work_failed", {"error": repr(error)})
                await engine.mend()
            except Exception as error:  # a bug, or a worker pool that is gone: tried again at the next tick
                self._tell("work_failed", {"error": repr(error)})
            intake.fill()
        self._look_if_due(engine, push)
        if await engine.look(lambda connection: identity(self._db)) != self._file:
            # What is written now goes into a file that nobody finds; another one may have the name already.
            self._give_up(
                MovedError(
                    f"{self._db}: the database was moved, replaced or removed under the running daemon; it stops"
                )
            )
        self._progress.wrote = time.monotonic()
        # Scheduler and writer have both moved: only that keeps the watchdog quiet. A full disk is no stall: the
        # daemon goes on by itself, and a restart would not help.
        # Nor is it alive where nothing comes of what it does.
        if self._progress.stalled(time.monotonic()) is not None:
            return
        self._notifier.alive(f"waiting: database {engine.trouble}" if engine.trouble else "polling")

    def _clock_jumped(self, engine: Engine, seconds: float) -> None:
        self._tell("clock_jumped", {"seconds": seconds})
        task = asyncio.get_running_loop().create_task(engine.mend())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    def _give_up(self, error: StoreError) -> None:
        """Stop with an error that no waiting mends."""
        if self._damage is None:
            self._tell("store_damaged", {"error": str(error)})
        self._damage = error
        self._stop.set()

    def _look_if_due(self, engine: Engine, push: Push | None) -> None:
        now = time.monotonic()
        under_way = self._looking is not None and not self._looking.done()
        if now >= self._look_at and not under_way and not self._stop.is_set():
            self._look_at = now + min(LOOK_S, self._config.settings.poll.lists_interval)
            self._looking = asyncio.get_running_loop().create_task(self._look_around(engine, push))

    async def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.cancel()  # whatever it waits for can be asked again
            await asyncio.wait([self._looking])

    async def _look_around(self, engine: Engine, push: Push | None) -> None:
        """Read the watched lists and ask the hubs, as far as they are due."""
        settings = self._config.settings.poll
        try:
            await refresh_lists(
                settings,
                client=engine.client,
                call=engine.call,
                scan=engine.scan_list,
                tell=self._tell,
                now=self._clock(),
            )
            if push is not None:
                await push.renew()
                if push.next_look_s is not None:
                    self._look_at = min(self._look_at, time.monotonic() + push.next_look_s)
        except StoreError as error:
            self._give_up(error)
        except Exception as error:  # a bug must not end what is looked at beside it
            self._tell("work_failed", {"error": repr(error)})

    def _push(self, engine: Engine) -> Push:
        return Push(
            self._config.settings,
            client=engine.client,
            call=engine.call,
            take=engine.take_push,
            tell=self._tell,
            clock=self._clock,
            sparing=engine.sparing,
        )

    async def _maintain(self, engine: Engine) -> None:
        try:
            await engine.mend()
            await keep_up(
                self._config.settings,
                self._db,
                call=engine.call,
                tell=self._tell,
                clock=self._clock,
                stop=self._stop.is_set,
            )
        except StoreError as error:
            self._give_up(error)

    def _health(self, listen: str, engine: Engine) -> HealthServer:
        async def metrics() -> bytes:
            read = await engine.look(gauges, self._clock())
            return self._metrics.render(
                {
                    **read,
                    "log_bytes": log_bytes(self._db),
                    "disk_free_bytes": shutil.disk_usage(self._db.absolute().parent).free,
                    "store_writable": engine.trouble is None,
                    "work_running": engine.polls.running + engine.entries.running,
                }
            )

        def health() -> str | None:
            return self._progress.stalled(time.monotonic())

        def ready() -> str | None:
            if engine.trouble:
                return f"database or kept pages cannot be written: {engine.trouble}; {engine.trouble.advice}"
            return health() if self._ready else "starting or stopping"

        return HealthServer(listen, health=health, ready=ready, metrics=metrics, tell=engine.sparing)

    def _handle_signals(self, engine: Engine) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.request_stop)
        loop.add_signal_handler(signal.SIGHUP, self._start_reload, engine)

    def _start_reload(self, engine: Engine) -> None:
        task = asyncio.get_running_loop().create_task(self._reload(engine))
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _reload(self, engine: Engine) -> None:
        if self._config.path is None:
            return
        self._notifier.reloading()
        try:
            config = await asyncio.to_thread(load_config, self._config.path)
            await engine.reload(config)
        except ConfigError as error:  # a typo must not stop a daemon: the old config stays
            self._tell("reload_failed", {"error": str(error)})
        except Exception as error:  # whatever else: systemd waits for the end of what was begun
            self._tell("reload_failed", {"error": f"internal error: {error!r}"})
        else:
            self._config = config
            self._look_at = 0.0  # a list may be new, or name what was dropped just now
            self._tell("reloaded", {"config": str(config.path)})
            if names := needing_restart(self._started_with, config.settings):
                self._tell("restart_needed", {"settings": ", ".join(names)})
        self._notifier.ready("polling")
