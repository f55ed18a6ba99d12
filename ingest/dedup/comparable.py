"""A text made ready to be compared: arrays of its sentences, words and shingles, read from its fingerprint."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.dedup.arrays import Places, Shingles, distinct
from ingest.dedup.keys import Keys, keys_of
from ingest.model import Fingerprint

NOTHING: frozenset[int] = frozenset()


class Comparable:
    """One text in comparison. Immutable in effect: what is derived is kept.

    Attributes:
        fingerprint: what it was made from.
        keys: one key a sentence, in order.
    """

    def __init__(self, fingerprint: Fingerprint) -> None:
        self.fingerprint = fingerprint
        self.keys: tuple[int, ...] = tuple(np.frombuffer(fingerprint.sentences, dtype=np.int64).tolist())
        self._last_aside: tuple[frozenset[int], Shingles] | None = None

    @property
    def word_count(self) -> int:
        """As in the fingerprint."""
        return self.fingerprint.word_count

    @property
    def text_key(self) -> int:
        """Equal for texts of the same sentences."""
        return self.fingerprint.text_key

    @cached_property
    def whole(self) -> Keys:
        """What it is looked up by, nothing set aside."""
        return keys_of(self.fingerprint)

    @cached_property
    def words(self) -> NDArray[np.uint32]:
        """The hash of every word, sentence after sentence."""
        return np.frombuffer(self.fingerprint.words, dtype=np.uint32)

    @cached_property
    def vocabulary(self) -> NDArray[np.uint32]:
        """The distinct words, by hash, sorted."""
        return distinct(self.words)

    @cached_property
    def flags(self) -> NDArray[np.uint8]:
        """What every word is, sentence after sentence."""
        return np.frombuffer(self.fingerprint.flags, dtype=np.uint8)

    @cached_property
    def lengths(self) -> Places:
        """The number of words of each sentence."""
        return np.frombuffer(self.fingerprint.lengths, dtype=np.uint32).astype(np.int64)

    @cached_property
    def starts(self) -> Places:
        """Where the first word of each sentence stands."""
        return np.cumsum(self.lengths) - self.lengths

    @cached_property
    def key_set(self) -> frozenset[int]:
        """The distinct sentence keys."""
        return frozenset(self.keys)

    @cached_property
    def signature(self) -> NDArray[np.uint32]:
        """The MinHash values."""
        return np.frombuffer(self.fingerprint.signature, dtype=np.uint32)

    @cached_property
    def sentence_of(self) -> Places:
        """The sentence that each word stands in."""
        return np.repeat(np.arange(len(self.keys)), self.lengths)

    @cached_property
    def pairs(self) -> tuple[NDArray[np.uint64], Places]:
        """The pairs of neighbouring words within sentences, sorted, and where each begins."""
        within = self.sentence_of[1:] == self.sentence_of[:-1]
        values = (self.words[:-1].astype(np.uint64) << np.uint64(32)) | self.words[1:]
        places = np.flatnonzero(within)
        values = values[places]
        order = np.argsort(values, kind="stable")
        return values[order], places[order]

    @cached_property
    def _all_shingles(self) -> Shingles:
        return distinct(np.frombuffer(self.fingerprint.shingles, dtype=np.uint32))

    def aside(self, boilerplate: AbstractSet[int]) -> frozenset[int]:
        """Which of this text's sentences are boilerplate; none if all of them are: then it is the text itself."""
        if not boilerplate or self.key_set.isdisjoint(boilerplate):
            return NOTHING
        found = self.key_set & boilerplate
        return NOTHING if found == self.key_set else found

    def kept(self, aside: frozenset[int]) -> NDArray[np.bool_]:
        """For each sentence, whether it is not set aside."""
        return np.array([key not in aside for key in self.keys], dtype=np.bool_)

    def words_without(self, aside: frozenset[int]) -> int:
        """Words of the sentences that are not set aside."""
        return int(self.lengths[self.kept(aside)].sum()) if aside else len(self.words)

    @property
    def shingle_count(self) -> int:
        """Shingles of all sentences; one that repeats counts each time."""
        return len(self.fingerprint.shingles) // 4

    def shingles_of(self, keys: AbstractSet[int]) -> int:
        """How many shingles the sentences with these keys have; one that repeats counts each time."""
        counts = np.frombuffer(self.fingerprint.counts, dtype=np.uint32)
        return sum(int(count) for key, count in zip(self.keys, counts.tolist(), strict=True) if key in keys)

    def shingles(self, aside: frozenset[int] = NOTHING) -> Shingles:
        """The distinct shingles of the sentences that are not set aside, sorted."""
        if not aside:
            return self._all_shingles
        if self._last_aside is None or self._last_aside[0] != aside:
            mask = np.repeat(self.kept(aside), np.frombuffer(self.fingerprint.counts, dtype=np.uint32))
            hashes = np.frombuffer(self.fingerprint.shingles, dtype=np.uint32)
            self._last_aside = (aside, distinct(hashes[mask]))
        return self._last_aside[1]

    def shingles_aside(self, aside: frozenset[int]) -> NDArray[np.uint32]:
        """The shingles of the sentences that are set aside, in their order."""
        mask = np.repeat(~self.kept(aside), np.frombuffer(self.fingerprint.counts, dtype=np.uint32))
        return np.frombuffer(self.fingerprint.shingles, dtype=np.uint32)[mask]
