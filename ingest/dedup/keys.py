"""What a text is found by: one key a band of its signature, its longer sentences, a sample of its shingles. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ingest.dedup.arrays import Signature
from ingest.dedup.passages import longer_sentences, sample_of
from ingest.model import Fingerprint

# A candidate is worth reading if so many of the 128 MinHash values agree: of a text that is a tenth of the
# other's 12 do on average, and fewer than 3 once in 2,000; of a stranger none or one.
FEWEST_EQUAL = 3


@dataclass(frozen=True)
class Keys:
    """The keys of a text: of its bands, its longer sentences, and the smallest of its shingles."""

    bands: tuple[int, ...]
    sentences: tuple[int, ...]
    sample: tuple[int, ...]

    @cached_property
    def all(self) -> frozenset[int]:
        """Every key."""
        return frozenset((*self.bands, *self.sentences, *self.sample))

    @property
    def of_member(self) -> list[int]:
        """The keys of its sentences where it is a member of a node."""
        return [of_member(key) for key in self.sentences]


def keys_of(fingerprint: Fingerprint, aside: Collection[int] = ()) -> Keys:
    """The keys of a text, sentences in `aside` (boilerplate) left out."""
    bands = tuple(np.frombuffer(fingerprint.bands, dtype=np.int64).tolist())
    sentences = np.frombuffer(fingerprint.sentences, dtype=np.int64)
    counts = np.frombuffer(fingerprint.counts, dtype=np.uint32)
    shingles = np.frombuffer(fingerprint.shingles, dtype=np.uint32)
    longer = longer_sentences(sentences, counts)
    if aside:
        mask = np.array([key not in aside for key in sentences.tolist()], dtype=np.bool_)
        if mask.any() and not mask.all():
            shingles = shingles[np.repeat(mask, counts)]
            longer = [key for key in longer if key not in aside]
    return Keys(bands, tuple(longer), tuple(sample_of(shingles)))


def all_keys(fingerprint: Fingerprint) -> set[int]:
    """Every key that a text may be indexed by, whatever is set aside of it: any shingle may come into the sample."""
    whole = keys_of(fingerprint)
    shingles = np.frombuffer(fingerprint.shingles, dtype=np.uint32).tolist()
    return {*whole.bands, *np.frombuffer(fingerprint.sentences, dtype=np.int64).tolist(), *shingles}


MEMBER = 0x5DEECE66D1234567  # any number: sentences of members are found under keys of their own


def of_member(sentence: int) -> int:
    """The key by which members of a node are found that have a sentence: it leads no text to another."""
    return sentence ^ MEMBER


def agree(signature: Signature, others: Sequence[Signature]) -> list[int]:
    """How many values of a signature are equal to those of each of some others."""
    equal: list[int] = np.count_nonzero(np.array(others) == signature, axis=1).tolist()
    return equal
