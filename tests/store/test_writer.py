"""The single writer: one thread, one after another; what is small and waits together is committed together."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from ingest.errors import StoreError
from ingest.store.database import open_database, transaction
from ingest.store.writer import MAX_TOGETHER, Writer
from tests.full_disk import disk, needs_mount


def insert(connection: sqlite3.Connection, key: str, size: int = 1) -> int:
    with transaction(connection):
        connection.execute("INSERT INTO meta VALUES (?, ?)", (key, "x" * size))
    return threading.get_ident()


def keys(path: Path) -> set[str]:
    with closing(open_database(path, read_only=True)) as db:
        return {row[0] for row in db.execute("SELECT key FROM meta WHERE value LIKE 'x%'")}


@pytest.fixture
def writer(db_path: Path) -> Iterator[Writer]:
    made = Writer(db_path, patience_s=0.2)
    yield made
    made.close()


class Held:
    """The writer kept busy, so that what is queued waits together."""

    def __init__(self, writer: Writer) -> None:
        self._free = threading.Event()
        self._busy = writer.submit(lambda connection: self._free.wait(10))

    def let_go(self) -> None:
        self._free.set()
        self._busy.result()


def commits(path: Path, waiting: list[Future[int]], held: Held) -> int:
    """How many commits another connection sees while the jobs are run."""
    with closing(open_database(path, read_only=True)) as db:
        seen = {db.execute("PRAGMA data_version").fetchone()[0]}
        held.let_go()
        while not all(future.done() for future in waiting):
            seen.add(db.execute("PRAGMA data_version").fetchone()[0])
        seen.add(db.execute("PRAGMA data_version").fetchone()[0])
    return len(seen) - 1


def test_jobs_run_in_one_thread_and_errors_are_handed_back(writer: Writer, db_path: Path) -> None:
    threads = {writer.submit(insert, f"k{n}").result() for n in range(5)}
    threads |= {writer.submit_small(insert, f"s{n}").result() for n in range(5)}
    assert len(threads) == 1
    assert threads != {threading.get_ident()}
    for submit in (writer.submit, writer.submit_small):
        with pytest.raises(sqlite3.IntegrityError):
            submit(insert, "k1").result()
    pending = [submit(insert, f"late{n}{submit}") for n in range(20) for submit in (writer.submit, writer.submit_small)]
    writer.close()
    assert all(future.done() for future in pending), "what was queued is finished before it closes"


def test_a_writer_that_cannot_open_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        Writer(tmp_path / "no" / "folder" / "x.db")


def test_small_jobs_that_wait_together_are_committed_together(writer: Writer, db_path: Path) -> None:
    held = Held(writer)
    waiting = [writer.submit_small(insert, f"k{n}") for n in range(MAX_TOGETHER)]
    assert commits(db_path, waiting, held) == 1
    assert len(keys(db_path)) == MAX_TOGETHER


def test_the_order_of_jobs_is_kept_whatever_their_size(writer: Writer) -> None:
    held = Held(writer)
    ran: list[int] = []
    waiting = []
    for number in range(300):
        submit = writer.submit if number % 7 == 0 else writer.submit_small
        waiting.append(submit(lambda connection, number=number: ran.append(number)))
    held.let_go()
    for future in waiting:
        future.result()
    assert ran == list(range(300))


def test_a_small_job_that_fails_takes_back_its_own_part_only(writer: Writer, db_path: Path) -> None:
    def half(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            connection.execute("INSERT INTO meta VALUES ('half', 'x')")
            raise ZeroDivisionError

    held = Held(writer)
    waiting = [writer.submit_small(insert, "a"), writer.submit_small(half), writer.submit_small(insert, "a")]
    waiting += [writer.submit_small(insert, "b")]
    held.let_go()
    errors = [type(future.exception()) for future in waiting]
    assert errors == [type(None), ZeroDivisionError, sqlite3.IntegrityError, type(None)]
    assert keys(db_path) == {"a", "b"}


def test_a_cancelled_job_is_passed_over(writer: Writer, db_path: Path) -> None:
    held = Held(writer)
    waiting = [writer.submit_small(insert, f"k{n}") for n in range(4)]
    assert waiting[0].cancel()
    assert waiting[2].cancel()
    held.let_go()
    assert waiting[3].result()
    assert keys(db_path) == {"k1", "k3"}


def test_while_another_process_holds_the_lock_all_that_wait_fail_as_busy_and_later_ones_go_on(
    writer: Writer, db_path: Path
) -> None:
    with closing(open_database(db_path)) as other:
        other.execute("BEGIN IMMEDIATE")
        held = Held(writer)
        waiting = [writer.submit_small(insert, f"k{n}") for n in range(10)]
        assert waiting[7].cancel()
        held.let_go()
        for number, future in enumerate(waiting):
            if number != 7:
                assert "locked" in str(future.exception())
        other.execute("ROLLBACK")
    assert keys(db_path) == set()
    writer.submit_small(insert, "after").result()
    assert keys(db_path) == {"after"}


@needs_mount
def test_on_a_full_disk_none_of_those_committed_together_is_done_and_each_may_be_made_again(tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 2048) as folder:
        writer = Writer(folder / "x.db")
        held = Held(writer)
        waiting = [writer.submit_small(insert, f"k{n}", 200_000) for n in range(30)]
        held.let_go()
        failed = [number for number, future in enumerate(waiting) if future.exception()]
        assert failed
        done = {f"k{number}" for number in range(30) if number not in failed}
        assert keys(folder / "x.db") == done
        writer.submit_small(insert, "small").result()
        writer.close()
        assert keys(folder / "x.db") == done | {"small"}
