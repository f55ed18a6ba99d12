"""The evidence table: what was decided on a text, by which rule, on which figures."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """One comparison and what came of it.

    Attributes:
        against: the text it was compared with; None where there was no candidate.
        relation: a relation, a link's kind, or "different"; None where there was no candidate.
    """

    doc: int
    against: int | None
    article_id: int
    rule: str
    relation: str | None
    jaccard: float | None
    containment: float | None
    figures: Mapping[str, float]
    parameters: int


def add_decision(connection: sqlite3.Connection, decision: Decision, now: str) -> None:
    """Write a decision down (inside the caller's transaction)."""
    connection.execute(
        """
        INSERT INTO decisions (doc, against, article_id, rule, relation, jaccard, containment, figures,
                               parameters, decided_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            decision.doc,
            decision.against,
            decision.article_id,
            decision.rule,
            decision.relation,
            decision.jaccard,
            decision.containment,
            json.dumps({name: round(value, 4) for name, value in decision.figures.items()})
            if decision.figures
            else None,
            decision.parameters,
            now,
        ),
    )


def decisions_on(connection: sqlite3.Connection, doc: int, other: int) -> list[sqlite3.Row]:
    """What was decided on two texts, latest first; where one of them was placed without the other, that too."""
    return connection.execute(
        """
        SELECT doc, against, article_id, rule, relation, jaccard, containment, figures, parameters, decided_at
        FROM decisions
        WHERE (doc = :doc AND against = :other) OR (doc = :other AND against = :doc)
           OR (doc IN (:doc, :other) AND relation IN ('exact', 'near', 'excerpt', 'extended'))
           OR (doc IN (:doc, :other) AND against IS NULL)
        ORDER BY id DESC
        """,
        {"doc": doc, "other": other},
    ).fetchall()
