"""Links between articles that are not one text and belong together: found as texts are placed, turned and found anew.

A link stands for pairs of texts, one of either article, and hangs on nothing but them. Runs inside the caller's
transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from ingest.dedup.verify import Kind, Verdict
from ingest.model import LinkKind
from ingest.pipeline.comparing import WHOLE_JACCARD, Comparing
from ingest.store import articles
from ingest.store.articles import Placed


class Linking:
    """The links of the articles that one text and those displaced by it stand in, within one transaction."""

    def __init__(self, connection: sqlite3.Connection, compare: Comparing, now: str) -> None:
        self._connection = connection
        self._compare = compare
        self._now = now
        self._doubtful: set[int] = set()  # articles whose links might hold no longer
        self._elected: set[int] = set()  # articles with another canonical text than before: links may turn

    def link(self, placed: Placed, others: Iterable[Placed]) -> None:
        """Join a text's article to those of other texts that are versions, items or collections of it."""
        for other in others:
            self._add(placed, other, self._compare.verdict(placed.publication, other.publication))

    def link_copies(self, center: Placed) -> None:
        """Join an article to what is near its canonical text, by those copies that have something of their own."""
        distant = articles.copies_below(self._connection, [center.article_id], WHOLE_JACCARD)
        near = self._near(center) if distant else []
        for copy in distant:
            self.link(copy, near)

    def near_center(self, copy: Placed, center: Placed) -> list[Placed]:
        """The texts that are led to a copy by its canonical text: no key that both have may have told."""
        return self._near(center) if copy.jaccard < WHOLE_JACCARD else []

    def _near(self, center: Placed) -> list[Placed]:
        near = self._compare.neighbours(center.publication).values()
        return [other for other in near if other.article_id != center.article_id]

    def doubt(self, article_ids: Iterable[int]) -> None:
        """Find the links of articles anew before the transaction ends: a text has left, or verdicts may be others."""
        self._doubtful.update(article_ids)

    def elected(self, article_id: int) -> None:
        """Put the updates of an article in order before the transaction ends: it has another canonical text."""
        self._elected.add(article_id)

    def settle(self) -> None:
        """Find anew what is in doubt; turn what another canonical text wants turned."""
        for article_id in sorted(self._doubtful):
            self._find_again(article_id)
        for article_id in sorted(self._elected - self._doubtful):
            for row in articles.links_of(self._connection, article_id):
                ids = row["article_id"], row["other_id"]
                if row["kind"] == LinkKind.UPDATE and self._later_first(*ids) != ids:
                    articles.turn_link(self._connection, *ids)
        self._elected.clear()
        self._doubtful.clear()

    def _find_again(self, article_id: int) -> None:
        articles.remove_links(self._connection, article_id)
        members = articles.members_of(self._connection, [article_id])
        for member in members:
            text = member.publication
            centers = self._compare.centers(self._compare.neighbours(text))
            centers.pop(article_id, None)
            copies = self._compare.copies_worth_asking(text, centers.values())
            self.link(member, (*centers.values(), *copies))
        if members:
            self.link_copies(members[0])

    def _add(self, placed: Placed, other: Placed, verdict: Verdict) -> None:
        if verdict.kind not in (Kind.UPDATE, Kind.PART_OF):
            return
        other_id = articles.current_id(self._connection, other.article_id)
        if other_id is None or other_id == placed.article_id:
            return
        kind = LinkKind(verdict.kind.value)
        ids = placed.article_id, other_id
        if kind is LinkKind.UPDATE:
            ids = self._later_first(*ids)
        elif not self._compare.is_larger(placed.publication, other.publication):
            ids = other_id, placed.article_id
        articles.add_link(self._connection, *ids, kind, verdict.jaccard, verdict.containment, self._now)

    def _later_first(self, first_id: int, second_id: int) -> tuple[int, int]:
        """Two articles in the order of their links: by what their canonical texts say."""
        canonicals = articles.canonicals_of(self._connection, (first_id, second_id))
        if self._compare.is_later(canonicals[first_id].publication, canonicals[second_id].publication):
            return first_id, second_id
        return second_id, first_id
