"""What stands in one text in the place of something else in the other: figures, names, recurring words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ingest.dedup.align import Alignment, Mask, Match
from ingest.dedup.arrays import Places
from ingest.dedup.comparable import Comparable
from ingest.dedup.particulars import FIGURE, NAME

RECURRING = 2  # corresponding sentences that a word stands in


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the particulars of corresponding sentences compare.

    Attributes:
        agreed: particulars that both sides have.
        replaced: particulars that stand where the other side has another one.
    """

    agreed: int
    replaced: int


def agreement(alignment: Alignment, matches: list[Match], flag: int) -> Agreement:
    """How figures (or names) agree over the sentences of `a` and what corresponds to them in `b`.

    Only replacing counts against: what just one side tells was added or cut.
    """
    agreed = replaced = 0
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
    places = _places(text, sentences, flag)
    found: dict[int, list[int]] = {}
    for sentence, word in zip(text.sentence_of[places].tolist(), text.words[places].tolist(), strict=True):
        found.setdefault(sentence, []).append(word)
    return found


def _places(text: Comparable, sentences: list[int], flag: int | None) -> Places:
    """Where in some sentences the words stand that carry a flag; None: all words."""
    wanted = np.zeros(len(text.keys), dtype=np.bool_)
    wanted[sentences] = True
    there = wanted[text.sentence_of]
    return np.flatnonzero(there if flag is None else there & (text.flags & flag > 0))


def figure_conflict(alignment: Alignment, matches: list[Match]) -> float:
    """The share of the figures in corresponding sentences that stand for each other, 1 added to those that agree."""
    figures = agreement(alignment, matches, FIGURE)
    return figures.replaced / (figures.replaced + figures.agreed + 1)


def particulars_replaced(alignment: Alignment, matches: list[Match]) -> float:
    """The share of the corresponding sentences in which each text has a figure or name that the other has nowhere.

    A text that was moved, cut or extended has its particulars somewhere in the other; a template does not.
    """
    return _replaced(alignment, matches, lambda text, other, edited: _foreign(text, other, edited, FIGURE | NAME))


def renamed(alignment: Alignment, matches: list[Match]) -> float:
    """The share of the corresponding sentences in which each text has a recurring name that the other has nowhere.

    The persons, places and companies of a report come again and again, and those of the next report from the same
    template stand in their places; what an editor writes otherwise mostly stands there once.
    """
    return _replaced(alignment, matches, _recurring_names)


def _replaced(
    alignment: Alignment,
    matches: list[Match],
    particulars: Callable[[Comparable, Comparable, list[int]], Places],
) -> float:
    """The share of the corresponding sentences in which each text has a particular.

    Args:
        particulars: (text, the other one, sentences that are not word for word the same) → where it has some.
    """
    edited = [match for match in matches if not match.same]
    if not edited:
        return 0.0
    mine = _sentences_of(alignment.a, particulars(alignment.a, alignment.b, [match.a for match in edited]))
    theirs = _sentences_of(alignment.b, particulars(alignment.b, alignment.a, [match.b for match in edited]))
    return sum(bool(mine[match.a] and theirs[match.b]) for match in edited) / len(matches)


def _sentences_of(text: Comparable, places: Places) -> Mask:
    return np.bincount(text.sentence_of[places], minlength=len(text.keys)) > 0


def _foreign(text: Comparable, other: Comparable, sentences: list[int], flag: int | None) -> Places:
    """Where in some sentences a text has words (with a flag) that stand nowhere in the other one."""
    places = _places(text, sentences, flag)
    words, known = text.words[places], other.vocabulary
    foreign: Places = places[known[np.searchsorted(known, words).clip(max=len(known) - 1)] != words]
    return foreign


def _recurring_names(text: Comparable, other: Comparable, sentences: list[int]) -> Places:
    """Where a text has names that several of some sentences have, and the other text nowhere.

    Names are told by their capitals; in a text without any, that it recurs has to do for a word.
    """
    places = _foreign(text, other, sentences, NAME if (text.flags & NAME).any() else None)
    span = np.uint64(len(text.keys) + 1)
    couples = text.words[places].astype(np.uint64) * span + text.sentence_of[places].astype(np.uint64)
    words, counts = np.unique(np.unique(couples) // span, return_counts=True)
    return places[np.isin(couples // span, words[counts >= RECURRING])]
