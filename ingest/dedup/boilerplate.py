"""Sentences that one site repeats over distinct pages: what is learned is set aside when texts are compared. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ingest.dedup.comparable import Comparable, shared

T = TypeVar("T")

# A sentence on so many distinct pages of a site besides the new one is furniture. Fewer could be a story
# and its follow-ups.
FEWEST_PAGES = 3
# Two pages are distinct when what they do not share verbatim is a body of its own on both, and tells other things.
FEWEST_OWN_SHINGLES = 30
MAX_OWN_OVERLAP = 0.15  # of the smaller remainder's shingles; a re-issue's edited sentences share more


def are_distinct(a: Comparable, b: Comparable, repeated: frozenset[int]) -> bool:
    """Whether two pages with these sentences in common are different stories, not one text issued again."""
    common_a, common_b = a.shingles_of(repeated), b.shingles_of(repeated)
    mine, other = a.shingle_count - common_a, b.shingle_count - common_b
    smaller = min(mine, other)
    if smaller < FEWEST_OWN_SHINGLES:
        return False
    return shared(a.shingles(), b.shingles()) - min(common_a, common_b) <= MAX_OWN_OVERLAP * smaller


def is_repeated(pages: Sequence[T], are_distinct: Callable[[T, T], bool]) -> bool:
    """Whether pages of a site that have a sentence in common are so many different stories that it is furniture.

    Args:
        pages: in an order that hangs on the set only: each is taken that is distinct from all taken before.
    """
    taken: list[T] = []
    for page in pages:
        if all(are_distinct(page, other) for other in taken):
            taken.append(page)
            if len(taken) > FEWEST_PAGES:
                return True
    return False
