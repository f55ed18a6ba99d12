"""One plan made and written down: the only way in which texts come to their places, or leave them."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from ingest.dedup.corpus import Text
from ingest.dedup.placement import Placement
from ingest.dedup.plan import plan
from ingest.dedup.scorecard import Scorecard
from ingest.settings import DedupSettings
from ingest.store.articles import Publication
from ingest.store.corpus import Cache, SqliteCorpus
from ingest.store.placement import apply


def place(
    connection: sqlite3.Connection,
    settings: DedupSettings,
    now: str,
    cache: Cache,
    *,
    texts: Sequence[Text] = (),
    publications: Mapping[int, Publication] | None = None,
    again: Collection[int] = (),
    stale: Collection[int] = (),
    withdrawn: Collection[int] = (),
) -> Placement:
    """Plan where texts belong and write it, inside the caller's transaction.

    Args:
        cache: of whoever places; to be cleared where the transaction is rolled back.
        texts: new ones, and stored ones with new words; `publications` says the same of each in full.
        again, stale, withdrawn: docs, as `ingest.dedup.plan.plan` takes them.

    Raises:
        StoreError, sqlite3.Error: when the database cannot be read or written.
    """
    placement = plan(
        SqliteCorpus(connection, cache),
        texts,
        again=again,
        stale=stale,
        withdrawn=withdrawn,
        window=settings.window,
        model=Scorecard.load(settings.model),
    )
    apply(connection, placement, now, publications, withdrawn)
    cache.learn(connection, placement)
    return placement
