"""The daemon: starts the engine, ticks, answers signals, stops within its deadline."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sdnotify

from ingest.config import Config, load_config
from ingest.errors import ConfigError
from ingest.pipeline.events import Listener
from ingest.service.engine import Engine
from ingest.service.schedule import Schedule
from ingest.store.maintenance import maintain


class Daemon:
    """`ingest run`: an engine under a schedule, until `request_stop` or SIGTERM."""

    def __init__(self, config: Config, db: Path, *, listener: Listener, clock: Callable[[], datetime]) -> None:
        self._config = config
        self._db = db
        self._listener = listener
        self._clock = clock
        self._stop = asyncio.Event()
        self._notifier = sdnotify.SystemdNotifier()

    def request_stop(self) -> None:
        """Ask for a clean stop; `run` returns when it is done."""
        self._stop.set()

    async def run(self, *, handle_signals: bool = True) -> None:
        """Run until asked to stop.

        Raises:
            StoreError, ConfigError: when it cannot start.
        """
        async with Engine(self._config, self._db, listener=self._listener, clock=self._clock) as engine:
            if handle_signals:
                self._handle_signals(engine)
            service = self._config.settings.service
            schedule = Schedule(service, tick=lambda: self._tick(engine), maintenance=lambda: self._maintain(engine))
            with schedule:
                self._notifier.notify("READY=1")
                self._listener("started", {"db": str(self._db)})
                self._tick(engine)
                await self._stop.wait()
            self._notifier.notify("STOPPING=1")
            cut_off = await engine.stop(service.stop_deadline)
            self._listener("stopped", {"cut_off": cut_off})

    def _tick(self, engine: Engine) -> None:
        for intake in (engine.polls, engine.entries):
            try:
                intake.raise_error()
            except Exception as error:  # the database is busy or broken: say so, try again at the next tick
                self._listener("work_failed", {"error": repr(error)})
            intake.fill()

    async def _maintain(self, engine: Engine) -> None:
        keep = self._config.settings.service.keep_polls
        try:
            removed = await engine.call(maintain, self._clock(), keep)
        except sqlite3.Error as error:
            self._listener("maintenance_failed", {"error": repr(error)})
        else:
            self._listener("maintained", {"polls_removed": removed})

    def _handle_signals(self, engine: Engine) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.request_stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._reloads.add(loop.create_task(self._reload(engine))))
        self._reloads: set[asyncio.Task[None]] = set()

    async def _reload(self, engine: Engine) -> None:
        if self._config.path is None:
            return
        self._notifier.notify("RELOADING=1")
        try:
            config = await asyncio.to_thread(load_config, self._config.path)
            await engine.reload(config)
        except ConfigError as error:  # a typo must not stop a running daemon: the old config stays
            self._listener("reload_failed", {"error": str(error)})
        else:
            self._config = config
            self._listener("reloaded", {"config": str(config.path)})
        self._notifier.notify("READY=1")
