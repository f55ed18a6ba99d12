"""What an error of the store says of it: trouble that passes by itself, damage, or a fault of this program. Pure."""

from __future__ import annotations

import errno
import sqlite3
from enum import StrEnum

from ingest.errors import PagesError

# Primary result codes: the low byte of an extended one. https://sqlite.org/rescode.html
_PRIMARY = 0xFF


class Trouble(StrEnum):
    """Why database or kept pages could not be written or read; all but `damaged` may pass by themselves."""

    BUSY = "busy"  # another process holds the write lock for longer than the busy timeout
    FULL = "full"  # no room on the disk, or a quota
    READ_ONLY = "read_only"
    IO = "io_error"  # the disk, or the file system, refuses
    NO_DESCRIPTOR = "no_descriptor"  # this process, or the machine, has too many files open
    DAMAGED = "damaged"

    @property
    def passes(self) -> bool:
        """Whether waiting may help."""
        return self is not Trouble.DAMAGED

    @property
    def advice(self) -> str:
        """What a person can do."""
        return _ADVICE[self]


_ADVICE = {
    Trouble.BUSY: "another process holds the write lock; work goes on when it lets go",
    Trouble.FULL: "make room on the disk; work goes on by itself when there is some",
    Trouble.READ_ONLY: "give this user the right to write the file and its folder, or mount the disk writable",
    Trouble.IO: "look at the disk (dmesg, smartctl); work goes on by itself when it can be written again",
    Trouble.NO_DESCRIPTOR: "raise LimitNOFILE= of the unit (or `ulimit -n`); work goes on when files can be opened",
    Trouble.DAMAGED: "`ingest doctor` says what is wrong; `ingest backup DEST` saves what is readable",
}

_TROUBLES = {
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_PERM: Trouble.READ_ONLY,
    sqlite3.SQLITE_IOERR: Trouble.IO,
    sqlite3.SQLITE_CANTOPEN: Trouble.IO,
    sqlite3.SQLITE_PROTOCOL: Trouble.BUSY,  # the locking protocol of the log gave up: many starts at once
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
}

_OF_FILES = {
    errno.ENOSPC: Trouble.FULL,
    errno.EDQUOT: Trouble.FULL,
    errno.EACCES: Trouble.READ_ONLY,
    errno.EPERM: Trouble.READ_ONLY,
    errno.EROFS: Trouble.READ_ONLY,
    errno.EMFILE: Trouble.NO_DESCRIPTOR,
    errno.ENFILE: Trouble.NO_DESCRIPTOR,
}


def trouble_of(error: BaseException) -> Trouble | None:
    """The trouble behind an error; None where it is a fault of the statement or its values, or not the store's."""
    if isinstance(error, PagesError):
        return _OF_FILES.get(error.errno or 0, Trouble.IO)
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else _TROUBLES.get(code & _PRIMARY)
