"""Connections to the one SQLite file: pragmas, the version check, visible transactions."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlite_utils import Database

from ingest.errors import StoreError
from ingest.points import Point, reach
from ingest.settings import MIB
from ingest.store.schema import APPLICATION_ID, migrations, schema_version
from ingest.store.searchable import index_changed
from ingest.store.trouble import Trouble, trouble_of

BUSY_TIMEOUT_S = 30  # other writers hold the lock for 200 ms at most; 30 s outlasts a checkpoint on a slow disk
# The log is cut to this after a checkpoint that could start it anew; a long reader or a full disk lets it grow.
LOG_LIMIT_BYTES = 64 * MIB
CREATION_S = 10.0  # another process creates the schema in a fraction of a second
CACHE_KIB = 64 * 1024
# Band keys are random, so a transaction dirties many pages, the same ones soon again: a checkpoint every
# 64 MB writes each of them once where SQLite's default of 4 MB writes it at every other commit.
CHECKPOINT_PAGES = 16_384
BULK_CHECKPOINT_PAGES = 65_536

P = ParamSpec("P")
T = TypeVar("T")


class Connection(sqlite3.Connection):
    """A connection that knows in whose name it writes.

    Attributes:
        run: the id of the run (`ingest.store.runs`); None outside of any.
        archive: what its new texts come with: the id of the first run that was given the same.
    """

    run: int | None = None
    archive: int = 0


class Call(Protocol):
    """Runs a function of the store in the writer thread of this process."""

    def __call__(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        """Await its result."""


def open_database(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the database; an empty or missing file gets the schema when writing is allowed.

    Returns:
        a connection in autocommit mode (use `transaction`), rows as `sqlite3.Row`.

    Raises:
        StoreError: when it is missing (reading), no ingest database, from another version, unreadable, or
            not to be written where writing is asked for.
    """
    if read_only:
        check_exists(path)
    else:
        _check_writable(path)
    try:
        connection = connect(path, read_only=read_only)
        try:
            version = schema_version_of(connection, path)
            if version == 0 and not read_only:
                _create_or_wait(connection)
            elif version != schema_version():
                raise StoreError(
                    f"{path}: made by an older ingest (schema {version}, this one knows {schema_version()}); "
                    "run `ingest migrate`, which backs it up first"
                )
            if not read_only:
                _use_log(connection)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    return connection


def unusable(path: Path, error: sqlite3.Error) -> StoreError:
    """What SQLite said of a file when it was opened, with what a person can do."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
        return StoreError(
            f"{path}: is no SQLite database, or its beginning is destroyed; "
            "name another file with --db, or put a backup in its place"
        )
    trouble = trouble_of(error)
    if trouble is Trouble.DAMAGED:
        return StoreError(
            f"{path}: cannot be opened: {error}; `ingest backup DEST` saves what is readable: "
            "put that, or an earlier backup, in its place"
        )
    return StoreError(f"{path}: cannot be opened: {error}{f'; {trouble.advice}' if trouble else ''}")


def check_exists(path: Path) -> None:
    """Refuse a database that is not there, as a mistyped name is not.

    Raises:
        StoreError: saying what makes one.
    """
    if not path.exists():
        raise StoreError(
            f"{path}: no such database; `ingest poll`, `ingest run` or `ingest backfill` make one, "
            "or name another with --db"
        )


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Everything read within is of one moment; within a transaction it is anyway."""
    if connection.in_transaction:
        yield connection
        return
    connection.execute("BEGIN")
    try:
        yield connection
    finally:
        connection.rollback()


def data_version(connection: sqlite3.Connection) -> int:
    """A number that changes when another connection writes (https://sqlite.org/pragma.html#pragma_data_version)."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


@contextmanager
def transaction(connection: sqlite3.Connection, point: Point | None = None) -> Iterator[sqlite3.Connection]:
    """One `BEGIN IMMEDIATE` transaction: committed at the end, rolled back on any exception.

    What it changed of articles is searchable when it is committed. Within another transaction (the writer
    puts small ones together, `ingest.store.writer`) it is a part of that: all or nothing as ever, but
    committed with the whole.

    Args:
        connection: one from `open_database`.
        point: named point reached when all is written and nothing committed.
    """
    within = connection.in_transaction
    connection.execute("SAVEPOINT part" if within else "BEGIN IMMEDIATE")
    try:
        yield connection
        if not within:
            index_changed(connection)
        if point is not None:
            reach(point)
        connection.execute("RELEASE part" if within else "COMMIT")
    except BaseException:
        # SQLite itself has rolled back already after some errors (disk full, I/O); a COMMIT that failed
        # leaves the transaction open.
        if connection.in_transaction:
            connection.execute("ROLLBACK TO part" if within else "ROLLBACK")
            if within:
                connection.execute("RELEASE part")
        raise


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with the pragmas of this project, to whatever file it is; `open_database` checks it."""
    uri = f"{path.absolute().as_uri()}?mode={_mode(path) if read_only else 'rwc'}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, factory=Connection)
    connection.row_factory = sqlite3.Row
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA synchronous = NORMAL")
    # Pages as they were before a part of a transaction, which is undone where it fails: not by way of a file.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_LIMIT_BYTES}")
    return connection


def write_in_bulk(connection: sqlite3.Connection) -> None:
    """Let the log grow to 256 MB between checkpoints: for a writer that changes the same pages over and over."""
    connection.execute(f"PRAGMA wal_autocheckpoint = {BULK_CHECKPOINT_PAGES}")


def forget_database(path: Path) -> None:
    """Remove a database that was made for nothing, with its log; nothing may be open on it."""
    for each in (path, log_of(path), path.with_name(path.name + "-shm")):
        each.unlink(missing_ok=True)


def named_file(path: Path) -> Path:
    """The file that a name stands for: of a symbolic link its target, so that lock and log have one name for all.

    Raises:
        StoreError: where links lead to each other.
    """
    try:
        return path.resolve() if path.is_symlink() else path
    except (OSError, RuntimeError) as error:
        raise StoreError(f"{path}: links that lead nowhere: {error}; name the file itself with --db") from error


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file of this name; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def file_bytes(connection: sqlite3.Connection) -> int:
    """Size of the database by its own books: all its pages, free ones too."""
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size)


def log_bytes(path: Path) -> int:
    """Size of the write-ahead log beside a database; 0 where there is none."""
    try:
        return log_of(path).stat().st_size
    except FileNotFoundError:
        return 0


def log_of(path: Path) -> Path:
    """The write-ahead log beside a database."""
    return path.with_name(path.name + "-wal")


def _mode(path: Path) -> str:
    # On a medium that nobody can write there is no place for the log's index; nor is there a writer to heed.
    if not os.access(path.parent, os.W_OK) and not os.access(path, os.W_OK) and not log_bytes(path):
        return "ro&immutable=1"
    # Who may write clears the log away when he closes last; a mere reader would leave it lying there.
    return "rw" if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK) else "ro"


def _use_log(connection: sqlite3.Connection) -> None:
    # A property of the file, which a backup does not have: one that is restored would let no reader beside a writer.
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")


def _check_writable(path: Path) -> None:
    """Refuse a file that cannot be written before anything is begun on it (root is held to its file system only)."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise StoreError(f"{path}: the folder {folder} does not exist: make it, or name another --db")
    for place in (path, path.absolute().parent):
        if place.exists() and not os.access(place, os.W_OK):
            raise StoreError(f"{place}: cannot be written by this user; give it the right to, or name another --db")


def schema_version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The schema's version; 0 for an empty file."""
    # In one view of the file: another process may be creating it at this moment.
    connection.execute("BEGIN")
    try:
        found_id, version = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")
        )
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    finally:
        connection.execute("COMMIT")
    if found_id != APPLICATION_ID:
        if tables:
            raise StoreError(f"{path}: a SQLite database, but not one of ingest; name another with --db")
        return 0
    if version > schema_version():
        raise StoreError(
            f"{path}: made by a newer ingest (schema {version}, this one knows {schema_version()}); upgrade ingest"
        )
    return version


def _create_or_wait(connection: sqlite3.Connection) -> None:
    """Create the schema; where another process creates it at this moment, let it."""
    try:
        create_schema(connection)
    except sqlite3.OperationalError:
        end = time.monotonic() + CREATION_S
        while connection.execute("PRAGMA user_version").fetchone()[0] != schema_version():
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def create_schema(connection: sqlite3.Connection) -> None:
    """Bring an empty file, or an older schema, up to this version; a kill in between is made good by a repeat."""
    # A property of the file: set once, before its first table.
    # INCREMENTAL gives room back in steps (`ingest.store.maintenance`), where FULL does at every commit.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrations.apply(Database(connection))
    connection.execute(f"PRAGMA user_version = {schema_version()}")
