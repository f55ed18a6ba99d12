"""What a plan wants written: the difference between a corpus as it is and as it is to be. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.dedup.corpus import Pair, Posting
from ingest.model import LinkKind, Relation


@dataclass(frozen=True, slots=True)
class Standing:
    """How a copy stands to its canonical text.

    Attributes:
        jaccard, containment: of their shingles, boilerplate set aside.
        carried: share of the canonical text's words that it tells, 0 to 1.
        own_words: its words that the canonical text does not have. Of a copy that an earlier version placed both are
            None until it is placed anew.
    """

    relation: Relation
    jaccard: float = 1.0
    containment: float = 1.0
    carried: float | None = 1.0
    own_words: int | None = 0


@dataclass(frozen=True, slots=True)
class Group:
    """An article as it is to be.

    Attributes:
        article_id: its id; None for a new article.
        canonical: the doc that stands for it.
        standings: the copies that are new to it, or stand otherwise than before; others stay as they are.
        moved: copies that come from another article with figures that are still to be measured.
        absorbed: ids of articles that have become part of it.
    """

    article_id: int | None
    canonical: int
    standings: Mapping[int, Standing] = field(default_factory=dict)
    moved: frozenset[int] = frozenset()
    absorbed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Two articles that belong together, by their canonical docs, and the two docs that tell.

    Attributes:
        canonical: of the later or larger article; `other_canonical` of the other one.
    """

    kind: LinkKind
    canonical: int
    other_canonical: int
    doc: int
    other_doc: int
    jaccard: float
    containment: float


@dataclass(frozen=True, slots=True)
class Placement:
    """Everything that one plan changes.

    Attributes:
        leaders: doc → its leader.
        postings: (key, order, doc) to be added to the index.
        withdrawn_postings: (order, doc) → keys that it is to be found by no longer, if it was.
        pairs: to be written, in place of what there was on the same two docs.
        void: docs whose stored pairs go.
        learned, unlearned: site, or `EVERYWHERE` → sentences that it repeats, or repeats no longer.
        shown: site, or `EVERYWHERE` → known boilerplate that pages show still.
        groups: articles that change.
        orphans: articles of which no text is left.
        linked: canonical docs of all articles whose links are to be those in `links`.
        queued: docs to be placed again → whether their pairs are to be measured anew.
        settled: docs that wait no longer, but for those that are queued anew.
        candidates: doc → how many stored texts it was worth comparing with.
        model: the scorecard that the pairs were scored by.
    """

    leaders: Mapping[int, int]
    postings: frozenset[tuple[int, int, int]]
    withdrawn_postings: Mapping[Posting, frozenset[int]]
    pairs: tuple[Pair, ...]
    void: frozenset[int]
    learned: Mapping[str, frozenset[int]]
    unlearned: Mapping[str, frozenset[int]]
    shown: Mapping[str, frozenset[int]]
    groups: tuple[Group, ...]
    orphans: tuple[int, ...]
    linked: frozenset[int]
    links: tuple[Link, ...]
    queued: Mapping[int, bool]
    settled: frozenset[int]
    candidates: Mapping[int, int]
    model: str
