"""Texts → where they belong: nodes, pieces, groups, canonical texts, links. Reads a corpus, writes nothing. Pure.

A batch of one and a batch of five hundred give the same archive, in whatever order texts come, once nothing is
queued any more: nodes, pieces, groups, elections and links are functions of the set of texts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ingest.dedup.articles import articles_of, standing
from ingest.dedup.changes import Changes
from ingest.dedup.corpus import Corpus, Text
from ingest.dedup.draft import Draft
from ingest.dedup.groups import WHOLE, by_wholes, group
from ingest.dedup.learning import learn
from ingest.dedup.links import links_of
from ingest.dedup.nodes import MAX_WORK, bereave, load, place, place_anew, take_out
from ingest.dedup.pieces import Graph
from ingest.dedup.placement import Group, Link, Placement
from ingest.dedup.scorecard import Scorecard

Nodes = tuple[int, ...]  # leaders of one group, in their order


def plan(
    corpus: Corpus,
    texts: Sequence[Text] = (),
    *,
    again: Collection[int] = (),
    stale: Collection[int] = (),
    withdrawn: Collection[int] = (),
    window: float = 0.0,
    model: Scorecard | None = None,
) -> Placement:
    """Where some texts belong, and what that changes for others.

    Args:
        texts: new ones, and stored ones with new words (same doc).
        again: docs to be placed anew; of those in `stale` too, pairs are measured anew.
        withdrawn: docs that leave for good.
        window: seconds between two publications beyond which they are not compared; 0: no window.
        model: another scorecard than the shipped one.
    """
    draft, changes = Draft(corpus, window, model), Changes()
    before = Graph(draft.base())
    removed = list(corpus.texts(withdrawn).values())
    _take_out(draft, removed, changes)
    revised = list(corpus.texts([text.doc for text in texts]).values())
    bereaved = [take_out(draft, text, changes) for text in revised]
    for text in revised:
        draft.forget(text.doc)
        changes.revised.add(text.doc)
    for text in texts:
        draft.put(text, is_new=text.doc not in changes.revised)
    load(draft, texts)
    for text in texts:
        place(draft, text, changes)
    for members in bereaved:
        bereave(draft, members, changes)
    for text in revised:
        learn(draft, text, changes)
    settled = _place_again(draft, {*again}, {*stale}, changes)
    joined = _joined(draft, changes)
    groups = regroup(draft, before, changes)
    placed, orphans = articles_of(draft, groups, changes, {text.doc for text in removed})
    regrouped = {node for nodes in groups for node in nodes}
    placed_by_joining = [each for leader, each in joined if leader not in regrouped]
    canonicals = {node: each.canonical for nodes, each in zip(groups, placed, strict=True) for node in nodes}
    return _placement(
        draft,
        changes,
        groups=(*placed, *placed_by_joining),
        orphans=orphans,
        linked=frozenset(canonicals.values()),
        links=links_of(draft, Graph(draft), groups, canonicals),
        # Others were placed along the way; if they wait, it may be for more than that.
        settled=frozenset(settled.intersection(again)) | frozenset(draft.removed),
    )


def _placement(
    draft: Draft,
    changes: Changes,
    *,
    groups: tuple[Group, ...],
    orphans: tuple[int, ...],
    linked: frozenset[int],
    links: tuple[Link, ...],
    settled: frozenset[int],
) -> Placement:
    queued = changes.queued - draft.removed
    return Placement(
        leaders=dict(draft.leaders),
        postings=frozenset((key, *posting) for key, added in draft.postings.added.items() for posting in added),
        withdrawn_postings={posting: frozenset(keys) for posting, keys in draft.postings.taken.items() if keys},
        pairs=tuple(draft.pairs.values()),
        void=frozenset(draft.void),
        learned=draft.repeats.learned(),
        unlearned=draft.repeats.unlearned(),
        groups=groups,
        orphans=orphans,
        linked=linked,
        links=links,
        shown={site: frozenset(keys) for site, keys in changes.shown.items()},
        queued={doc: doc in changes.stale for doc in queued},
        settled=settled,
        candidates=changes.candidates,
        model=draft.model.version,
    )


def _take_out(draft: Draft, texts: Sequence[Text], changes: Changes) -> None:
    """Take texts out for good."""
    members: set[int] = set()
    for text in texts:
        members |= take_out(draft, text, changes)
    for text in texts:
        draft.remove(text.doc)
    bereave(draft, members - draft.removed, changes)
    for text in texts:
        learn(draft, text, changes)


def _place_again(draft: Draft, again: set[int], stale: set[int], changes: Changes) -> set[int]:
    """Place docs anew, and those that this displaces, as many as one plan may; returns those that were."""
    done: set[int] = set()
    waiting = again | (changes.queued - draft.removed)
    while waiting and draft.work <= MAX_WORK:
        texts = draft.texts(waiting)
        done |= waiting - texts.keys()  # they have gone meanwhile
        for text in sorted(texts.values(), key=lambda text: text.order):
            if draft.work > MAX_WORK:
                break
            anew = text.doc in stale or text.doc in changes.stale
            changes.queued.discard(text.doc)
            changes.stale.discard(text.doc)
            place_anew(draft, text, changes, stale=anew)
            done.add(text.doc)
        waiting = (changes.queued | again) - done - draft.removed
    changes.queued |= waiting
    return done


def _joined(draft: Draft, changes: Changes) -> list[tuple[int, Group]]:
    """The articles that only gain copies, by the copies' leaders; where one is to stand for its article, all of it is
    looked at again."""
    found = []
    docs = [doc for doc in changes.joined if draft.leader(doc) not in changes.touched]
    leaders = {doc: leader for doc in docs if (leader := draft.leader(doc)) is not None and leader != doc}
    seats = draft.seats({*leaders.values(), *leaders})
    canonicals = draft.corpus.canonicals({seats[leader][0] for leader in leaders.values() if leader in seats})
    facts = draft.facts({*leaders, *canonicals.values()})
    by_article: dict[int, list[int]] = {}
    for doc, leader in leaders.items():
        if seats.get(doc, (0, False))[1] and seats[doc] != seats.get(leader):
            changes.touched.add(leader)  # it stood for another article
        elif leader not in seats or facts[doc].rank < facts[canonicals[seats[leader][0]]].rank:
            changes.touched.add(leader)
        elif seats.get(doc) != (seats[leader][0], True):
            by_article.setdefault(leader, []).append(doc)
    for leader, docs in by_article.items():
        article_id = seats[leader][0]
        canonical = canonicals[article_id]
        standings = {doc: standing(draft, doc, canonical) for doc in docs if doc != canonical}
        found.append((leader, Group(article_id, canonical, standings)))
    return found


def regroup(draft: Draft, before: Graph, changes: Changes) -> list[Nodes]:
    """The groups of all pieces that a change may have touched.

    Args:
        before: what hung together before the change.
    """
    after = Graph(draft)
    affected: set[int] = set()
    wanted = set(changes.touched)
    pieces: dict[int, frozenset[int]] = {}
    while wanted:
        draft.load_pairs(wanted)
        draft.load_leaders(wanted)
        # What hung together before is looked at as a whole, and so is what hangs together now.
        for doc in sorted(wanted):
            affected |= before.piece(doc)
        for doc in sorted(affected - pieces.keys()):
            if draft.leader(doc) == doc:
                piece = after.piece(doc)
                pieces.update(dict.fromkeys(piece, piece))
        wanted = {doc for piece in pieces.values() for doc in piece} - affected
    return [nodes for piece in sorted(set(pieces.values()), key=min) for nodes in _group(draft, after, piece, changes)]


def _group(draft: Draft, graph: Graph, piece: frozenset[int], changes: Changes) -> list[Nodes]:
    if len(piece) == 1:
        return [(*piece,)]
    nodes = [text.doc for text in sorted(draft.texts(piece).values(), key=lambda text: text.order)]
    scores: dict[tuple[int, int], float] = {}
    wholes: dict[int, dict[int, float]] = {}  # node → those that hold all of it → the score of both
    spent = draft.work
    for number, a in enumerate(nodes):
        for b in nodes[number + 1 :]:
            pair = draft.known_pair(a, b)
            if pair is None and draft.work - spent > MAX_WORK:
                changes.queued.add(nodes[0])  # what is not measured yet counts as missing until then
                continue
            if pair is None:
                pair = draft.measure(a, b)
                draft.keep(pair)  # also of strangers: the piece is looked at again with every further text
            score = scores[pair.key] = graph.score(pair)
            if score > 0 and pair.coverage_smaller >= WHOLE:
                wholes.setdefault(pair.other(pair.larger), {})[pair.larger] = score
    scores |= by_wholes(scores, wholes)
    together = [(a, b) for a in nodes for b in graph.together.get(a, ()) if a < b and b in piece]
    apart = [(a, b) for a in nodes for b in graph.apart.get(a, ()) if a < b and b in piece]
    return [tuple(found) for found in group(nodes, scores, together, apart)]
