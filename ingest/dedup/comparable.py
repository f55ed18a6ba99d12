"""A text made ready to be compared: its shingle set at once, its aligned sentences only when asked for."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.dedup.text import sentences, words
from ingest.model import Fingerprint

NOTHING: frozenset[int] = frozenset()

Shingles = NDArray[np.uint32]  # distinct and sorted


def shared(a: Shingles, b: Shingles) -> int:
    """How many shingles two sets have in common."""
    both = np.concatenate((a, b))
    both.sort()
    return int(np.count_nonzero(both[1:] == both[:-1]))


class Comparable:
    """One text in comparison. Immutable in effect: what is derived is kept.

    Attributes:
        text: the body text.
        keys: one key a sentence, in order.
        text_key: equal for texts of the same sentences.
        word_count: as in the fingerprint.
    """

    def __init__(self, text: str, fingerprint: Fingerprint) -> None:
        self.text = text
        self.keys: tuple[int, ...] = tuple(np.frombuffer(fingerprint.sentences, dtype=np.int64).tolist())
        self.text_key = fingerprint.text_key
        self.word_count = fingerprint.word_count
        self._counts = fingerprint.counts
        self._hashes = fingerprint.shingles
        self._last_aside: tuple[frozenset[int], Shingles] | None = None

    @cached_property
    def key_set(self) -> frozenset[int]:
        """The distinct sentence keys."""
        return frozenset(self.keys)

    @cached_property
    def _all_shingles(self) -> Shingles:
        return np.unique(np.frombuffer(self._hashes, dtype=np.uint32))

    def aside(self, boilerplate: AbstractSet[int]) -> frozenset[int]:
        """Which of this text's sentences are boilerplate; none if all of them are: then it is the text itself."""
        if not boilerplate or self.key_set.isdisjoint(boilerplate):
            return NOTHING
        found = self.key_set & boilerplate
        return NOTHING if found == self.key_set else found

    def shingles(self, aside: frozenset[int] = NOTHING) -> Shingles:
        """The distinct shingles of the sentences that are not set aside, sorted."""
        if not aside:
            return self._all_shingles
        if self._last_aside is None or self._last_aside[0] != aside:
            kept = np.array([key not in aside for key in self.keys], dtype=bool)
            mask = np.repeat(kept, np.frombuffer(self._counts, dtype=np.uint32))
            self._last_aside = (aside, np.unique(np.frombuffer(self._hashes, dtype=np.uint32)[mask]))
        return self._last_aside[1]

    @cached_property
    def sentences(self) -> list[tuple[str, list[str]]]:
        """Each sentence as folded text and as words; one for each of `keys`."""
        found = [(sentence, tokens) for sentence in sentences(self.text) if (tokens := words(sentence))]
        return found[: len(self.keys)]
