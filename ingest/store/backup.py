"""A consistent copy of a live database; of a damaged one, whatever can still be read."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ingest.errors import StoreError
from ingest.store import searchable
from ingest.store.database import connect, open_database
from ingest.store.schema import APPLICATION_ID
from ingest.store.trouble import Trouble, trouble_of

PAGES_A_STEP = 2000  # 8 MB: between two steps writers get their turn
SALVAGE_BATCH = 500  # rows read at a time from a damaged table, before it is halved down to the bad row

# The full-text indexes with their shadow tables, and what waits for them: made anew from the texts.
_INDEXES = (*(f"{table}_fts" for table in searchable.SEARCHED), "reindex")


@dataclass(slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        bytes: size of the file.
        salvaged: whether the source was damaged and read row by row.
        lost: table → rows (or ranges of rows) that could not be read.
    """

    path: Path
    bytes: int = 0
    salvaged: bool = False
    lost: dict[str, int] = field(default_factory=dict)


def back_up(
    source: Path,
    target: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    salvage: bool = True,
) -> Backup:
    """Copy a database that may be in use; the target appears whole and checked, or not at all.

    Args:
        source: the database.
        target: a file that does not exist yet.
        progress: told pages done and pages in all.
        salvage: whether a damaged source is saved row by row; else it is refused.

    Raises:
        StoreError: when the target exists or cannot be written, or nothing of the source can be read.
    """
    if not source.exists():
        raise StoreError(f"{source}: no such database; name another with --db")
    _refuse_leftovers(target)
    backup = Backup(target)
    try:
        with _partial_of(target) as partial:
            try:
                _copy(source, partial, progress)
                _check(partial)
            except sqlite3.OperationalError:
                raise  # no room, no right to write: the source is not to blame
            except sqlite3.DatabaseError as error:
                if not salvage:
                    raise StoreError(
                        f"{source}: is damaged ({str(error).splitlines()[0]}) and was left as it is; "
                        f"`ingest backup DEST` saves what is readable: put that, or an earlier backup, in its place, "
                        "then run the command again"
                    ) from error
                _empty(partial)
                _salvage(source, partial, backup)
                _check(partial)
            _settle(partial, target)
    except FileExistsError as error:
        raise StoreError(f"{target}: exists already; a backup never overwrites one") from error
    except BlockingIOError as error:
        raise StoreError(f"{target}: another backup to this file is under way; name another file") from error
    except (sqlite3.Error, OSError) as error:
        if trouble_of(error) is Trouble.DAMAGED:
            raise StoreError(
                f"{target}: no backup was made: nothing of {source} can be read ({error}); "
                "name another file with --db, or put an earlier backup in its place"
            ) from error
        raise StoreError(f"{target}: no backup was made: {error}; is there room, and is {source} readable?") from error
    backup.bytes = target.stat().st_size
    return backup


def back_up_into(source: Path, folder: Path, keep: int, now: datetime) -> tuple[Backup, list[Path]]:
    """Add a backup, named by the time, to a folder, and remove the oldest ones of this database beyond `keep`.

    The one just made is never removed. A copy of a damaged database removes nothing: the last good ones are worth
    more than the newest.

    Returns:
        the backup, and the files that were removed.

    Raises:
        StoreError: as `back_up`; then nothing was removed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made: {error.strerror}") from error
    backup = back_up(source, folder / f"{source.stem}-{now:%Y%m%dT%H%M%SZ}{source.suffix}")
    if backup.salvaged:
        return backup, []
    made = re.compile(rf"{re.escape(source.stem)}-\d{{8}}T\d{{6}}Z{re.escape(source.suffix)}")
    others = [path for path in folder.iterdir() if made.fullmatch(path.name) and path != backup.path]
    # A date to come, of a clock that was ahead, says nothing of a copy's age: it is older than the one just made.
    others.sort(key=lambda path: (path.name < backup.path.name, path.name), reverse=True)
    older = sorted(others[keep - 1 :])
    for path in older:
        path.unlink()
    return backup, older


@contextmanager
def _partial_of(target: Path) -> Iterator[Path]:
    """The empty file in which a backup grows, held against every other backup to the same target; gone afterwards.

    One that a killed backup left behind is taken over, so that none pile up.

    Raises:
        BlockingIOError: when another backup holds it.
        FileExistsError: when the target exists.
    """
    partial = target.with_name(target.name + ".partial")
    while True:
        held = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            # flock: SQLite's own locks are of the other kind (fcntl), and the two do not meet.
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_still(partial, held):
                continue  # its holder finished between the two steps
            try:
                if os.path.lexists(target):
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
                _empty(partial)
                yield partial
                return
            finally:
                with suppress(OSError):
                    partial.unlink(missing_ok=True)
        finally:
            os.close(held)


def _refuse_leftovers(target: Path) -> None:
    # SQLite would take the log of the database that was there before for the new one's, and mix the two
    # (https://sqlite.org/howtocorrupt.html, 1.4).
    for suffix in ("-journal", "-wal"):
        beside = target.with_name(target.name + suffix)
        if os.path.lexists(beside):
            raise StoreError(
                f"{beside}: the log of a database that was here before; move it away with that database, "
                f"or SQLite would read it into {target.name}"
            )


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _empty(partial: Path) -> None:
    os.truncate(partial, 0)
    for suffix in ("-journal", "-wal", "-shm"):
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)


def _copy(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    reader = connect(source, read_only=True)
    writer = sqlite3.connect(target)
    try:
        # https://sqlite.org/backup.html: a change by another process meanwhile restarts the copy by itself.
        reader.backup(writer, pages=PAGES_A_STEP, progress=lambda _, left, total: progress(total - left, total))
    finally:
        writer.close()
        reader.close()


def _check(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        # A copied WAL database would want its -wal file beside it; a backup is one file.
        connection.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _settle(partial: Path, target: Path) -> None:
    """Give a finished backup its name, unless something has that name by now."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(partial, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links (FAT): other backups are kept out by the held partial
        if os.path.lexists(target):
            raise
        partial.rename(target)


def _salvage(source: Path, target: Path, backup: Backup) -> None:
    backup.salvaged = True
    reader = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    # Text that damage made invalid is kept as far as it can be.
    reader.text_factory = lambda raw: raw.decode("utf-8", "replace")
    writer = open_database(target)
    try:
        writer.execute("PRAGMA foreign_keys = OFF")
        writer.execute("BEGIN")
        for table in _own_tables(writer):
            lost = _salvage_table(reader, writer, table)
            if lost:
                backup.lost[table] = lost
        searchable.rebuild(writer)
        writer.execute("COMMIT")
        writer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    finally:
        writer.close()
        reader.close()


def _own_tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    internal = ("sqlite_", "_sqlite_", *_INDEXES)
    return [row[0] for row in rows if not row[0].startswith(internal)]


def _salvage_table(reader: sqlite3.Connection, writer: sqlite3.Connection, table: str) -> int:
    columns = [row[1] for row in writer.execute(f"PRAGMA table_info({table})")]
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    select = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - names from the schema of this code
    if _has_rowid(writer, table):
        lost = 0
        for first, last in _ranges(reader, table):
            lost += _salvage_range(reader, writer, (select, insert), first, last)
        return lost
    # No row numbers to go by: from the front to the damage, then from the back to it.
    return _until_damage(reader, writer, select, insert) and _until_damage(
        reader, writer, f"{select} ORDER BY {_key(writer, table)}", insert
    )


def _salvage_range(
    reader: sqlite3.Connection, writer: sqlite3.Connection, sql: tuple[str, str], first: int, last: int
) -> int:
    """Copy the rows first…last; a range that cannot be read is halved. Returns the rows given up."""
    select, insert = sql
    try:
        rows = reader.execute(f"{select} WHERE rowid BETWEEN ? AND ?", (first, last)).fetchall()
    except sqlite3.Error:
        if first == last:
            return 1
        middle = (first + last) // 2
        return _salvage_range(reader, writer, sql, first, middle) + _salvage_range(
            reader, writer, sql, middle + 1, last
        )
    writer.executemany(insert, rows)
    return 0


def _ranges(reader: sqlite3.Connection, table: str) -> Iterator[tuple[int, int]]:
    last = _last_rowid(reader, table)
    for first in range(0, last + 1, SALVAGE_BATCH):
        yield first, min(first + SALVAGE_BATCH - 1, last)


def _last_rowid(reader: sqlite3.Connection, table: str) -> int:
    """The highest row number that anything readable knows of: the table's end, an index, or the front part."""
    indexes = [row[1] for row in reader.execute(f"PRAGMA index_list({table})")]
    sources = [table, *(f"{table} INDEXED BY {name}" for name in indexes)]
    for source in sources:
        try:
            # `+` keeps SQLite from answering out of the table where an index is asked for.
            column = "rowid" if source == table else "+rowid"
            return int(reader.execute(f"SELECT coalesce(max({column}), 0) FROM {source}").fetchone()[0])  # noqa: S608
        except sqlite3.Error:
            continue
    last = 0
    try:
        for row in reader.execute(f"SELECT rowid FROM {table} NOT INDEXED ORDER BY rowid"):  # noqa: S608
            last = row[0]
    except sqlite3.DatabaseError:
        return last  # as far as the front part can be read
    return last


def _until_damage(reader: sqlite3.Connection, writer: sqlite3.Connection, select: str, insert: str) -> int:
    try:
        for row in reader.execute(select):
            writer.execute(insert, row)
    except sqlite3.DatabaseError:
        return 1
    return 0


def _has_rowid(connection: sqlite3.Connection, table: str) -> bool:
    sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    return "WITHOUT ROWID" not in sql.upper()


def _key(connection: sqlite3.Connection, table: str) -> str:
    key = sorted((row[5], row[1]) for row in connection.execute(f"PRAGMA table_info({table})") if row[5])
    return ", ".join(f"{name} DESC" for _, name in key)
