"""Sentences that a site, or anybody, repeats over distinct pages: set aside when texts are compared. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ingest.dedup.arrays import shared
from ingest.dedup.comparable import Comparable

T = TypeVar("T")

# A sentence on so many distinct pages of a site besides the new one is furniture. Fewer could be a story
# and its follow-ups.
FEWEST_PAGES = 3
# In so many distinct stories besides one more, on whatever sites, it tells nothing of any of them: an "About" of press
# releases, a disclaimer, a template's line, the frame of a site with many pages.
FEWEST_STORIES = 8
EVERYWHERE = "*"  # stands for a site in what is repeated by anybody; no site is called that
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


def repeaters(
    pages: Sequence[tuple[T, str | None]], are_distinct: Callable[[T, T], bool], *, crowded: bool
) -> frozenset[str]:
    """The sites that repeat a sentence, or `EVERYWHERE`.

    Args:
        pages: that have it, with their sites, in an order that hangs on the set only.
        crowded: there are more than these. A site's own pages among them hang on chance then: no site is asked.
    """
    if is_repeated([page for page, _ in pages], are_distinct, FEWEST_STORIES):
        return frozenset((EVERYWHERE,))
    if crowded:
        return frozenset()
    by_site: dict[str, list[T]] = {}
    for page, site in pages:
        if site:
            by_site.setdefault(site, []).append(page)
    return frozenset(site for site, own in by_site.items() if is_repeated(own, are_distinct))


def is_repeated(pages: Sequence[T], are_distinct: Callable[[T, T], bool], fewest: int = FEWEST_PAGES) -> bool:
    """Whether pages that have a sentence in common are more than `fewest` different stories, so that it is furniture.

    Args:
        pages: in an order that hangs on the set only: each is taken that is distinct from all taken before.
    """
    if len(pages) <= fewest:
        return False
    taken: list[T] = []
    for page in pages:
        for other in taken:
            if not are_distinct(page, other):
                break
        else:
            taken.append(page)
            if len(taken) > fewest:
                return True
    return False
