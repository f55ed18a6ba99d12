"""Scores decisions against labels: pair precision and recall, recall by edit, false merges by look-alike. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from tests.bench.quality import edits, negatives
from tests.bench.quality.generate import ORIGINAL, Label

Pair = tuple[int, int]  # two places in the list of labels, the smaller first


@dataclass(slots=True)
class Score:
    """Counts that add up over rounds.

    Attributes:
        true, false, missed: pairs linked rightly, linked wrongly, and not linked though one text.
        found: kind of edit → copies linked with their original; `cases` how many there are.
        merged: kind of look-alike → texts linked with another group; for `update` with its own story.
        updates_linked: updates kept apart and joined to their story by a link of kind `update`.
        wrong, lost: the false and missed pairs, as (url, url, kinds).
    """

    true: int = 0
    false: int = 0
    missed: int = 0
    found: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    merged: Counter[str] = field(default_factory=Counter)
    updates_linked: int = 0
    wrong: list[tuple[str, str, str]] = field(default_factory=list)
    lost: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.true / (self.true + self.false) if self.true + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.true / (self.true + self.missed) if self.true + self.missed else 1.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def recall_of(self, kind: str) -> float:
        """The share of copies of one kind of edit that were linked with their original."""
        return self.found[kind] / self.cases[kind] if self.cases[kind] else 1.0

    def add(self, other: Score) -> None:
        """Take in another round's counts."""
        self.true += other.true
        self.false += other.false
        self.missed += other.missed
        self.found += other.found
        self.cases += other.cases
        self.merged += other.merged
        self.updates_linked += other.updates_linked
        self.wrong += other.wrong
        self.lost += other.lost


def score(labels: Sequence[Label], linked: Collection[Pair], updates: Collection[Pair] = ()) -> Score:
    """Score one round's decisions.

    Args:
        labels: of all publications of the round.
        linked: pairs that were taken for one text.
        updates: pairs that were kept apart and joined as versions of one story.
    """
    result = Score(cases=Counter(label.kind for label in labels))
    groups: dict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        groups[label.group].append(place)
    same = {pair for places in groups.values() for pair in combinations(places, 2)}
    free = {
        _ordered(place, other)
        for place, label in enumerate(labels)
        if label.may_merge
        for other in groups[label.may_merge]
    }
    linked = set(linked)
    wrong = sorted(linked - same - free)
    lost = sorted(same - linked)
    result.true, result.false, result.missed = len(linked & same), len(wrong), len(lost)
    originals = {label.group: place for place, label in enumerate(labels) if label.kind == ORIGINAL}
    for place, label in enumerate(labels):
        if label.kind in edits.KINDS and _ordered(place, originals[label.group]) in linked:
            result.found[label.kind] += 1
    bad = {place for pair in wrong for place in pair} | {place for pair in linked & free for place in pair}
    for place in bad:
        if labels[place].kind in negatives.KINDS:
            result.merged[labels[place].kind] += 1
    story = {place: originals[label.may_merge] for place, label in enumerate(labels) if label.may_merge}
    result.updates_linked = sum(_ordered(place, first) in set(updates) for place, first in story.items())
    result.wrong = [_example(labels, pair) for pair in wrong]
    result.lost = [_example(labels, pair) for pair in lost]
    return result


def pairs_of_clusters(clusters: Iterable[Sequence[int]]) -> set[Pair]:
    """Every pair within every cluster."""
    return {_ordered(*pair) for cluster in clusters for pair in combinations(cluster, 2)}


def pairs_of_groups(labels: Sequence[Label], article_of: Mapping[str, int]) -> set[Pair]:
    """Pairs of publications that were given one article; a URL that was refused is in no pair."""
    clusters: dict[int, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        if label.url in article_of:
            clusters[article_of[label.url]].append(place)
    return pairs_of_clusters(clusters.values())


def _ordered(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _example(labels: Sequence[Label], pair: Pair) -> tuple[str, str, str]:
    first, second = labels[pair[0]], labels[pair[1]]
    if second.kind < first.kind:
        first, second = second, first
    return first.url, second.url, f"{first.kind} ~ {second.kind}"
