"""Sentences that one site repeats over distinct pages: learned as pages arrive, kept in SQLite, forgotten in time.

All SQL on `boilerplate`. What is learned is set aside when two texts are compared; no text is changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations

from ingest.dedup.comparable import Comparable, shared

# A sentence on so many distinct pages of a site besides the new one is furniture. Fewer could be a story
# and its follow-ups.
FEWEST_PAGES = 3
# Two pages are distinct when what they do not share verbatim is a body of its own on both, and tells other things.
FEWEST_OWN_SHINGLES = 30
MAX_OWN_OVERLAP = 0.15  # of the smaller remainder's shingles; a re-issue's edited sentences share more
# Of the pages that have a sentence so many are tried at most for three distinct ones, the same ones whichever
# comes last: all triples of what a hostile site can put in the way took minutes.
MAX_PAGES = 12
KEEP_DAYS = 120  # a redesigned site stops showing its old furniture


def known(connection: sqlite3.Connection, site: str) -> frozenset[int]:
    """The keys of the sentences that a site is known to repeat."""
    return frozenset(row[0] for row in connection.execute("SELECT key FROM boilerplate WHERE site = ?", (site,)))


def are_distinct(a: Comparable, b: Comparable, repeated: frozenset[int]) -> bool:
    """Whether two pages with these sentences in common are different stories, not one text issued again."""
    common_a, common_b = a.shingles_of(repeated), b.shingles_of(repeated)
    mine, other = a.shingle_count - common_a, b.shingle_count - common_b
    smaller = min(mine, other)
    if smaller < FEWEST_OWN_SHINGLES:
        return False
    return shared(a.shingles(), b.shingles()) - min(common_a, common_b) <= MAX_OWN_OVERLAP * smaller


def repeated_sentences(page: Comparable, others: Sequence[Comparable], suspects: AbstractSet[int]) -> frozenset[int]:
    """The sentences of a page that stand on `FEWEST_PAGES` other pages of its site, all distinct from each other.

    Each sentence is judged by all pages that have it and by nothing else: whichever of them comes last finds the same.

    Args:
        others: the pages of the site that have one of the suspects.
        suspects: the sentences asked about.
    """
    known: dict[tuple[int, int], bool] = {}

    def distinct(first: int, second: int) -> bool:
        if (first, second) not in known:
            a, b = pages[first], pages[second]
            known[first, second] = are_distinct(a, b, a.key_set & b.key_set)
        return known[first, second]

    def stands_on_distinct(key: int) -> bool:
        holders = [n for n, other in enumerate(others, start=1) if key in other.key_set]
        if len(holders) < FEWEST_PAGES:
            return False
        apart = [n for n in holders if distinct(0, n)][:MAX_PAGES]
        return any(
            all(distinct(*pair) for pair in combinations(chosen, 2)) for chosen in combinations(apart, FEWEST_PAGES)
        )

    others = sorted(others, key=lambda other: other.text_key)
    pages = (page, *others)
    return frozenset(key for key in page.key_set & suspects if stands_on_distinct(key))


def learn(connection: sqlite3.Connection, site: str, keys: Iterable[int], now: str) -> None:
    """Remember that a site repeats these sentences."""
    connection.executemany(
        """
        INSERT INTO boilerplate (site, key, learned_at, last_seen_at) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET last_seen_at = excluded.last_seen_at
        """,
        [(site, key, now, now) for key in keys],
    )
    _count_change(connection)


def seen(connection: sqlite3.Connection, site: str, keys: Iterable[int], now: str) -> None:
    """Note that a page of the site shows these sentences still; written once a day."""
    connection.executemany(
        "UPDATE boilerplate SET last_seen_at = ?1 WHERE site = ?2 AND key = ?3 AND substr(last_seen_at, 1, 10) < ?4",
        [(now, site, key, now[:10]) for key in keys],
    )


def forget(connection: sqlite3.Connection, before: str, limit: int) -> int:
    """Drop at most `limit` sentences that no page has shown since a time; returns how many that were."""
    forgotten = connection.execute(
        """
        DELETE FROM boilerplate WHERE (site, key) IN
            (SELECT site, key FROM boilerplate WHERE last_seen_at < ? LIMIT ?)
        """,
        (before, limit),
    ).rowcount
    if forgotten:
        _count_change(connection)
    return forgotten


def forget_all(connection: sqlite3.Connection) -> None:
    """Drop everything: it is learned anew."""
    connection.execute("DELETE FROM boilerplate")
    _count_change(connection)


def _count_change(connection: sqlite3.Connection) -> None:
    """Tell every process that what it read of `known` may no longer be so."""
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('boilerplate_changes', 1) ON CONFLICT DO UPDATE SET value = value + 1"
    )


def changes(connection: sqlite3.Connection) -> int:
    """How often something was learned or forgotten: what was read of `known` is good as long as this stays."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'boilerplate_changes'").fetchone()
    return int(row[0]) if row else 0
