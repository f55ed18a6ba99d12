"""Housekeeping of the database: old log rows go, room is given back, the log is cut, the planner's figures renewed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from ingest.errors import StoreError
from ingest.settings import MIB
from ingest.store.database import transaction

DELETE_BATCH = 5000  # rows a transaction: well under 200 ms, so that other writers are not held up
VACUUM_BATCH = 1000  # pages (4 MB) given back in one step, for the same reason
ANALYSIS_ROWS = 1000  # of each index; https://sqlite.org/lang_analyze.html#approximate_analysis_for_large_databases
CHECKPOINT_WAIT_S = 1.0  # for readers to let go of the log; a later maintenance tries again
SAMPLE_ROWS = 500  # by which the size of a table is estimated
# What stays when every article is gone, and how much of a row is surely stored, its indexes included.
_OTHER = {
    "entries": "2 * length(key) + 2 * coalesce(length(url), 0) + length(source) + 2 * length(first_seen_at)",
    "sightings": "2 * length(url) + 2 * length(last_seen_at)",
    "polls": "3 * length(started_at) + coalesce(length(error), 0)",
    "tombstones": "length(url) + length(pruned_at)",
}
FEWEST_FREE_BYTES = 8 * MIB  # room for a few transactions of the largest kind, and their log


def remove_polls(connection: sqlite3.Connection, before: str, stop: Callable[[], bool]) -> int:
    """Remove rows of the log of polls that are older than a time (as stored text); how many there were.

    Args:
        stop: asked after each step whether to leave the rest for another call.
    """
    removed = 0
    while True:
        with transaction(connection):
            cursor = connection.execute(
                "DELETE FROM polls WHERE id IN (SELECT id FROM polls WHERE started_at < ? LIMIT ?)",
                (before, DELETE_BATCH),
            )
        removed += cursor.rowcount
        if cursor.rowcount < DELETE_BATCH or stop():
            return removed


def give_back(connection: sqlite3.Connection, stop: Callable[[], bool] = lambda: False) -> int:
    """Return free pages to the file system; the bytes that were.

    Args:
        stop: asked after each step whether to leave the rest for another call.
    """
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    first = last = _free_pages(connection)
    while last:
        # One page for each row that is read (https://sqlite.org/pragma.html#pragma_incremental_vacuum).
        connection.execute(f"PRAGMA incremental_vacuum({VACUUM_BATCH})").fetchall()
        before, last = last, _free_pages(connection)
        if last >= before or stop():
            break  # not one fewer: a file without auto_vacuum, or another process frees pages as fast
    return int(size * max(first - last, 0))


def optimize(connection: sqlite3.Connection) -> None:
    """Renew the planner's figures where the tables have changed much, from samples of them."""
    connection.execute(f"PRAGMA analysis_limit = {ANALYSIS_ROWS}")
    connection.execute("PRAGMA optimize")


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


def other_bytes(connection: sqlite3.Connection) -> int:
    """Bytes that would stay if every article went: entries, sightings, polls, tombstones; rather too few than too many.

    From samples: to read the tables whole would hold up the writer.
    """
    size = 0.0
    for table, row_bytes in _OTHER.items():
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - constants
        sample = f"SELECT total({row_bytes}) / max(count(*), 1) FROM (SELECT * FROM {table} LIMIT {SAMPLE_ROWS})"  # noqa: S608
        size += rows * connection.execute(sample).fetchone()[0]
    return round(size)


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


def _free_pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0])
