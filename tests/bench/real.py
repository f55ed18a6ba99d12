"""The real pairs, judged by reading, and how decisions on them are scored. Pure, but for reading the files."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SETS = ("helsinki", "reuters")
MUST_LINK = frozenset("SE")
MUST_NOT = frozenset("RTD")


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair of URLs and what a reader says of them.

    Attributes:
        label: S same text, E excerpt or extended, U update, R item of a round-up, T template, D different,
            X not judgeable.
    """

    a: str
    b: str
    label: str
    why: str


@dataclass(frozen=True, slots=True)
class RealScore:
    """Counts of one method on one set.

    Attributes:
        same, same_linked: pairs S; `copies`, `copies_linked`: pairs S and E.
        wrong: pairs R, T and D that were linked; `apart` how many there are.
        updates, updates_linked, updates_merged: pairs U, joined as versions, taken for one text.
    """

    same: int
    same_linked: int
    copies: int
    copies_linked: int
    apart: int
    wrong: int
    updates: int
    updates_linked: int
    updates_merged: int

    @property
    def recall_same(self) -> float:
        return self.same_linked / self.same if self.same else 1.0

    @property
    def recall(self) -> float:
        """Of S and E."""
        return self.copies_linked / self.copies if self.copies else 1.0

    @property
    def precision(self) -> float:
        """Against R, T and D; U and X count neither way."""
        linked = self.copies_linked + self.wrong
        return self.copies_linked / linked if linked else 1.0


def read_pairs(folder: Path, name: str) -> list[Judged]:
    """The judged pairs of one set."""
    with (folder / "pairs.csv").open(encoding="utf-8", newline="") as rows:
        return [Judged(r["a"], r["b"], r["label"], r["why"]) for r in csv.DictReader(rows) if r["set"] == name]


def score_pairs(
    pairs: Sequence[Judged],
    linked: Callable[[str, str], bool],
    versions: Callable[[str, str], bool] = lambda a, b: False,
) -> RealScore:
    """Score decisions: `linked` says one text, `versions` says joined as an update."""
    same = [pair for pair in pairs if pair.label == "S"]
    copies = [pair for pair in pairs if pair.label in MUST_LINK]
    apart = [pair for pair in pairs if pair.label in MUST_NOT]
    updates = [pair for pair in pairs if pair.label == "U"]

    def count(chosen: Sequence[Judged], decide: Callable[[str, str], bool]) -> int:
        return sum(decide(pair.a, pair.b) for pair in chosen)

    return RealScore(
        same=len(same),
        same_linked=count(same, linked),
        copies=len(copies),
        copies_linked=count(copies, linked),
        apart=len(apart),
        wrong=count(apart, linked),
        updates=len(updates),
        updates_linked=count(updates, versions),
        updates_merged=count(updates, linked),
    )


def mistakes(pairs: Sequence[Judged], linked: Callable[[str, str], bool]) -> tuple[list[Judged], list[Judged]]:
    """The pairs that were linked and must not be, and those that were missed."""
    wrong = [pair for pair in pairs if pair.label in MUST_NOT and linked(pair.a, pair.b)]
    missed = [pair for pair in pairs if pair.label in MUST_LINK and not linked(pair.a, pair.b)]
    return wrong, missed


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
