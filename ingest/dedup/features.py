"""What is measured on two texts: each feature a function of their alignment, or of what is known besides. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.dedup.align import Alignment, Mask, Match, align
from ingest.dedup.arrays import distinct, shared
from ingest.dedup.cohesion import cohesion
from ingest.dedup.comparable import Comparable
from ingest.dedup.particulars import FIGURE, LONG
from ingest.dedup.replaced import figure_conflict, particulars_replaced, renamed

Told = Mapping[int, int]  # sentence → how many of its words the other text has


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of two publications besides their texts.

    Attributes:
        same_site: both stand on one site.
        days: between their times of publication; `None` where either is not known.
    """

    same_site: bool = False
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """What is measured on two texts, boilerplate set aside; `smaller` and `larger` by words.

    Of texts that share little, and of equal ones, only overlap is measured: `is_full` tells.

    Attributes:
        jaccard: shared shingles over all.
        containment: shared shingles over those of the text that has fewer.
        coverage_smaller, coverage_larger: share of that text's words that stand in corresponding sentences of the
            other.
        sentences_covered: share of the smaller text's sentences at least half of whose words the other has.
        lead_smaller, lead_larger: share of the first `LEAD_WORDS` words of that text that the other has.
        front_coverage: share covered of the beginning of the larger text, a beginning as long as all that is covered
            of it: 1 where the larger goes on after what is common, 0 where what is common ends it.
        density: share covered of the larger text from its first covered sentence to its last.
        longest_run: share of the common words in the longest run of sentences that follow each other in both.
        verbatim: share of the common words in sentences that both have word for word.
        vocabulary: share of the smaller text's distinct long words that stand anywhere in the larger; 1 is added to
            either count, so that few words say little.
        figures: share of the smaller text's distinct figures that stand anywhere in the larger, likewise.
        figure_conflict: figures that stand for each other in corresponding sentences, over all figures there; 1 is
            added to those that agree.
        particulars_replaced: share of the corresponding sentences in which each text has a figure or name, in the
            place of the other's, that the other has nowhere.
        renamed: share of the corresponding sentences in which each text has a name that recurs in it, in the place of
            the other's, and that the other has nowhere. In a text without capitals any word that recurs counts.
        cohesion: share of the larger text's rest that is about what the smaller tells; 1 below `LONG_RATIO`.
        length_ratio: words of the larger over those of the smaller.
        words_smaller, words_larger: words of each.
        items_smaller, items_larger: items that each marks as a list, live blog or newsletter does.
        same_site, days: of the `Context`.
    """

    jaccard: float
    containment: float
    is_full: bool = False
    coverage_smaller: float = 0.0
    coverage_larger: float = 0.0
    sentences_covered: float = 0.0
    lead_smaller: float = 0.0
    lead_larger: float = 0.0
    front_coverage: float = 0.0
    density: float = 0.0
    longest_run: float = 0.0
    verbatim: float = 0.0
    vocabulary: float = 0.0
    figures: float = 0.0
    figure_conflict: float = 0.0
    particulars_replaced: float = 0.0
    renamed: float = 0.0
    cohesion: float = 1.0
    length_ratio: float = 1.0
    words_smaller: int = 0
    words_larger: int = 0
    items_smaller: int = 0
    items_larger: int = 0
    same_site: bool = False
    days: float | None = None

    @property
    def mutual_coverage(self) -> float:
        """The geometric mean of both coverages: high only where each tells the other."""
        return float((self.coverage_smaller * self.coverage_larger) ** 0.5)

    @property
    def lead_coverage(self) -> float:
        """The lesser coverage of the two leads."""
        return min(self.lead_smaller, self.lead_larger)

    def values(self) -> dict[str, float | None]:
        """Every feature that was measured by name, those that are derived among them, as a scorecard reads them."""
        names = _NAMES if self.is_full else _CHEAP
        return {name: None if (value := getattr(self, name)) is None else float(value) for name in names}


_DERIVED = ("mutual_coverage", "lead_coverage")
_NAMES = tuple(field.name for field in fields(Features) if field.name != "is_full") + _DERIVED
_CHEAP = ("jaccard", "containment", "same_site", "days")


_EQUAL: dict[str, Any] = {"coverage_smaller": 1.0, "coverage_larger": 1.0}


def measure(
    a: Comparable, b: Comparable, boilerplate: AbstractSet[int], context: Context, *, fewest_shared: float
) -> Features:
    """The features of two texts, the same in either order.

    Args:
        fewest_shared: with a containment below it, nothing is measured that needs an alignment.
    """
    if a.text_key == b.text_key:
        return Features(1.0, 1.0, same_site=context.same_site, days=context.days, **_EQUAL)
    aside_a, aside_b = a.aside(boilerplate), b.aside(boilerplate)
    mine, other = a.shingles(aside_a), b.shingles(aside_b)
    common = shared(mine, other)
    jaccard = common / max(1, len(mine) + len(other) - common)
    containment = common / max(1, min(len(mine), len(other)))
    if containment < fewest_shared:
        return Features(jaccard, containment, same_site=context.same_site, days=context.days)
    words_a, words_b = a.words_without(aside_a), b.words_without(aside_b)
    if (words_a, a.text_key) > (words_b, b.text_key):
        a, b, aside_a, aside_b, words_a, words_b = b, a, aside_b, aside_a, words_b, words_a
    return Features(
        jaccard=jaccard,
        containment=containment,
        is_full=True,
        words_smaller=words_a,
        words_larger=words_b,
        same_site=context.same_site,
        days=context.days,
        **_of(align(a, b, aside_a, aside_b), words_a, words_b),
    )


def _of(alignment: Alignment, words_a: int, words_b: int) -> dict[str, Any]:
    """What an alignment tells, `a` being the smaller text."""
    a, b = alignment.a, alignment.b
    kept_a, kept_b = (np.flatnonzero(kept).tolist() for kept in (alignment.kept_a, alignment.kept_b))
    told_a, told_b = alignment.told()
    covered_a, covered_b = sum(told_a.values()), sum(told_b.values())
    matches = sorted(alignment.of_a(), key=lambda match: match.a)
    ratio = words_b / max(1, words_a)
    return {
        "coverage_smaller": covered_a / max(1, words_a),
        "coverage_larger": covered_b / max(1, words_b),
        "sentences_covered": sentences_covered(a, kept_a, told_a),
        "lead_smaller": beginning_covered(a, kept_a, told_a, LEAD_WORDS),
        "lead_larger": beginning_covered(b, kept_b, told_b, LEAD_WORDS),
        "front_coverage": beginning_covered(b, kept_b, told_b, covered_b),
        "density": density(b, kept_b, told_b),
        "longest_run": longest_run(matches),
        "verbatim": verbatim(matches),
        "vocabulary": words_shared(alignment, LONG),
        "figures": words_shared(alignment, FIGURE),
        "figure_conflict": figure_conflict(alignment, matches),
        "particulars_replaced": particulars_replaced(alignment, matches),
        "renamed": renamed(alignment, matches),
        "cohesion": cohesion(alignment) if ratio >= LONG_RATIO else 1.0,
        "length_ratio": ratio,
        "items_smaller": a.fingerprint.items,
        "items_larger": b.fingerprint.items,
    }


# --- how much is common, and where it stands -----------------------------------------------------

LONG_RATIO = 3.0  # only then the rest of the larger text is long enough to be about something
LEAD_WORDS = 40  # a news lead is one or two sentences


def sentences_covered(text: Comparable, kept: list[int], told: Told) -> float:
    """The share of the kept sentences at least half of whose words the other text has."""
    lengths: list[int] = text.lengths.tolist()
    return sum(2 * told.get(place, 0) >= lengths[place] for place in kept) / max(1, len(kept))


def beginning_covered(text: Comparable, kept: list[int], told: Told, size: int) -> float:
    """The share of the first `size` words of a text, in whole sentences, that the other one has."""
    lengths: list[int] = text.lengths.tolist()
    words = common = 0
    for place in kept:
        if words >= size:
            break
        words += lengths[place]
        common += told.get(place, 0)
    return common / words if words else 0.0


def density(text: Comparable, kept: list[int], told: Told) -> float:
    """The share that the other text has, from the first sentence that it has something of to the last."""
    covered = [place for place in kept if told.get(place, 0)]
    if not covered:
        return 0.0
    lengths: list[int] = text.lengths.tolist()
    return sum(told.values()) / sum(lengths[place] for place in kept if covered[0] <= place <= covered[-1])


def longest_run(matches: list[Match]) -> float:
    """The share of the common words in the longest run of sentences that follow each other in both texts.

    Args:
        matches: one a sentence of the smaller text, in its order.
    """
    longest = run = 0
    last: Match | None = None
    for match in matches:
        follows = last is not None and (match.a, match.b) == (last.a + 1, last.b + 1)
        run = run + match.shared if follows else match.shared
        longest = max(longest, run)
        last = match
    return longest / max(1, sum(match.shared for match in matches))


def verbatim(matches: list[Match]) -> float:
    """The share of the common words in sentences that both have word for word."""
    return sum(match.shared for match in matches if match.same) / max(1, sum(match.shared for match in matches))


def words_shared(alignment: Alignment, flag: int) -> float:
    """The share of the distinct words of `a` with a flag that `b` has: 1 added to those it has, and to the others."""
    mine = _distinct_words(alignment.a, alignment.kept_a, flag)
    theirs = _distinct_words(alignment.b, alignment.kept_b, flag)
    return (shared(mine, theirs) + 1) / (len(mine) + 2)


def _distinct_words(text: Comparable, kept: Mask, flag: int) -> NDArray[np.uint32]:
    places = np.flatnonzero(text.flags & flag)
    if not kept.all():
        places = places[kept[text.sentence_of[places]]]
    return distinct(text.words[places])
