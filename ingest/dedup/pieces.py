"""The graph of what may be one text, and its connected pieces. Pure; a function of the set of texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.dedup.arrays import Shingles, shared
from ingest.dedup.canonical import trusted_time
from ingest.dedup.corpus import Facts, Pair
from ingest.dedup.draft import Draft
from ingest.dedup.verify import Kind

# A connected piece of more nodes falls apart: only edges above a higher log-odds connect, the first of these at
# which it is small enough. So one placing looks at so many nodes, whatever hangs together.
MAX_PIECE = 64
LADDER = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)

# Collections: a text that holds passages of so many further earlier texts, no two the same passage.
HELD = 2
# A passage that a collection holds of an article: two sentences' worth of shingles.
PASSAGE_SHINGLES = 25
PASSAGE_SHARE = 0.15  # and so much of the article: an item tells it in brief
PASSAGE_OVERLAP = 0.2  # of two passages of one article
HALF = 0.5  # of two texts told in each other: neither collects the other


class Graph:
    """The pairs among leaders as they are decided: by the scores, by who collects whom, and by people."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._edges: dict[int, dict[int, float]] = {}
        self._passages: dict[int, list[tuple[int, NDArray[np.bool_]]]] = {}
        self._shingles: dict[int, Shingles] = {}
        self._collected: dict[tuple[int, int], bool] = {}
        self._unlike: dict[tuple[int, int], bool] = {}

    def edges(self, doc: int) -> dict[int, float]:
        """The leaders that may be one text with a leader → log-odds above zero; a person's word counts infinite."""
        if doc not in self._edges:
            draft = self._draft
            found: dict[int, float] = {}
            for pair in draft.pairs_of(doc):
                other = pair.other(doc)
                if pair.score > 0 and draft.leader(other) == other and self.kind(pair) is Kind.COPY:
                    found[other] = pair.score
            for other in self.apart.get(doc, ()):
                found.pop(other, None)
            for other in self.together.get(doc, frozenset()) - self.apart.get(doc, frozenset()):
                found[other] = np.inf
            self._edges[doc] = found
        return self._edges[doc]

    @cached_property
    def apart(self) -> dict[int, frozenset[int]]:
        """Leader → the leaders that people said it is not one text with."""
        return self._by_leader(self._draft.corrections.split)

    @cached_property
    def together(self) -> dict[int, frozenset[int]]:
        """Leader → the leaders that people said it is one text with."""
        return self._by_leader(self._draft.corrections.merged)

    def _by_leader(self, said: Mapping[int, frozenset[int]]) -> dict[int, frozenset[int]]:
        self._draft.load_leaders(said)
        found: dict[int, set[int]] = {}
        for doc, others in said.items():
            leader = self._draft.leader(doc)
            if leader is not None:
                leaders = {self._draft.leader(other) for other in others} - {leader, None}
                found.setdefault(leader, set()).update(each for each in leaders if each is not None)
        return {leader: frozenset(others) for leader, others in found.items()}

    def kind(self, pair: Pair) -> Kind:
        """What a pair is, once it is known which texts are collections."""
        if pair.kind is not Kind.COPY or pair.coverage_larger >= HALF:
            return pair.kind
        if pair.key not in self._collected:
            self._collected[pair.key] = self._is_collection(pair.larger, pair.other(pair.larger))
        return Kind.PART_OF if self._collected[pair.key] else pair.kind

    def score(self, pair: Pair) -> float:
        """The log-odds that count in grouping."""
        return pair.score if self.kind(pair) is pair.kind else -abs(pair.score) - 1.0

    def piece(self, doc: int) -> frozenset[int]:
        """The leaders that a leader hangs together with."""
        for least in LADDER:
            found = self._connected(doc, least)
            if found is not None:
                return found
        return frozenset({doc})

    def _connected(self, doc: int, least: float) -> frozenset[int] | None:
        """The leaders connected to one by edges above a score; None if they are too many."""
        seen, frontier = {doc}, [doc]
        while frontier:
            self._draft.load_pairs(frontier)
            reached = {other for each in frontier for other, score in self.edges(each).items() if score > least}
            frontier = sorted(reached - seen)
            seen |= reached
            if len(seen) > MAX_PIECE:
                return None
        return frozenset(seen)

    # --- collections -----------------------------------------------------------------------------

    def _is_collection(self, larger: int, smaller: int) -> bool:
        """Whether the larger one holds passages of `HELD` further texts, earlier than it and unlike the smaller one.

        No two the same passage.
        """
        passages = self._passages_of(larger)
        if len(passages) < HELD:
            return False
        item = self._own_shingles(smaller)
        left = ~np.isin(self._own_shingles(larger), item, assume_unique=True)
        sized = sorted(
            (int((mask & left).sum()), self._draft.text(doc).facts.url, doc, mask)
            for doc, mask in passages
            if doc != smaller
        )
        told = np.zeros(len(left), dtype=np.bool_)
        held = 0
        # The smallest first: a passage that holds another adds no item, so that more texts never mean fewer items.
        for size, _, doc, mask in sized:
            if (
                size >= PASSAGE_SHINGLES
                and int((mask & left & told).sum()) <= PASSAGE_OVERLAP * size
                and self._are_unlike(doc, smaller)
            ):
                held += 1
                if held == HELD:
                    return True
                told |= mask & left
        return False

    def _are_unlike(self, a: int, b: int) -> bool:
        """Whether two texts are of two subjects: versions of one story are no two items."""
        key = (a, b) if a < b else (b, a)
        if key not in self._unlike:
            first, second = self._own_shingles(a), self._own_shingles(b)
            self._unlike[key] = shared(first, second) < PASSAGE_SHARE * min(len(first), len(second))
        return self._unlike[key]

    def _passages_of(self, doc: int) -> list[tuple[int, NDArray[np.bool_]]]:
        """The earlier texts that a text holds a passage of, and which of its shingles that is."""
        if doc not in self._passages:
            draft = self._draft
            likely = [
                pair.other(doc)
                for pair in draft.pairs_of(doc)
                if pair.larger == doc and pair.jaccard < HALF and draft.leader(pair.other(doc)) == pair.other(doc)
            ]
            facts = draft.facts([doc, *likely])
            earlier = [other for other in likely if other in facts and _is_earlier(facts[other], facts[doc])]
            found = []
            if len(earlier) >= HELD:
                mine = self._own_shingles(doc)
                for other in earlier:
                    theirs = self._own_shingles(other)
                    mask = np.isin(mine, theirs, assume_unique=True)
                    if mask.sum() >= max(PASSAGE_SHINGLES, PASSAGE_SHARE * len(theirs)):
                        found.append((other, mask))
            self._passages[doc] = found
        return self._passages[doc]

    def _own_shingles(self, doc: int) -> Shingles:
        if doc not in self._shingles:
            text = self._draft.text(doc)
            self._shingles[doc] = text.comparable.shingles(self._draft.aside_of(text))
        return self._shingles[doc]


def _is_earlier(a: Facts, b: Facts) -> bool:
    first, second = (trusted_time(x.published_at, x.published_precision, x.first_seen_at) for x in (a, b))
    return first is not None and second is not None and first < second
