"""One daemon a database: a lock that the kernel drops when its holder dies, however it dies."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import xxhash

from ingest.errors import StoreError

PROBE_TRIES = 5  # a `holder` call holds the lock for an instant
PROBE_S = 0.05
MOST_PLACES = 1000  # sources that are held one by one


class DatabaseLock:
    """An exclusive `flock` on `DATABASE.lock`; the file holds the holder's pid for the refused one's message.

    The file is left in place: removing it would let a third process lock a new file of that name
    while the second still waits on the old one.
    """

    def __init__(self, db: Path) -> None:
        self._path = _path_of(db)
        self._fd: int | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            StoreError: when another process holds it (its pid is named), or the folder is not writable.
        """
        fd = _opened(self._path)
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


class SourcesLock:
    """A hold on the sources of a backfill, so that two runs do not take one file up at the same time.

    Each source is a byte of the lock file, by the hash of its name; very many are all of them. These are record locks
    of the open file (fcntl(2), F_OFD_SETLK): they know nothing of the daemon's, and go with their process.
    """

    def __init__(self, db: Path, names: Sequence[str]) -> None:
        self._path = _path_of(db)
        self._names = sorted(set(names))
        self._fd: int | None = None

    def __enter__(self) -> Self:
        """Take hold of all of them; of none, nothing is made.

        Raises:
            StoreError: when another backfill has one (it is named), or the lock file cannot be made.
        """
        if not self._names:
            return self
        self._fd = _opened(self._path)
        places = {_place(name): name for name in self._names}
        spans = [(at, 1, name) for at, name in sorted(places.items())]
        if len(spans) > MOST_PLACES:
            spans = [(0, 0, f"one of {len(spans)} files")]  # all there are: the kernel keeps locks in a list
        for start, length, name in spans:
            wish = struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
            try:
                fcntl.fcntl(self._fd, fcntl.F_OFD_SETLK, wish)
            except OSError as error:
                self.__exit__()
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise StoreError(f"{self._path}: cannot be locked: {error.strerror}") from error
                raise StoreError(
                    f"{name}: another `ingest backfill` takes it into this database at the moment; wait for its end, "
                    "then run this again: what is done is passed over"
                ) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _place(name: str) -> int:
    # Beyond the bytes that hold a pid; below what an offset can be.
    return int(xxhash.xxh3_64_intdigest(name.encode("utf-8", "surrogateescape"))) >> 2


def _path_of(db: Path) -> Path:
    return db.with_name(db.name + ".lock")


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: cannot be made: {error.strerror}; check the folder of --db") from error


def holder(db: Path) -> str | None:
    """The pid of the process that holds a database's lock ("unknown" where it cannot be read); None if free."""
    try:
        fd = os.open(_path_of(db), os.O_RDONLY | os.O_CLOEXEC)
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
