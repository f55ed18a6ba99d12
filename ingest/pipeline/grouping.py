"""Where a text belongs: candidates → verdicts → article. One rule, so that the order of arrival cannot matter.

Among all stored texts, ranked by `canonical.outranks`, a text is canonical exactly when no canonical
text that outranks it is a copy of it; every other text belongs to the closest such canonical text. A new
text can change that for texts which it outranks: those are placed anew. Runs inside the caller's
transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from ingest.dedup import bands, boilerplate
from ingest.dedup.parameters import VERSION
from ingest.dedup.verify import HALF, Kind, Verdict
from ingest.model import Fingerprint, Relation
from ingest.pipeline.comparing import EVIDENCE_CONTAINMENT, WHOLE_JACCARD, Cache, Comparing
from ingest.pipeline.linking import Linking
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.articles import Placed, Publication
from ingest.store.decisions import Decision, add_decision

MAX_PLACED = 256  # texts placed anew because of one; far beyond any seen, it bounds a transaction
MAX_EVIDENCE = 8  # comparisons kept for one placing


class Grouping:
    """The placing of one text and of those that it displaces, within one transaction.

    Attributes:
        candidates: stored texts that were worth comparing with the first text placed; None before that.
    """

    def __init__(self, connection: sqlite3.Connection, cache: Cache, settings: DedupSettings, now: str) -> None:
        self._connection = connection
        self._cache = cache
        self._compare = Comparing(connection, cache, settings)
        self._links = Linking(connection, self._compare, now)
        self._now = now
        self.candidates: int | None = None
        self._queue: list[Publication] = []  # displaced: in no article at the moment
        self._doubtful: dict[int, None] = {}  # texts that stand where they might no longer belong
        self._touched: set[int] = set()  # articles whose counts are to be brought up to date
        self._placed: set[int] = set()  # texts that were placed: people may have said where they belong
        self._thinned: set[int] = set()  # articles that a text left: the rest is to be found without it

    def place_new(self, text: Publication, fingerprint: Fingerprint) -> Placed:
        """Place a text that is not stored yet."""
        self._cache.put(text, fingerprint)
        return self._settle(text, home=None)

    def place_revised(self, before: Placed, text: Publication, fingerprint: Fingerprint) -> Placed:
        """Place the new text of a publication, in the place of its old one."""
        bands.remove(self._connection, text.doc, self._compare.text(before.publication).fingerprint)
        bands.set_signature(self._connection, text.doc, fingerprint)
        home = self._take_out(before)
        self._cache.put(text, fingerprint)
        self._compare.forget_verdicts()
        return self._settle(text, home)

    def place_again(self, doc: int) -> Placed | None:
        """Place a stored text anew: settings, boilerplate or corrections have changed."""
        place = articles.place_of(self._connection, doc)
        return None if place is None else self._settle(place.publication, self._take_out(place))

    def withdraw(self, before: Placed) -> None:
        """Take a stored text out for good: its article elects another canonical text, or goes with it."""
        bands.remove(self._connection, before.doc, self._compare.text(before.publication).fingerprint)
        empty = self._take_out(before)
        if empty is not None:
            articles.remove_article(self._connection, empty)
        self._settle_others()

    # --- settling ------------------------------------------------------------------------------

    def _settle(self, text: Publication, home: int | None) -> Placed:
        placed = self._place(text, home)
        if self._settle_others():
            again = articles.place_of(self._connection, text.doc)
            assert again is not None  # noqa: S101 - it was placed just now
            return again
        return placed

    def _settle_others(self) -> bool:
        """Place what was displaced or is in doubt; returns whether there was any."""
        moved = bool(self._queue or self._doubtful)
        for _ in range(MAX_PLACED):
            if self._queue:
                self._compare.look_again()
                self._queue.sort(key=self._compare.rank)
                self._place(self._queue.pop(0), None)
            elif self._doubtful:
                self._compare.look_again()
                doc = next(iter(self._doubtful))
                del self._doubtful[doc]
                place = articles.place_of(self._connection, doc)
                if place is not None:
                    self._place(place.publication, self._take_out(place))
            else:
                break
        for left in self._queue:
            self._stand_alone(left, None)
        if self._compare.corrections.merged:
            moved = self._heed_merges() or moved
        self._index_thinned()
        self._compare.look_again()
        self._links.settle()
        for article_id in self._touched:
            articles.count_copies(self._connection, article_id)
        return moved

    def _heed_merges(self) -> bool:
        """Bring together what people said is one text, where a text has just been placed elsewhere."""
        moved = False
        for doc in sorted(self._placed):
            for other in sorted(self._compare.corrections.merged.get(doc, ())):
                first, second = (articles.place_of(self._connection, each) for each in (other, doc))
                if first is None or second is None or first.article_id == second.article_id:
                    continue
                center = articles.canonicals_of(self._connection, [first.article_id])[first.article_id]
                self._join(second.publication, self._take_out(second), center)
                moved = True
        self._placed.clear()
        return moved

    # --- placing -------------------------------------------------------------------------------

    def _place(self, text: Publication, home: int | None) -> Placed:
        self._index_thinned()
        self._placed.add(text.doc)
        keys = self._compare.keys(text)
        found = bands.find(self._connection, keys)
        if self._learn(text, found):
            keys = self._compare.keys(text)
            found = bands.find(self._connection, keys)
        near = self._compare.near(text, found)
        if self.candidates is None:
            self.candidates = len(near)
        for doc in self._compare.corrections.merged.get(text.doc, ()):
            if doc not in near and (place := articles.place_of(self._connection, doc)):
                near[doc] = place
        if not near:
            placed = self._stand_alone(text, home)
            bands.add(self._connection, text.doc, keys, found)
            return placed
        centers = self._compare.centers(near, home)
        joins = {
            id
            for id, center in centers.items()
            if self._compare.verdict(text, center.publication).is_copy and self._may_join(text, id)
        }
        joins |= self._reach(text, joins, centers, home)
        above = {id for id in joins if self._compare.outranks(centers[id].publication, text)}
        apart = [centers[id] for id in sorted(centers.keys() - joins)]
        copies = self._compare.copies_worth_asking(text, apart)
        above |= self._above_through_copies(text, copies, centers)
        if above:
            chosen = min(above, key=lambda id: self._compare.distance(text, centers[id].publication))
            placed = self._join(text, home, centers[chosen])
            others = [centers[id] for id in sorted(joins - {chosen})]
            others += self._compare.alike(centers[chosen], apart)
            if not self._bridge(placed, centers[chosen], others):
                return placed  # it is placed anew with the others of its article
        else:
            placed = self._stand(text, home, self._that_may_be_one([centers[id] for id in sorted(joins)]))
            self._claim(text, placed.article_id, copies, centers)
        own = [doc for doc, place in near.items() if place.article_id == placed.article_id] if above else []
        bands.add(self._connection, text.doc, keys, found, own)
        led = self._links.near_center(placed, centers[placed.article_id]) if above else []
        compared = (*apart, *copies, *led)
        self._links.link(placed, compared)
        if joins and not above:
            self._links.link_copies(placed)
        self._recheck_links(text, compared)
        self._keep_evidence(placed, apart)
        self._recheck_collections(text, {*centers, placed.article_id})
        return placed

    def _may_join(self, text: Publication, article_id: int) -> bool:
        """Whether nobody said that the text is another than one in the article."""
        apart = self._compare.corrections.split.get(text.doc)
        if not apart:
            return True
        return all(place.article_id != article_id for place in articles.places_of(self._connection, apart).values())

    def _that_may_be_one(self, centers: list[Placed]) -> list[Placed]:
        """The articles that may become one: those are left out that hold a text which people parted from one before."""
        split = self._compare.corrections.split
        if not split:
            return centers
        taken: set[int] = set()
        chosen = []
        for center in centers:
            docs = {member.doc for member in articles.members_of(self._connection, [center.article_id])}
            if all(taken.isdisjoint(split.get(doc, ())) for doc in docs):
                taken |= docs
                chosen.append(center)
        return chosen

    def _reach(self, text: Publication, joins: set[int], centers: dict[int, Placed], home: int | None) -> set[int]:
        """Further articles that the text joins, no key of theirs being its own: found by the texts that it displaces.

        Args:
            centers: the canonical texts by article; those found are added.
        """
        below = [centers[id].publication for id in sorted(joins)]
        if any(self._compare.outranks(center, text) for center in below):
            return set()  # the canonical text's neighbours were compared with it as they came
        reached = set()
        for center in below:
            near = self._compare.neighbours(center)
            near.pop(text.doc, None)
            for id, other in self._compare.centers(near, home).items():
                if id in centers or not self._compare.verdict(text, other.publication).is_copy:
                    continue
                if self._may_join(text, id):
                    centers[id] = other
                    reached.add(id)
        return reached

    def _above_through_copies(
        self, text: Publication, copies: Iterable[Placed], centers: Mapping[int, Placed]
    ) -> set[int]:
        """Articles that the text joins as the copy of a copy which is itself nearly the whole canonical text."""
        return {
            copy.article_id
            for copy in copies
            if copy.jaccard >= WHOLE_JACCARD
            and self._compare.verdict(text, centers[copy.article_id].publication).is_close
            and self._compare.verdict(text, copy.publication).is_copy
            and self._compare.outranks(centers[copy.article_id].publication, text)
            and self._may_join(text, copy.article_id)
        }

    def _stand_alone(self, text: Publication, home: int | None) -> Placed:
        """Become an article of its own, in its old place if it has one."""
        if home is None:
            article_id = articles.add_article(self._connection, text)
        else:
            articles.set_canonical(self._connection, home, text)
            self._links.elected(home)
            article_id = home
        self._note(text, None, article_id, None, None)
        return Placed(text, article_id, Relation.CANONICAL)

    def _join(self, text: Publication, home: int | None, center: Placed) -> Placed:
        """Become a copy in the article of `center`."""
        if home is not None:
            articles.dissolve(self._connection, home, center.article_id)
        copy = self._compare.as_copy(text, center.publication, center.article_id)
        articles.add_copy(self._connection, copy)
        self._touched.add(center.article_id)
        verdict = self._compare.verdict(text, center.publication)
        self._note(text, center.publication, center.article_id, verdict, copy.relation)
        return copy

    def _stand(self, text: Publication, home: int | None, below: list[Placed]) -> Placed:
        """Become canonical over the articles of `below`, which become one; the oldest id stays."""
        if not below:
            return self._stand_alone(text, home)
        article_id = below[0].article_id
        self._touched.add(article_id)
        if home is not None:
            articles.dissolve(self._connection, home, article_id)
        articles.set_canonical(self._connection, article_id, text)
        self._links.elected(article_id)
        for center in below:
            whole = self._compare.verdict(text, center.publication).jaccard >= WHOLE_JACCARD
            for member in articles.copies_of(self._connection, center.article_id):
                verdict = self._compare.verdict(text, member.publication)
                if verdict.is_copy or (
                    whole and verdict.is_close and self._compare.verdict(center.publication, member.publication).is_copy
                ):
                    articles.move_copy(self._connection, self._compare.as_copy(member.publication, text, article_id))
                else:
                    self._displace(member)
            if center.article_id != article_id:
                articles.dissolve(self._connection, center.article_id, article_id)
            copy = self._compare.as_copy(center.publication, text, article_id)
            articles.add_copy(self._connection, copy)
            verdict = self._compare.verdict(text, center.publication)
            self._note(center.publication, text, article_id, verdict, copy.relation)
        return Placed(text, article_id, Relation.CANONICAL)

    # --- what that means for others ----------------------------------------------------------------

    def _displace(self, member: Placed) -> None:
        """Take a copy out of its article; it is placed anew before the transaction ends."""
        articles.remove_copy(self._connection, member.doc)
        self._touched.add(member.article_id)
        self._thinned.add(member.article_id)
        self._queue.append(member.publication)

    def _claim(
        self, text: Publication, article_id: int, places: Iterable[Placed], centers: Mapping[int, Placed]
    ) -> None:
        """Take over copies of other articles that are closer to this new canonical text."""
        for place in places:
            center = centers.get(place.article_id)
            if place.is_canonical or center is None or place.article_id == article_id:
                continue
            verdict = self._compare.verdict(text, place.publication)
            if not verdict.is_copy or not self._compare.outranks(text, place.publication):
                continue
            if articles.article_of(self._connection, place.doc) != place.article_id:
                continue  # it has been placed anew meanwhile
            mine = self._compare.distance(place.publication, text)
            if mine < self._compare.distance(place.publication, center.publication) and self._may_join(
                place.publication, article_id
            ):
                copy = self._compare.as_copy(place.publication, text, article_id)
                articles.move_copy(self._connection, copy)
                self._touched |= {article_id, place.article_id}
                self._thinned |= {article_id, place.article_id}
                self._placed.add(place.doc)
                self._note(place.publication, text, article_id, verdict, copy.relation)

    def _bridge(self, text: Placed, center: Placed, others: Iterable[Placed]) -> bool:
        """Bring together this article and others that the text led to, where they are one.

        They are if their canonical texts are copies, which no key that both have may have told; and if that is missed
        by little and the text, itself nearly the whole canonical text, is a copy of the other.

        Args:
            others: texts that share keys with the text.

        Returns:
            whether the text still stands where it was placed.
        """
        for other in others:
            # An earlier one of them may have taken this one in, or let its copies go.
            now = articles.place_of(self._connection, other.doc)
            if now is None or not now.is_canonical or now.article_id == center.article_id:
                continue
            other = now
            if other not in self._that_may_be_one([center, other]):
                continue
            verdict = self._compare.verdict(center.publication, other.publication)
            if self._compare.outranks(center.publication, other.publication):
                if verdict.is_copy or (
                    text.jaccard >= WHOLE_JACCARD
                    and verdict.is_close
                    and self._compare.verdict(text.publication, other.publication).is_copy
                ):
                    self._take_in(center, other)
            elif verdict.is_copy:
                self._take_in(other, center)
                return False
        return True

    def _take_in(self, center: Placed, other: Placed) -> None:
        """Let another article's canonical text join, its copies be placed anew."""
        for member in articles.copies_of(self._connection, other.article_id):
            self._displace(member)
        self._touched.discard(other.article_id)
        self._thinned.discard(other.article_id)
        self._join(other.publication, other.article_id, center)

    def _take_out(self, before: Placed) -> int | None:
        """Take a text out of its article; returns the article's id if nothing else is in it."""
        if not before.is_canonical:
            articles.remove_copy(self._connection, before.doc)
            self._touched.add(before.article_id)
            self._thinned.add(before.article_id)
            return None
        members = articles.copies_of(self._connection, before.article_id)
        if not members:
            articles.remove_links(self._connection, before.article_id)  # found anew where the text comes to stand
            return before.article_id
        heir, *rest = sorted(members, key=lambda member: self._compare.rank(member.publication))
        articles.remove_copy(self._connection, heir.doc)
        articles.set_canonical(self._connection, before.article_id, heir.publication)
        self._links.elected(before.article_id)
        self._touched.add(before.article_id)
        self._thinned.add(before.article_id)
        for member in rest:
            if self._compare.verdict(heir.publication, member.publication).is_copy:
                copy = self._compare.as_copy(member.publication, heir.publication, before.article_id)
                articles.move_copy(self._connection, copy)
            else:
                self._displace(member)
        return None

    def _index_thinned(self) -> None:
        """Index articles by the keys that only a text which has left them was indexed by."""
        self._links.doubt(self._thinned)
        thinned, self._thinned = sorted(self._thinned), set()
        for article_id in thinned:
            members = articles.members_of(self._connection, [article_id])
            for number, member in enumerate(members, start=1):
                keys = self._compare.keys(member.publication)
                own = [other.doc for other in members[:number]]
                bands.add(self._connection, member.doc, keys, bands.find(self._connection, keys), own)

    # --- boilerplate, links, evidence ------------------------------------------------------------

    def _learn(self, text: Publication, found: bands.Found) -> bool:
        """Learn what the site repeats, from this page and those that share a sentence which several pages have."""
        site = text.site
        if not site:
            return False
        page, known = self._compare.text(text), self._compare.boilerplate(site)
        if known:
            boilerplate.seen(self._connection, site, page.key_set & known, self._now)
        suspects = found.repeated(boilerplate.FEWEST_PAGES)
        docs = {doc for holders in suspects.values() for doc in holders} - {text.doc}
        if len(docs) < boilerplate.FEWEST_PAGES:
            return False
        places = [
            place
            for place in articles.places_of(self._connection, sorted(docs)).values()
            if place.publication.site == site
        ]
        others = [self._compare.text(place.publication) for place in places]
        repeated = boilerplate.repeated_sentences(page, others, suspects.keys() - known)
        if repeated:
            self._set_aside(site, repeated, {place.article_id for place in places})
        return bool(repeated)

    def _set_aside(self, site: str, repeated: frozenset[int], article_ids: set[int]) -> None:
        """Remember what a site repeats; its texts in the articles that have one of the sentences are in doubt."""
        # All texts of the articles: which of them is indexed is chance.
        holders = [
            member.publication
            for member in articles.members_of(self._connection, article_ids)
            if member.publication.site == site
            and not repeated.isdisjoint(self._compare.text(member.publication).key_set)
        ]
        before = [self._compare.keys(holder) for holder in holders]
        boilerplate.learn(self._connection, site, repeated, self._now)
        self._cache.learned(self._connection, site)
        self._compare.forget_verdicts()
        for holder, keys in zip(holders, before, strict=True):
            bands.replace_sentences(self._connection, holder.doc, keys, self._compare.keys(holder))
        self._doubtful.update(dict.fromkeys(holder.doc for holder in holders))

    def _keep_evidence(self, placed: Placed, centers: Iterable[Placed]) -> None:
        """Write down what the text was compared with and does not stand with, the closest first."""
        text = placed.publication
        verdicts = [(self._compare.verdict(text, center.publication), center) for center in centers]
        evidence = [pair for pair in verdicts if pair[0].containment >= EVIDENCE_CONTAINMENT]
        evidence.sort(key=lambda pair: -pair[0].containment)
        for verdict, center in evidence[:MAX_EVIDENCE]:
            self._note(text, center.publication, placed.article_id, verdict, verdict.kind)

    def _recheck_collections(self, text: Publication, article_ids: Iterable[int]) -> None:
        """Look again at copies where the larger text has turned out to hold one more passage, the new text's."""
        copies = articles.copies_below(self._connection, article_ids, HALF)
        if not copies:
            return
        self._compare.look_again()
        centers = articles.canonicals_of(self._connection, {copy.article_id for copy in copies})
        for copy in copies:
            center = centers[copy.article_id]
            if center.doc == text.doc:
                continue  # its copies have just been compared with it
            larger = copy if self._compare.is_larger(copy.publication, center.publication) else center
            if larger.doc == text.doc or not self._compare.holds_passage(larger.publication, text):
                continue
            if not self._compare.verdict(center.publication, copy.publication).is_copy:
                self._displace(copy)

    def _recheck_links(self, text: Publication, others: Iterable[Placed]) -> None:
        """Find the links of those anew that may have turned out to be collections by the new text's passage."""
        holders = [other for other in others if self._compare.holds_passage(other.publication, text)]
        if holders:
            self._compare.look_again()
            self._links.doubt(
                holder.article_id for holder in holders if self._compare.may_turn(holder.publication, text)
            )

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
