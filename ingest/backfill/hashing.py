"""The hashes of the files that a backfill reads, made beside it: which bytes an archive was made of can be told."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from ingest.backfill.find import Source
from ingest.store.runs import SourceRead


class Hashing:
    """Reads files once more in a thread of its own, which the operating system still has in its memory by then."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hashing")
        self._begun: list[Future[SourceRead | None]] = []

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
        done = [future for future in self._begun if wait or future.done()]
        self._begun = [future for future in self._begun if future not in done]
        return [read for future in done if (read := future.result()) is not None]


def _hashed(source: Source) -> SourceRead | None:
    try:
        with source.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return SourceRead(source.name, source.format.name, file.tell(), digest.hexdigest())
    except OSError:
        return None  # the backfill itself tells of it
