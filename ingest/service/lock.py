"""One daemon a database: a lock that the kernel drops when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from ingest.errors import StoreError


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
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(fd, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise StoreError(
                f"{self._path}: another ingest (pid {pid}) works on this database; stop it first, or use another --db"
            ) from None
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
