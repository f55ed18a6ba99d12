"""Two versions of one publication side by side. Reads only."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from typing import Any

from ingest.dedup.align import align
from ingest.dedup.aligned import aligned_sentences, printed
from ingest.dedup.comparable import Comparable
from ingest.dedup.fingerprint import fingerprint
from ingest.errors import StoreError
from ingest.store.articles import doc_named
from ingest.store.view import versions_of


def diff(connection: sqlite3.Connection, name: str, first: int | None, second: int | None) -> dict[str, Any]:
    """What changed between two versions of a publication, ready for JSON.

    Args:
        name: its URL, `doc:N`, or an article's id.
        first, second: numbers of versions, the first text being 1; None: the last but one, and the last.

    Returns:
        `url`, `versions` (all: version, title, from_at, until_at, word_count), `a` and `b` (the numbers of the two
        compared), `sentences` (as `ingest.pipeline.explain` has them).

    Raises:
        StoreError: when it names nothing, or there is no such version.
    """
    versions = versions_of(connection, doc_named(connection, name))
    numbers = [row["version"] for row in versions]
    if len(numbers) < 2 and first is None:
        raise StoreError(f"{name}: has one version only; nothing of it has changed")
    a, b = first or numbers[-2], second or numbers[-1]
    for number in (a, b):
        if number not in numbers:
            raise StoreError(f"{name}: no version {number}; it has {numbers[0]} to {numbers[-1]}")
    texts = [next(row["text"] for row in versions if row["version"] == number) for number in (a, b)]
    before, after = (Comparable(fingerprint(text)) for text in texts)
    return {
        "url": versions[-1]["url"],
        "versions": [{key: value for key, value in row.items() if key not in ("text", "url")} for row in versions],
        "a": a,
        "b": b,
        "sentences": [asdict(each) for each in aligned_sentences(align(before, after), *map(printed, texts))],
    }
