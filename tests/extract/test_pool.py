"""Worker processes: what a task gets, what its death costs, and how the pool ends."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import ExtractError, WorkersError
from ingest.extract.forkserver import unless_deserted
from ingest.extract.pool import WorkerPool
from ingest.model import Outcome
from ingest.settings import MIB, ExtractSettings
from tests.extract import tasks

WAIT_S = 30


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    made = WorkerPool(ExtractSettings(workers=2, deadline=10, memory=512 * MIB))
    yield made
    made.close()


def children() -> int:
    return len(multiprocessing.active_children())


def test_nothing_starts_before_the_first_task() -> None:
    before = children()
    pool = WorkerPool(ExtractSettings(workers=2))
    assert children() == before
    pool.close()


def test_zero_workers_means_one_a_core() -> None:
    assert WorkerPool(ExtractSettings(workers=0)).workers == len(os.sched_getaffinity(0))


def test_submitting_never_waits_for_the_start(pool: WorkerPool) -> None:
    started = time.monotonic()
    future = pool.submit(tasks.double, 21)
    assert time.monotonic() - started < 0.1
    assert future.result(WAIT_S) == 42


def test_workers_have_the_libraries_at_hand_before_the_first_page(pool: WorkerPool) -> None:
    assert pool.submit(tasks.preloaded).result(WAIT_S)


def test_a_refusal_arrives_with_its_outcome(pool: WorkerPool) -> None:
    with pytest.raises(ExtractError, match="members only") as caught:
        pool.submit(tasks.refuse).result(WAIT_S)
    assert caught.value.outcome is Outcome.PAYWALL


def test_an_error_that_cannot_be_pickled_costs_its_task_only(pool: WorkerPool) -> None:
    with pytest.raises(RuntimeError, match="FetchError"):
        pool.submit(tasks.fail_oddly).result(WAIT_S)
    assert pool.submit(tasks.double, 1).result(WAIT_S) == 2


def test_a_hung_task_is_killed_at_its_deadline_and_the_rest_goes_on(pool: WorkerPool) -> None:
    hung = pool.submit(tasks.hang, deadline=0.5)
    others = [pool.submit(tasks.double, number) for number in range(20)]
    assert [other.result(WAIT_S) for other in others] == [2 * number for number in range(20)]
    with pytest.raises(ExtractError) as caught:
        hung.result(WAIT_S)
    assert caught.value.outcome is Outcome.WORKER_TIMEOUT


def test_a_segfault_costs_its_own_task_only(pool: WorkerPool) -> None:
    futures = [pool.submit(tasks.double, 1), pool.submit(tasks.crash), pool.submit(tasks.double, 2)]
    assert futures[0].result(WAIT_S) == 2
    assert futures[2].result(WAIT_S) == 4
    with pytest.raises(ExtractError, match="died") as caught:
        futures[1].result(WAIT_S)
    assert caught.value.outcome is Outcome.WORKER_CRASHED


def test_a_task_that_wants_too_much_memory_is_refused_it(pool: WorkerPool) -> None:
    with pytest.raises(ExtractError, match="512 MiB") as caught:
        pool.submit(tasks.eat_memory, 2048 * MIB).result(WAIT_S)
    assert caught.value.outcome is Outcome.WORKER_CRASHED
    assert pool.submit(tasks.eat_memory, 64 * MIB).result(WAIT_S) == 64 * MIB


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_group_does_not_end_a_worker_at_work(pool: WorkerPool, number: signal.Signals) -> None:
    assert pool.submit(tasks.signal_own_parent_group, number).result(WAIT_S) == number


def test_an_idle_worker_killed_from_outside_is_replaced(pool: WorkerPool) -> None:
    os.kill(pool.submit(tasks.pid).result(WAIT_S), signal.SIGKILL)
    time.sleep(0.5)
    futures = [pool.submit(tasks.double, number) for number in range(10)]
    assert [future.result(WAIT_S) for future in futures] == [2 * number for number in range(10)]


def test_workers_that_die_as_they_start_are_an_error_and_the_next_task_tries_again(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ingest.extract.pool.prepare_worker", tasks.die)
        futures = [pool.submit(tasks.double, number) for number in range(3)]
        for future in futures:
            with pytest.raises(WorkersError, match=r"no worker process could be started: .*expired"):
                future.result(WAIT_S)
    assert pool.submit(tasks.double, 4).result(WAIT_S) == 8


def test_workers_that_never_answer_are_an_error(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.extract.pool.START_S", 1.0)
    monkeypatch.setattr("ingest.extract.pool.prepare_worker", tasks.hang)
    with pytest.raises(WorkersError, match="none answered within 1 s"):
        pool.submit(tasks.double, 1).result(WAIT_S)


def test_a_machine_without_room_for_a_process_is_an_error(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr("multiprocessing.context.ForkServerProcess.start", refuse)
        with pytest.raises(WorkersError, match="Resource temporarily unavailable"):
            pool.submit(tasks.double, 1).result(WAIT_S)
    assert pool.submit(tasks.double, 4).result(WAIT_S) == 8


def test_workers_are_replaced_after_their_share_of_tasks() -> None:
    pool = WorkerPool(ExtractSettings(workers=1, tasks_per_worker=3))
    try:
        pids = [pool.submit(tasks.pid).result(WAIT_S) for _ in range(9)]
    finally:
        pool.close()
    assert len(set(pids)) >= 3


def test_cancelling_a_future_stops_its_work(pool: WorkerPool) -> None:
    hung = [pool.submit(tasks.hang) for _ in range(2)]
    time.sleep(2)
    assert all(future.cancel() for future in hung)
    assert pool.submit(tasks.double, 4).result(WAIT_S) == 8


def test_closing_is_quick_with_work_in_hand_and_leaves_no_process() -> None:
    pool = WorkerPool(ExtractSettings(workers=2))
    worker = pool.submit(tasks.pid).result(WAIT_S)
    futures = [pool.submit(tasks.hang) for _ in range(5)]
    time.sleep(0.5)
    started = time.monotonic()
    pool.close()
    assert time.monotonic() - started < 4
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert all(future.done() or future.cancel() for future in futures)
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(tasks.double, 1)


def test_closing_before_the_start_is_through_leaves_no_process() -> None:
    before = children()
    pool = WorkerPool(ExtractSettings(workers=2))
    future = pool.submit(tasks.double, 1)
    pool.close()
    assert future.cancelled()
    deadline = time.monotonic() + 10
    while children() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert children() == before


SHORT_PROGRAM = """
import time
from ingest.extract.pool import WorkerPool
from ingest.settings import ExtractSettings

pool = WorkerPool(ExtractSettings(workers=2))
pool.start()
time.sleep(0.3)
pool.close()
"""


def test_a_program_that_ends_while_its_workers_start_ends_without_a_word() -> None:
    done = subprocess.run([sys.executable, "-c", SHORT_PROGRAM], capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_worker_that_its_program_left_ends_without_a_word_and_any_other_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lock = multiprocessing.get_context("forkserver").Lock()
    with pytest.raises(FileNotFoundError) as lost:  # as a worker unpacks a semaphore of a program that has ended
        lock.__setstate__((0, 0, 1, "/no-such-semaphore"))  # type: ignore[attr-defined]
    unless_deserted(lost.type, lost.value, lost.tb)
    assert capsys.readouterr().err == ""
    with pytest.raises(FileNotFoundError) as other:
        Path("/no-such-folder/file").read_bytes()
    unless_deserted(other.type, other.value, other.tb)
    assert "no-such-folder" in capsys.readouterr().err
