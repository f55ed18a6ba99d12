"""Two stored texts side by side: figures, the rule, sentences aligned, boilerplate set aside. Reads only."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from ingest.dedup.align import align
from ingest.dedup.aligned import aligned_sentences, printed
from ingest.dedup.corpus import Text
from ingest.dedup.draft import Draft
from ingest.dedup.scorecard import Scorecard
from ingest.dedup.verify import RULES, Verdict, by_hand
from ingest.dedup.wording import turn_says
from ingest.errors import StoreError
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.articles import Placed, text_named
from ingest.store.corpus import SqliteCorpus, pairs_between


def explain(connection: sqlite3.Connection, a: str, b: str, settings: DedupSettings) -> dict[str, Any]:
    """Why two texts are, or are not, copies of each other, ready for JSON.

    Args:
        a, b: URLs, `doc:N`, `rev:N` (a row of `revisions`), or ids of articles.

    Returns:
        `a`, `b` (facts), `one_article`, `links` (stored between their articles: kind, article_id, other_id),
        `verdict` (kind, rule, says, score, features, contributions, turn: as measured now), `decided` (as it was when
        the archive compared them, if it did), `sentences` (in the order of `a`, those of `b` alone last;
        each with `status` same | edited | only_a | only_b), `aside` (boilerplate of each).

    Raises:
        StoreError: when a name leads nowhere, or both lead to one text.
    """
    found = _compare(connection, a, b, settings)
    first, second = found.places
    texts = [text.comparable for text in found.texts]
    lines = [printed(each.publication.text) for each in found.places]
    aside = [text.aside(found.aside) for text in texts]
    return {
        "a": _facts(first),
        "b": _facts(second),
        "one_article": first.article_id == second.article_id,
        "links": _links(connection, first.article_id, second.article_id),
        "verdict": _verdict(found.verdict),
        "decided": [_decision(row) for row in pairs_between(connection, first.doc, second.doc)],
        "sentences": [asdict(each) for each in aligned_sentences(align(texts[0], texts[1], *aside), *lines)],
        "aside": {
            name: [sentence for key, sentence in zip(text.keys, sentences_, strict=False) if key in keys]
            for name, text, keys, sentences_ in zip("ab", texts, aside, lines, strict=True)
        },
    }


def explain_briefly(connection: sqlite3.Connection, a: str, b: str, settings: DedupSettings) -> dict[str, Any]:
    """What two texts are to each other in one row: for many pairs.

    Raises:
        StoreError: as `explain`.
    """
    found = _compare(connection, a, b, settings)
    first, second = found.places
    verdict = _verdict(found.verdict)
    decided = pairs_between(connection, first.doc, second.doc)
    return {
        "url": first.publication.url,
        "other_url": second.publication.url,
        "kind": verdict["kind"],
        "score": verdict["score"],
        "rule": verdict["rule"],
        "one_article": first.article_id == second.article_id,
        "says": verdict["says"],
        "model": decided[0]["model"] if decided else None,
        **{name: verdict["features"].get(name) for name in ("jaccard", "containment", "coverage_smaller")},
    }


@dataclass(frozen=True, slots=True)
class _Compared:
    """Two texts as they are stored and as the engine sees them, what is set aside of them, and the verdict."""

    places: tuple[Placed, Placed]
    texts: tuple[Text, Text]
    aside: frozenset[int]
    verdict: Verdict


def _compare(connection: sqlite3.Connection, a: str, b: str, settings: DedupSettings) -> _Compared:
    first, second = text_named(connection, a), text_named(connection, b)
    if first.doc == second.doc:
        raise StoreError(f"{a} and {b} are one stored text (doc:{first.doc}); name two")
    corpus = SqliteCorpus(connection)
    draft = Draft(corpus, settings.window, Scorecard.load(settings.model))
    one, other = corpus.text_of(first.publication), corpus.text_of(second.publication)
    verdict = _with_corrections(draft, draft.verdict(one, other), first.doc, second.doc)
    return _Compared((first, second), (one, other), draft.aside_of_both(one, other), verdict)


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
