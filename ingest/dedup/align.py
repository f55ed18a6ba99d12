"""Which sentence of one text tells what a sentence of the other tells, edited or not. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ingest.dedup.comparable import NOTHING, Comparable

# Two sentences correspond when so much of the shorter one's words stand in the other. Sentences of one
# language that have nothing to do with each other share a quarter (the, of, a, said).
CORRESPONDING = 0.6
FEWEST_SHARED = 3  # words; "He said:" corresponds to nothing


@dataclass(frozen=True, slots=True)
class Match:
    """Two corresponding sentences: their places, and the words they share."""

    a: int
    b: int
    shared: int
    same: bool


class Alignment:
    """Two texts with their corresponding sentences, boilerplate set aside.

    Attributes:
        matches: for every sentence that has one, its closest correspondence; both directions, each once.
        words_a, words_b: words of each text.
        covered_a, covered_b: words of each that the other text has in a corresponding sentence.
    """

    def __init__(self, a: Comparable, b: Comparable, aside_a: frozenset[int], aside_b: frozenset[int]) -> None:
        self._a = _Side(a, aside_a)
        self._b = _Side(b, aside_b)
        self.words_a = self._a.words
        self.words_b = self._b.words
        self.matches = list(self._match())
        self.covered_a = self._a.covered((match.a, match.shared) for match in self.matches)
        self.covered_b = self._b.covered((match.b, match.shared) for match in self.matches)

    def matches_of_a(self) -> list[Match]:
        """For each sentence of `a` that has one, its first correspondence."""
        first: dict[int, Match] = {}
        for match in self.matches:
            first.setdefault(match.a, match)
        return list(first.values())

    def told_of_a(self) -> list[tuple[str, list[str]]]:
        """The sentences of `a` that correspond to something in `b`, as (folded text, words)."""
        return [(self._a.texts[match.a], self._a.tokens[match.a]) for match in self.matches_of_a()]

    def rest_of_b(self) -> list[tuple[str, list[str]]]:
        """The sentences of `b` that correspond to nothing in `a`, as (folded text, words)."""
        told = {match.b for match in self.matches}
        return [(self._b.texts[place], self._b.tokens[place]) for place in self._b.keys if place not in told]

    def texts(self, match: Match) -> tuple[str, str]:
        """Both sentences as folded text."""
        return self._a.texts[match.a], self._b.texts[match.b]

    def _match(self) -> dict[Match, None]:
        """The closest correspondence of every sentence of either side, in order, each once."""
        best: dict[Match, None] = {}
        first_a, first_b = self._a.first_places(), self._b.first_places()
        open_a, open_b = [], []
        for i, key in self._a.keys.items():
            if key in first_b:
                best[Match(i, first_b[key], len(self._a.tokens[i]), True)] = None
            else:
                open_a.append(i)
        for j, key in self._b.keys.items():
            if key in first_a:
                best[Match(first_a[key], j, len(self._b.tokens[j]), True)] = None
            else:
                open_b.append(j)
        best.update(self._closest(self._a, open_a, self._b, swapped=False))
        best.update(self._closest(self._b, open_b, self._a, swapped=True))
        return best

    @staticmethod
    def _closest(these: _Side, open_: list[int], those: _Side, *, swapped: bool) -> dict[Match, None]:
        found = {}
        for i in open_:
            tokens = these.tokens[i]
            votes: Counter[int] = Counter()
            for pair in zip(tokens, tokens[1:], strict=False):
                votes.update(those.places.get(pair, ()))
            for j, _ in votes.most_common(2):
                other = those.tokens[j]
                shared = (these.bags(i) & those.bags(j)).total()
                if shared >= FEWEST_SHARED and shared >= CORRESPONDING * min(len(tokens), len(other)):
                    found[Match(j, i, shared, False) if swapped else Match(i, j, shared, False)] = None
                    break
        return found


class _Side:
    """One text of an alignment: its sentences that are not set aside."""

    def __init__(self, text: Comparable, aside: frozenset[int]) -> None:
        pairs = text.sentences
        self.keys = {place: key for place, key in enumerate(text.keys) if key not in aside and place < len(pairs)}
        self.texts = [sentence for sentence, _ in pairs]
        self.tokens = [tokens for _, tokens in pairs]
        self.words = sum(len(self.tokens[place]) for place in self.keys)
        self._bags: dict[int, Counter[str]] = {}

    def first_places(self) -> dict[int, int]:
        """Sentence key → where it stands first."""
        found: dict[int, int] = {}
        for place, key in self.keys.items():
            found.setdefault(key, place)
        return found

    def bags(self, place: int) -> Counter[str]:
        bag = self._bags.get(place)
        if bag is None:
            bag = self._bags[place] = Counter(self.tokens[place])
        return bag

    def covered(self, shares: Iterable[tuple[int, int]]) -> int:
        """Words that the matches cover; a sentence may be told in several of the other side's."""
        total: Counter[int] = Counter()
        for place, shared in shares:
            total[place] += shared
        return sum(min(shared, len(self.tokens[place])) for place, shared in total.items())

    @cached_property
    def places(self) -> dict[tuple[str, str], list[int]]:
        """Word pair → the sentences it stands in."""
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place in self.keys:
            tokens = self.tokens[place]
            for pair in set(zip(tokens, tokens[1:], strict=False)):
                found[pair].append(place)
        return found


def align(
    a: Comparable, b: Comparable, aside_a: frozenset[int] = NOTHING, aside_b: frozenset[int] = NOTHING
) -> Alignment:
    """Align two texts, leaving out the sentences whose keys are set aside."""
    return Alignment(a, b, aside_a, aside_b)
