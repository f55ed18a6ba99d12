"""Near-identical texts become one node: a leader, which is compared and indexed, and members that stand with it. Pure.

Leaders are chosen as the greedy algorithm over a random order chooses a maximal independent set: a text is a leader
exactly when no leader before it in the order (`Text.order`) is near to it; every other text is a member of the first
leader that is. So nodes hang on the set of texts only, and a story on two thousand sites costs little.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ingest.dedup.boilerplate import EVERYWHERE
from ingest.dedup.changes import Changes
from ingest.dedup.comparable import NOTHING
from ingest.dedup.corpus import MAX_HOLDERS, REPRESENTATIVES, Pair, Posting, Text
from ingest.dedup.draft import Draft
from ingest.dedup.keys import FEWEST_EQUAL, agree, all_keys
from ingest.dedup.learning import learn

MAX_CANDIDATES = 256  # of one text; beyond any seen, it bounds a transaction
# Of 128 values of two signatures so many agree at least where the Jaccard is `NEAR`, but for one pair in 30,000.
NEAR_EQUAL = 69
# Two texts that are near to one have a Jaccard of at least 0.4, as the distance is a metric: likewise.
MAY_SHARE_EQUAL = 29
# Work of one placing (`Draft.work`): about 30 ms. What is left is looked at when the text is placed again.
MAX_WORK = 4_000_000
PLACING = 100_000  # work of placing a text, beside its comparisons


def place(draft: Draft, text: Text, changes: Changes) -> None:
    """Find the node of a text that stands in none (any more)."""
    changes.moved.add(text.doc)
    draft.work += PLACING
    # What people said of it may be all that holds it and others together, or parts them.
    said = draft.corrections
    corrected = said.split.get(text.doc, NOTHING) | said.merged.get(text.doc, NOTHING)
    draft.load_leaders(corrected)
    changes.touched |= {leader for other in corrected if (leader := draft.leader(other)) is not None}
    _note_shown(draft, text, changes)
    alone = text.doc in draft.corrections.alone
    if not alone and (twin := draft.twin(text)) is not None and draft.in_window(text.facts, twin.facts):
        _join(draft, text, twin.doc, changes)
        changes.candidates[text.doc] = 1
        return
    whole = () if alone else candidates(draft, text, (*text.whole.bands, *text.whole.sample))
    near = _near(draft, text, whole)
    if near and near[0].order < text.order:
        _join(draft, text, near[0].doc, changes)
        changes.candidates[text.doc] = len(near)
        return
    _stand(draft, text, near, changes)
    _look_at_members(draft, text, whole, changes)
    found = [doc for doc, _ in candidates(draft, text, draft.keys(text).all)]
    pairs = _compare(draft, text, found, changes)
    changes.candidates[text.doc] = len(found)
    changes.touched |= _concerned(text.doc, pairs)


def _join(draft: Draft, text: Text, leader: int, changes: Changes) -> None:
    """Let a text be a member of a leader; its sentences are kept in mind, as it may turn out what sites repeat."""
    draft.lead(text.doc, leader)
    draft.postings.add(text, text.whole.of_member)
    changes.joined.add(text.doc)


def _note_shown(draft: Draft, text: Text, changes: Changes) -> None:
    if text.site and (known := draft.repeats.of_site(text.site) & text.comparable.key_set):
        changes.shown.setdefault(text.site, set()).update(known)
    if known := draft.repeats.everywhere(text.whole.sentences):
        changes.shown.setdefault(EVERYWHERE, set()).update(known)


def take_out(draft: Draft, text: Text, changes: Changes) -> frozenset[int]:
    """Take a text out of its node; returns the members that it led, which stand under it no longer."""
    leader = draft.leader(text.doc)
    if leader is None:
        return frozenset()
    if leader != text.doc:
        draft.postings.withdraw(text, text.whole.of_member)
        seat = draft.seats([text.doc]).get(text.doc)
        if seat and seat[1]:  # it stood for an article: another text has to
            changes.touched.add(leader)
        return frozenset()
    changes.touched.add(leader)
    changes.touched |= _concerned(text.doc, draft.pairs_of(text.doc))
    draft.postings.withdraw(text, all_keys(text.comparable.fingerprint))
    return draft.members(text.doc) - {text.doc}


def place_anew(draft: Draft, text: Text, changes: Changes, *, stale: bool) -> None:
    """Place a stored text again, its pairs as they are known or measured anew."""
    members = take_out(draft, text, changes)
    if stale:
        draft.forget(text.doc)
    place(draft, text, changes)
    leader = draft.leader(text.doc)
    if text.doc in draft.corrections.alone:
        bereave(draft, members, changes)
    elif leader is not None and leader != text.doc:
        _follow(draft, members, leader, changes)
        learn(draft, text, changes)
    elif stale:
        changes.queued |= members


def bereave(draft: Draft, members: Collection[int], changes: Changes) -> None:
    """Find a place for the members of a leader that has gone: the first of them is placed, the others follow it."""
    texts = sorted(draft.texts(members).values(), key=lambda text: text.order)
    if not texts:
        return
    place(draft, texts[0], changes)
    leader = draft.leader(texts[0].doc)
    assert leader is not None  # noqa: S101 - it was placed just now
    changes.touched.add(leader)
    _follow(draft, [text.doc for text in texts[1:]], leader, changes)


def _follow(draft: Draft, members: Iterable[int], leader: int, changes: Changes) -> None:
    """Let texts stand under a leader until they are placed again."""
    for member in members:
        draft.lead(member, leader)
        changes.moved.add(member)
        changes.queued.add(member)
    changes.touched.add(leader)


def _concerned(doc: int, pairs: Iterable[Pair]) -> set[int]:
    """The leaders to which it matters that a leader comes or goes: it may be one text with them, or a passage."""
    return {other for pair in pairs if (other := pair.other(doc)) and (pair.score > 0 or pair.larger == other)}


def load(draft: Draft, texts: Collection[Text]) -> None:
    """Look everything up at once that placing some new texts will ask for first."""
    draft.load_twins([text.comparable.text_key for text in texts])
    common = {text.doc: draft.repeats.everywhere(text.whole.sentences) for text in texts}
    draft.postings.load_cutoffs({key for keys in common.values() for key in keys})
    asked = {text.doc: draft.index_keys(text) - common[text.doc] for text in texts}
    draft.postings.load({key for keys in asked.values() for key in keys})
    found = {text.doc: _found(draft, text, asked[text.doc]) for text in texts}
    docs = {doc for each in found.values() for doc in each}
    draft.signatures(docs)
    draft.facts(docs)
    draft.load_leaders(docs)
    draft.texts({doc for text in texts for doc, _ in _alike(draft, text, found[text.doc])})


def standing_for(holders: list[Posting]) -> list[Posting]:
    """The leaders that stand for all that hold a key."""
    return holders if len(holders) <= MAX_HOLDERS else holders[:REPRESENTATIVES]


def candidates(draft: Draft, text: Text, keys: Collection[int]) -> list[tuple[int, int]]:
    """The leaders that are worth comparing with a text and how much their signatures agree, those most like it first.

    Symmetrical, but for keys that very many leaders hold: of these the first stand for all.
    """
    likely = _alike(draft, text, _found(draft, text, keys))
    facts = draft.facts([doc for doc, _ in likely])
    within = [(doc, equal) for doc, equal in likely if doc in facts and draft.in_window(text.facts, facts[doc])]
    return within[:MAX_CANDIDATES]


def _found(draft: Draft, text: Text, keys: Collection[int]) -> set[int]:
    """The leaders to which some keys of a text lead."""
    found: set[int] = set()
    for key in draft.postings.held(keys, text):
        found.update(doc for _, doc in standing_for(draft.postings.holders(key)))
    found.discard(text.doc)
    return found


def _alike(draft: Draft, text: Text, docs: Collection[int]) -> list[tuple[int, int]]:
    """Those of some leaders whose signatures agree enough with a text's, and how much, those most like it first."""
    others = draft.signatures(docs)
    if not others:
        return []
    equal = zip(others, agree(text.comparable.signature, [*others.values()]), strict=True)
    return sorted(((doc, count) for doc, count in equal if count >= FEWEST_EQUAL), key=lambda each: (-each[1], each[0]))


def _compare(draft: Draft, text: Text, found: Sequence[int], changes: Changes) -> list[Pair]:
    """Compare a text with its candidates, as far as one placing may take; the rest waits for another."""
    draft.load_pairs([text.doc])
    draft.texts(found)
    pairs: list[Pair] = []
    spent = draft.work
    for doc in found:
        if draft.work - spent > MAX_WORK and draft.known_pair(text.doc, doc) is None:
            changes.queued.add(text.doc)
            for pair in pairs:
                draft.keep(pair)  # also of strangers: the next placing goes on behind them
            break
        pairs.append(draft.meet(text.doc, doc))
    return pairs


def _near(draft: Draft, text: Text, found: Collection[tuple[int, int]]) -> list[Text]:
    """Those of the leaders found by a whole text that are near to it, in their order.

    Whole texts are compared, boilerplate and all: what sites repeat is learned from leaders, so leaders must not hang
    on what was learned.
    """
    alike = [doc for doc, equal in found if equal >= NEAR_EQUAL and doc not in draft.corrections.alone]
    near = [draft.text(doc) for doc in alike if draft.is_near(text.doc, doc)]
    return sorted(near, key=lambda leader: leader.order)


def _stand(draft: Draft, text: Text, near: Sequence[Text], changes: Changes) -> None:
    """Let a text lead: leaders after it that are near to it become its members."""
    was = draft.leader(text.doc)
    if was is not None and was != text.doc:
        draft.postings.withdraw(text, text.whole.of_member)
    draft.lead(text.doc, text.doc)
    draft.postings.add(text, draft.index_keys(text))
    changes.touched.add(text.doc)
    for other in near:
        changes.moved.add(other.doc)
        changes.touched.add(other.doc)
        changes.touched |= _concerned(other.doc, draft.pairs_of(other.doc))
        _follow(draft, draft.members(other.doc) - {other.doc}, text.doc, changes)
        draft.postings.withdraw(other, all_keys(other.comparable.fingerprint))
        draft.lead(other.doc, text.doc)
        draft.postings.add(other, other.whole.of_member)
    learn(draft, text, changes)
    for other in near:
        learn(draft, other, changes)


def _look_at_members(draft: Draft, text: Text, found: Collection[tuple[int, int]], changes: Changes) -> None:
    """Place again what leaders after a text lead, where it may be near to some of that."""
    for doc, equal in found:
        if equal >= MAY_SHARE_EQUAL and draft.leader(doc) == doc and draft.text(doc).order > text.order:
            changes.queued |= draft.members(doc) - {doc}
