"""Takes articles out by age or size, and single publications on demand; what is gone never returns.

What sites no longer repeat is forgotten along the way.

Works in short transactions of its own, so that it may run beside everything else and be stopped at any time.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.pipeline.place import place
from ingest.points import Point
from ingest.settings import DedupSettings, RetentionSettings
from ingest.store import articles, boilerplate, tombstones
from ingest.store.corpus import Cache
from ingest.store.database import transaction
from ingest.store.maintenance import cut_log, give_back, other_bytes, used_bytes
from ingest.store.searchable import index_changed
from ingest.store.teasers import take_down_teasers
from ingest.store.tombstones import Old, Reason
from ingest.times import to_text

LOOK_AHEAD = 200  # articles chosen at a time
MAX_TRANSACTION_S = 0.15  # other processes share the database: 200 ms a transaction at most
MERGE_PAGES = 500  # of the full-text index, after each transaction: about 10 ms
FORGET_BATCH = 2000  # learned sentences a transaction: about 10 ms
# Down to this share of the limit, so that the next article does not start it again.
SIZE_MARGIN = 0.98
SAFE_AGE = timedelta(days=30)  # by size too, entries are forgotten that no feed has listed for so long
ALL = "9999"  # later than every stored time


@dataclass(slots=True)
class Pruned:
    """What was taken out.

    Attributes:
        articles: whole articles.
        texts: stored texts, copies included.
        entries: forgotten: without a text, and listed by no feed any more.
        sentences: of boilerplate, forgotten: no page of their site has shown them for long.
        freed_bytes: given back to the file system.
        other_bytes: what other things than articles take, as an estimate, where that alone exceeds the limit by size;
            then no article went for it. Else 0.
    """

    articles: int = 0
    texts: int = 0
    entries: int = 0
    sentences: int = 0
    freed_bytes: int = 0
    other_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Work:
    """What is asked for, and how; `stamp` is the time as it is stored."""

    connection: sqlite3.Connection
    dedup: DedupSettings
    now: datetime
    dry_run: bool
    stop: Callable[[], bool]

    @property
    def stamp(self) -> str:
        return to_text(self.now)


def prune(
    connection: sqlite3.Connection,
    limits: RetentionSettings,
    dedup: DedupSettings,
    now: datetime,
    *,
    dry_run: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Pruned:
    """Take out what exceeds the limits, the oldest first, and give the room back; forget old boilerplate.

    Args:
        limits: by age, by size, both or neither.
        dry_run: only count; by size it is an estimate, as every article takes the same room.
        stop: asked after each article whether to end early; what is left goes next time.
    """
    done, work = Pruned(), _Work(connection, dedup, now, dry_run, stop)
    if limits.max_age:
        before = to_text(now - timedelta(seconds=limits.max_age))
        _take_out(work, before, Reason.AGE, done, stop)
        if not dry_run and not stop():
            done.entries = tombstones.forget_entries(connection, before, stop)
    if limits.max_size and not stop():
        _shrink(work, limits.max_size, done)
    if not dry_run:
        done.sentences = _forget_boilerplate(connection, now, stop)
    if (done.texts or done.entries) and not dry_run:
        done.freed_bytes = give_back(connection, stop)
    return done


def take_down(
    connection: sqlite3.Connection, url: str, now: datetime, settings: DedupSettings, *, with_copies: bool = False
) -> list[str]:
    """Take out the publication under a URL at once; the URL is barred even if nothing is stored under it.

    An article that loses its canonical text elects another. Freed pages are overwritten with zeros.

    Args:
        url: of a publication, or as a feed lists it.
        with_copies: take out the whole article, with every publication of it.

    Returns:
        the URLs of the publications that were taken out.
    """
    tombstones.overwrite_deleted(connection)
    with transaction(connection, Point.PRUNE_COMMIT):
        urls = [*_withdraw(connection, url, to_text(now), settings, with_copies), *take_down_teasers(connection, url)]
        tombstones.bury(connection, url, to_text(now), Reason.TAKEDOWN)
    give_back(connection)
    cut_log(connection)
    return urls


def _forget_boilerplate(connection: sqlite3.Connection, now: datetime, stop: Callable[[], bool]) -> int:
    before = to_text(now - timedelta(days=boilerplate.KEEP_DAYS))
    forgotten = 0
    while not stop():
        with transaction(connection):
            some = boilerplate.forget(connection, before, FORGET_BATCH)
        forgotten += some
        if some < FORGET_BATCH:
            break
    return forgotten


def _withdraw(
    connection: sqlite3.Connection, url: str, now: str, settings: DedupSettings, with_copies: bool
) -> list[str]:
    urls = []
    for doc in tombstones.docs_under(connection, url):
        found = articles.place_of(connection, doc)
        if found is None:
            continue  # it went with its article just now
        if with_copies:
            urls += _remove(connection, found.article_id, now, Reason.TAKEDOWN, settings)
            continue
        tombstones.bury(connection, found.publication.url, now, Reason.TAKEDOWN)
        tombstones.bury_texts(connection, [doc], now, Reason.TAKEDOWN)
        # Articles that lose their canonical text elect another.
        place(connection, settings, now, Cache(), withdrawn=[doc])
        urls.append(found.publication.url)
    return urls


def _shrink(work: _Work, limit: int, done: Pruned) -> None:
    """Bring the database below a size: dead entries go first, then articles, but none where that would be in vain."""
    connection, stop = work.connection, work.stop
    if used_bytes(connection) <= limit:
        return
    if not work.dry_run:
        done.entries += tombstones.forget_entries(connection, to_text(work.now - SAFE_AGE), stop)
        if stop() or used_bytes(connection) <= limit:
            return
    other = other_bytes(connection)
    if other > limit:
        done.other_bytes = other
        return
    enough = _small_enough(connection, round(SIZE_MARGIN * limit), done if work.dry_run else None)
    _take_out(work, ALL, Reason.SIZE, done, lambda: stop() or enough())


def _take_out(work: _Work, before: str, reason: Reason, done: Pruned, stop: Callable[[], bool]) -> None:
    after = ("", 0)
    while not stop():
        chosen = tombstones.old_articles(work.connection, before, after, LOOK_AHEAD)
        if not chosen:
            return
        if work.dry_run:
            taken: Sequence[Old] = chosen
        else:
            taken = _remove_some(work, chosen, reason, stop)
            with transaction(work.connection):
                tombstones.merge_text_index(work.connection, MERGE_PAGES)
        done.articles += len(taken)
        done.texts += sum(old.texts for old in taken)
        after = (taken[-1].seen, taken[-1].id)


def _remove_some(work: _Work, chosen: Sequence[Old], reason: Reason, stop: Callable[[], bool]) -> Sequence[Old]:
    """Remove one transaction's worth of articles off the front; at least one."""
    end = time.monotonic() + MAX_TRANSACTION_S
    count = 0
    with transaction(work.connection, Point.PRUNE_COMMIT):
        while count < len(chosen) and (count == 0 or (time.monotonic() < end and not stop())):
            _remove(work.connection, chosen[count].id, work.stamp, reason, work.dedup)
            count += 1
    return chosen[:count]


def _remove(
    connection: sqlite3.Connection, article_id: int, now: str, reason: Reason, settings: DedupSettings
) -> list[str]:
    """Remove an article with its copies, and return their URLs; one that has gone meanwhile is passed over."""
    texts = articles.texts_of(connection, article_id)
    docs = [text.doc for text in texts]
    tombstones.bury_texts(connection, docs, now, reason)
    place(connection, settings, now, Cache(), withdrawn=docs)
    index_changed(connection)  # at once: what it waits with takes room, and room is what the caller looks at
    return [text.publication.url for text in texts]


def _small_enough(connection: sqlite3.Connection, target: int, counted: Pruned | None) -> Callable[[], bool]:
    """A question that is answered with yes once the database is down to `target` bytes.

    Args:
        counted: nothing is removed, only counted here: then by the average size of a text.
    """
    if counted is None:
        return lambda: used_bytes(connection) <= target
    size, texts = used_bytes(connection), articles.count_texts(connection)
    first = counted.texts
    return lambda: size - (counted.texts - first) * size / max(texts, 1) <= target
