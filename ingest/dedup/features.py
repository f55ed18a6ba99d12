"""What the rule looks at beside overlap: how particulars agree, and what the rest of a text is about. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ingest.dedup.align import Alignment, Mask
from ingest.dedup.comparable import Comparable
from ingest.dedup.particulars import LONG, NAME


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the particulars of corresponding sentences compare.

    Attributes:
        agreed: particulars that both sides have.
        replaced: particulars that stand where the other side has another one.
    """

    agreed: int
    replaced: int


def agreement(alignment: Alignment, flag: int) -> Agreement:
    """How figures (or names) agree over the sentences of `a` and what corresponds to them in `b`.

    Only replacing counts against: what just one side tells was added or cut.
    """
    agreed = replaced = 0
    matches = alignment.of_a()
    if not matches:
        return Agreement(0, 0)
    of_a = particulars(alignment.a, [match.a for match in matches], flag)
    of_b = particulars(alignment.b, [match.b for match in matches if not match.same], flag) if of_a else {}
    for match in matches:
        mine = of_a.get(match.a)
        if not mine:
            continue
        if match.same:
            agreed += len(mine)
        elif other := of_b.get(match.b):
            both = (Counter(mine) & Counter(other)).total()
            agreed += both
            replaced += min(len(mine), len(other)) - both
    return Agreement(agreed, replaced)


def particulars(text: Comparable, sentences: list[int], flag: int) -> dict[int, list[int]]:
    """Sentence → its words that carry a flag, by hash, of those sentences that have any."""
    if not sentences:
        return {}
    wanted = np.zeros(len(text.keys), dtype=np.uint8)
    wanted[sentences] = flag
    places = np.flatnonzero(text.flags & wanted[text.sentence_of])
    found: dict[int, list[int]] = {}
    for sentence, word in zip(text.sentence_of[places].tolist(), text.words[places].tolist(), strict=True):
        found.setdefault(sentence, []).append(word)
    return found


LEAD_WORDS = 40  # a news lead is one or two sentences


def lead_told(text: Comparable, kept: Mask, told: Mapping[int, int]) -> float:
    """The share of the first words of a text that the other one has.

    Args:
        kept: for each sentence, whether it is not set aside.
        told: sentence → how many of its words the other text has.
    """
    words = common = 0
    for place in np.flatnonzero(kept).tolist():
        if words >= LEAD_WORDS:
            break
        words += int(text.lengths[place])
        common += told.get(place, 0)
    return common / words if words else 0.0


def verbatim(alignment: Alignment) -> float:
    """The share of the common words of `a` that stand in sentences which both have word for word."""
    matches = alignment.of_a()
    common = sum(match.shared for match in matches)
    return sum(match.shared for match in matches if match.same) / common if common else 0.0


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
