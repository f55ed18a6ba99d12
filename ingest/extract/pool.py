"""Worker processes for pure functions: a deadline, a memory limit, and a crash that costs its own task only.

Generic: `pipeline` and `backfill` hand in their own functions. Never imports what it runs.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool
from pebble.common.types import CONSTS

from ingest.errors import ExtractError, WorkersError
from ingest.extract.worker import Refusal, prepare_worker, run_task
from ingest.model import Outcome
from ingest.settings import MIB, ExtractSettings

T = TypeVar("T")

# Imported once by the fork server; each worker is forked from it with that at hand.
PRELOADED = "ingest.extract.preload"

KILL_GRACE_S = 0.2  # between SIGTERM, which workers ignore, and SIGKILL: pebble waits this long
START_S = 60.0  # the fork server's imports take one second on an idle machine; none that answers by then is stuck
CLOSE_S = 3.0  # `close` returns within this time: workers are killed, not asked
MAX_REVIVALS = 3  # times that one task survives the break-down of the whole pool (an idle worker killed from outside)

# pebble offers no other way to shorten its pause of 3 s before SIGKILL.
CONSTS.term_timeout = KILL_GRACE_S


@dataclass(slots=True)
class _Task:
    future: Future[Any]
    function: Callable[..., Any]
    args: tuple[Any, ...]
    deadline: float
    revivals: int = 0


class WorkerPool:
    """Runs picklable functions in worker processes; nothing starts before the first `submit` or `start`.

    Attributes:
        workers: the number of processes.
    """

    def __init__(self, settings: ExtractSettings, *, preload: str = PRELOADED) -> None:
        """Decide on the workers; none is started yet.

        Args:
            preload: the module that workers find imported; the first pool of a process decides for all.
        """
        self._preload = preload
        self.workers = settings.workers or len(os.sched_getaffinity(0))
        self._settings = settings
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._waiting: deque[_Task] = deque()
        self._starting = False
        self._starter: threading.Thread | None = None
        self._closed = False

    def start(self) -> None:
        """Start the workers in the background, ahead of the first task; returns at once."""
        with self._lock:
            if self._starting or self._closed:
                return
            self._starting = True
            # Starting waits for the fork server's imports (about a second): never on the caller's time.
            self._starter = threading.Thread(target=self._start, name="worker-pool-start", daemon=True)
            self._starter.start()

    def submit(self, function: Callable[..., T], *args: Any, deadline: float | None = None) -> Future[T]:
        """Queue a call in a worker; returns at once.

        Args:
            function: a picklable, pure function.
            args: its picklable arguments.
            deadline: seconds it may run, from its start; default: `extract.deadline`.

        Returns:
            a future with its result; or ExtractError `worker_timeout`, or `worker_crashed` (it died, or
            wanted more memory than it may have), WorkersError when no worker could be started (the next
            call tries again), or whatever the function itself raised.
            Cancelling the future stops the work.
        """
        future: Future[T] = Future()
        task = _Task(future, function, args, deadline or self._settings.deadline)
        with self._lock:
            if self._closed:
                raise RuntimeError("the worker pool is closed")
            pool = self._pool
            if pool is None:
                self._waiting.append(task)
        if pool is None:
            self.start()
        else:
            self._schedule(pool, task)
        return future

    def close(self) -> None:
        """Stop within `CLOSE_S`: running tasks are killed, waiting ones cancelled."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
            waiting, self._waiting = self._waiting, deque()
            starter = self._starter
        ends = time.monotonic() + CLOSE_S
        for task in waiting:
            task.future.cancel()
        # A start that is under way stops its own pool; workers whose program ends meanwhile die with a traceback.
        if starter is not None:
            starter.join(CLOSE_S)
        if pool is None:
            return
        pool.stop()  # type: ignore[no-untyped-call]
        joining = threading.Thread(target=pool.join, name="worker-pool-stop", daemon=True)
        joining.start()
        joining.join(max(ends - time.monotonic(), 0.0))

    def _start(self) -> None:
        pool = self._new_pool()
        try:
            # The first task starts pebble's threads and processes; it must not be a caller's. Also, a pool that is
            # stopped while its workers still unpack themselves has them die noisily.
            pool.schedule(os.getpid).result(START_S)
        except (
            Exception
        ) as error:  # whatever keeps processes from starting: no memory, too many of them, a broken install
            self._fail_to_start(pool, error)
            return
        with self._lock:
            if not self._closed:
                self._pool = pool
                waiting, self._waiting = self._waiting, deque()
                pool_is_wanted = True
            else:
                waiting, pool_is_wanted = deque(), False
        if not pool_is_wanted:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()
        for task in waiting:
            self._schedule(pool, task)

    def _fail_to_start(self, pool: ProcessPool, error: Exception) -> None:
        """Tell everyone who waits; the next task starts anew."""
        reason = (
            f"none answered within {START_S:g} s" if isinstance(error, TimeoutError) else repr(error.__cause__ or error)
        )
        with self._lock:
            self._starting = False
            waiting, self._waiting = self._waiting, deque()
        for task in waiting:
            if task.future.set_running_or_notify_cancel():
                task.future.set_exception(WorkersError(f"no worker process could be started: {reason}"))
        with suppress(Exception):  # it may be half built
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    def _new_pool(self) -> ProcessPool:
        # Forked from a clean single-threaded server: no threads, locks or descriptors of the daemon come
        # along, and a new worker costs milliseconds where `spawn` imports everything again.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["ingest.extract.forkserver", self._preload])
        return ProcessPool(
            max_workers=self.workers,
            max_tasks=self._settings.tasks_per_worker,
            initializer=prepare_worker,
            context=context,
        )

    def _schedule(self, pool: ProcessPool, task: _Task) -> None:
        arguments = (task.function, task.args, task.deadline, self._settings.memory)
        try:
            inner = pool.schedule(run_task, args=arguments, timeout=task.deadline)
        except RuntimeError:  # the pool broke down, or was closed meanwhile
            self._revive(pool, task)
            return

        def cancel_inner(outer: Future[Any]) -> None:
            if outer.cancelled():
                inner.cancel()  # type: ignore[no-untyped-call]

        task.future.add_done_callback(cancel_inner)
        inner.add_done_callback(lambda done: self._hand_over(pool, task, done))

    def _hand_over(self, pool: ProcessPool, task: _Task, inner: Future[Any]) -> None:
        """Give the caller's future what came of the task, in our words."""
        if inner.cancelled() or isinstance(error := inner.exception(), CancelledError):
            task.future.cancel()
            return
        if isinstance(error, BrokenProcessPool):
            self._revive(pool, task)
            return
        if not task.future.set_running_or_notify_cancel():
            return
        if error is not None:
            task.future.set_exception(self._named(task, error))
        elif isinstance(result := inner.result(), Refusal):
            error = ExtractError(result.outcome, result.message, wanted=result.wanted, teaser=result.teaser)
            task.future.set_exception(error)
        else:
            task.future.set_result(result)

    def _named(self, task: _Task, error: BaseException) -> BaseException:
        if isinstance(error, TimeoutError):
            return ExtractError(
                Outcome.WORKER_TIMEOUT, f"still at work after {task.deadline:g} s (extract.deadline); worker killed"
            )
        if isinstance(error, ProcessExpired):
            return ExtractError(Outcome.WORKER_CRASHED, f"the worker died with exit code {error.exitcode}")
        if isinstance(error, MemoryError):
            limit = self._settings.memory // MIB
            return ExtractError(Outcome.WORKER_CRASHED, f"wanted more than {limit} MiB of memory (extract.memory)")
        return error

    def _revive(self, broken: ProcessPool, task: _Task) -> None:
        """Put a task that went down with the whole pool into a new one."""
        task.revivals += 1
        with self._lock:
            gone = self._closed or task.revivals > MAX_REVIVALS
            if not gone:
                self._waiting.append(task)
            restart = not gone and self._pool is broken
            if restart:
                self._pool = None
                self._starting = False
            pool = self._pool
        if gone:
            self._give_up(task)
        elif restart:
            threading.Thread(target=broken.stop, name="worker-pool-stop", daemon=True).start()
            self.start()
        elif pool is not None:
            self._drain(pool)

    def _give_up(self, task: _Task) -> None:
        if self._closed:
            task.future.cancel()
        elif task.future.set_running_or_notify_cancel():
            task.future.set_exception(
                ExtractError(Outcome.WORKER_CRASHED, f"all workers died, {task.revivals} times in a row")
            )

    def _drain(self, pool: ProcessPool) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
        for task in waiting:
            self._schedule(pool, task)
