"""Whether the rest of a longer text is about what it shares with a shorter one: an article, or a collection. Pure."""

from __future__ import annotations

import numpy as np

from ingest.dedup.align import Alignment
from ingest.dedup.particulars import LONG, NAME

FEWEST_LONG = 2  # long words in common that make a sentence be about the same


def cohesion(alignment: Alignment) -> float:
    """How much of the rest of `b` is about what it shares with `a`.

    Returns:
        the share of the words of `b` outside corresponding sentences that stand in sentences with a
        name, or two long words, of the corresponding ones of `a`; 1.0 if there is no rest.
    """
    a, b = alignment.a, alignment.b
    told_a = np.zeros(len(a.keys), dtype=np.bool_)
    rest_b = alignment.kept_b.copy()
    for match in alignment.matches:
        told_a[match.a] = True
        rest_b[match.b] = False
    total = int(b.lengths[rest_b].sum())
    if not total:
        return 1.0
    told = told_a[a.sentence_of]
    names = a.words[told & ((a.flags & NAME) != 0)]
    long = a.words[told & ((a.flags & LONG) != 0)]
    # A word that is written small elsewhere is no name: "The" after a dateline that was not recognised.
    small = (b.flags & NAME) == 0
    small[b.starts] = False
    names = names[~np.isin(names, b.words[small])]
    named = np.isin(b.words, names)  # wherever it stands: a name may begin a sentence
    likened = np.isin(b.words, long)
    size = len(b.keys)
    per_name = np.bincount(b.sentence_of[named], minlength=size)
    per_long = np.bincount(b.sentence_of[likened], minlength=size)
    about = rest_b & ((per_name > 0) | (per_long >= FEWEST_LONG))
    return int(b.lengths[about].sum()) / total
