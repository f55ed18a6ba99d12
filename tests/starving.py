"""Processes without a free file descriptor."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

NONE_MORE = 3  # standard input, output and error are open: no descriptor under this limit is free


def limit_files(pid: int, most: int) -> None:
    """Set a process's soft limit of open files while it runs (0: this one's)."""
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]))


@contextmanager
def no_descriptor_free() -> Iterator[None]:
    """Let this process open nothing for a while."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    limit_files(0, NONE_MORE)
    try:
        yield
    finally:
        limit_files(0, before)
