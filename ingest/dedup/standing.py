"""How a copy stands to the canonical text of its article: what it carries of that, and what it has of its own. Pure."""

from __future__ import annotations

from ingest.dedup.align import align
from ingest.dedup.corpus import Pair, Text
from ingest.dedup.placement import Standing
from ingest.model import Relation

# A copy is whole if it carries so much of the canonical text, and has things of its own if they make so much of it.
WHOLE = 0.8
OWN = 0.2


def standing_of(copy: Text, canonical: Text, pair: Pair, aside: frozenset[int]) -> Standing:
    """How a copy stands to its canonical text.

    Args:
        pair: the two, as they were compared.
        aside: the keys of the sentences that are boilerplate of either.
    """
    same = copy.comparable.text_key == canonical.comparable.text_key
    if same:
        carried, told = 1.0, 1.0
    elif pair.rule == "little_shared":
        # The two hang together by way of others, and were not aligned to be decided on.
        carried, told = _told(copy, canonical, aside)
    else:
        carried, told = pair.coverage(canonical.doc), pair.coverage(copy.doc)
    words = _words(copy, aside)
    carried, own_words = round(carried, 4), round((1.0 - told) * words)
    relation = Relation.EXACT if same else relation_of(carried, own_words / max(1, words))
    return Standing(relation, pair.jaccard, pair.containment, carried, own_words)


def relation_of(carried: float, own_share: float) -> Relation:
    """What a copy that is not word for word the canonical text is called.

    Args:
        carried: share of the canonical text's words that it tells, 0 to 1.
        own_share: share of its own words that the canonical text does not have, 0 to 1.
    """
    if own_share <= OWN:
        return Relation.NEAR if carried >= WHOLE else Relation.EXCERPT
    return Relation.EXTENDED if carried >= WHOLE else Relation.ADAPTED


def _told(copy: Text, canonical: Text, aside: frozenset[int]) -> tuple[float, float]:
    """The share of the canonical text that the copy tells, and of the copy that the canonical text tells."""
    a, b = canonical.comparable, copy.comparable
    alignment = align(a, b, a.aside(aside), b.aside(aside))
    told_a, told_b = alignment.told()
    return sum(told_a.values()) / max(1, alignment.words_a), sum(told_b.values()) / max(1, alignment.words_b)


def _words(text: Text, aside: frozenset[int]) -> int:
    """A text's words without boilerplate, counted as `word_count` counts: two signs a word where none are spaced."""
    compared = len(text.comparable.words)
    return round(text.facts.word_count * text.words_without(aside) / compared) if compared else 0
