"""What the sentence index holds of a text: its longer sentences, and a sample of its shingles. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.dedup.arrays import distinct

# A sentence worth indexing has at least so many shingles (7 words): shorter ones are "Read more" and bylines.
MIN_SENTENCE_SHINGLES = 3
# Of a very long text (a live blog of 20,000 words) so many sentences are indexed, the same ones in every copy.
MAX_SENTENCES = 512
# Also the smallest hashes of its shingles are indexed, the same ones in every copy: a bottom-k sample (Broder
# 1997, section 5). An editor who touches every sentence leaves none verbatim, but many shingles. Of two texts
# of one length with Jaccard J, 2J / (1 + J) * SAMPLE of the keys are common on average: at 0.2 five, and none
# once in 200 pairs.
SAMPLE = 16


def longer_sentences(sentences: NDArray[np.int64], counts: NDArray[np.uint32]) -> list[int]:
    """The keys of the sentences that are worth indexing, sorted: the same for any order of the sentences.

    Args:
        sentences: one key a sentence.
        counts: how many shingles each sentence has.
    """
    return sorted(set(sentences[counts >= MIN_SENTENCE_SHINGLES].tolist()))[:MAX_SENTENCES]


def sample_of(shingles: NDArray[np.uint32]) -> list[int]:
    """The smallest distinct hashes of a text's shingles: a bottom-k sample."""
    sample: list[int] = distinct(shingles)[:SAMPLE].tolist()
    return sample
