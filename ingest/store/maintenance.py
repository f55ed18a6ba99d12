"""Housekeeping of the database: old log rows go, room is given back, the log is cut, the planner's figures renewed."""

from __future__ import annotations

import shutil
import sqlite3
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ingest.errors import StoreError
from ingest.settings import MIB
from ingest.store.database import log_bytes, transaction
from ingest.times import to_text

DELETE_BATCH = 5000  # rows a transaction: well under 200 ms, so that other writers are not held up
VACUUM_BATCH = 1000  # pages (4 MB) given back in one step, for the same reason
CHECKPOINT_WAIT_S = 1.0  # for readers to let go of the log; a later maintenance tries again
FEWEST_FREE_BYTES = 8 * MIB  # room for a few transactions of the largest kind, and their log


@dataclass(frozen=True, slots=True)
class Maintained:
    """What a maintenance did.

    Attributes:
        polls_removed: rows of the log of polls that were too old.
        freed_bytes: given back to the file system.
        log_bytes: size of the write-ahead log after it.
        log_held: whether a reader held on to the log, so that it could not be cut.
    """

    polls_removed: int
    freed_bytes: int
    log_bytes: int
    log_held: bool


def maintain(connection: sqlite3.Connection, path: Path, now: datetime, keep_polls: float) -> Maintained:
    """One round of housekeeping, in steps that let other writers in between.

    Args:
        keep_polls: seconds that rows of the log of polls are kept.
    """
    removed = _remove_polls(connection, to_text(now - timedelta(seconds=keep_polls)))
    freed = give_back(connection)
    held = not cut_log(connection)
    connection.execute("PRAGMA optimize")
    return Maintained(removed, freed, log_bytes(path), held)


def give_back(connection: sqlite3.Connection, longest_s: float = 60.0) -> int:
    """Return free pages to the file system; the bytes that were.

    Args:
        longest_s: seconds after which the rest is left for the next time.
    """
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    first = last = _free_pages(connection)
    end = time.monotonic() + longest_s
    while last and time.monotonic() < end:
        # A step for each row: without reading them nothing is done (https://sqlite.org/pragma.html#pragma_incremental_vacuum).
        connection.execute(f"PRAGMA incremental_vacuum({VACUUM_BATCH})").fetchall()
        before, last = last, _free_pages(connection)
        if last >= before:
            break  # a file without auto_vacuum, or another process frees pages as fast
    return int(size * max(first - last, 0))


def cut_log(connection: sqlite3.Connection) -> bool:
    """Write the log into the database and cut it to nothing; False where a reader or writer stands in the way."""
    usual = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute(f"PRAGMA busy_timeout = {round(CHECKPOINT_WAIT_S * 1000)}")
    try:
        busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        connection.execute(f"PRAGMA busy_timeout = {usual}")
    return not busy


def used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the database that hold something."""
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int((pages - _free_pages(connection)) * size)


def try_writing(connection: sqlite3.Connection, path: Path) -> None:
    """Write something small, for good, where there is room for more.

    Raises:
        sqlite3.Error, StoreError: where the database still cannot be written.
    """
    free = shutil.disk_usage(path.absolute().parent).free
    if free < FEWEST_FREE_BYTES:
        raise StoreError(f"{path}: {free / MIB:.1f} MiB free on its disk; {FEWEST_FREE_BYTES // MIB} are needed")
    with transaction(connection):
        connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('probe', random())")
        connection.execute("DELETE FROM meta WHERE key = 'probe'")


def _remove_polls(connection: sqlite3.Connection, before: str) -> int:
    removed = 0
    while True:
        with transaction(connection):
            cursor = connection.execute(
                "DELETE FROM polls WHERE id IN (SELECT id FROM polls WHERE started_at < ? LIMIT ?)",
                (before, DELETE_BATCH),
            )
        removed += cursor.rowcount
        if cursor.rowcount < DELETE_BATCH:
            return removed


def _free_pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0])
