"""Streams that hold no work up: of the standard ones what cannot be told is dropped and counted; files are regular."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Dropping(io.FileIO):
    """A descriptor that takes everything; what a full disk or a reader that has gone refuses is lost."""

    lost = 0  # lines, in this process

    def write(self, data: ReadableBuffer) -> int:
        """Write what can be written, and say that all was: a buffer above would try the rest for ever."""
        try:
            done = super().write(data)
        except OSError:
            done = None
        if done is None:  # refused, or a reader that does not read and must not be waited for
            _Dropping.lost += bytes(data).count(b"\n")
            return memoryview(data).nbytes
        return done


class _Output(io.FileIO):
    """A descriptor that says once that it cannot be written, which ends a command that only prints; then it drops."""

    error: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        """Write as usual.

        Raises:
            OSError: the first time that it fails.
        """
        if _Output.error is not None:
            return memoryview(data).nbytes
        try:
            return super().write(data)
        except OSError as error:
            _Output.error = error
            raise


def open_regular(path: str, flags: int) -> int:
    """An `opener` for regular files and nothing else: a device may never end, and a pipe would be waited for.

    Raises:
        OSError: where it cannot be opened, or is none.
    """
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a regular file")


def lines_lost() -> int:
    """Lines of standard error that could not be written so far."""
    return _Dropping.lost


def settle() -> None:
    """Make the standard streams fit for a command, before it opens any file.

    A descriptor that is closed is opened on nothing, so that no database gets its number. Characters that a stream's
    charset lacks are spelt out. Standard error takes everything (`lines_lost`), so that no progress line ends the work
    that it tells of; standard output raises the first time that it cannot be written, and `lost_output` tells why.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stdout is None or _is_plain(sys.stdout, 1):
        output = io.BufferedWriter(_Output(1, "w", closefd=False))
        sys.stdout = io.TextIOWrapper(output, _charset(sys.stdout), "backslashreplace", line_buffering=os.isatty(1))
    if sys.stderr is None or _is_plain(sys.stderr, 2):
        told = io.BufferedWriter(_Dropping(2, "w", closefd=False))
        sys.stderr = io.TextIOWrapper(told, _charset(sys.stderr), "backslashreplace", write_through=True)


def lost_output() -> OSError | None:
    """Why standard output could not be written, once all is said; None where it could."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return error
    return _Output.error


def _charset(stream: TextIO | None) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def _is_plain(stream: TextIO, number: int) -> bool:
    # Tests put streams of their own in its place.
    try:
        return isinstance(stream, io.TextIOWrapper) and stream.fileno() == number
    except (OSError, ValueError):
        return False
