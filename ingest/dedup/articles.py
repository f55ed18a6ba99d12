"""Groups of nodes → articles: who stands for each, which id it keeps, how its copies stand to it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from ingest.dedup.canonical import EXCERPT_RATIO, EXCERPT_TOLD, is_agency_page_of
from ingest.dedup.changes import Changes
from ingest.dedup.corpus import Facts, Seat
from ingest.dedup.draft import Draft
from ingest.dedup.nodes import MAX_WORK
from ingest.dedup.placement import Group, Standing
from ingest.dedup.standing import standing_of


def articles_of(
    draft: Draft, groups: Sequence[tuple[int, ...]], changes: Changes, removed: Collection[int]
) -> tuple[list[Group], tuple[int, ...]]:
    """The articles of some groups, and the ids of those that are left without a text.

    Args:
        groups: all groups that take a text from, or give one to, any article that changes.
        removed: docs that leave for good.
    """
    draft.load_members([node for nodes in groups for node in nodes])
    docs = [sorted(doc for node in nodes for doc in draft.members(node)) for nodes in groups]
    seats = dict(draft.seats([doc for each in docs for doc in each]))
    gone = draft.seats(removed)
    passed_over = changes.revised | draft.corrections.alone
    # An article whose canonical text this plan does not touch goes on as it is, though a copy of it may leave.
    canonicals = draft.corpus.canonicals({article for article, _ in (*seats.values(), *gone.values())})
    known = {doc for each in docs for doc in each} | set(removed)
    elsewhere = {article for article, canonical in canonicals.items() if canonical not in known}
    seats_here, gone_here = (
        {doc: seat for doc, seat in some.items() if seat[0] not in elsewhere} for some in (seats, gone)
    )
    ids, left = _ids(docs, seats_here, gone_here, passed_over)
    placed = [
        _article(draft, nodes, each, seats, own, changes) for nodes, each, own in zip(groups, docs, ids, strict=True)
    ]
    return placed, left


def _ids(
    docs: Sequence[Sequence[int]], seats: Mapping[int, Seat], gone: Mapping[int, Seat], passed_over: Collection[int]
) -> tuple[list[list[int]], tuple[int, ...]]:
    """For each group the ids that are its own, the one that stays first; and the ids that are nobody's."""
    owner: dict[int, int] = {}
    shares: dict[int, Counter[int]] = {}
    for number, each in enumerate(docs):
        for doc in each:
            if doc in seats:
                article, canonical = seats[doc]
                # A text with new words, or one that was split off, leaves the article to its copies.
                shares.setdefault(article, Counter())[number] += doc not in passed_over
                if canonical and doc not in passed_over:
                    owner[article] = number
    for article, counts in shares.items():
        if article not in owner:  # its canonical text is gone: it goes on where most of its copies are
            owner[article] = min(counts, key=lambda number: (-counts[number], min(docs[number])))
    ids: list[list[int]] = [[] for _ in docs]
    for article in sorted(owner):
        ids[owner[article]].append(article)
    left = {article for article, _ in gone.values()} - owner.keys()
    return ids, tuple(sorted(left))


def _article(
    draft: Draft,
    nodes: Sequence[int],
    docs: Sequence[int],
    seats: dict[int, Seat],
    ids: Sequence[int],
    changes: Changes,
) -> Group:
    canonical = elect(draft, nodes, docs)
    article_id = ids[0] if ids else None
    stays = article_id is not None and seats.get(canonical) == (article_id, True) and canonical not in changes.moved
    standings: dict[int, Standing] = {}
    moved: set[int] = set()
    spent = draft.work
    for doc in docs:
        if doc == canonical:
            continue
        is_new = doc not in seats or doc in changes.revised
        same_place = seats.get(doc) == (article_id, False)
        if stays and same_place and not is_new and doc not in changes.moved:
            continue
        if is_new or seats[doc][1] or draft.work - spent <= MAX_WORK:
            standings[doc] = standing(draft, doc, canonical)
        else:
            changes.queued.add(doc)
            if not same_place:
                moved.add(doc)
    return Group(article_id, canonical, standings, frozenset(moved), tuple(ids[1:]))


def elect(draft: Draft, nodes: Sequence[int], docs: Iterable[int]) -> int:
    """The doc that stands for a group: never an excerpt of another text of it, unless it is the agency's own page."""
    excerpts = _excerpts(draft, nodes)
    facts = draft.facts(list(docs))

    def place(each: Facts) -> tuple[object, ...]:
        leader = draft.leader(each.doc)
        return (leader in excerpts and not is_agency_page_of(each.agency, each.site), *each.rank)

    return min(facts.values(), key=place).doc


def _excerpts(draft: Draft, nodes: Sequence[int]) -> set[int]:
    found = set()
    for number, a in enumerate(nodes):
        for b in nodes[number + 1 :]:
            pair = draft.known_pair(a, b)
            if pair and pair.length_ratio >= EXCERPT_RATIO and pair.coverage_smaller >= EXCERPT_TOLD:
                found.add(pair.other(pair.larger))
    return found


def standing(draft: Draft, doc: int, canonical: int) -> Standing:
    """How a copy stands to its canonical text; the comparison is kept as evidence."""
    pair = draft.measure(doc, canonical)
    draft.keep(pair)
    texts = draft.texts((doc, canonical))
    copy, whole = texts[doc], texts[canonical]
    return standing_of(copy, whole, pair, draft.aside_of_both(copy, whole))
