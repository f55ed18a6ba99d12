"""Whatever comes in whatever order and batches, goes, or is corrected: the archive is what its texts give."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ingest.dedup import nodes
from ingest.dedup.boilerplate import EVERYWHERE, are_distinct
from ingest.dedup.corpus import Corrections, Facts, Text
from ingest.dedup.draft import Draft
from ingest.dedup.memo import Memo
from ingest.dedup.memory import MemoryCorpus
from ingest.dedup.plan import plan
from ingest.dedup.recheck import recheck
from tests.dedup.builders import LOCAL, NOVEL, ORCHARD, OTHER_STORY, RACE, RECIPE, STORY, ready, text

STORIES = (STORY, OTHER_STORY, ORCHARD, RACE, NOVEL, RECIPE)
# Without shrinking, which takes minutes of so long a story.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
FRAME = tuple(f"Line {n} of the frame that our paper prints around all of its many pages." for n in range(3))
SITES = ("herald.example", "echo.example", "post.example", None)


def publication(doc: int, body: str, *, name: str, site: str | None = None, hours: float | None = None) -> Text:
    comparable = ready(body)
    at = None if hours is None else f"2026-03-{1 + int(hours) // 24:02}T{int(hours) % 24:02}:00:00Z"
    seen = "2026-04-01T00:00:00Z"
    url = f"https://{site or 'unknown.example'}/{name}"
    return Text(Facts(doc, url, None, site, None, at, None, seen, comparable.word_count), comparable)


def settle(corpus: MemoryCorpus) -> None:
    for _ in range(1000):
        if not corpus.waiting:
            return
        docs = sorted(corpus.waiting)[:7]
        corpus.apply(plan(corpus, again=docs, stale={doc for doc in docs if corpus.waiting[doc]}))
    raise AssertionError("it never settles")


def take(corpus: MemoryCorpus, texts: Sequence[Text], size: int) -> None:
    for start in range(0, len(texts), size):
        batch = texts[start : start + size]
        corpus.apply(plan(corpus, batch), batch)
    settle(corpus)


@dataclass(frozen=True)
class Archive:
    """What must not hang on any order: everything by URL, as ids hang on it."""

    groups: dict[frozenset[str], str]
    links: frozenset[tuple[str, str, str, str, str]]
    boilerplate: dict[str, frozenset[int]]


def archive(corpus: MemoryCorpus, docs: Collection[int]) -> Archive:
    url = {doc: each.facts.url for doc, each in corpus.texts(docs).items()}
    links = {
        (each.kind.value, url[each.canonical], url[each.other_canonical], url[each.doc], url[each.other_doc])
        for each in corpus.links.values()
    }
    known = {
        site: frozenset(corpus.boilerplate(site)) for site in (*SITES, EVERYWHERE) if site and corpus.boilerplate(site)
    }
    groups = {frozenset(url[doc] for doc in each): url[each[0]] for each in corpus.groups()}
    return Archive(groups, frozenset(links), known)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Chains, excerpts of excerpts, versions that grow, round-ups, re-issues, a site's frame around them."""
    story = draw(st.sampled_from(STORIES))
    start = draw(st.integers(0, 6))
    kind = draw(st.sampled_from(["window", "grown", "round-up", "edited", "mixed", "shuffled"]))
    if kind == "window":
        lines = [*story[start : start + draw(st.integers(2, 9))]]
    elif kind == "grown":
        lines = [*story[: start + 4], *LOCAL[: draw(st.integers(0, 5))]]
    elif kind == "round-up":
        lines = [line for each in STORIES[: draw(st.integers(2, 6))] for line in each[start : start + 3]]
    elif kind == "edited":
        lines = [line.replace(" the ", draw(st.sampled_from([" that ", " this "]))) for line in story]
    elif kind == "mixed":
        lines = [*story[:start], *draw(st.sampled_from(STORIES))[start:]]
    else:
        lines = [*story]
        random.Random(start).shuffle(lines)
    return text(*lines, *FRAME[: draw(st.integers(0, 3))])


@contextmanager
def without_index() -> Iterator[None]:
    """Let every leader be held against every other, and compared where both have a key: no index is asked."""

    def sharing(draft: Draft, text: Text, keys: Collection[int]) -> set[int]:
        stored = draft.corpus._leaders if isinstance(draft.corpus, MemoryCorpus) else {}
        leaders = {doc for doc in {*stored, *draft.leaders} if draft.leader(doc) == doc} - {text.doc}
        return {doc for doc in leaders if not draft.index_keys(draft.text(doc)).isdisjoint(keys)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nodes, "_found", sharing)
        yield


class Archives(RuleBasedStateMachine):
    """One archive lives through everything; after each step another is made of its texts at once, pair by pair."""

    def __init__(self) -> None:
        super().__init__()
        self.corpus = MemoryCorpus()
        self.texts: dict[int, Text] = {}
        self.next = 1

    def _made(self, doc: int, body: str, site: str | None, hours: float | None) -> Text:
        return publication(doc, body, name=str(doc), site=site, hours=hours)

    @rule(
        made=st.lists(
            st.tuples(bodies(), st.sampled_from(SITES), st.none() | st.integers(0, 72)), min_size=1, max_size=6
        ),
        size=st.sampled_from([1, 2, 7]),
    )
    def add(self, made: list[tuple[str, str | None, float | None]], size: int) -> None:
        texts = [self._made(self.next + number, *each) for number, each in enumerate(made)]
        self.next += len(texts)
        self.texts.update((each.doc, each) for each in texts)
        take(self.corpus, texts, size)

    @precondition(lambda self: self.texts)
    @rule(data=st.data(), body=bodies())
    def revise(self, data: st.DataObject, body: str) -> None:
        before = self.texts[data.draw(st.sampled_from(sorted(self.texts)))]
        facts = before.facts
        hours = None if facts.published_at is None else 24.0 * (int(facts.published_at[8:10]) - 1)
        revised = self._made(before.doc, body, before.site, hours)
        self.texts[before.doc] = revised
        take(self.corpus, [revised], 1)

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def prune(self, data: st.DataObject) -> None:
        docs = data.draw(st.sets(st.sampled_from(sorted(self.texts)), min_size=1, max_size=3))
        self.corpus.apply(plan(self.corpus, withdrawn=docs), withdrawn=docs)
        settle(self.corpus)
        for doc in docs:
            del self.texts[doc]
        said = self.corpus.said
        self._say(
            {doc: others - docs for doc, others in said.split.items() if doc not in docs},
            {doc: others - docs for doc, others in said.merged.items() if doc not in docs},
            said.alone - docs,
        )

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        doc = data.draw(st.sampled_from(sorted(self.texts)))
        others = {each for group in self.corpus.groups() if doc in group for each in group} - {doc}
        if others:
            said = self.corpus.said
            parted = _with(said.split, [(doc, other) for other in others])
            merged = {
                each: found - (others if each == doc else {doc} if each in others else set())
                for each, found in said.merged.items()
            }
            self._say(parted, merged, said.alone | {doc})
            self._place_again([doc])

    @precondition(lambda self: len(self.texts) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        groups = self.corpus.groups()
        if len(groups) > 1:
            first, second = data.draw(st.permutations(groups))[:2]
            both = [(a, b) for a in first for b in second]
            said = self.corpus.said
            parted = {
                each: found - {b if each == a else a for a, b in both if each in (a, b)}
                for each, found in said.split.items()
            }
            alone = frozenset(each for each in said.alone if parted.get(each))
            self._say(parted, _with(said.merged, both), alone)
            self._place_again([*first, *second])

    @rule()
    def restart(self) -> None:
        self.corpus.distinct = Memo()

    def _say(self, split: dict[int, frozenset[int]], merged: dict[int, frozenset[int]], alone: frozenset[int]) -> None:
        self.corpus.said = Corrections(split=split, merged=merged, alone=alone)

    def _place_again(self, docs: list[int]) -> None:
        self.corpus.apply(plan(self.corpus, again=docs))
        settle(self.corpus)

    @invariant()
    def is_what_its_texts_give(self) -> None:
        fresh = MemoryCorpus(self.corpus.said)
        with without_index():
            take(fresh, sorted(self.texts.values(), key=lambda each: each.facts.url), 500)
        assert archive(self.corpus, self.texts.keys()) == archive(fresh, self.texts.keys())

    @invariant()
    def is_found_sound(self) -> None:
        leaders = {leader for doc, leader in self.corpus.leaders(self.texts).items() if doc == leader}
        found = recheck(self.corpus, leaders)
        assert found.flaws == {}
        assert found.checked == leaders
        assert {frozenset((link.canonical, link.other_canonical)): link.kind for link in found.links} == {
            frozenset((link.canonical, link.other_canonical)): link.kind for link in self.corpus.links.values()
        }


def _with(said: dict[int, frozenset[int]], pairs: list[tuple[int, int]]) -> dict[int, frozenset[int]]:
    found = dict(said)
    for a, b in pairs:
        found[a] = found.get(a, frozenset()) | {b}
        found[b] = found.get(b, frozenset()) | {a}
    return found


TestArchives = Archives.TestCase
TestArchives.settings = settings(max_examples=25, stateful_step_count=8, deadline=None, phases=PHASES)


def page(number: int, site: str, *lines: str) -> Text:
    body = [" ".join(f"word{number}x{line}x{n}" for n in range(12)) + "." for line in range(8)]
    return publication(number, text(*body, *lines), name=str(number), site=site)


@pytest.mark.parametrize(
    ("pages", "sites", "repeaters"),
    [
        (3, 1, set()),
        (4, 1, {"site0.example"}),
        (8, 2, {"site0.example", "site1.example"}),
        (8, 4, set()),
        (9, 9, {EVERYWHERE}),
        (9, 1, {EVERYWHERE}),
        (84, 12, {EVERYWHERE}),  # more than are looked at
    ],
)
@pytest.mark.parametrize(("seed", "size"), [(0, 1), (1, 7), (2, 84)])
def test_who_repeats_a_line_hangs_on_the_pages_that_have_it(
    pages: int, sites: int, repeaters: set[str], seed: int, size: int
) -> None:
    texts = [page(number, f"site{number % sites}.example", FRAME[0]) for number in range(pages)]
    random.Random(seed).shuffle(texts)
    corpus = MemoryCorpus()
    take(corpus, texts, size)
    (key,) = {each.comparable.keys[-1] for each in texts}
    everybody = {EVERYWHERE, *(f"site{number}.example" for number in range(sites))}
    assert {site for site in everybody if key in corpus.boilerplate(site)} == repeaters


@pytest.mark.parametrize("size", [1, 50])
def test_a_sentence_that_many_versions_of_few_stories_have_is_nobodys_boilerplate(size: int) -> None:
    # Fifty versions of one story, each with lines of its own, and four stories of one site beside them.
    versions = [
        publication(number, text(*STORY[:7], *(f"Version {number} adds line {n} here." for n in range(9)), FRAME[0]),
                    name=str(number), site="herald.example")
        for number in range(50)
    ]  # fmt: skip
    others = [page(60 + number, "echo.example", FRAME[0]) for number in range(4)]
    corpus = MemoryCorpus()
    take(corpus, [*versions, *others], size)
    assert not are_distinct(versions[0].comparable, versions[1].comparable, frozenset())
    (key,) = {each.comparable.keys[-1] for each in (*versions, *others)}
    assert not any(key in corpus.boilerplate(site) for site in ("herald.example", "echo.example", EVERYWHERE))


def test_leaders_come_forward_where_very_many_go_at_once() -> None:
    """Of a key's first holders so many leave that those behind them, which no plan reads, count."""
    texts = [page(number, "herald.example", FRAME[0]) for number in range(120)]
    (key,) = {each.comparable.keys[-1] for each in texts}
    corpus = MemoryCorpus()
    take(corpus, texts, 40)
    going = [each.doc for each in sorted(texts, key=lambda each: each.order)[:115]]
    corpus.apply(plan(corpus, withdrawn=going), withdrawn=going)
    settle(corpus)
    assert key in corpus.boilerplate("herald.example")
    assert key not in corpus.boilerplate(EVERYWHERE)
