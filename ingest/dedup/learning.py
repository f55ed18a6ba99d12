"""What sites, and anybody, repeat, asked anew of every sentence whose first leaders have changed. Pure."""

from __future__ import annotations

from collections.abc import Collection

from ingest.dedup.boilerplate import FEWEST_PAGES, repeaters
from ingest.dedup.changes import Changes
from ingest.dedup.corpus import MAX_HOLDERS, Posting, Text
from ingest.dedup.draft import Draft
from ingest.dedup.keys import of_member
from ingest.dedup.repeats import Turn


def learn(draft: Draft, text: Text, changes: Changes) -> None:
    """Learn, or unlearn, what is repeated, now that a text has come to be a leader, or is one no longer."""
    asked = _asked(draft, text)
    facts = draft.facts({doc for holders in asked.values() for _, doc in holders})
    turns = []
    for key, holders in asked.items():
        pages = [(posting, facts[posting[1]].site) for posting in holders if posting[1] in facts]
        before = draft.repeats.known(key, {text.site, *(site for _, site in pages)})
        after = repeaters(pages, draft.distinct_pages, crowded=len(holders) > MAX_HOLDERS)
        if before != after:
            turns.append(Turn(key, before, after))
    if turns:
        _take_in(draft, turns, changes)


def _asked(draft: Draft, text: Text) -> dict[int, list[Posting]]:
    """Of a text's sentences those whose first leaders it is, or was, one of: key → these leaders."""
    everywhere = draft.repeats.everywhere(text.whole.sentences)
    draft.postings.load_cutoffs(everywhere)
    # Of what anybody repeats very many are held by more than are looked at, this text not among the first of them.
    sentences = [
        key for key in text.whole.sentences if key not in everywhere or draft.postings.may_be_first(key, text.posting)
    ]
    known = (draft.repeats.of_site(text.site) | everywhere).intersection(sentences)
    asked: dict[int, list[Posting]] = {}
    for key in {*draft.postings.held(sentences, text), *known}:
        holders = draft.postings.holders(key, MAX_HOLDERS + 1)
        if (len(holders) > FEWEST_PAGES or key in known) and (
            len(holders) <= MAX_HOLDERS or text.posting <= holders[-1]
        ):
            asked[key] = holders
    return asked


def _take_in(draft: Draft, turns: Collection[Turn], changes: Changes) -> None:
    """Whoever has such a sentence, and it is set aside now and was not, or the other way round, is measured anew."""
    holders = {turn.key: [*draft.postings.all_holders(turn.key), *_members_with(draft, turn.key)] for turn in turns}
    facts = draft.facts({doc for found in holders.values() for doc in found})
    docs = {doc for turn in turns for doc in holders[turn.key] if doc in facts and turn.concerns(facts[doc].site)}
    draft.load_members(docs)
    docs |= {member for doc in docs for member in draft.members(doc)}
    draft.repeats.take_in(turns)
    changes.queued |= docs - draft.removed
    changes.stale |= docs - draft.removed


def _members_with(draft: Draft, sentence: int) -> list[int]:
    """The members of nodes that have a sentence, whatever their leaders have."""
    return draft.postings.all_holders(of_member(sentence))
