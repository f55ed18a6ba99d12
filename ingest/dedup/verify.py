"""Two texts → verdict: one text, two that belong together, or neither. Pure; the rule is read top down."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

from ingest.dedup.comparable import NOTHING, Comparable, shared


class Kind(StrEnum):
    """What two texts are to each other."""

    COPY = "copy"
    UPDATE = "update"
    PART_OF = "part_of"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on two texts, with its evidence; symmetric but for the sizes, which follow the arguments.

    Attributes:
        kind: what they are to each other.
        rule: the name of the rule that decided.
        jaccard: shared shingles over all, boilerplate set aside.
        containment: shared shingles over those of the smaller text.
        size_a, size_b: distinct shingles of each, boilerplate set aside.
        figures: every further feature that the rule looked at.
    """

    kind: Kind
    rule: str
    jaccard: float
    containment: float
    size_a: int
    size_b: int
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_copy(self) -> bool:
        """Whether the two are one text."""
        return self.kind is Kind.COPY


def verify(a: Comparable, b: Comparable, boilerplate: AbstractSet[int] = NOTHING) -> Verdict:
    """Decide on two texts.

    Args:
        boilerplate: keys of the sentences that either's site repeats.
    """
    mine = a.shingles(a.aside(boilerplate))
    other = b.shingles(b.aside(boilerplate))
    common = shared(mine, other)
    jaccard = common / (len(mine) + len(other) - common)
    containment = common / min(len(mine), len(other))
    if jaccard >= 0.3 or containment >= 0.6:
        kind, rule = Kind.COPY, "overlap"
    else:
        kind, rule = Kind.DIFFERENT, "little_shared"
    return Verdict(kind, rule, jaccard, containment, len(mine), len(other))
