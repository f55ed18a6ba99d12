"""What the engine sees of stored texts, and the protocol by which it asks for them. Pure.

Two corpora answer it: `ingest.dedup.memory.MemoryCorpus`, and the database's in `ingest.store.corpus`. The engine
only reads from a corpus; what is to be written leaves it as a `Placement`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from ingest.dedup.arrays import Signature
from ingest.dedup.canonical import Candidate, rank
from ingest.dedup.comparable import Comparable
from ingest.dedup.groups import MISSING
from ingest.dedup.keys import Keys
from ingest.dedup.memo import Memo
from ingest.dedup.verify import Kind, Verdict

# A key that more nodes hold than this tells little of any of them: only its first holders are looked at.
MAX_HOLDERS = 32
REPRESENTATIVES = 8
HOLDERS_READ = MAX_HOLDERS + 8  # so that it is known who comes next where some of the first ones go


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a publication beside its text; times as stored text."""

    doc: int
    url: str
    title: str | None
    site: str | None
    agency: str | None
    published_at: str | None
    published_precision: str | None
    first_seen_at: str
    word_count: int
    archive: int = 0

    @property
    def rank(self) -> tuple[object, ...]:
        """What elections sort by (`ingest.dedup.canonical`); the smallest stands first."""
        return rank(
            Candidate(
                url=self.url,
                site=self.site,
                agency=self.agency,
                published_at=self.published_at,
                published_precision=self.published_precision,
                first_seen_at=self.first_seen_at,
                size=self.word_count,
                archive=self.archive,
            )
        )


@dataclass(frozen=True)
class Text:
    """A publication with its text made ready to be compared."""

    facts: Facts
    comparable: Comparable

    @property
    def doc(self) -> int:
        """The id of the text."""
        return self.facts.doc

    @property
    def site(self) -> str | None:
        """Where it stands."""
        return self.facts.site

    @property
    def whole(self) -> Keys:
        """What it is looked up by, nothing set aside."""
        return self.comparable.whole

    def words_without(self, aside: frozenset[int]) -> int:
        """How many words are compared, some sentences set aside: those of scripts without spaces count each sign."""
        return self.comparable.words_without(self.comparable.aside(aside))

    @property
    def posting(self) -> Posting:
        """How the index names it."""
        return order_of(self.comparable.text_key), self.doc

    @cached_property
    def order(self) -> tuple[int, str]:
        """Its place in an order of all texts that hangs on their sentences only, and is as good as random.

        Where one of several texts has to be chosen, the first in this order is: so no order of arrival can matter.
        """
        return order_of(self.comparable.text_key), self.facts.url


def order_of(text_key: int) -> int:
    """The upper 48 bits of a text's key: enough to tell millions apart, and six bytes on disk."""
    return text_key >> 16


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that were compared: a < b.

    Attributes:
        score: log-odds that they are one text.
        larger: the doc of the one with more words, boilerplate set aside.
        coverage_smaller, coverage_larger: share of either's words that the other tells.
        met: the index leads from one to the other. A pair that was compared for another reason, as both hung together
            with others for a while, is known but leads nowhere: else an archive would hang on what came and went.
        figures: every feature by name; None where it was not asked for.
    """

    a: int
    b: int
    score: float
    kind: Kind
    rule: str
    larger: int
    jaccard: float
    containment: float
    coverage_smaller: float
    coverage_larger: float
    length_ratio: float
    met: bool = False
    figures: Mapping[str, float | None] | None = None

    @property
    def key(self) -> tuple[int, int]:
        """Both docs."""
        return self.a, self.b

    def other(self, doc: int) -> int:
        """The one that is not `doc`."""
        return self.b if doc == self.a else self.a

    def coverage(self, doc: int) -> float:
        """The share of a text's words that the other one tells."""
        return self.coverage_larger if doc == self.larger else self.coverage_smaller


@dataclass(frozen=True, slots=True)
class Corrections:
    """All that people said, both ways: doc → the docs it is not (`split`), or is (`merged`), one text with.

    Attributes:
        alone: docs that were split from others: each is a node of its own, however near another is.
    """

    split: Mapping[int, frozenset[int]] = field(default_factory=dict)
    merged: Mapping[int, frozenset[int]] = field(default_factory=dict)
    alone: frozenset[int] = frozenset()


Posting = tuple[int, int]  # order of a text, its doc
Seat = tuple[int, bool]  # the article that a text stands in, and whether it is canonical there


class Corpus(Protocol):
    """Stored texts, read only; every answer is about what was stored when the plan began."""

    @property
    def distinct(self) -> Memo:
        """Which texts, by their order, are known to be different stories, or not to be."""

    def texts(self, docs: Collection[int]) -> Mapping[int, Text]:
        """The texts among `docs` that are stored, ready to be compared."""

    def facts(self, docs: Collection[int]) -> Mapping[int, Facts]:
        """What is known of them beside their texts."""

    def signatures(self, docs: Collection[int]) -> Mapping[int, Signature]:
        """Their MinHash signatures."""

    def postings(self, keys: Collection[int]) -> Mapping[int, Sequence[Posting]]:
        """Key → the first `HOLDERS_READ` leaders that hold it, in their order."""

    def cutoffs(self, keys: Collection[int]) -> Mapping[int, int]:
        """Key → the order of the last of its first `MAX_HOLDERS + 1` leaders, of keys that so many hold."""

    def all_postings(self, keys: Collection[int]) -> Mapping[int, Sequence[Posting]]:
        """Key → all leaders that hold it, in their order, however many."""

    def found_by(self, posting: Posting, keys: Collection[int]) -> frozenset[int]:
        """Those of some keys that a text is found by."""

    def twins(self, text_keys: Collection[int]) -> Mapping[int, Sequence[int]]:
        """Key of a text → the leaders of exactly these sentences."""

    def leaders(self, docs: Collection[int]) -> Mapping[int, int]:
        """Doc → the leader of its node; a leader is its own."""

    def members(self, leaders: Collection[int]) -> Mapping[int, Sequence[int]]:
        """Leader → the docs of its node, itself among them."""

    def pairs(self, docs: Collection[int]) -> Sequence[Pair]:
        """The stored pairs that one of these texts is in."""

    def boilerplate(self, site: str) -> set[int] | frozenset[int]:
        """The keys of the sentences that a site, or `EVERYWHERE` for anybody, is known to repeat: not to be changed."""

    def corrections(self) -> Corrections:
        """What people said of texts."""

    def canonicals(self, article_ids: Collection[int]) -> Mapping[int, int]:
        """Article → the doc that stands for it."""

    def seats(self, docs: Collection[int]) -> Mapping[int, Seat]:
        """Where texts stand now."""


def verdict_pair(a: Text, b: Text, verdict: Verdict, aside: frozenset[int]) -> Pair:
    """A verdict on two texts as a pair.

    Args:
        aside: the keys of the sentences that were set aside as boilerplate.
    """
    first, second = (a, b) if a.doc < b.doc else (b, a)
    features = verdict.features
    # Of two that are equally long the same one in any archive: docs hang on the order of arrival.
    larger = max(first, second, key=lambda text: (text.words_without(aside), text.comparable.text_key, text.order))
    return Pair(
        a=first.doc,
        b=second.doc,
        # Of two texts that share too little to be aligned nothing is known: parts of one text may have none in common.
        score=MISSING if verdict.rule == "little_shared" else round(verdict.score, 3),
        kind=verdict.kind,
        rule=verdict.rule,
        larger=larger.doc,
        jaccard=features.jaccard,
        containment=features.containment,
        coverage_smaller=features.coverage_smaller,
        coverage_larger=features.coverage_larger,
        length_ratio=features.length_ratio,
        figures={name: value for name, value in features.values().items() if value is not None},
    )
