"""Texts that wait to be placed again: what others, corrections, or another version of ingest changed for them.

An archive in which none waits is settled: its groups, canonical texts and links are what its texts give, in whatever
order they came.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from ingest.errors import StoreError
from ingest.pipeline.place import place
from ingest.settings import DedupSettings
from ingest.store.corpus import Cache, SqliteCorpus
from ingest.store.database import transaction
from ingest.store.placement import count_unsettled, set_fingerprints, unsettle, unsettled
from ingest.store.trouble import trouble_of
from ingest.times import to_text

_LOG = logging.getLogger(__name__)

# Texts of one transaction: as many as take about so long, but no more; a plan ends by itself when it has done enough.
BATCH_S = 0.05
AT_ONCE = 64


class Settling:
    """Places waiting texts again, a transaction at a time.

    Attributes:
        failed: texts that stay where they stood, as a fault of this program kept them from being placed.
    """

    def __init__(self, settings: DedupSettings, cache: Cache | None = None) -> None:
        """Set up.

        Args:
            cache: texts that are ready to be compared, of whoever placed them first.
        """
        self._settings = settings
        self._cache = cache or Cache()
        self.failed = 0
        self._size = 16

    def some(self, connection: sqlite3.Connection, now: datetime) -> int:
        """Place some texts again, in one transaction; returns how many were done with.

        Raises:
            StoreError, sqlite3.Error: when the database cannot be read or written.
        """
        with transaction(connection):
            docs = unsettled(connection, min(self._size, AT_ONCE))
            if not docs:
                return 0
            before, begun = count_unsettled(connection), time.monotonic()
            self._try(connection, docs, to_text(now))
            took = time.monotonic() - begun
            self._size = max(1, len(docs) // 2) if took > BATCH_S else min(AT_ONCE, 2 * self._size)
            return max(1, before - count_unsettled(connection))

    def all(
        self, connection: sqlite3.Connection, now: datetime, tell: Callable[[int], None] = lambda left: None
    ) -> None:
        """Place texts again until none waits; `tell` hears after each transaction how many do.

        Raises:
            StoreError, sqlite3.Error: when the database cannot be read or written.
        """
        while self.some(connection, now):
            tell(count_unsettled(connection))

    def _try(self, connection: sqlite3.Connection, docs: Mapping[int, bool], stamp: str) -> None:
        try:
            with transaction(connection):
                self._place(connection, docs, stamp)
        except Exception as error:  # the border of one text: a bug costs this text only, and is named
            self._cache.clear()  # it may hold what was undone
            if isinstance(error, StoreError) or trouble_of(error) is not None:
                raise
            if len(docs) == 1:
                _LOG.exception("match_failed doc:%d", *docs)
                self.failed += 1
                unsettle(connection, {}, docs)
                return
            waiting = sorted(docs)
            middle = len(waiting) // 2
            for half in (waiting[:middle], waiting[middle:]):
                self._try(connection, {doc: docs[doc] for doc in half}, stamp)

    def _place(self, connection: sqlite3.Connection, docs: Mapping[int, bool], stamp: str) -> None:
        stale = {doc for doc, is_stale in docs.items() if is_stale}
        texts = SqliteCorpus(connection, self._cache).texts(stale)
        set_fingerprints(connection, {doc: text.comparable.fingerprint for doc, text in texts.items()})
        place(connection, self._settings, stamp, self._cache, again=docs.keys(), stale=stale)
