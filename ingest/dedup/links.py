"""Pairs between groups → links between articles: one a pair of articles, with the two texts that tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.dedup.canonical import trusted_time
from ingest.dedup.corpus import Facts, Pair
from ingest.dedup.draft import Draft
from ingest.dedup.pieces import Graph
from ingest.dedup.placement import Link
from ingest.dedup.verify import Kind
from ingest.model import LinkKind


def links_of(
    draft: Draft, graph: Graph, groups: Sequence[tuple[int, ...]], canonicals: Mapping[int, int]
) -> tuple[Link, ...]:
    """The links of some groups.

    Args:
        canonicals: leader → canonical doc, of all leaders in `groups`.
    """
    draft.load_pairs([node for nodes in groups for node in nodes])
    best: dict[tuple[int, int], tuple[tuple[object, ...], Pair, Kind]] = {}
    others: dict[int, int] = {}
    for nodes in groups:
        for node in nodes:
            for pair in draft.pairs_of(node):
                other = pair.other(node)
                kind = graph.kind(pair)
                if (
                    kind is Kind.DIFFERENT
                    or draft.leader(other) != other
                    or other in nodes
                    or other in graph.apart.get(node, ())
                ):
                    continue
                mine, theirs = canonicals[node], canonicals.get(other) or _canonical(draft, other, others)
                if theirs is None:
                    continue
                strength = (graph.score(pair), pair.containment, pair.jaccard, _urls(draft, pair))
                between = (min(mine, theirs), max(mine, theirs))
                if between not in best or strength > best[between][0]:
                    best[between] = strength, pair, kind
    home = {**others, **canonicals}
    return tuple(_link(draft, pair, kind, home) for _, pair, kind in best.values())


def _urls(draft: Draft, pair: Pair) -> list[str]:
    return sorted(each.url for each in draft.facts(pair.key).values())


def _canonical(draft: Draft, leader: int, others: dict[int, int]) -> int | None:
    """The canonical doc of a leader's article that this plan leaves as it is."""
    if leader not in others:
        seat = draft.seats([leader]).get(leader)
        found = draft.corpus.canonicals([seat[0]]).get(seat[0]) if seat else None
        if found is None:
            return None
        others[leader] = found
    return others[leader]


def _link(draft: Draft, pair: Pair, kind: Kind, home: Mapping[int, int]) -> Link:
    part_of = kind is Kind.PART_OF
    first, second = pair.larger, pair.other(pair.larger)
    if not part_of:
        facts = draft.facts([home[first], home[second]])
        if not is_later(facts[home[first]], facts[home[second]]):
            first, second = second, first
    return Link(
        LinkKind.PART_OF if part_of else LinkKind.UPDATE,
        home[first],
        home[second],
        first,
        second,
        pair.jaccard,
        pair.containment,
    )


def is_later(a: Facts, b: Facts) -> bool:
    """Whether `a` was published after `b`; where that is not known, whether it is the larger."""
    first, second = (trusted_time(x.published_at, x.published_precision, x.first_seen_at) for x in (a, b))
    if first is None or second is None or first == second:
        return (a.word_count, a.url) > (b.word_count, b.url)
    return first > second
