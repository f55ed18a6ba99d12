"""The single writer: a thread that owns the only writing connection of its process."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from ingest.store.database import BUSY_TIMEOUT_S, open_database, transaction

# Jobs that share a transaction: a commit costs as much as recording three polls.
MAX_TOGETHER = 64
MAX_TOGETHER_S = 0.1  # other processes share the database: DESIGN allows 200 ms a transaction

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Job:
    future: Future[Any]
    function: Callable[[sqlite3.Connection], Any]
    shares: bool


class Writer:
    """Functions handed to it run in its thread one after another, each with the connection as first argument.

    A function that writes opens its own `transaction`.
    """

    def __init__(self, path: Path, *, patience_s: float = BUSY_TIMEOUT_S) -> None:
        """Start the thread and open the database.

        Args:
            patience_s: how long a transaction waits for another process's before it fails as busy.

        Raises:
            StoreError: when it cannot be opened.
        """
        self._path = path
        self._patience_s = patience_s
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._held: deque[_Job | None] = deque()  # taken off the queue, and not run yet: before what is there
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        opened: Future[None] = Future()
        self._opened = opened
        self._thread.start()
        opened.result()

    def submit(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Queue a function; its result or exception arrives in the future (`asyncio.wrap_future` awaits it)."""
        return self._queue(lambda connection: function(connection, *args, **kwargs), shares=False)

    def submit_small(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Queue a function that writes little, in one `transaction`: those that wait together are committed together.

        Each is all or nothing by itself, and its future is done when it is committed.
        """
        return self._queue(lambda connection: function(connection, *args, **kwargs), shares=True)

    def close(self) -> None:
        """Finish what is queued, then close the connection."""
        self._jobs.put(None)
        self._thread.join()

    def _queue(self, function: Callable[[sqlite3.Connection], T], *, shares: bool) -> Future[T]:
        future: Future[T] = Future()
        self._jobs.put(_Job(future, function, shares))
        return future

    def _run(self) -> None:
        try:
            connection = open_database(self._path)
            connection.execute(f"PRAGMA busy_timeout = {round(self._patience_s * 1000)}")
        except BaseException as error:
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        while (job := self._next()) is not None:
            if job.shares and len(together := self._waiting_with(job)) > 1:
                _run_together(connection, together)
                self._held.extendleft(reversed(together))
            else:
                _run_alone(connection, job)
        with suppress(sqlite3.Error):  # a full disk: the figures of the planner wait for the next time
            connection.execute("PRAGMA optimize")
        connection.close()

    def _next(self) -> _Job | None:
        return self._held.popleft() if self._held else self._jobs.get()

    def _waiting_with(self, first: _Job) -> deque[_Job]:
        """The first job and those waiting right behind it that may share its transaction."""
        together = deque([first])
        while len(together) < MAX_TOGETHER and (self._held or not self._jobs.empty()):
            job = self._next()
            if job is None or not job.shares:
                self._held.appendleft(job)
                break
            together.append(job)
        return together


def _run_alone(connection: sqlite3.Connection, job: _Job) -> None:
    if not job.future.set_running_or_notify_cancel():
        return
    try:
        job.future.set_result(job.function(connection))
    except BaseException as error:
        job.future.set_exception(error)


def _run_together(connection: sqlite3.Connection, jobs: deque[_Job]) -> None:
    """Run jobs off the left in one transaction, as many as it has time for; what fails takes back its own part only.

    Where the transaction itself fails, all of them fail with its error, those left over too.
    """
    ran: list[tuple[_Job, Any]] = []
    ends = time.monotonic() + MAX_TOGETHER_S
    try:
        with transaction(connection):
            while jobs and time.monotonic() < ends:
                job = jobs.popleft()
                if not job.future.set_running_or_notify_cancel():
                    continue
                try:
                    ran.append((job, job.function(connection)))
                except BaseException as error:
                    if not connection.in_transaction:  # a full disk and its like: SQLite took all of it back
                        ran.append((job, None))
                        raise
                    job.future.set_exception(error)
    except BaseException as error:
        left = [job for job in jobs if job.future.set_running_or_notify_cancel()]
        jobs.clear()
        for job in (*(job for job, _ in ran), *left):
            job.future.set_exception(error)
        return
    for job, result in ran:
        job.future.set_result(result)
