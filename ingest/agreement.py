"""How well judgements agree with each other and with what was decided: shares, kappa, intervals. Pure.

Sources: Cohen 1960 (kappa); Wilson 1927 (interval of a share); Kish 1965, section 11.7 (effective size of a weighted
sample).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Z95 = 1.959964  # of the normal distribution: two-sided 95 %


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a sample with its 95 % interval; all are None where the sample is empty.

    Attributes:
        size: observations, unweighted.
    """

    share: float | None
    low: float | None
    high: float | None
    size: int


def share_of(answers: Iterable[tuple[bool, float]]) -> Share:
    """The weighted share of answers that are yes, with Wilson's interval for the effective size of the sample.

    Args:
        answers: (yes, weight) of each observation; weights above 0.
    """
    listed = list(answers)
    total = sum(weight for _, weight in listed)
    if not total:
        return Share(None, None, None, 0)
    share = sum(weight for yes, weight in listed if yes) / total
    size = total**2 / sum(weight**2 for _, weight in listed)
    middle = (share + Z95**2 / (2 * size)) / (1 + Z95**2 / size)
    half = Z95 / (1 + Z95**2 / size) * math.sqrt(share * (1 - share) / size + Z95**2 / (4 * size**2))
    return Share(share, max(0.0, middle - half), min(1.0, middle + half), len(listed))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two coders agree on what both judged.

    Attributes:
        same: share of equal labels.
        kappa: that beyond what chance gives; None where chance alone gives all of it.
    """

    pairs: int
    same: float
    kappa: float | None


def agreement_of(labels: Sequence[tuple[str, str]]) -> Agreement | None:
    """The agreement of two coders; None where they share nothing.

    Args:
        labels: of each pair that both judged, the one's label and the other's.
    """
    if not labels:
        return None
    size = len(labels)
    same = sum(a == b for a, b in labels) / size
    first, second = Counter(a for a, _ in labels), Counter(b for _, b in labels)
    chance = sum(first[label] * second[label] for label in first) / size**2
    return Agreement(size, same, None if chance == 1 else (same - chance) / (1 - chance))
