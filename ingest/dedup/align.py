"""Which sentence of one text tells what a sentence of the other tells, edited or not. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.dedup.arrays import Places
from ingest.dedup.comparable import NOTHING, Comparable

# Two sentences correspond when so much of the shorter one stands in the other, word beside word.
CORRESPONDING = 0.5
FEWEST_SHARED = 3  # words; "He said:" corresponds to nothing
# A pair of words that stands so often in a text is grammar, and tells no sentences apart.
MAX_REPEATS = 8


Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Match:
    """Two corresponding sentences: their places, and how many words they share; `same`: word for word."""

    a: int
    b: int
    shared: int
    same: bool


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two texts with their corresponding sentences, boilerplate set aside.

    Attributes:
        kept_a, kept_b: for each sentence, whether it is not set aside.
        matches: for every sentence of either that has one, its closest correspondence, each pair once.
    """

    a: Comparable
    b: Comparable
    kept_a: Mask
    kept_b: Mask
    matches: tuple[Match, ...]

    @property
    def words_a(self) -> int:
        """Words of `a`."""
        return int(self.a.lengths[self.kept_a].sum())

    @property
    def words_b(self) -> int:
        """Words of `b`."""
        return int(self.b.lengths[self.kept_b].sum())

    def told(self) -> tuple[dict[int, int], dict[int, int]]:
        """For each sentence of `a`, and of `b`, how many of its words the other text has; 0 is left out."""
        in_a: dict[int, int] = {}
        in_b: dict[int, int] = {}
        for match in self.matches:
            in_a[match.a] = in_a.get(match.a, 0) + match.shared
            in_b[match.b] = in_b.get(match.b, 0) + match.shared
        # A sentence may be told in several of the other side's.
        longest_a, longest_b = self.a.lengths.tolist(), self.b.lengths.tolist()
        return (
            {place: min(words, longest_a[place]) for place, words in in_a.items()},
            {place: min(words, longest_b[place]) for place, words in in_b.items()},
        )

    def of_a(self) -> list[Match]:
        """For each sentence of `a` that has one, its closest correspondence."""
        first: dict[int, Match] = {}
        for match in self.matches:
            if match.a not in first or match.shared > first[match.a].shared:
                first[match.a] = match
        return list(first.values())


def align(
    a: Comparable, b: Comparable, aside_a: frozenset[int] = NOTHING, aside_b: frozenset[int] = NOTHING
) -> Alignment:
    """Align two texts, leaving out the sentences whose keys are set aside."""
    kept_a, kept_b = a.kept(aside_a), b.kept(aside_b)
    same, open_a, open_b = _same(a, b, kept_a, kept_b)
    matches = {(match.a, match.b): match for match in same}
    if open_a.any() or open_b.any():
        at_a, at_b = _common_pairs(a, b, kept_a, kept_b, open_a, open_b)
        if at_a.size:
            for i, j, words in _closest(a, b, at_a, at_b, open_a):
                matches.setdefault((i, j), Match(i, j, words, False))
            for j, i, words in _closest(b, a, at_b, at_a, open_b):
                matches.setdefault((i, j), Match(i, j, words, False))
    return Alignment(a, b, kept_a, kept_b, tuple(matches.values()))


def _same(a: Comparable, b: Comparable, kept_a: Mask, kept_b: Mask) -> tuple[list[Match], Mask, Mask]:
    """Sentences that both have word for word, and which of each are left open."""
    first_a, first_b = _first(a, kept_a), _first(b, kept_b)
    open_a, open_b = kept_a.copy(), kept_b.copy()
    found = []
    lengths_a, lengths_b = a.lengths.tolist(), b.lengths.tolist()
    for place, (key, kept) in enumerate(zip(a.keys, kept_a.tolist(), strict=True)):
        if kept and key in first_b:
            found.append(Match(place, first_b[key], lengths_a[place], True))
            open_a[place] = False
    for place, (key, kept) in enumerate(zip(b.keys, kept_b.tolist(), strict=True)):
        if kept and key in first_a:
            if first_b[key] != place:
                found.append(Match(first_a[key], place, lengths_b[place], True))
            open_b[place] = False
    return found, open_a, open_b


def _first(text: Comparable, kept: Mask) -> dict[int, int]:
    """Sentence key → where it stands first among those that are not set aside."""
    is_kept = kept.tolist()
    return {key: place for place, key in reversed(list(enumerate(text.keys))) if is_kept[place]}


def _common_pairs(
    a: Comparable, b: Comparable, kept_a: Mask, kept_b: Mask, open_a: Mask, open_b: Mask
) -> tuple[Places, Places]:
    """Where the texts have the same two neighbouring words, one of the two sentences being open: places in each."""
    values_a, places_a = a.pairs
    values_b, places_b = b.pairs
    low = np.searchsorted(values_b, values_a, side="left")
    counts = np.searchsorted(values_b, values_a, side="right") - low
    counts[counts > MAX_REPEATS] = 0
    total = int(counts.sum())
    first = np.repeat(low - (np.cumsum(counts) - counts), counts)
    at_a = np.repeat(places_a, counts)
    at_b = places_b[first + np.arange(total)]
    in_a, in_b = a.sentence_of[at_a], b.sentence_of[at_b]
    wanted = (open_a[in_a] & kept_b[in_b]) | (open_b[in_b] & kept_a[in_a])
    return at_a[wanted], at_b[wanted]


def _closest(
    these: Comparable, those: Comparable, at_these: Places, at_those: Places, open_these: Mask
) -> list[tuple[int, int, int]]:
    """For each open sentence the one of the other text that has most of its words: (place, place there, words)."""
    sentence = these.sentence_of[at_these]
    wanted = open_these[sentence]
    sentence, begin, other = sentence[wanted], at_these[wanted], those.sentence_of[at_those[wanted]]
    if not sentence.size:
        return []
    # A word is shared when it stands beside the same neighbour in both; each counts once a pair of sentences.
    couple = sentence * len(those.keys) + other
    span = len(these.words) + 1
    covered = np.unique(np.concatenate((couple * span + begin, couple * span + begin + 1)))
    couples, words = np.unique(covered // span, return_counts=True)
    place, there = couples // len(those.keys), couples % len(those.keys)
    shorter = np.minimum(these.lengths[place], those.lengths[there])
    enough = (words >= FEWEST_SHARED) & (words >= CORRESPONDING * shorter)
    best: dict[int, tuple[int, int]] = {}
    for i, j, count in zip(place[enough].tolist(), there[enough].tolist(), words[enough].tolist(), strict=True):
        if count > best.get(i, (0, 0))[0]:
            best[i] = count, j
    return [(i, j, count) for i, (count, j) in best.items()]
