"""Two stored texts side by side: figures, the rule, sentences aligned, boilerplate set aside. Reads only."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from ingest.dedup.align import align
from ingest.dedup.aligned import aligned_sentences, printed
from ingest.dedup.draft import Draft
from ingest.dedup.scorecard import Scorecard
from ingest.dedup.verify import RULES, Verdict, by_hand
from ingest.dedup.wording import turn_says
from ingest.errors import StoreError
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.articles import Placed, place_named
from ingest.store.corpus import SqliteCorpus, pairs_between


def explain(connection: sqlite3.Connection, a: str, b: str, settings: DedupSettings) -> dict[str, Any]:
    """Why two texts are, or are not, copies of each other, ready for JSON.

    Args:
        a, b: URLs, `doc:N`, or ids of articles.

    Returns:
        `a`, `b` (facts), `one_article`, `links` (stored between their articles: kind, article_id, other_id),
        `verdict` (kind, rule, says, score, features, contributions, turn: as measured now), `decided` (as it was when
        the archive compared them, if it did), `sentences` (in the order of `a`, those of `b` alone last;
        each with `status` same | edited | only_a | only_b), `aside` (boilerplate of each).

    Raises:
        StoreError: when a name leads nowhere, or both lead to one text.
    """
    first, second = (place_named(connection, name) for name in (a, b))
    if first.doc == second.doc:
        raise StoreError(f"{a} and {b} are one stored text (doc:{first.doc}); name two")
    draft = Draft(SqliteCorpus(connection), settings.window, Scorecard.load(settings.model))
    found = draft.texts((first.doc, second.doc))
    verdict = draft.verdict(found[first.doc], found[second.doc])
    verdict = _with_corrections(draft, verdict, first.doc, second.doc)
    texts = [found[each.doc].comparable for each in (first, second)]
    boilerplate = frozenset[int]().union(*(draft.aside_of(text) for text in found.values()))
    lines = [printed(each.publication.text) for each in (first, second)]
    aside = [text.aside(boilerplate) for text in texts]
    return {
        "a": _facts(first),
        "b": _facts(second),
        "one_article": first.article_id == second.article_id,
        "links": _links(connection, first.article_id, second.article_id),
        "verdict": _verdict(verdict),
        "decided": [_decision(row) for row in pairs_between(connection, first.doc, second.doc)],
        "sentences": [asdict(each) for each in aligned_sentences(align(texts[0], texts[1], *aside), *lines)],
        "aside": {
            name: [sentence for key, sentence in zip(text.keys, sentences_, strict=False) if key in keys]
            for name, text, keys, sentences_ in zip("ab", texts, aside, lines, strict=True)
        },
    }


def _facts(place: Placed) -> dict[str, Any]:
    facts = asdict(place.publication)
    del facts["text"]
    return facts | {"article_id": place.article_id, "relation": place.relation}


def _links(connection: sqlite3.Connection, a: int, b: int) -> list[dict[str, Any]]:
    return [
        {name: row[name] for name in ("kind", "article_id", "other_id")}
        for row in articles.links_of(connection, [a])
        if {row["article_id"], row["other_id"]} == {a, b}
    ]


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": verdict.kind,
        "rule": verdict.rule,
        "says": verdict.says,
        "score": round(verdict.score, 4),
        "features": {n: value if value is None else round(value, 4) for n, value in verdict.features.values().items()},
        "contributions": [
            {"features": list(c.features), "values": list(c.values), "points": c.points}
            for c in verdict.contributions()
        ],
        "turn": turn_says(verdict.turn()),
    }


def _with_corrections(draft: Draft, verdict: Verdict, a: int, b: int) -> Verdict:
    """A verdict, or a person's word above it."""
    if b in draft.corrections.split.get(a, ()):
        return by_hand(verdict, one_text=False)
    if b in draft.corrections.merged.get(a, ()):
        return by_hand(verdict, one_text=True)
    return verdict


def _decision(row: sqlite3.Row) -> dict[str, Any]:
    return dict(row) | {
        "features": json.loads(row["features"]) if row["features"] else {},
        "says": RULES.get(row["rule"], row["rule"]),
    }
