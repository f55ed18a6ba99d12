"""What people said of texts: these two are not one, these two are. Their word stands above every rule."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from enum import StrEnum

from ingest.dedup.corpus import Corrections


class Correction(StrEnum):
    """What a person said of two texts (`corrections.kind`)."""

    SPLIT = "split"
    MERGE = "merge"


def latest(connection: sqlite3.Connection) -> int:
    """The id of the latest correction: what was read is good as long as it stays."""
    row = connection.execute("SELECT max(id) FROM corrections").fetchone()
    return row[0] or 0


def all_corrections(connection: sqlite3.Connection) -> Corrections:
    """Everything that people said; later words stand above earlier ones."""
    last: dict[tuple[int, int], str] = {}
    subject: dict[tuple[int, int], int] = {}
    for kind, doc, other in connection.execute("SELECT kind, doc, other FROM corrections ORDER BY id"):
        last[min(doc, other), max(doc, other)] = kind
        subject[min(doc, other), max(doc, other)] = doc
    alone = frozenset(subject[pair] for pair, said in last.items() if said == Correction.SPLIT)
    return Corrections(_both_ways(last, Correction.SPLIT), _both_ways(last, Correction.MERGE), alone)


def _both_ways(last: dict[tuple[int, int], str], kind: Correction) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for (doc, other), said in last.items():
        if said == kind:
            found.setdefault(doc, set()).add(other)
            found.setdefault(other, set()).add(doc)
    return {doc: frozenset(others) for doc, others in found.items()}


def add_corrections(
    connection: sqlite3.Connection, kind: Correction, doc: int, others: Iterable[int], now: str, note: str | None
) -> None:
    """Write down that a text is, or is not, one with others (inside the caller's transaction)."""
    connection.executemany(
        "INSERT INTO corrections (kind, doc, other, made_at, note) VALUES (?, ?, ?, ?, ?)",
        [(kind, doc, other, now, note) for other in others],
    )
