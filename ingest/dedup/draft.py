"""A corpus with changes that are not written yet: what a plan reads from while it is made. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from ingest.dedup.arrays import Signature, shared
from ingest.dedup.boilerplate import are_distinct
from ingest.dedup.canonical import trusted_time
from ingest.dedup.corpus import (
    Corpus,
    Facts,
    Pair,
    Posting,
    Seat,
    Text,
    verdict_pair,
)
from ingest.dedup.keys import Keys
from ingest.dedup.postings import Postings
from ingest.dedup.repeats import Repeats
from ingest.dedup.scorecard import Scorecard, shipped
from ingest.dedup.verify import FEWEST_SHARED, Context, Kind, Verdict, verify

# Below this containment a pair is no evidence of anything, and is not kept.
EVIDENCE = 0.15
NEAR = 0.7  # Jaccard of two whole texts that are copies: from here on they are one node
ALIGNING = 50  # times the work of finding that two texts share too little to be aligned


class Draft:
    """Reads through to a corpus, and remembers what a plan changes.

    Attributes:
        leaders: doc → its leader, where that has changed.
        pairs: what was measured here and is to be kept, by both docs.
        void: docs whose stored pairs hold no longer.
        repeats: what sites, and anybody, repeat, with what was learned here.
        postings: which leaders hold which keys, with what was changed here.
        work: what the comparisons so far have cost, in words read: one is about 8 ns here.
    """

    def __init__(self, corpus: Corpus, window: float = 0.0, model: Scorecard | None = None) -> None:
        """Set up.

        Args:
            window: seconds between two publications beyond which they are not compared; 0: no window.
            model: another scorecard than the shipped one.
        """
        self.model = model or shipped()
        self.corpus = corpus
        self.corrections = corpus.corrections()
        self.leaders: dict[int, int] = {}
        self.pairs: dict[tuple[int, int], Pair] = {}
        self.void: set[int] = set()
        self.repeats = Repeats(corpus)
        self._near: dict[tuple[int, int], bool] = {}
        self.removed: set[int] = set()
        self.work = 0
        self._window = window
        self._texts: dict[int, Text] = {}
        self._facts: dict[int, Facts] = {}
        self._known_leaders: dict[int, int] = {}
        self._known_members: dict[int, frozenset[int]] = {}
        self._led: dict[int, set[int]] = {}  # leader → docs that were assigned to it here
        self.postings = Postings(corpus)
        self._signatures: dict[int, Signature] = {}
        self._new: set[int] = set()  # docs of which nothing is stored
        self._stored_pairs: dict[int, dict[int, Pair]] = {}
        self._fresh_of: dict[int, dict[int, Pair]] = {}
        self._new_leaders: dict[int, list[int]] = {}  # key of a text → leaders of these sentences, made here
        self._twins: dict[int, tuple[int, ...]] = {}  # key of a text → stored leaders of these sentences
        self._strangers: dict[tuple[int, int], Pair] = {}

    def base(self) -> Draft:
        """The corpus without any change, sharing what is read."""
        base = Draft(self.corpus, self._window, self.model)
        base._stored_pairs, base._known_leaders = self._stored_pairs, self._known_leaders
        base._known_members = self._known_members
        base._new = self._new
        return base

    # --- texts ---------------------------------------------------------------------------------

    def put(self, text: Text, *, is_new: bool = False) -> None:
        """Take a new text in, or the new words of one that is stored."""
        self._texts[text.doc] = text
        self._facts[text.doc] = text.facts
        self.repeats.forget(text.doc)
        if is_new:
            self._new.add(text.doc)
            self._stored_pairs[text.doc] = {}
            self._known_members[text.doc] = frozenset()

    def text(self, doc: int) -> Text:
        """A text, ready to be compared."""
        return self.texts([doc])[doc]

    def texts(self, docs: Collection[int]) -> Mapping[int, Text]:
        """Those of some texts that are there."""
        missing = [doc for doc in docs if doc not in self._texts and doc not in self.removed]
        if missing:
            self._texts.update(self.corpus.texts(missing))
        return {doc: self._texts[doc] for doc in docs if doc in self._texts}

    def facts(self, docs: Collection[int]) -> Mapping[int, Facts]:
        """What is known of texts beside their words."""
        missing = [doc for doc in docs if doc not in self._facts and doc not in self.removed]
        if missing:
            self._facts.update(self.corpus.facts(missing))
        return {doc: self._facts[doc] for doc in docs if doc in self._facts}

    def aside_of(self, text: Text) -> frozenset[int]:
        """The keys of a text's own sentences that its site, or anybody, repeats."""
        return self.repeats.aside_of(text)

    def distinct_pages(self, a: Posting, b: Posting) -> bool:
        """Whether two leaders are different stories (`boilerplate.are_distinct`)."""
        known = self.corpus.distinct.known(a[0], b[0])
        if known is None:
            first, second = (self.text(doc).comparable for _, doc in (a, b))
            self.work += len(first.words) + len(second.words)
            known = are_distinct(first, second, first.key_set & second.key_set)
            self.corpus.distinct.keep(a[0], b[0], known)
        return known

    def keys(self, text: Text) -> Keys:
        """What a text is looked up by."""
        return self.repeats.keys(text)

    def index_keys(self, text: Text) -> frozenset[int]:
        """What a leader is indexed by: all that texts are looked up by, and what tells boilerplate."""
        keys, whole = self.keys(text), text.whole
        return whole.all if keys is whole else whole.all | keys.all

    def seats(self, docs: Collection[int]) -> Mapping[int, Seat]:
        """Where texts stand before this plan."""
        return self.corpus.seats(docs)

    # --- nodes ---------------------------------------------------------------------------------

    def leader(self, doc: int) -> int | None:
        """The leader of a text's node; None of a text that is not placed."""
        if doc in self.removed:
            return None
        if doc in self.leaders:
            return self.leaders[doc]
        if doc not in self._known_leaders and doc not in self._new:
            self._known_leaders.update(self.corpus.leaders([doc]))
        return self._known_leaders.get(doc)

    def load_leaders(self, docs: Iterable[int]) -> None:
        """Look the nodes of many texts up at once."""
        missing = [doc for doc in docs if doc not in self._known_leaders and doc not in self._new]
        if missing:
            self._known_leaders.update(self.corpus.leaders(missing))

    def load_members(self, leaders: Iterable[int]) -> None:
        """Look the members of many nodes up at once."""
        missing = [doc for doc in leaders if doc not in self._known_members]
        if missing:
            found = self.corpus.members(missing)
            self._known_members.update((leader, frozenset(found.get(leader, ()))) for leader in missing)

    def members(self, leader: int) -> frozenset[int]:
        """The docs of a node, its leader among them."""
        self.load_members([leader])
        stored = self._known_members[leader]
        kept = {doc for doc in stored if doc not in self.removed and self.leaders.get(doc, leader) == leader}
        return frozenset(kept | {doc for doc in self._led.get(leader, ()) if self.leaders.get(doc) == leader})

    def lead(self, doc: int, leader: int) -> None:
        """Assign a text to a node."""
        self.leaders[doc] = leader
        if doc == leader:
            self._new_leaders.setdefault(self.text(doc).comparable.text_key, []).append(doc)
        self._led.setdefault(leader, set()).add(doc)

    def remove(self, doc: int) -> None:
        """Take a text out for good."""
        self.removed.add(doc)
        self.leaders.pop(doc, None)
        self.forget(doc)

    def load_twins(self, text_keys: Collection[int]) -> None:
        """Look many texts up at once by all their sentences."""
        missing = [key for key in text_keys if key not in self._twins]
        if missing:
            found = self.corpus.twins(missing)
            self._twins.update((key, tuple(found.get(key, ()))) for key in missing)

    def twin(self, text: Text) -> Text | None:
        """The leader of exactly a text's sentences that stands before it in the order, if there is one."""
        key = text.comparable.text_key
        self.load_twins([key])
        new = self._new_leaders.get(key, ())
        docs = [
            doc
            for doc in {*self._twins[key], *new}
            if doc != text.doc and doc not in self.corrections.alone and self.leader(doc) == doc
        ]
        found = [
            each for each in self.texts(docs).values() if each.comparable.text_key == key and each.order < text.order
        ]
        return min(found, key=lambda each: each.order, default=None)

    def signatures(self, docs: Collection[int]) -> dict[int, Signature]:
        """The signatures of leaders."""
        missing = [doc for doc in docs if doc not in self._signatures and doc not in self._texts]
        if missing:
            self._signatures.update(self.corpus.signatures(missing))
        return {
            doc: self._texts[doc].comparable.signature if doc in self._texts else self._signatures[doc]
            for doc in docs
            if doc in self._texts or doc in self._signatures
        }

    # --- pairs ---------------------------------------------------------------------------------

    def load_pairs(self, docs: Collection[int]) -> None:
        """Read the stored pairs of many texts at once."""
        missing = [doc for doc in docs if doc not in self._stored_pairs]
        if not missing:
            return
        wanted = set(missing)
        for doc in missing:
            self._stored_pairs[doc] = {}
        for pair in self.corpus.pairs(missing):
            for doc in wanted.intersection(pair.key):
                self._stored_pairs[doc][pair.other(doc)] = pair

    def pairs_of(self, doc: int) -> Iterator[Pair]:
        """All pairs that a text is in, that hold, and that the index leads to."""
        self.load_pairs([doc])
        for other, stored in self._stored_pairs[doc].items():
            if doc not in self.void and other not in self.void and other not in self.removed:
                pair = self.pairs.get(stored.key, stored)
                if pair.met:
                    yield pair
        for pair in list(self._fresh_of.get(doc, {}).values()):
            if pair.met and (pair.other(doc) not in self._stored_pairs[doc] or not self.void.isdisjoint(pair.key)):
                yield pair

    def known_pair(self, a: int, b: int) -> Pair | None:
        """A pair that is stored, or was measured here."""
        key = (a, b) if a < b else (b, a)
        found = self.pairs.get(key) or self._strangers.get(key)
        if found is None and self.void.isdisjoint(key):
            for doc, other in (key, key[::-1]):
                if doc in self._stored_pairs:
                    return self._stored_pairs[doc].get(other)
            self.load_pairs([a])
            return self._stored_pairs[a].get(b)
        return found

    def meet(self, a: int, b: int) -> Pair:
        """The pair of two texts between which the index leads."""
        pair = self.measure(a, b)
        if pair.met:
            return pair
        pair = replace(pair, met=True)
        if pair.key in self._strangers:
            self._strangers[pair.key] = pair
        else:
            self.keep(pair)
        return pair

    def measure(self, a: int, b: int) -> Pair:
        """The pair of two texts: as it is known, or measured now."""
        known = self.known_pair(a, b)
        if known is not None:
            return known
        texts = self.texts((a, b))
        first, second = texts[a], texts[b]
        pair = self.compare(first, second)
        words = len(first.comparable.words) + len(second.comparable.words)
        self.work += words * (ALIGNING if pair.containment >= FEWEST_SHARED else 1)
        if pair.containment >= EVIDENCE or pair.kind is not Kind.DIFFERENT:
            self.keep(pair)
        else:
            self._strangers[pair.key] = pair
        return pair

    def aside_of_both(self, a: Text, b: Text) -> frozenset[int]:
        """What is set aside where two texts are compared: what either's site repeats, or anybody."""
        return self.aside_of(a) | self.aside_of(b)

    def verdict(self, a: Text, b: Text) -> Verdict:
        """What two texts are to each other, boilerplate set aside."""
        return self._verify(a, b, self.aside_of_both(a, b))

    def compare(self, a: Text, b: Text) -> Pair:
        """The pair of two texts, measured now."""
        aside = self.aside_of_both(a, b)
        return verdict_pair(a, b, self._verify(a, b, aside), aside)

    def _verify(self, a: Text, b: Text, aside: frozenset[int]) -> Verdict:
        return verify(a.comparable, b.comparable, aside, context_of(a.facts, b.facts), self.model)

    def is_near(self, a: int, b: int) -> bool:
        """Whether two whole texts are copies that differ in little: then they are one node."""
        key = (a, b) if a < b else (b, a)
        if key not in self._near:
            one, other = (self.text(doc) for doc in key)
            first, second = one.comparable, other.comparable
            mine, theirs = first.shingles(), second.shingles()
            common = shared(mine, theirs)
            alike = common >= NEAR * (len(mine) + len(theirs) - common)
            self._near[key] = (
                alike and verify(first, second, context=context_of(one.facts, other.facts), model=self.model).is_copy
            )
            self.work += (len(first.words) + len(second.words)) * (ALIGNING if alike else 1)
        return self._near[key]

    def keep(self, pair: Pair) -> None:
        """Let a pair be written down."""
        self.pairs[pair.key] = pair
        self._fresh_of.setdefault(pair.a, {})[pair.b] = pair
        self._fresh_of.setdefault(pair.b, {})[pair.a] = pair

    def forget(self, doc: int) -> None:
        """Let all stored pairs of a text be void: it says something else now, or other sentences count."""
        self.void.add(doc)
        self.drop(doc)

    def drop(self, doc: int) -> None:
        """Let nothing be written down of what was measured on a text here."""
        for other in self._fresh_of.pop(doc, {}):
            self.pairs.pop((min(doc, other), max(doc, other)), None)
            self._fresh_of.get(other, {}).pop(doc, None)
        self._strangers = {key: pair for key, pair in self._strangers.items() if doc not in key}

    def in_window(self, a: Facts, b: Facts) -> bool:
        """Whether two publications are near enough in time to be compared."""
        if not self._window:
            return True
        first, second = (trusted_time(x.published_at, x.published_precision, x.first_seen_at) for x in (a, b))
        return first is None or second is None or abs((first - second).total_seconds()) <= self._window


def context_of(a: Facts, b: Facts) -> Context:
    """What is known of two publications besides their texts."""
    first, second = (trusted_time(x.published_at, x.published_precision, x.first_seen_at) for x in (a, b))
    apart = None if first is None or second is None else abs((first - second).total_seconds()) / 86_400
    return Context(same_site=a.site is not None and a.site == b.site, days=apart)
