"""What people said of pairs of texts when they were asked; nothing follows from it by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CANDIDATE_COLUMNS = "a, b, score, kind"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A coder's word on two texts.

    Attributes:
        label: copy, update, part_of, different or unsure.
        weight: pairs that it stands for, by the sample it was drawn in.
    """

    doc: int
    other: int
    label: str
    coder: str
    weight: float = 1.0
    note: str | None = None


def add_judgements(connection: sqlite3.Connection, judgements: Iterable[Judgement], now: str) -> None:
    """Keep judgements (inside the caller's transaction); a coder's later word stands beside the earlier one."""
    connection.executemany(
        "INSERT INTO judgements (doc, other, label, coder, weight, note, judged_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (min(each.doc, each.other), max(each.doc, each.other), each.label, each.coder, each.weight, each.note, now)
            for each in judgements
        ],
    )


def latest_judgements(connection: sqlite3.Connection) -> list[Judgement]:
    """Of every coder the latest word on each pair whose texts are both stored still."""
    rows = connection.execute(
        """
        SELECT doc, other, label, coder, weight, note FROM judgements
        WHERE id IN (SELECT max(id) FROM judgements GROUP BY doc, other, coder)
          AND doc IN (SELECT doc FROM fingerprints) AND other IN (SELECT doc FROM fingerprints)
        ORDER BY id
        """
    )
    return [Judgement(*row) for row in rows]


def decided(connection: sqlite3.Connection, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """What two texts are to each other as they stand now: copy, update, part_of or different."""
    found = {}
    for doc, other in pairs:
        row = connection.execute(
            """
            WITH places AS (SELECT doc, id AS article FROM articles WHERE doc IN (:a, :b)
                            UNION ALL SELECT doc, article_id FROM copies WHERE doc IN (:a, :b))
            SELECT iif(x.article = y.article, 'copy', coalesce(
                (SELECT kind FROM links WHERE article_id = x.article AND other_id = y.article
                 UNION ALL SELECT kind FROM links WHERE article_id = y.article AND other_id = x.article), 'different'))
            FROM places x, places y WHERE x.doc = :a AND y.doc = :b
            """,
            {"a": doc, "b": other},
        ).fetchone()
        if row is not None:
            found[doc, other] = str(row[0])
    return found


def compared_pairs(
    connection: sqlite3.Connection, kinds: Sequence[str], lowest: float, highest: float, site: str | None
) -> list[tuple[int, int, float, str]]:
    """(a, b, score, kind) of the stored pairs of some kinds and scores, of which one text stands on a site if given."""
    marks = ", ".join("?" * len(kinds))
    where = f"kind IN ({marks}) AND score BETWEEN ? AND ?"
    values: list[object] = [*kinds, lowest, highest]
    if site is not None:
        on_site = "(SELECT doc FROM articles WHERE site = ? UNION ALL SELECT doc FROM copies WHERE site = ?)"
        where += f" AND (a IN {on_site} OR b IN {on_site})"
        values += [site] * 4
    rows = connection.execute(f"SELECT {CANDIDATE_COLUMNS} FROM pairs WHERE {where} ORDER BY a, b", values)  # noqa: S608
    return [tuple(row) for row in rows]


def texts_by_day(connection: sqlite3.Connection, site: str | None) -> dict[str, list[int]]:
    """Day → the docs of that day, of one site or of all."""
    where = "WHERE site = ?" if site is not None else ""
    found: dict[str, list[int]] = {}
    rows = connection.execute(
        f"SELECT substr(at, 1, 10), doc FROM moments {where} ORDER BY 1, 2",  # noqa: S608 - two literals
        (site,) if site is not None else (),
    )
    for day, doc in rows:
        found.setdefault(day, []).append(doc)
    return found


def are_compared(connection: sqlite3.Connection, doc: int, other: int) -> bool:
    """Whether two texts were ever compared, or are near-identical ones of a node."""
    return bool(
        connection.execute(
            "SELECT EXISTS (SELECT 1 FROM pairs WHERE a = min(?1, ?2) AND b = max(?1, ?2))"
            " OR (SELECT leader FROM fingerprints WHERE doc = ?1) IS (SELECT leader FROM fingerprints WHERE doc = ?2)",
            (doc, other),
        ).fetchone()[0]
    )
