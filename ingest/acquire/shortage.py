"""What this machine lacks when a connection cannot be made: file descriptors, or memory for sockets.

No fault of a feed, a page or a host: the request was not made, and is made later.
"""

from __future__ import annotations

import errno
import os
import re
import resource
import socket

from ingest.errors import NotAskedError
from ingest.model import Outcome

RETRY_S = 30.0  # then a request that could not be made is made again

_ADVICE = {
    errno.EMFILE: "raise LimitNOFILE= of the unit (`ulimit -n` in a shell), or lower fetch.connections",
    errno.ENFILE: "raise fs.file-max (sysctl), or end what holds so many files open",
    errno.ENOBUFS: "free memory, or lower fetch.connections",
    errno.ENOMEM: "free memory, or lower fetch.connections",
}
_NUMBER = re.compile(r"\[Errno (\d+)\]")


class ShortageError(NotAskedError):
    """The request was not made: this machine had no descriptor or no memory for it."""

    def __init__(self, url: str, lacking: int) -> None:
        super().__init__(
            Outcome.MACHINE_BUSY, f"{url}: not asked: {os.strerror(lacking)}", url=url, retry_after=RETRY_S
        )
        self.lacking = lacking


def lacking(error: BaseException) -> int | None:
    """The error number that says what this machine lacks; None where the error has another cause."""
    if not isinstance(error, OSError):
        return None
    # Where several addresses were tried, their errors come as one that has no number, only theirs in its text.
    numbers = (error.errno, *(int(number) for number in _NUMBER.findall(str(error))))
    return next((number for number in numbers if number in _ADVICE), None)


def lacking_now() -> OSError | None:
    """The error of opening one more socket at this moment; None where it can be opened."""
    try:
        socket.socket().close()
    except OSError as error:
        return error
    return None


def report(number: int) -> dict[str, object]:
    """Fields of the event `machine_short`: what is lacking, the limit, and what a person can do."""
    limit = None
    if number == errno.EMFILE:
        limit = f"the process's limit of open files, {resource.getrlimit(resource.RLIMIT_NOFILE)[0]}"
    return {"error": os.strerror(number), "limit": limit, "advice": _ADVICE[number]}
