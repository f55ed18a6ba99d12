"""One daemon a database: a lock that the kernel drops when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from ingest.errors import StoreError

PROBE_TRIES = 5  # a `holder` call holds the lock for an instant
PROBE_S = 0.05


class DatabaseLock:
    """An exclusive `flock` on `DATABASE.lock`; the file holds the holder's pid for the refused one's message.

    The file is left in place: removing it would let a third process lock a new file of that name
    while the second still waits on the old one.
    """

    def __init__(self, db: Path) -> None:
        self._path = db.with_name(db.name + ".lock")
        self._fd: int | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            StoreError: when another process holds it (its pid is named), or the folder is not writable.
        """
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be made: {error.strerror}; check the folder of --db") from error
        if not _locked(fd):
            pid = _pid_in(fd)
            os.close(fd)
            raise StoreError(
                f"{self._path}: another ingest (pid {pid}) works on this database; stop it first, or use another --db"
            )
        with suppress(OSError):  # a full disk: the lock holds all the same, its holder goes unnamed
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def holder(db: Path) -> str | None:
    """The pid of the process that holds a database's lock ("unknown" where it cannot be read); None if free."""
    try:
        fd = os.open(db.with_name(db.name + ".lock"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        # Shared, and for an instant only: `__enter__` waits that long.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid_in(fd)
    finally:
        os.close(fd)
    return None


def _locked(fd: int) -> bool:
    for _ in range(PROBE_TRIES):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PROBE_S)
        else:
            return True
    return False


def _pid_in(fd: int) -> str:
    return os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
