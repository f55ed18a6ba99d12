"""A corpus in memory: the whole engine without a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ingest.dedup.arrays import Signature
from ingest.dedup.buckets import Buckets
from ingest.dedup.comparable import NOTHING
from ingest.dedup.corpus import HOLDERS_READ, MAX_HOLDERS, Corrections, Facts, Pair, Posting, Seat, Text
from ingest.dedup.memo import Memo
from ingest.dedup.placement import Link, Placement


class MemoryCorpus:
    """Implements `ingest.dedup.corpus.Corpus`; `apply` takes a placement in.

    Attributes:
        waiting: docs to be placed again → whether their pairs are to be measured anew.
        links: both articles → the link between them.
        distinct: as the protocol says.
    """

    def __init__(self, corrections: Corrections | None = None) -> None:
        self.said = corrections or Corrections()
        self.distinct = Memo()
        self.waiting: dict[int, bool] = {}
        self.links: dict[frozenset[int], Link] = {}
        self._texts: dict[int, Text] = {}
        self._leaders: dict[int, int] = {}
        self._members: dict[int, set[int]] = {}
        self._buckets = Buckets()
        self._postings: dict[int, set[Posting]] = {}  # of sentences and shingles
        self._twins: dict[int, set[int]] = {}
        self._pairs: dict[int, dict[int, Pair]] = {}
        self._boilerplate: dict[str, set[int]] = {}
        self._articles: dict[int, int] = {}  # doc → article
        self._canonicals: dict[int, int] = {}
        self._next_article = 1

    # --- what the engine asks --------------------------------------------------------------------

    def texts(self, docs: Collection[int]) -> Mapping[int, Text]:
        """The texts among `docs` that are stored, ready to be compared."""
        return {doc: self._texts[doc] for doc in docs if doc in self._texts}

    def facts(self, docs: Collection[int]) -> Mapping[int, Facts]:
        """What is known of them beside their texts."""
        return {doc: self._texts[doc].facts for doc in docs if doc in self._texts}

    def signatures(self, docs: Collection[int]) -> Mapping[int, Signature]:
        """Their MinHash signatures."""
        return {doc: self._texts[doc].comparable.signature for doc in docs if doc in self._texts}

    def postings(self, keys: Collection[int]) -> Mapping[int, Sequence[Posting]]:
        """Key → the first `HOLDERS_READ` leaders that hold it, in their order."""
        return {key: holders[:HOLDERS_READ] for key, holders in self.all_postings(keys).items()}

    def cutoffs(self, keys: Collection[int]) -> Mapping[int, int]:
        """Key → the order of the last of its first leaders, of keys that so many hold."""
        held = self.all_postings(keys)
        return {key: holders[MAX_HOLDERS][0] for key, holders in held.items() if len(holders) > MAX_HOLDERS}

    def all_postings(self, keys: Collection[int]) -> Mapping[int, Sequence[Posting]]:
        """Key → all leaders that hold it, in their order."""
        found = self._buckets.holders(keys)
        found.update((key, sorted(self._postings[key])) for key in keys if key in self._postings)
        return found

    def found_by(self, posting: Posting, keys: Collection[int]) -> frozenset[int]:
        """Those of some keys that a text is found by."""
        return frozenset(key for key, holders in self.all_postings(keys).items() if posting in holders)

    def twins(self, text_keys: Collection[int]) -> Mapping[int, Sequence[int]]:
        """Key of a text → the leaders of exactly these sentences."""
        return {
            key: [doc for doc in self._twins[key] if self._leaders.get(doc) == doc]
            for key in text_keys
            if key in self._twins
        }

    def leaders(self, docs: Collection[int]) -> Mapping[int, int]:
        """Doc → the leader of its node."""
        return {doc: self._leaders[doc] for doc in docs if doc in self._leaders}

    def members(self, leaders: Collection[int]) -> Mapping[int, Sequence[int]]:
        """Leader → the docs of its node."""
        return {leader: sorted(self._members.get(leader, ())) for leader in leaders}

    def pairs(self, docs: Collection[int]) -> Sequence[Pair]:
        """The stored pairs that one of these texts is in."""
        return list({pair.key: pair for doc in docs for pair in self._pairs.get(doc, {}).values()}.values())

    def boilerplate(self, site: str) -> set[int] | frozenset[int]:
        """The keys of the sentences that a site, or anybody, is known to repeat."""
        return self._boilerplate.get(site, NOTHING)

    def corrections(self) -> Corrections:
        """What people said of texts."""
        return self.said

    def canonicals(self, article_ids: Collection[int]) -> Mapping[int, int]:
        """Article → the doc that stands for it."""
        return {id: self._canonicals[id] for id in article_ids if id in self._canonicals}

    def seats(self, docs: Collection[int]) -> Mapping[int, Seat]:
        """Where texts stand now."""
        return {
            doc: (self._articles[doc], self._canonicals[self._articles[doc]] == doc)
            for doc in docs
            if doc in self._articles
        }

    # --- what it is told -------------------------------------------------------------------------

    def apply(self, placement: Placement, texts: Collection[Text] = (), withdrawn: Collection[int] = ()) -> None:
        """Take a placement in.

        Args:
            texts: those that were planned for.
            withdrawn: docs that leave for good.
        """
        for text in texts:
            self._forget_twin(text.doc)
            self._texts[text.doc] = text
            self._twins.setdefault(text.comparable.text_key, set()).add(text.doc)
        for doc in withdrawn:
            self._withdraw(doc)
        self._lead(placement)
        self._index(placement)
        self._pair(placement)
        for site, keys in placement.learned.items():
            self._boilerplate.setdefault(site, set()).update(keys)
        for site, keys in placement.unlearned.items():
            self._boilerplate.setdefault(site, set()).difference_update(keys)
        self._group(placement)
        self._link(placement)
        for doc in placement.settled:
            self.waiting.pop(doc, None)
        for doc, stale in placement.queued.items():
            self.waiting[doc] = stale or self.waiting.get(doc, False)

    def groups(self) -> list[tuple[int, ...]]:
        """The docs of each article, the canonical one first."""
        found: dict[int, list[int]] = {}
        for doc, article in self._articles.items():
            found.setdefault(article, []).append(doc)
        return [
            (self._canonicals[article], *sorted(doc for doc in docs if doc != self._canonicals[article]))
            for article, docs in sorted(found.items())
        ]

    def kept_pairs(self) -> list[Pair]:
        """Every pair that is kept."""
        return self.pairs(list(self._pairs))  # type: ignore[return-value]

    def _withdraw(self, doc: int) -> None:
        self._forget_twin(doc)
        self._texts.pop(doc, None)
        leader = self._leaders.pop(doc, None)
        if leader is not None:
            self._members[leader].discard(doc)
        self._articles.pop(doc, None)
        self.waiting.pop(doc, None)

    def _forget_twin(self, doc: int) -> None:
        if doc in self._texts:
            self._twins[self._texts[doc].comparable.text_key].discard(doc)

    def _lead(self, placement: Placement) -> None:
        for doc, leader in placement.leaders.items():
            if doc in self._leaders:
                self._members[self._leaders[doc]].discard(doc)
            self._leaders[doc] = leader
            self._members.setdefault(leader, set()).add(doc)

    def _index(self, placement: Placement) -> None:
        for posting, keys in placement.withdrawn_postings.items():
            self._buckets.withdraw(posting, keys)
            for key in keys & self._postings.keys():
                self._postings[key].discard(posting)
                if not self._postings[key]:
                    del self._postings[key]
        bands = {doc: frozenset(self._texts[doc].whole.bands) for doc in {doc for _, _, doc in placement.postings}}
        for key, order, doc in placement.postings:
            if key in bands[doc]:
                self._buckets.add(self._texts[doc])
            else:
                self._postings.setdefault(key, set()).add((order, doc))

    def _pair(self, placement: Placement) -> None:
        for doc in placement.void:
            for other in self._pairs.pop(doc, {}):
                self._pairs[other].pop(doc, None)
        for pair in placement.pairs:
            self._pairs.setdefault(pair.a, {})[pair.b] = pair
            self._pairs.setdefault(pair.b, {})[pair.a] = pair

    def _link(self, placement: Placement) -> None:
        gone = {article for each in placement.groups for article in each.absorbed}.union(placement.orphans)
        gone |= {self._articles[doc] for doc in placement.linked}
        self.links = {between: link for between, link in self.links.items() if between.isdisjoint(gone)}
        for link in placement.links:
            between = frozenset((self._articles[link.canonical], self._articles[link.other_canonical]))
            self.links[between] = link

    def _group(self, placement: Placement) -> None:
        for each in placement.groups:
            article_id = each.article_id
            if article_id is None:
                article_id, self._next_article = self._next_article, self._next_article + 1
            for absorbed in each.absorbed:
                self._canonicals.pop(absorbed, None)
            self._canonicals[article_id] = each.canonical
            for doc in (each.canonical, *each.standings, *each.moved):
                self._articles[doc] = article_id
        for article in placement.orphans:
            self._canonicals.pop(article, None)
