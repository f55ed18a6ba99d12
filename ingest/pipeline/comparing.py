"""Stored texts compared: verdicts, ranks and distances of publications, within one transaction. Writes nothing."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.dedup import bands, boilerplate
from ingest.dedup.canonical import Candidate, is_excerpt, outranks, rank, relation_to, trusted_time
from ingest.dedup.comparable import NOTHING, Comparable, Shingles
from ingest.dedup.fingerprint import fingerprint as fingerprint_of
from ingest.dedup.fingerprint import sign
from ingest.dedup.parameters import PERMUTATIONS
from ingest.dedup.verify import HALF, HELD, Verdict, by_hand, is_item, may_be_collected, verify, with_held
from ingest.model import Fingerprint
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.articles import Placed, Publication
from ingest.store.corrections import Corrections, all_corrections, latest

MAX_CACHED_TEXTS = 8192  # about 9 kB each
# Of those texts together, about 40 bytes each: live blogs must not take what news does not.
MAX_CACHED_WORDS = 4_000_000
MAX_CACHED_SITES = 2048
# A passage that a collection holds of an article: two sentences' worth of shingles.
PASSAGE_SHINGLES = 25
PASSAGE_SHARE = 0.15  # and so much of the article: an item tells it in brief
PASSAGE_OVERLAP = 0.2  # of two passages of one article
# A copy that shares so much with its canonical text stands for it: a text that matches the copy joins.
WHOLE_JACCARD = 0.85
EVIDENCE_CONTAINMENT = 0.2  # comparisons below that are not worth a row


class Cache:
    """Texts made ready to be compared, and what sites repeat: the latest used ones.

    Other processes write to the database, too: a text counts as known only if it says what it said.
    """

    def __init__(self) -> None:
        self._texts: OrderedDict[int, tuple[int, Comparable]] = OrderedDict()  # doc → hash of the text, the text
        self._words = 0
        self._boilerplate: OrderedDict[str, frozenset[int]] = OrderedDict()
        self._boilerplate_changes = 0
        self._corrections: tuple[int, Corrections] = (-1, Corrections({}, {}))

    def put(self, text: Publication, fingerprint: Fingerprint) -> Comparable:
        """Keep a text."""
        replaced = self._texts.pop(text.doc, None)
        comparable = Comparable(fingerprint)
        self._texts[text.doc] = hash(text.text), comparable
        self._words += len(comparable.words) - (len(replaced[1].words) if replaced else 0)
        while len(self._texts) > MAX_CACHED_TEXTS or (self._words > MAX_CACHED_WORDS and len(self._texts) > 1):
            _, (_, oldest) = self._texts.popitem(last=False)
            self._words -= len(oldest.words)
        return comparable

    def get(self, text: Publication) -> Comparable:
        """A stored text, from the cache or made ready anew."""
        known = self._texts.get(text.doc)
        if known is None or known[0] != hash(text.text):
            return self.put(text, fingerprint_of(text.text))
        self._texts.move_to_end(text.doc)
        return known[1]

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

    def corrections(self, connection: sqlite3.Connection) -> Corrections:
        """What people said of texts; read anew when somebody, in whatever process, has said more."""
        newest = latest(connection)
        if self._corrections[0] != newest:
            self._corrections = newest, all_corrections(connection)
        return self._corrections[1]

    def catch_up(self, connection: sqlite3.Connection) -> None:
        """Read the boilerplate of sites anew when some was learned or forgotten, in whatever process."""
        changes = boilerplate.changes(connection)
        if changes != self._boilerplate_changes:
            self._boilerplate_changes = changes
            self._boilerplate.clear()

    def learned(self, connection: sqlite3.Connection, site: str) -> None:
        """Read the boilerplate of a site anew from now on, for which some was just learned here."""
        self._boilerplate.pop(site, None)
        self._boilerplate_changes = boilerplate.changes(connection)


@dataclass(frozen=True, slots=True)
class _Share:
    """What a text has of another one.

    Attributes:
        mask: which of its own shingles the other text has too.
        is_passage: whether they count as a passage of an earlier text.
    """

    publication: Publication
    mask: NDArray[np.bool_]
    is_passage: bool


def _hangs_on_held(verdict: Verdict) -> bool:
    """Whether it matters for a verdict how many passages of other texts the larger text holds."""
    return may_be_collected(verdict.features) and (verdict.is_copy or is_item(verdict.features))


class Comparing:
    """Compares stored texts; remembers verdicts until something changes them."""

    def __init__(self, connection: sqlite3.Connection, cache: Cache, settings: DedupSettings) -> None:
        self._connection = connection
        self._cache = cache
        self._window = timedelta(seconds=settings.window)
        cache.catch_up(connection)
        self._alone: dict[tuple[int, int], Verdict] = {}  # by the two texts alone
        self._verdicts: dict[tuple[int, int], Verdict] = {}
        self._shares: dict[int, list[_Share]] = {}

    @cached_property
    def corrections(self) -> Corrections:
        """What people said of texts."""
        return self._cache.corrections(self._connection)

    def forget_verdicts(self) -> None:
        """Compare anew from now on: boilerplate was learned, or a text is another."""
        self._alone.clear()
        self.look_again()

    def look_again(self) -> None:
        """See anew from now on what texts hold of others: one was stored or taken out."""
        self._verdicts.clear()
        self._shares.clear()

    def text(self, publication: Publication) -> Comparable:
        """A publication's text, ready to be compared."""
        return self._cache.get(publication)

    def boilerplate(self, site: str | None) -> frozenset[int]:
        """The sentences that a site is known to repeat."""
        return self._cache.boilerplate(self._connection, site)

    def keys(self, publication: Publication) -> bands.Keys:
        """What a publication is indexed by."""
        return bands.keys_of(self._cache.get(publication).fingerprint, self.boilerplate(publication.site))

    def near(self, text: Publication, found: bands.Found) -> dict[int, Placed]:
        """The stored texts among the candidates that are worth comparing, with their places."""
        found.hits.pop(text.doc, None)
        if not found.hits:
            return {}
        docs = bands.likely(self._connection, self._cache.get(text).signature, found, self._counted(text))
        if not docs:
            return {}
        places = articles.places_of(self._connection, docs)
        if self._window:
            return {doc: place for doc, place in places.items() if self._in_window(text, place.publication)}
        return places

    def _counted(self, text: Publication) -> NDArray[np.bool_] | None:
        """Which values of a text's signature tell of its story: not those that come from its site's furniture.

        None where few do: then all have to count, lest a brief in a large frame finds nobody.
        """
        whole = self._cache.get(text)
        aside = whole.aside(self.boilerplate(text.site))
        if not aside:
            return None
        counted: NDArray[np.bool_] = whole.signature != sign(whole.shingles_aside(aside))
        return counted if 2 * np.count_nonzero(counted) >= PERMUTATIONS else None

    def neighbours(self, text: Publication) -> dict[int, Placed]:
        """The stored texts that are worth comparing with a text, found by its keys as they are now."""
        return self.near(text, bands.find(self._connection, self.keys(text)))

    def centers(self, near: Mapping[int, Placed], home: int | None = None) -> dict[int, Placed]:
        """The canonical texts of the articles that candidates stand in, by article; without `home`."""
        centers = {place.article_id: place for place in near.values() if place.is_canonical}
        missing = {place.article_id for place in near.values()} - centers.keys() - {home}
        if missing:
            centers.update(articles.canonicals_of(self._connection, missing))
        return centers

    def alike(self, text: Placed, others: Iterable[Placed]) -> list[Placed]:
        """Those of other texts that are worth comparing with a text, by their signatures."""
        signature = self.text(text.publication).signature
        return [other for other in others if bands.agree(signature, self.text(other.publication).signature)]

    def copies_worth_asking(self, text: Publication, centers: Iterable[Placed]) -> list[Placed]:
        """The copies in articles that a text does not stand in: all where it shares much with the canonical text, else
        those that have something of their own."""
        found, distant = [], []
        for center in centers:
            if self.verdict(text, center.publication).containment >= EVIDENCE_CONTAINMENT:
                found += articles.copies_of(self._connection, center.article_id)
            else:
                distant.append(center.article_id)
        return found + articles.copies_below(self._connection, distant, WHOLE_JACCARD) if distant else found

    def verdict(self, a: Publication, b: Publication) -> Verdict:
        """What two texts are to each other; a person's word stands above the rule."""
        if a.doc > b.doc:
            a, b = b, a
        known = self._verdicts.get((a.doc, b.doc))
        if known is None:
            known = self._verdicts[a.doc, b.doc] = self._compare(a, b)
        return known

    def _compare(self, a: Publication, b: Publication) -> Verdict:
        verdict = self._by_themselves(a, b)
        if b.doc in self.corrections.split.get(a.doc, ()):
            return by_hand(verdict, one_text=False)
        if b.doc in self.corrections.merged.get(a.doc, ()):
            return by_hand(verdict, one_text=True)
        if _hangs_on_held(verdict):
            a_is_larger = self._cache.get(a).word_count >= self._cache.get(b).word_count
            larger, smaller = (a, b) if a_is_larger else (b, a)
            verdict = with_held(verdict, self._held(larger, smaller))
        return verdict

    def _by_themselves(self, a: Publication, b: Publication) -> Verdict:
        known = self._alone.get((a.doc, b.doc))
        if known is None:
            aside = self.boilerplate(a.site)
            if b.site != a.site:
                aside |= self.boilerplate(b.site)
            known = verify(self._cache.get(a), self._cache.get(b), aside, same_site=a.site == b.site)
            self._alone[a.doc, b.doc] = known
        return known

    # --- collections ---------------------------------------------------------------------------

    def holds_passage(self, later: Publication, earlier: Publication) -> bool:
        """Whether a text holds a passage of an earlier one: it may have turned out to be a collection."""
        if not self._is_earlier(earlier, later):
            return False
        verdict = self.verdict(later, earlier)
        whole, other = (len(self._cache.get(text).shingles()) for text in (later, earlier))
        common = verdict.containment * min(whole, other)
        return verdict.jaccard < HALF and common >= PASSAGE_SHINGLES and common >= PASSAGE_SHARE * other

    def may_turn(self, larger: Publication, text: Publication) -> bool:
        """Whether a text that was just stored may make one that holds a passage of it a collection, or end that.

        Of a text that holds many passages already, one more changes nothing.
        """
        everywhere = np.ones(len(self._own_shingles(larger)), dtype=np.bool_)
        before, now = (self._passages(larger, everywhere, leave_out) for leave_out in (text.doc, None))
        return before != now and min(before, now) <= HELD + 1  # one of them may stand in the text it is compared with

    def _held(self, larger: Publication, smaller: Publication) -> int:
        """How many further texts, all earlier than it, the larger one holds a passage of, no two the same passage.

        Counted by passages, not by articles: how texts are grouped at the moment must not matter.
        """
        mine = self._own_shingles(larger)
        left = ~np.isin(mine, self._cache.get(smaller).shingles(), assume_unique=True)
        return self._passages(larger, left, smaller.doc)

    def _passages(self, larger: Publication, left: NDArray[np.bool_], leave_out: int | None) -> int:
        """How many distinct passages of earlier texts stand in a part of a text.

        Args:
            left: which of its shingles the part has.
            leave_out: the earlier text that does not count.
        """
        passages = []
        for share in self._shares_of(larger):
            if share.is_passage and share.publication.doc != leave_out:
                further = share.mask & left
                passages.append((int(further.sum()), share.publication.url, further))
        # The smallest first: a passage that holds another adds no item, so that more texts never mean fewer items.
        passages.sort(key=lambda item: item[:2])
        told = np.zeros(len(left), dtype=np.bool_)
        held = 0
        for size, _, passage in passages:
            if size >= PASSAGE_SHINGLES and int((passage & told).sum()) <= PASSAGE_OVERLAP * size:
                held += 1
                told |= passage
        return held

    def _own_shingles(self, text: Publication) -> Shingles:
        whole = self._cache.get(text)
        return whole.shingles(whole.aside(self.boilerplate(text.site)))

    def _shares_of(self, larger: Publication) -> list[_Share]:
        """What a text has in common with each text of the articles near it."""
        known = self._shares.get(larger.doc)
        if known is None:
            near = self.neighbours(larger)
            mine = self._own_shingles(larger)
            known = self._shares[larger.doc] = []
            # All texts of the articles: which of them is indexed is chance.
            for place in articles.members_of(self._connection, {place.article_id for place in near.values()}):
                if place.doc != larger.doc:
                    known.append(self._share(larger, mine, place.publication))
        return known

    def _share(self, larger: Publication, mine: Shingles, text: Publication) -> _Share:
        other = self._cache.get(text).shingles()
        mask = np.isin(mine, other, assume_unique=True)
        common = int(mask.sum())
        # An earlier copy of the whole is no passage of it, nor is background that many stories repeat.
        is_passage = (
            PASSAGE_SHARE * len(other) <= common < HALF * (len(mine) + len(other) - common)
            and common >= PASSAGE_SHINGLES
            and self._is_earlier(text, larger)
        )
        return _Share(text, mask, is_passage)

    # --- ranks ---------------------------------------------------------------------------------

    def outranks(self, a: Publication, b: Publication) -> bool:
        """Whether `a` stands before `b` as canonical text, the two being copies of each other."""
        first, second = self._candidate(a), self._candidate(b)
        features = self.verdict(a, b).features
        if not is_excerpt(features.ratio, features.smaller_told):
            return outranks(first, second)
        return outranks(first, second, excerpt=first if first.size < second.size else second)

    def rank(self, text: Publication) -> tuple[object, ...]:
        """What an election sorts by, excerpts apart; the smallest stands first."""
        return rank(self._candidate(text))

    def distance(self, text: Publication, canonical: Publication) -> tuple[object, ...]:
        """By what a copy chooses among canonical texts: the closest of near ones; then, as an excerpt may stand in
        several texts, the first by rank."""
        features = self.verdict(text, canonical).features
        near = min(features.smaller_told, features.larger_told) >= HALF
        return not near, -features.jaccard if near else 0.0, *self.rank(canonical)

    def as_copy(self, text: Publication, canonical: Publication, article_id: int) -> Placed:
        """A text as a copy in the article of a canonical text."""
        verdict = self.verdict(text, canonical)
        same = self._cache.get(text).text_key == self._cache.get(canonical).text_key
        relation = relation_to(self._size(canonical), self._size(text), same_text=same)
        return Placed(text, article_id, relation, verdict.jaccard, verdict.containment)

    def is_larger(self, a: Publication, b: Publication) -> bool:
        """Whether `a` has at least as much text as `b`."""
        return self._size(a) >= self._size(b)

    def is_later(self, a: Publication, b: Publication) -> bool:
        """Whether `a` was published after `b`; where that is not known, whether it is the larger."""
        first, second = _time(a), _time(b)
        if first is None or second is None or first == second:
            return self.is_larger(a, b)
        return first > second

    def _is_earlier(self, a: Publication, b: Publication) -> bool:
        first, second = _time(a), _time(b)
        return first is not None and second is not None and first < second

    def _in_window(self, a: Publication, b: Publication) -> bool:
        first, second = _time(a), _time(b)
        return first is None or second is None or abs(first - second) <= self._window

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
        return comparable.words_without(comparable.aside(self.boilerplate(text.site)))


def _time(text: Publication) -> datetime | None:
    return trusted_time(text.published_at, text.published_precision, text.first_seen_at)
