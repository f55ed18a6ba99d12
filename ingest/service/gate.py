"""The gate before the store: shut while it cannot be written, so that work waits with its results in hand.

A full disk, a lock held for long, a disk or a folder of kept pages that refuses: what was under way keeps what
it has and writes it when a probe has succeeded. Nothing new is taken meanwhile, so what waits is bounded.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from ingest.errors import PagesError, StoreError
from ingest.events import Listener
from ingest.store.maintenance import try_writing
from ingest.store.pages import try_keeping
from ingest.store.trouble import Trouble, trouble_of

T = TypeVar("T")

Submit = Callable[[Callable[[sqlite3.Connection], T]], "Future[T]"]


class StoreGate:
    """Lets calls through to the writer, one way for all of them.

    Attributes:
        trouble: why it is shut; None while it is open.
    """

    def __init__(
        self,
        db: Path,
        submit: Submit[object],
        *,
        tell: Listener,
        patient: bool,
        probe_s: float = 2.0,
        kept_in: Path | None = None,
    ) -> None:
        """An open gate.

        Args:
            submit: queues a function for the writer thread.
            patient: whether calls wait until the trouble has passed; else they raise.
            probe_s: seconds between two probes while it is shut.
            kept_in: the folder of raw pages, where they are kept as files; it is probed too.
        """
        self.trouble: Trouble | None = None
        self._db = db
        self._kept_in = kept_in
        self._submit = submit
        self._tell = tell
        self._patient = patient
        self._probe_s = probe_s
        self._open = asyncio.Event()
        self._open.set()
        self._probing: asyncio.Task[None] | None = None

    async def call(self, submit: Callable[[], Future[T]]) -> T:
        """The result of a call; where the store cannot be written, the call is made again when it can.

        Args:
            submit: queues the call; it must leave nothing behind when it fails, as transactions do.

        Raises:
            StoreError: when the database is damaged, or in trouble and this gate is not patient.
        """
        while True:
            await self._open.wait()
            try:
                return await asyncio.wrap_future(submit())
            except (sqlite3.Error, PagesError) as error:
                trouble = trouble_of(error)
                if trouble is None:
                    raise
                if not trouble.passes or not self._patient:
                    raise StoreError(f"{self._db}: {_in_words(trouble, error)}; {trouble.advice}") from error
                self._shut(trouble, error)

    async def close(self) -> None:
        """Stop probing; calls that wait go on waiting until they are cancelled."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait([self._probing])

    def _shut(self, trouble: Trouble, error: sqlite3.Error | PagesError) -> None:
        if self.trouble is not None:
            return  # said already
        self.trouble = trouble
        self._open.clear()
        self._tell("store_shut", {"trouble": trouble, "error": str(error), "advice": trouble.advice})
        self._probing = asyncio.get_running_loop().create_task(self._probe(trouble))

    async def _probe(self, trouble: Trouble) -> None:
        shut_at = time.monotonic()
        while True:
            await asyncio.sleep(self._probe_s)
            try:
                await asyncio.wrap_future(self._submit(self._try))
            except (sqlite3.Error, StoreError):
                continue
            break
        self.trouble = None
        self._open.set()
        self._tell("store_open", {"after": trouble, "seconds": round(time.monotonic() - shut_at, 1)})

    def _try(self, connection: sqlite3.Connection) -> None:
        # Both ask for more than they write: a write that succeeds once proves no room for the next.
        try_writing(connection, self._db)
        if self._kept_in is not None:
            try_keeping(self._kept_in)


def _in_words(trouble: Trouble, error: sqlite3.Error | PagesError) -> str:
    return f"the database is damaged: {error}" if trouble is Trouble.DAMAGED else f"cannot be written: {error}"
