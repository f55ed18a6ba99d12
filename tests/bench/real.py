"""The real pairs, judged by reading, and how decisions on them are scored. Pure, but for reading the files."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SETS = ("helsinki", "reuters", "nexis", "french", "indonesian", "reviews")
MUST_LINK = frozenset("SE")
MUST_NOT = frozenset("RTD")
FOLDS = 5

Decision = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair of URLs and what a reader says of them.

    Attributes:
        label: S same text, E excerpt or extended, U update, R item of a round-up, T template, D different,
            X not judgeable.
        weight: how many such pairs of the set it stands for; None of pairs that were not drawn.
        use: score, or fit: picked because a model was unsure, so that it would tell nothing of a share.
    """

    set: str
    a: str
    b: str
    label: str
    weight: float | None
    use: str
    why: str


@dataclass(frozen=True, slots=True)
class RealScore:
    """Figures of one method on one set, over the pairs whose `use` is score.

    Attributes:
        copies, copies_linked: pairs S and E.
        apart, wrong: pairs R, T and D, and those that were taken for one text.
        drawn_precision, drawn_recall: with each drawn pair weighed by what it stands for.
        updates, updates_found: pairs U, and those joined as versions or taken for one text.
        items, items_found: pairs R, and those joined as item and collection.
        others, others_joined: pairs T and D, and those joined or taken for one text.
    """

    copies: int
    copies_linked: int
    apart: int
    wrong: int
    drawn_precision: float
    drawn_recall: float
    updates: int
    updates_found: int
    items: int
    items_found: int
    others: int
    others_joined: int

    @property
    def recall(self) -> float:
        """Of S and E."""
        return _share(self.copies_linked, self.copies)

    @property
    def precision(self) -> float:
        """Against R, T and D; U and X count neither way."""
        return _share(self.copies_linked, self.copies_linked + self.wrong)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)


def read_pairs(folder: Path) -> list[Judged]:
    """All judged pairs."""
    with (folder / "judged.csv").open(encoding="utf-8", newline="") as rows:
        return [
            Judged(
                r["set"],
                r["a"],
                r["b"],
                r["label"],
                float(r["weight"]) if r["weight"] else None,
                r["use"],
                r["why"],
            )
            for r in csv.DictReader(rows)
        ]


def score_pairs(
    pairs: Sequence[Judged], linked: Decision, versions: Decision | None = None, items: Decision | None = None
) -> RealScore:
    """Score decisions: `linked` says one text, `versions` and `items` say how two articles are joined."""
    pairs = [pair for pair in pairs if pair.use == "score"]

    def chosen(labels: frozenset[str]) -> list[Judged]:
        return [pair for pair in pairs if pair.label in labels]

    def count(some: Sequence[Judged], *decisions: Decision | None) -> int:
        return sum(any(decide and decide(pair.a, pair.b) for decide in decisions) for pair in some)

    def weight(some: Sequence[Judged], only_linked: bool) -> float:
        return sum(pair.weight or 0.0 for pair in some if not only_linked or linked(pair.a, pair.b))

    copies, apart = chosen(MUST_LINK), chosen(MUST_NOT)
    found = weight(copies, True)
    return RealScore(
        copies=len(copies),
        copies_linked=count(copies, linked),
        apart=len(apart),
        wrong=count(apart, linked),
        drawn_precision=_share(found, found + weight(apart, True)),
        drawn_recall=_share(found, weight(copies, False)),
        updates=len(chosen(frozenset("U"))),
        updates_found=count(chosen(frozenset("U")), linked, versions, items),
        items=len(chosen(frozenset("R"))),
        items_found=count(chosen(frozenset("R")), items),
        others=len(chosen(frozenset("TD"))),
        others_joined=count(chosen(frozenset("TD")), linked, versions, items),
    )


def folds(pairs: Sequence[Judged]) -> list[int]:
    """For each pair one of `FOLDS` numbers, the same for all pairs of a story: those that texts connect."""
    story: dict[tuple[str, str], tuple[str, str]] = {}

    def root(text: tuple[str, str]) -> tuple[str, str]:
        while story.setdefault(text, text) != text:
            story[text] = story[story[text]]
            text = story[text]
        return text

    for pair in pairs:
        first, second = sorted((root((pair.set, pair.a)), root((pair.set, pair.b))))
        story[second] = first
    sizes = Counter(root((pair.set, pair.a)) for pair in pairs)
    filled = [0] * FOLDS
    fold: dict[tuple[str, str], int] = {}
    for name, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fold[name] = filled.index(min(filled))
        filled[fold[name]] += size
    return [fold[root((pair.set, pair.a))] for pair in pairs]


def mistakes(pairs: Sequence[Judged], linked: Decision) -> tuple[list[Judged], list[Judged]]:
    """The pairs that were linked and must not be, and those that were missed."""
    wrong = [pair for pair in pairs if pair.label in MUST_NOT and linked(pair.a, pair.b)]
    missed = [pair for pair in pairs if pair.label in MUST_LINK and not linked(pair.a, pair.b)]
    return wrong, missed


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def write_judged_only(source: Path, pairs: Sequence[Judged], target: Path) -> dict[str, int]:
    """The records of a `.jsonl.gz` that some pair names, as plain JSONL; returns URL → line number.

    A direct decision on a pair needs no other record.
    """
    wanted = {url for pair in pairs for url in (pair.a, pair.b)}
    places: dict[str, int] = {}
    with gzip.open(source, "rt", encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        for line in lines:
            url = json.loads(line)["url"]
            if url in wanted:
                places[url] = len(places)
                out.write(line)
    return places
