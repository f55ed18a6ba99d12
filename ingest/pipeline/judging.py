"""Pairs drawn for people to judge, their judgements taken in, and what these say of each other and of the archive."""

from __future__ import annotations

import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise

from ingest.agreement import Agreement, Share, agreement_of, share_of
from ingest.errors import StoreError
from ingest.store import judgements as store
from ingest.store.articles import doc_named, places_of
from ingest.store.database import transaction
from ingest.store.judgements import Judgement
from ingest.times import to_text

LABELS = ("copy", "update", "part_of", "different", "unsure")
NEVER = "never"  # two texts of one day that were never compared
KINDS = ("copy", "update", "part_of", "different", NEVER)
BANDS = (-4.0, -2.0, 0.0, 2.0, 4.0)  # of scores: each kind is drawn from all bands that it has
TRIES = 50  # to find, of each pair wanted, two texts that were never compared


@dataclass(frozen=True, slots=True)
class Drawn:
    """A pair that was drawn.

    Attributes:
        band: of its score, as "0.0…2.0"; "" where it was never compared.
        weight: pairs of its kind and band for each that was drawn of them.
    """

    url: str
    other_url: str
    title: str | None
    other_title: str | None
    kind: str
    score: float | None
    band: str
    weight: float


def sample(
    connection: sqlite3.Connection,
    count: int,
    seed: int,
    *,
    kinds: Sequence[str] = KINDS,
    lowest: float = -1e9,
    highest: float = 1e9,
    site: str | None = None,
) -> list[Drawn]:
    """Draw pairs at random, as many of each kind and band of scores as there are for it: the same for the same seed.

    Args:
        count: pairs in all; fewer where there are not so many.
        kinds: of `KINDS`.
        lowest, highest: scores (log-odds that both are one text); pairs never compared have none.
        site: only pairs of which one text stands there.
    """
    rng = random.Random(seed)  # noqa: S311 - a sample, no secret
    strata: defaultdict[tuple[str, str], list[tuple[int, int, float | None]]] = defaultdict(list)
    compared = [kind for kind in kinds if kind != NEVER]
    for a, b, score, kind in store.compared_pairs(connection, compared, lowest, highest, site) if compared else ():
        strata[kind, _band(score)].append((a, b, score))
    sizes = {stratum: len(pairs) for stratum, pairs in strata.items()}
    if NEVER in kinds:
        days = store.texts_by_day(connection, site)
        strata[NEVER, ""] = list(_never_compared(connection, days, count, rng))
        sizes[NEVER, ""] = sum(len(docs) * (len(docs) - 1) // 2 for docs in days.values())
    drawn = []
    for stratum, number in _shares({stratum: len(pairs) for stratum, pairs in strata.items()}, count).items():
        pairs = rng.sample(sorted(strata[stratum], key=lambda pair: pair[:2]), number)
        drawn += [(*pair, *stratum, sizes[stratum] / number) for pair in pairs]
    rng.shuffle(drawn)
    places = places_of(connection, {doc for pair in drawn for doc in pair[:2]})
    return [
        Drawn(
            url=places[a].publication.url,
            other_url=places[b].publication.url,
            title=places[a].publication.title,
            other_title=places[b].publication.title,
            kind=kind,
            score=score,
            band=band,
            weight=round(weight, 3),
        )
        for a, b, score, kind, band, weight in drawn
        if a in places and b in places
    ]


def _band(score: float) -> str:
    edges = (float("-inf"), *BANDS, float("inf"))
    return next(f"{low:g}…{high:g}" for low, high in pairwise(edges) if score < high)


def _shares(sizes: Mapping[tuple[str, str], int], count: int) -> dict[tuple[str, str], int]:
    """How many of each stratum: alike, and what small ones cannot give goes to the others."""
    taken: dict[tuple[str, str], int] = {}
    left = count
    for number, stratum in enumerate(sorted(sizes, key=lambda stratum: (sizes[stratum], stratum))):
        fair = -(-left // (len(sizes) - number))
        taken[stratum] = min(sizes[stratum], fair)
        left -= taken[stratum]
    return {stratum: number for stratum, number in taken.items() if number}


def _never_compared(
    connection: sqlite3.Connection, days: Mapping[str, Sequence[int]], count: int, rng: random.Random
) -> set[tuple[int, int, float | None]]:
    """Pairs of texts of one day that were never compared, all pairs of a day alike likely."""
    usable = [docs for docs in days.values() if len(docs) > 1]
    if not usable:
        return set()
    weights = [len(docs) * (len(docs) - 1) for docs in usable]
    found: set[tuple[int, int, float | None]] = set()
    for _ in range(TRIES * count):
        if len(found) == count:
            break
        a, b = sorted(rng.sample(rng.choices(usable, weights)[0], 2))
        if not store.are_compared(connection, a, b):
            found.add((a, b, None))
    return found


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file of judgements came to: those taken, and what was wrong with the others, by line."""

    taken: int
    blank: int
    refused: tuple[tuple[int, str], ...]


def judge(
    connection: sqlite3.Connection, rows: Iterable[tuple[int, Mapping[str, str]]], coder: str, now: datetime
) -> Judged:
    """Take a coder's judgements in; nothing of the archive changes by them.

    Args:
        rows: (line, columns): `url`, `other_url`, `label`, and `weight` and `note` if given. Without a label: not
            judged yet.
    """
    taken: list[Judgement] = []
    refused: list[tuple[int, str]] = []
    blank = 0
    for line, row in rows:
        label = (row.get("label") or "").strip().lower()
        if not label:
            blank += 1
            continue
        try:
            taken.append(_judgement(connection, row, label, coder))
        except (StoreError, ValueError) as error:
            refused.append((line, str(error)))
    with transaction(connection):
        store.add_judgements(connection, taken, to_text(now))
    return Judged(len(taken), blank, tuple(refused))


def _judgement(connection: sqlite3.Connection, row: Mapping[str, str], label: str, coder: str) -> Judgement:
    if label not in LABELS:
        raise ValueError(f"label {label!r} is none of {', '.join(LABELS)}")
    doc, other = (doc_named(connection, (row.get(name) or "").strip()) for name in ("url", "other_url"))
    if doc == other:
        raise ValueError("both URLs are one stored text")
    weight = float(row.get("weight") or 1.0)
    if not weight > 0:
        raise ValueError(f"weight {row.get('weight')!r} is not above 0")
    return Judgement(doc, other, label, coder, weight, (row.get("note") or "").strip() or None)


@dataclass(frozen=True, slots=True)
class Report:
    """What the judgements say.

    Attributes:
        coders: coder → pairs judged.
        between: (coder, other coder, agreement on all labels, agreement on copy or not).
        precision: of the pairs that stand in one article, the share that was judged a copy.
        recall: of the pairs that were judged a copy, the share that stands in one article.
    """

    coders: Mapping[str, int]
    between: tuple[tuple[str, str, Agreement, Agreement], ...]
    precision: Share
    recall: Share


def agreement(connection: sqlite3.Connection, coder: str | None = None) -> Report:
    """How coders agree, and what precision and recall their judgements give; the unsure are left out.

    Where coders differ on a pair, each one's word counts for its part.

    Args:
        coder: whose word alone precision and recall are measured by.
    """
    said: defaultdict[str, dict[tuple[int, int], Judgement]] = defaultdict(dict)
    for each in store.latest_judgements(connection):
        said[each.coder][each.doc, each.other] = each
    between = []
    for one, other in combinations(sorted(said), 2):
        both = said[one].keys() & said[other].keys()
        labels = [(said[one][pair].label, said[other][pair].label) for pair in sorted(both)]
        full, binary = agreement_of(labels), agreement_of([_binary(pair) for pair in labels])
        if full and binary:
            between.append((one, other, full, binary))
    counted = [
        each
        for name, pairs in said.items()
        if coder in (None, name)
        for each in pairs.values()
        if each.label != "unsure"
    ]
    words: defaultdict[tuple[int, int], list[Judgement]] = defaultdict(list)
    for each in counted:
        words[each.doc, each.other].append(each)
    now = store.decided(connection, list(words))
    answers = [
        (each.label == "copy", now[pair] == "copy", each.weight / len(each_said))
        for pair, each_said in words.items()
        if pair in now
        for each in each_said
    ]
    return Report(
        coders={name: len(pairs) for name, pairs in sorted(said.items())},
        between=tuple(between),
        precision=share_of((judged, weight) for judged, stands, weight in answers if stands),
        recall=share_of((stands, weight) for judged, stands, weight in answers if judged),
    )


def _binary(labels: tuple[str, str]) -> tuple[str, str]:
    one, other = (label if label == "copy" else "no copy" for label in labels)
    return one, other
