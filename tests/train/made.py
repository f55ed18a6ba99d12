"""Pairs made from real articles (`tests.bench.quality`, the half that is for tuning) as examples."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

from tests.bench.quality.corpus import load
from tests.bench.quality.generate import Label, make_round
from tests.train.material import Example, Page, boilerplate_of, compared, page_of

SET = "made"
ROUNDS = 4
CASES = 64
# Pairs of each two kinds: copies (excerpts with originals, and so on), and look-alikes, which have fewer kinds.
COPIES, LOOK_ALIKES = 40, 160
FEWEST_COMMON = 8  # shingles; what shares less no scorecard is asked about
MOST_HOLDERS = 60  # of a shingle, by which pairs are found: more is the furniture of sites


def made_examples(
    articles: Path, half: str = "tuning", rounds: int = ROUNDS, cases: int = CASES, *, all_pairs: bool = False
) -> list[Example]:
    """Examples from some rounds that a scorecard is asked about: some of each two kinds, the same every time.

    Args:
        all_pairs: not some, but all, and those that it is not asked about.
    """
    pieces = load(articles, half)
    found: dict[str, list[Example]] = defaultdict(list)
    for number in range(1, rounds + 1):
        for example in _of_round(make_round(pieces, number, cases), number):
            if all_pairs or example.is_asked:
                found[example.kind].append(example)
    chosen = []
    for kind, examples in sorted(found.items()):
        random.Random(kind).shuffle(examples)
        chosen += examples if all_pairs else examples[: COPIES if examples[0].label == "S" else LOOK_ALIKES]
    return chosen


def _of_round(labelled: Sequence[tuple[object, Label]], number: int) -> Iterator[Example]:
    records = [asdict(publication) for publication, _ in labelled]  # type: ignore[call-overload]
    labels = [label for _, label in labelled]
    pages = [page_of(record) for record in records]
    furniture = boilerplate_of(pages)
    for first, second in sorted(_pairs(pages, labels)):
        a, b = labels[first], labels[second]
        features = compared(pages[first], pages[second], furniture)
        kind = "+".join(sorted((a.kind, b.kind)))
        yield Example(SET, a.url, b.url, _label(a, b), True, True, None, f"{number}", features, kind)


def _pairs(pages: Sequence[Page], labels: Sequence[Label]) -> set[tuple[int, int]]:
    """All pairs of one group, and all others that share something."""
    groups: dict[str, list[int]] = defaultdict(list)
    holders: dict[int, list[int]] = defaultdict(list)
    for place, (page, label) in enumerate(zip(pages, labels, strict=True)):
        groups[label.group].append(place)
        for shingle in page.text.shingles().tolist():
            holders[shingle].append(place)
    common = Counter(
        pair for places in holders.values() if len(places) <= MOST_HOLDERS for pair in combinations(places, 2)
    )
    found = {pair for pair, count in common.items() if count >= FEWEST_COMMON}
    return found.union(*(combinations(places, 2) for places in groups.values()))


def _label(a: Label, b: Label) -> str:
    if a.group == b.group:
        return "S"
    if b.group == a.may_merge or a.group == b.may_merge:
        return "U"
    kinds = {a.kind, b.kind}
    if "roundup" in kinds:
        return "R"
    return "T" if kinds == {"template"} else "D"
