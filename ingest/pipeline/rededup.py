"""Deduplication run anew over the stored texts: after a change of settings, parameters or corrections.

The index is cleared where another version made it; then every text waits to be placed again, and is, in short
transactions. It can be stopped at any time. Articles keep their ids wherever their texts stay together.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.dedup.parameters import VERSION
from ingest.pipeline.settle import Settling
from ingest.settings import DedupSettings
from ingest.store import boilerplate
from ingest.store import rededup as store
from ingest.store.database import transaction
from ingest.store.rededup import Progress

CLEAR, PLACE = "clear", "place"

Tell = Callable[[str, int, int], None]  # step, texts done, texts in all


@dataclass(frozen=True, slots=True)
class Report:
    """What a re-run changed.

    Attributes:
        resumed: whether it took up an earlier, unfinished one.
        joined: pairs of texts that were two articles and are one now.
        parted: pairs of texts that were one article and are two now.
        failed: texts that stay where they stood, as a fault of this program kept them from being placed.
    """

    texts: int
    articles_before: int
    articles_after: int
    links_before: int
    links_after: int
    joined: int
    parted: int
    resumed: bool
    failed: int = 0


def rededup(connection: sqlite3.Connection, settings: DedupSettings, now: datetime, tell: Tell) -> Report:
    """Run deduplication anew over all stored texts; take up an unfinished run where it stopped.

    Args:
        tell: called after every transaction.
    """
    progress = store.load(connection)
    resumed = progress is not None and progress.parameters == VERSION
    if progress is None or not resumed:
        progress = _begin(connection)
    if progress.step == CLEAR:
        progress = _clear(connection, progress)
    texts, settling = progress.texts, Settling(settings)
    settling.all(connection, now, lambda left: tell(PLACE, max(0, texts - left), texts))
    return _end(connection, progress, resumed, settling.failed)


def _begin(connection: sqlite3.Connection) -> Progress:
    with transaction(connection):
        texts, articles, links = store.counts(connection)
        step = CLEAR if store.outdated(connection, VERSION) else PLACE
        progress = Progress(VERSION, step, texts, articles, links)
        store.begin(connection)
        store.save(connection, progress)
    return progress


def _clear(connection: sqlite3.Connection, progress: Progress) -> Progress:
    left = True
    while left:
        with transaction(connection):
            left = store.clear_chunk(connection)
            if not left:
                boilerplate.forget_all(connection)  # learned from the keys that are gone
                progress = replace(progress, step=PLACE)
                store.save(connection, progress)
    return progress


def _end(connection: sqlite3.Connection, progress: Progress, resumed: bool, failed: int) -> Report:
    with transaction(connection):
        texts, articles, links = store.counts(connection)
        joined, parted = _changed_pairs(connection)
        store.end(connection)
    return Report(texts, progress.articles, articles, progress.links, links, joined, parted, resumed, failed)


def _changed_pairs(connection: sqlite3.Connection) -> tuple[int, int]:
    """Pairs of texts that stand in one article now and did not, and that did and do not."""
    before: Counter[int] = Counter()
    after: Counter[int] = Counter()
    both: defaultdict[tuple[int, int], int] = defaultdict(int)
    for _, old, new in store.pairs_before_and_after(connection):
        before[old] += 1
        after[new] += 1
        both[old, new] += 1
    kept = sum(map(_pairs, both.values()))
    return sum(map(_pairs, after.values())) - kept, sum(map(_pairs, before.values())) - kept


def _pairs(texts: int) -> int:
    return texts * (texts - 1) // 2
