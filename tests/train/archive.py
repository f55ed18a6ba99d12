"""The judgements of an archive (`ingest judge`) as examples: `python -m tests.train --judged DB`."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from ingest.dedup.boilerplate import EVERYWHERE
from ingest.dedup.comparable import Comparable
from ingest.dedup.fingerprint import fingerprint
from ingest.store.database import open_database
from tests.train.material import Example, Page, compared, moment_of, stories_of

# What coders are asked, in the labels of the judged pairs; `unsure` teaches nothing.
LABELS = {"copy": "S", "update": "U", "part_of": "R", "different": "D"}

# Of each coder the latest word, on texts that are still what was read.
_WORDS = """
    SELECT j.doc, j.other, j.label, j.weight FROM judgements j
    WHERE j.id IN (SELECT max(id) FROM judgements GROUP BY doc, other, coder)
      AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.doc IN (j.doc, j.other) AND r.replaced_at > j.judged_at)
    ORDER BY j.id
"""
_TEXTS = """
    SELECT doc, url, site, published_at, text FROM articles WHERE doc = :doc
    UNION ALL SELECT doc, url, site, published_at, text FROM copies WHERE doc = :doc
"""


def read_judgements(path: Path) -> list[Example]:
    """The judged pairs of an archive, a set of the archive's name: of several coders the label that most of them gave.

    Pairs on which as many coders say one thing as another are left out, and those of which a text has gone or was
    revised since.
    """
    with closing(open_database(path, read_only=True)) as connection:
        votes: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
        weights: dict[tuple[int, int], float] = {}
        for doc, other, label, weight in connection.execute(_WORDS):
            if label in LABELS:
                votes[doc, other][LABELS[label]] += 1
                weights[doc, other] = weight
        pages = {doc: page for pair in votes for doc in pair if (page := _page(connection, doc))}
        furniture = _boilerplate(connection, {page.site for _, page in pages.values()})
    chosen = {pair: label for pair, said in votes.items() if (label := _most(said)) and set(pair) <= pages.keys()}
    stories = stories_of((pages[a][0], pages[b][0]) for a, b in chosen)
    return [
        Example(
            path.stem, pages[a][0], pages[b][0], label, len(votes[a, b]) == 1, True, weights[a, b],
            f"{path.stem} {stories[pages[a][0]]}", compared(pages[a][1], pages[b][1], furniture),
        )
        for (a, b), label in chosen.items()
    ]  # fmt: skip


def _most(said: Counter[str]) -> str | None:
    first, *others = said.most_common(2)
    return None if others and others[0][1] == first[1] else first[0]


def _page(connection: sqlite3.Connection, doc: int) -> tuple[str, Page] | None:
    row = connection.execute(_TEXTS, {"doc": doc}).fetchone()
    if row is None:
        return None
    moment: datetime | None = moment_of(row["published_at"] or "")
    return row["url"], Page(row["site"] or "", moment, Comparable(fingerprint(row["text"])))


def _boilerplate(connection: sqlite3.Connection, sites: set[str]) -> Mapping[str, frozenset[int]]:
    return {
        site: frozenset(key for (key,) in connection.execute("SELECT key FROM boilerplate WHERE site = ?", (site,)))
        for site in {*sites, EVERYWHERE}
    }
