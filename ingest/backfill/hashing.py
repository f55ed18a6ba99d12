"""The hashes of the files that a backfill reads, made beside it: which bytes an archive was made of can be told."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from ingest.backfill.find import Source
from ingest.store.runs import SourceRead


class Hashing:
    """Reads files once more in a thread of its own, which the operating system still has in its memory by then."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hashing")
        self._begun: deque[Future[SourceRead | None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)

    def begin(self, source: Source) -> None:
        """Begin with a file."""
        self._begun.append(self._thread.submit(_hashed, source))

    def done(self, *, wait: bool = False) -> list[SourceRead]:
        """Those that are done since the last time, of all if `wait`; files that could not be read are left out."""
        found = []
        while self._begun and (wait or self._begun[0].done()):  # one thread: they are done in their order
            if (read := self._begun.popleft().result()) is not None:
                found.append(read)
        return found


def _hashed(source: Source) -> SourceRead | None:
    try:
        with source.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return SourceRead(source.name, source.format.name, file.tell(), digest.hexdigest())
    except OSError:
        return None  # the backfill itself tells of it
