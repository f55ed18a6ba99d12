"""Where a text belongs: candidates → verdicts → article. One rule, so that the order of arrival cannot matter.

Among all stored texts, ranked by `canonical.outranks`, a text is canonical exactly when no canonical
text that outranks it is a copy of it; every other text belongs to the closest such canonical text. A new
text can change that for texts which it outranks: those are placed anew. Runs inside the caller's
transaction.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cmp_to_key

import numpy as np

from ingest.dedup import bands, boilerplate
from ingest.dedup.canonical import Candidate, is_excerpt, outranks, rank, relation_to, trusted_time
from ingest.dedup.comparable import NOTHING, Comparable
from ingest.dedup.fingerprint import fingerprint as fingerprint_of
from ingest.dedup.parameters import VERSION
from ingest.dedup.verify import HALF, Kind, Verdict, is_item, may_be_collected, verify, with_held
from ingest.model import Fingerprint, LinkKind, Relation
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.articles import Placed, Publication
from ingest.store.decisions import Decision, add_decision

MAX_CACHED_TEXTS = 4096  # about 6 kB each
MAX_CACHED_SITES = 2048
# A passage that a collection holds of an article: two sentences' worth of shingles.
PASSAGE_SHINGLES = 25
# A copy that shares so much with its canonical text stands for it: a text that matches the copy joins.
WHOLE_JACCARD = 0.85
MAX_PLACED = 256  # texts placed anew because of one; far beyond any seen, it bounds a transaction
EVIDENCE_CONTAINMENT = 0.2  # comparisons below that are not worth a row
MAX_EVIDENCE = 8  # comparisons kept for one placing


class Cache:
    """Texts made ready to be compared, the latest used ones."""

    def __init__(self) -> None:
        self._texts: OrderedDict[int, Comparable] = OrderedDict()
        self._boilerplate: OrderedDict[str, frozenset[int]] = OrderedDict()

    def put(self, doc: int, fingerprint: Fingerprint) -> Comparable:
        """Keep a text."""
        comparable = self._texts[doc] = Comparable(fingerprint)
        if len(self._texts) > MAX_CACHED_TEXTS:
            self._texts.popitem(last=False)
        return comparable

    def get(self, text: Publication) -> Comparable:
        """A stored text, from the cache or made ready anew."""
        known = self._texts.get(text.doc)
        if known is None:
            return self.put(text.doc, fingerprint_of(text.text))
        self._texts.move_to_end(text.doc)
        return known

    def boilerplate(self, connection: sqlite3.Connection, site: str | None) -> frozenset[int]:
        """The sentences that a site is known to repeat."""
        if not site:
            return NOTHING
        known = self._boilerplate.get(site)
        if known is None:
            known = self._boilerplate[site] = boilerplate.known(connection, site)
            if len(self._boilerplate) > MAX_CACHED_SITES:
                self._boilerplate.popitem(last=False)
        return known

    def learned(self, site: str) -> None:
        """Read a site's boilerplate anew from now on."""
        self._boilerplate.pop(site, None)


class Grouping:
    """The placing of one text and of those that it displaces, within one transaction."""

    def __init__(self, connection: sqlite3.Connection, cache: Cache, settings: DedupSettings, now: str) -> None:
        self._connection = connection
        self._cache = cache
        self._window = timedelta(seconds=settings.window)
        self._now = now
        self._verdicts: dict[tuple[int, int], Verdict] = {}
        self._queue: list[Publication] = []  # displaced: in no article at the moment
        self._doubtful: list[int] = []  # texts that stand where they might no longer belong
        self._touched: set[int] = set()  # articles whose counts are to be brought up to date

    def place_new(self, text: Publication, fingerprint: Fingerprint) -> Placed:
        """Place a text that is not stored yet."""
        self._cache.put(text.doc, fingerprint)
        return self._settle(text, home=None)

    def place_revised(self, before: Placed, text: Publication, fingerprint: Fingerprint) -> Placed:
        """Place the new text of a publication, in the place of its old one."""
        old = self._cache.get(before.publication).fingerprint
        bands.remove(self._connection, text.doc, bands.keys_of(old))
        bands.set_signature(self._connection, text.doc, fingerprint)
        self._cache.put(text.doc, fingerprint)
        return self._settle(text, home=self._take_out(before))

    def withdraw(self, before: Placed) -> None:
        """Take a stored text out for good: its article elects another canonical text, or goes with it."""
        bands.remove(self._connection, before.doc, bands.keys_of(self._cache.get(before.publication).fingerprint))
        empty = self._take_out(before)
        if empty is not None:
            articles.remove_article(self._connection, empty)
        self._settle_others()

    # --- settling ------------------------------------------------------------------------------

    def _settle(self, text: Publication, home: int | None) -> Placed:
        self._place(text, home)
        self._settle_others()
        placed = articles.place_of(self._connection, text.doc)
        assert placed is not None  # noqa: S101 - it was placed just now
        return placed

    def _settle_others(self) -> None:
        for _ in range(MAX_PLACED):
            if self._queue:
                self._queue.sort(key=cmp_to_key(self._by_rank))
                self._place(self._queue.pop(0), None)
            elif self._doubtful:
                self._place_again(self._doubtful.pop(0))
            else:
                break
        for left in self._queue:
            self._stand_alone(left, None)
        for article_id in self._touched:
            articles.count_copies(self._connection, article_id)

    def _place_again(self, doc: int) -> None:
        place = articles.place_of(self._connection, doc)
        if place is not None:
            self._place(place.publication, self._take_out(place))

    def _place(self, text: Publication, home: int | None) -> None:
        fingerprint = self._cache.get(text).fingerprint
        keys = bands.keys_of(fingerprint, self._cache.boilerplate(self._connection, text.site))
        found = bands.find(self._connection, keys)
        found.hits.pop(text.doc, None)
        if not found.hits:
            self._stand_alone(text, home)
            bands.add(self._connection, text.doc, keys, found)
            return
        near = self._near(text, found)
        if self._learn(text, near.values()):
            keys = bands.keys_of(fingerprint, self._cache.boilerplate(self._connection, text.site))
        centers = {place.article_id: place for place in near.values() if place.is_canonical}
        missing = {place.article_id for place in near.values()} - centers.keys() - {home}
        if missing:
            centers.update(articles.canonicals_of(self._connection, missing))
        verdicts = {id: self._verdict(text, center.publication) for id, center in centers.items()}
        joins = {id for id, verdict in verdicts.items() if verdict.is_copy}
        above = {id for id in joins if self._outranks(centers[id].publication, text)}
        above |= {
            place.article_id
            for place in near.values()
            if place.jaccard >= WHOLE_JACCARD
            and place.article_id in centers
            and place.article_id not in joins
            and self._verdict(text, place.publication).is_copy
            and self._outranks(centers[place.article_id].publication, text)
        }
        if above:
            article_id = min(above, key=lambda id: self._distance(text, centers[id].publication))
            self._join(text, home, centers[article_id])
            if verdicts[article_id].jaccard >= WHOLE_JACCARD:
                self._bridge(centers[article_id], [centers[id] for id in joins - above])
        else:
            article_id = self._stand(text, home, [centers[id] for id in joins])
            self._claim(text, article_id, near.values(), centers)
        own = [doc for doc, place in near.items() if place.article_id == article_id] if above else []
        bands.add(self._connection, text.doc, keys, found, own)
        self._link(text, article_id, [centers[id] for id in centers.keys() - joins])

    def _near(self, text: Publication, found: bands.Found) -> dict[int, Placed]:
        """The stored texts among the candidates that are worth comparing, with their places."""
        found.hits.pop(text.doc, None)
        docs = bands.likely(self._connection, self._cache.get(text).signature, found)
        return {
            doc: place
            for doc, place in articles.places_of(self._connection, docs).items()
            if self._in_window(text, place.publication)
        }

    # --- the four things that can happen to a text ------------------------------------------------

    def _stand_alone(self, text: Publication, home: int | None) -> int:
        """Become an article of its own, in its old place if it has one."""
        if home is None:
            article_id = articles.add_article(self._connection, text)
        else:
            articles.set_canonical(self._connection, home, text)
            article_id = home
        self._note(text, None, article_id, None, None)
        return article_id

    def _join(self, text: Publication, home: int | None, center: Placed) -> None:
        """Become a copy in the article of `center`."""
        if home is not None:
            articles.dissolve(self._connection, home, center.article_id)
        copy = self._as_copy(text, center.publication, center.article_id)
        articles.add_copy(self._connection, copy)
        self._touched.add(center.article_id)
        self._note(text, center.publication, center.article_id, self._verdict(text, center.publication), copy.relation)

    def _stand(self, text: Publication, home: int | None, below: list[Placed]) -> int:
        """Become canonical over the articles of `below`, which become one; the oldest id stays."""
        if not below:
            return self._stand_alone(text, home)
        first, *rest = sorted(below, key=lambda center: center.article_id)
        article_id = first.article_id
        self._touched.add(article_id)
        if home is not None:
            articles.dissolve(self._connection, home, article_id)
        articles.set_canonical(self._connection, article_id, text)
        for center in (first, *rest):
            whole = self._verdict(text, center.publication).jaccard >= WHOLE_JACCARD
            for member in articles.copies_of(self._connection, center.article_id):
                if self._verdict(text, member.publication).is_copy or whole:
                    copy = self._as_copy(member.publication, text, article_id)
                    articles.move_copy(self._connection, copy)
                else:
                    self._displace(member)
            if center is not first:
                articles.dissolve(self._connection, center.article_id, article_id)
            copy = self._as_copy(center.publication, text, article_id)
            articles.add_copy(self._connection, copy)
            self._note(center.publication, text, article_id, self._verdict(text, center.publication), copy.relation)
        return article_id

    def _displace(self, member: Placed) -> None:
        """Take a copy out of its article; it is placed anew before the transaction ends."""
        articles.remove_copy(self._connection, member.doc)
        self._touched.add(member.article_id)
        self._queue.append(member.publication)

    # --- what that means for others ----------------------------------------------------------------

    def _claim(
        self, text: Publication, article_id: int, places: Iterable[Placed], centers: Mapping[int, Placed]
    ) -> None:
        """Take over copies of other articles that are closer to this new canonical text."""
        for place in places:
            center = centers.get(place.article_id)
            if place.is_canonical or center is None or place.article_id == article_id:
                continue
            verdict = self._verdict(text, place.publication)
            if not verdict.is_copy or not self._outranks(text, place.publication):
                continue
            if articles.article_of(self._connection, place.doc) != place.article_id:
                continue  # it has been placed anew meanwhile
            if self._distance(place.publication, text) < self._distance(place.publication, center.publication):
                copy = self._as_copy(place.publication, text, article_id)
                articles.move_copy(self._connection, copy)
                self._touched |= {article_id, place.article_id}
                self._note(place.publication, text, article_id, verdict, copy.relation)

    def _bridge(self, center: Placed, others: Iterable[Placed]) -> None:
        """Take in articles that are copies of a copy which is itself nearly the whole canonical text."""
        for other in others:
            if not self._outranks(center.publication, other.publication):
                continue
            for member in articles.copies_of(self._connection, other.article_id):
                self._displace(member)
            articles.dissolve(self._connection, other.article_id, center.article_id)
            self._touched.discard(other.article_id)
            self._join(other.publication, None, center)

    def _link(self, text: Publication, article_id: int, others: Iterable[Placed]) -> None:
        """Join the article to those that are not the same text but belong with it."""
        evidence = []
        for other in others:
            verdict = self._verdict(text, other.publication)
            if verdict.kind in (Kind.UPDATE, Kind.PART_OF):
                self._add_link(text, article_id, other, verdict)
            if verdict.kind is Kind.PART_OF and not self._larger(text, other.publication):
                self._recheck(other)
            if verdict.containment >= EVIDENCE_CONTAINMENT:
                evidence.append((verdict.containment, other, verdict))
        evidence.sort(key=lambda item: -item[0])
        for _, other, verdict in evidence[:MAX_EVIDENCE]:
            self._note(text, other.publication, article_id, verdict, verdict.kind)

    def _add_link(self, text: Publication, article_id: int, other: Placed, verdict: Verdict) -> None:
        other_id = articles.current_id(self._connection, other.article_id)
        if other_id is None or other_id == article_id:
            return
        first = self._larger(text, other.publication) if verdict.kind is Kind.PART_OF else self._later(text, other)
        ids = (article_id, other_id) if first else (other_id, article_id)
        articles.add_link(
            self._connection, *ids, LinkKind(verdict.kind.value), verdict.jaccard, verdict.containment, self._now
        )

    def _take_out(self, before: Placed) -> int | None:
        """Take a text out of its article; returns the article's id if nothing else is in it."""
        if not before.is_canonical:
            articles.remove_copy(self._connection, before.doc)
            self._touched.add(before.article_id)
            return None
        members = articles.copies_of(self._connection, before.article_id)
        if not members:
            return before.article_id
        members.sort(key=cmp_to_key(lambda a, b: self._by_rank(a.publication, b.publication)))
        heir, *rest = members
        articles.remove_copy(self._connection, heir.doc)
        articles.set_canonical(self._connection, before.article_id, heir.publication)
        self._touched.add(before.article_id)
        staying = [heir]
        for member in rest:
            if self._verdict(heir.publication, member.publication).is_copy:
                articles.move_copy(
                    self._connection, self._as_copy(member.publication, heir.publication, before.article_id)
                )
                staying.append(member)
            else:
                self._displace(member)
        self._index_again(staying)
        return None

    def _index_again(self, members: list[Placed]) -> None:
        """Index what is left of an article by the keys that only the text that has gone was indexed by."""
        for number, member in enumerate(members, start=1):
            fingerprint = self._cache.get(member.publication).fingerprint
            keys = bands.keys_of(fingerprint, self._cache.boilerplate(self._connection, member.publication.site))
            own = [other.doc for other in members[:number]]
            bands.add(self._connection, member.doc, keys, bands.find(self._connection, keys), own)

    # --- boilerplate and collections ---------------------------------------------------------------

    def _learn(self, text: Publication, near: Iterable[Placed]) -> bool:
        """Learn what the site repeats, from this page and the candidates on the same site."""
        site = text.site
        if not site:
            return False
        pages = [place.publication for place in near if place.publication.site == site]
        if len(pages) < boilerplate.FEWEST_PAGES:
            return False
        page = self._cache.get(text)
        known = self._cache.boilerplate(self._connection, site)
        repeated = boilerplate.repeated_sentences(page, [self._cache.get(other) for other in pages]) - known
        if not repeated:
            return False
        boilerplate.learn(self._connection, site, repeated, self._now)
        self._cache.learned(site)
        self._verdicts.clear()
        holders = [other.doc for other in pages if not repeated.isdisjoint(self._cache.get(other).key_set)]
        bands.drop_sentences(self._connection, repeated, holders)
        self._doubtful += [doc for doc in holders if doc not in self._doubtful]
        return True

    def _held(self, larger: Publication, smaller: Publication) -> int:
        """How many further articles, all earlier than it, the larger text holds a passage of."""
        whole = self._cache.get(larger)
        keys = bands.keys_of(whole.fingerprint, self._cache.boilerplate(self._connection, larger.site))
        mine = whole.shingles()
        left = mine[~np.isin(mine, self._cache.get(smaller).shingles(), assume_unique=True)]
        passages = []
        for place in self._near(larger, bands.find(self._connection, keys)).values():
            if place.doc != smaller.doc and self._is_earlier(place.publication, larger):
                passage = np.isin(left, self._cache.get(place.publication).shingles(), assume_unique=True)
                passages.append((int(passage.sum()), place.article_id, passage))
        passages.sort(key=lambda item: (-item[0], item[1]))
        told = np.zeros(len(left), dtype=np.bool_)
        counted: set[int] = set()
        for _, article_id, passage in passages:
            if article_id not in counted and int((passage & ~told).sum()) >= PASSAGE_SHINGLES:
                counted.add(article_id)
                told |= passage
        return len(counted)

    def _recheck(self, collection: Placed) -> None:
        """Look again at the excerpts of an article whose text has turned out to hold one more passage."""
        for member in articles.copies_of(self._connection, collection.article_id):
            verdict = self._verdict(collection.publication, member.publication)
            if not verdict.is_copy and member.jaccard < WHOLE_JACCARD:
                self._displace(member)

    # --- comparing -----------------------------------------------------------------------------

    def _verdict(self, a: Publication, b: Publication) -> Verdict:
        if a.doc > b.doc:
            a, b = b, a
        known = self._verdicts.get((a.doc, b.doc))
        if known is None:
            aside = self._cache.boilerplate(self._connection, a.site)
            if b.site != a.site:
                aside |= self._cache.boilerplate(self._connection, b.site)
            mine, other = self._cache.get(a), self._cache.get(b)
            known = verify(mine, other, aside, same_site=a.site == b.site)
            if may_be_collected(known.features) and (known.is_copy or is_item(known.features)):
                larger, smaller = (a, b) if mine.word_count >= other.word_count else (b, a)
                known = with_held(known, self._held(larger, smaller))
            self._verdicts[a.doc, b.doc] = known
        return known

    def _distance(self, text: Publication, canonical: Publication) -> tuple[object, ...]:
        """By what a copy chooses among canonical texts: near ones by likeness, others (excerpts may stand in several
        texts) by rank."""
        features = self._verdict(text, canonical).features
        near = min(features.smaller_told, features.larger_told) >= HALF
        return not near, -features.jaccard if near else 0.0, *rank(self._candidate(canonical))

    def _as_copy(self, text: Publication, canonical: Publication, article_id: int) -> Placed:
        verdict = self._verdict(text, canonical)
        mine, other = self._cache.get(text), self._cache.get(canonical)
        relation = relation_to(len(other.shingles()), len(mine.shingles()), same_text=mine.text_key == other.text_key)
        return Placed(text, article_id, relation, verdict.jaccard, verdict.containment)

    def _candidate(self, text: Publication) -> Candidate:
        return Candidate(
            url=text.url,
            site=text.site,
            agency=text.agency,
            published_at=text.published_at,
            published_precision=text.published_precision,
            first_seen_at=text.first_seen_at,
            size=self._size(text),
        )

    def _size(self, text: Publication) -> int:
        comparable = self._cache.get(text)
        aside = comparable.aside(self._cache.boilerplate(self._connection, text.site))
        return len(comparable.shingles(aside))

    def _outranks(self, a: Publication, b: Publication) -> bool:
        first, second = self._candidate(a), self._candidate(b)
        features = self._verdict(a, b).features
        if not is_excerpt(features.ratio, features.smaller_told):
            return outranks(first, second)
        return outranks(first, second, excerpt=first if first.size < second.size else second)

    def _by_rank(self, a: Publication, b: Publication) -> int:
        return -1 if self._outranks(a, b) else 1

    def _larger(self, text: Publication, other: Publication) -> bool:
        return self._candidate(text).size >= self._candidate(other).size

    def _later(self, text: Publication, other: Placed) -> bool:
        mine, theirs = (
            trusted_time(each.published_at, each.published_precision, each.first_seen_at)
            for each in (text, other.publication)
        )
        if mine is None or theirs is None or mine == theirs:
            return self._larger(text, other.publication)
        return mine > theirs

    def _is_earlier(self, a: Publication, b: Publication) -> bool:
        first, second = (
            trusted_time(each.published_at, each.published_precision, each.first_seen_at) for each in (a, b)
        )
        return first is not None and second is not None and first < second

    def _in_window(self, a: Publication, b: Publication) -> bool:
        if not self._window:
            return True
        times = [trusted_time(each.published_at, each.published_precision, each.first_seen_at) for each in (a, b)]
        return times[0] is None or times[1] is None or abs(times[0] - times[1]) <= self._window

    def _note(
        self,
        text: Publication,
        against: Publication | None,
        article_id: int,
        verdict: Verdict | None,
        relation: Relation | Kind | None,
    ) -> None:
        add_decision(
            self._connection,
            Decision(
                doc=text.doc,
                against=against.doc if against else None,
                article_id=article_id,
                rule=verdict.rule if verdict else "no_candidate",
                relation=relation,
                jaccard=verdict.jaccard if verdict else None,
                containment=verdict.containment if verdict else None,
                figures=verdict.figures() if verdict else {},
                parameters=VERSION,
            ),
            self._now,
        )
