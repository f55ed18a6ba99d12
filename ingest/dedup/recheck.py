"""What stands in a corpus, held against what its texts give: nodes, pairs, groups, canonical texts, the index. Pure.

Only a settled corpus can be held against them: what waits to be placed again may well stand elsewhere for a while.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ingest.dedup.articles import articles_of, standing
from ingest.dedup.changes import Changes
from ingest.dedup.corpus import Corpus, Pair
from ingest.dedup.draft import NEAR, Draft
from ingest.dedup.links import links_of
from ingest.dedup.pieces import Graph
from ingest.dedup.placement import Group, Link, Standing
from ingest.dedup.plan import regroup
from ingest.dedup.scorecard import Scorecard

SCORE_STEP = 0.0015  # scores are kept to three digits


class Flaw(StrEnum):
    """A rule that a settled corpus keeps."""

    MEMBER = "every text of a node is near to its leader"
    LEADER = "no two leaders are near to each other"
    INDEX = "a leader is found by every key of its text"
    PAIR = "a pair says what its two texts give"
    EVIDENCE = "every copy's comparison with its canonical text is kept"
    GROUP = "an article has the texts that belong together"
    CANONICAL = "an article stands for the text that is elected"


@dataclass(frozen=True, slots=True)
class Expected:
    """What some leaders, and all that hang together with them, give.

    Attributes:
        checked: the leaders that were looked at.
        flaws: rule → the docs that break it.
        standings: copy → how it stands to its canonical text.
        linked: canonical docs of the articles that were looked at.
        links: all links of these.
        postings: leader → how many rows of the index are its node's.
    """

    checked: frozenset[int]
    flaws: Mapping[Flaw, tuple[int, ...]]
    standings: Mapping[int, Standing]
    linked: frozenset[int]
    links: tuple[Link, ...]
    postings: Mapping[int, int]


def recheck(
    corpus: Corpus, leaders: Collection[int], *, window: float = 0.0, model: Scorecard | None = None
) -> Expected:
    """Find out what some leaders and all that hang together with them give; nothing is changed.

    Args:
        leaders: docs that lead a node.
        window, model: those that the corpus was built with, as `ingest.dedup.plan.plan` takes them.
    """
    draft, changes = Draft(corpus, window, model), Changes(touched=set(leaders))
    graph = Graph(draft)
    groups = regroup(draft, graph, changes)
    nodes = {node for group in groups for node in group}
    draft.load_members(nodes)
    placed, _ = articles_of(draft, groups, changes, ())
    flaws: defaultdict[Flaw, set[int]] = defaultdict(set)
    for flaw, doc in _flaws_of_nodes(draft, nodes):
        flaws[flaw].add(doc)
    for group, each in zip(groups, placed, strict=True):
        for flaw, doc in _flaws_of_group(draft, group, each):
            flaws[flaw].add(doc)
    canonicals = {node: each.canonical for group, each in zip(groups, placed, strict=True) for node in group}
    standings = {}
    for node, canonical in canonicals.items():
        for doc in draft.members(node) - {canonical}:
            if draft.known_pair(doc, canonical) is None:
                flaws[Flaw.EVIDENCE].add(doc)
            standings[doc] = standing(draft, doc, canonical)
    return Expected(
        checked=frozenset(nodes),
        flaws={flaw: tuple(sorted(docs)) for flaw, docs in flaws.items()},
        standings=standings,
        linked=frozenset(canonicals.values()),
        links=links_of(draft, graph, groups, canonicals),
        postings={node: sum(len(_keys(draft, node, doc)) for doc in draft.members(node)) for node in nodes},
    )


def _flaws_of_nodes(draft: Draft, nodes: Collection[int]) -> Iterator[tuple[Flaw, int]]:
    draft.load_pairs(nodes)
    for node in sorted(nodes):
        leader = draft.text(node)
        for doc in draft.members(node):
            member = draft.text(doc)
            if member.comparable.text_key != leader.comparable.text_key and not draft.is_near(doc, node):
                yield Flaw.MEMBER, doc
            keys = _keys(draft, node, doc)
            if draft.corpus.found_by(member.posting, keys) != keys:
                yield Flaw.INDEX, doc
        for pair in list(draft.pairs_of(node)):
            other = pair.other(node)
            if pair.jaccard >= NEAR and draft.leader(other) == other and _are_one_node(draft, node, other):
                yield Flaw.LEADER, node
            if (node == pair.a or draft.leader(pair.a) != pair.a) and not _holds(draft, pair):
                yield Flaw.PAIR, node


def _are_one_node(draft: Draft, a: int, b: int) -> bool:
    return draft.corrections.alone.isdisjoint((a, b)) and draft.is_near(a, b)


def _keys(draft: Draft, leader: int, doc: int) -> frozenset[int]:
    """What the index is to find a text of a node by."""
    text = draft.text(doc)
    return draft.index_keys(text) if doc == leader else frozenset(text.whole.of_member)


def _holds(draft: Draft, pair: Pair) -> bool:
    texts = draft.texts(pair.key)
    now = draft.compare(texts[pair.a], texts[pair.b])
    return now.kind is pair.kind and now.larger == pair.larger and abs(now.score - pair.score) < SCORE_STEP


def _flaws_of_group(draft: Draft, nodes: tuple[int, ...], expected: Group) -> Iterator[tuple[Flaw, int]]:
    docs = {doc for node in nodes for doc in draft.members(node)}
    seats = draft.seats(docs)
    articles = {seat[0] for seat in seats.values()}
    if expected.article_id is None or expected.absorbed or expected.moved or len(articles) != 1:
        yield Flaw.GROUP, expected.canonical
    elif seats[expected.canonical] != (expected.article_id, True):
        yield Flaw.CANONICAL, expected.canonical
