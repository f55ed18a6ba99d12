"""Grouping by average linkage, and what parts of one text say of each other: nothing."""

from __future__ import annotations

import itertools

import pytest

from ingest.dedup.groups import MISSING, SURE, by_wholes, group
from ingest.dedup.memory import MemoryCorpus
from tests.dedup.builders import LOCAL, NOVEL, OTHER_STORY, STORY, text
from tests.dedup.test_plan import publication, take


def test_texts_are_grouped_by_the_mean_of_all_pairs() -> None:
    # 1 and 2 are sure; 3 is like 1 but rather unlike 2.
    assert group([1, 2, 3], {(1, 2): 4.0, (1, 3): 1.0, (2, 3): -0.5}) == [[1, 2, 3]]
    assert group([1, 2, 3], {(1, 2): 4.0, (1, 3): 1.0, (2, 3): -1.5}) == [[1, 2], [3]]
    assert group([1, 2, 3], {(1, 2): 4.0, (1, 3): 1.5}) == [[1, 2, 3]], "what is missing counts a little against"
    assert group([1, 2, 3], {(1, 2): 4.0}, together=[(2, 3)], apart=[(1, 2)]) == [[1], [2, 3]]


def test_two_parts_of_one_whole_are_one_text_whatever_they_share() -> None:
    scores = {(1, 2): 2.0, (1, 3): 2.5, (2, 3): MISSING}
    assert by_wholes(scores, {2: {1: 2.0}, 3: {1: 2.5}}) == {(2, 3): 2.0}
    assert by_wholes(scores, {2: {1: 2.0}}) == {}, "3 has things of its own, and is not surely a version of 1"


def test_a_part_goes_with_what_is_surely_a_version_of_its_whole() -> None:
    wholes = {2: {1: 2.0}}
    assert by_wholes({(1, 2): 2.0, (1, 3): SURE, (2, 3): -2.0}, wholes) == {(2, 3): 2.0}
    assert by_wholes({(1, 2): 2.0, (1, 3): SURE - 0.1, (2, 3): -2.0}, wholes) == {}
    assert by_wholes({(1, 2): 2.0, (1, 3): SURE, (2, 3): 0.5}, wholes) == {}, "what speaks for itself is left"


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))])
def test_cuttings_from_all_over_a_story_stand_with_it(order: tuple[int, ...]) -> None:
    bodies = (STORY, STORY[:4], STORY[4:8], STORY[8:])
    texts = [publication(n, text(*bodies[n]), name=str(n), site=f"s{n}.example", hours=n) for n in order]
    corpus = MemoryCorpus()
    take(corpus, texts, 1)
    assert corpus.groups() == [(0, 1, 2, 3)]


def test_a_round_up_is_one_however_long_its_items_are() -> None:
    items = [publication(n, text(*body), name=str(n), hours=n) for n, body in enumerate((STORY, OTHER_STORY, NOVEL))]
    cut = publication(5, text(*STORY[:7]), name="5", hours=5)
    parts = text(*STORY[:4], *OTHER_STORY[:4], *NOVEL[:4], LOCAL[4])
    corpus = MemoryCorpus()
    take(corpus, [*items, cut, publication(9, parts, name="9", hours=30)], 1)
    assert set(corpus.groups()) == {(0, 5), (1,), (2,), (9,)}


def test_versions_of_one_story_make_no_round_up_of_a_text() -> None:
    """A copy that was extended holds passages of a follow-up and of its own paper's story: it is still a copy."""
    extended = publication(4, text(*STORY, *LOCAL), name="4", site="local.example", hours=30)
    corpus = MemoryCorpus()
    texts = [
        publication(0, text(*STORY), name="0", hours=1),
        publication(1, text(*STORY[:3]), name="1", hours=9),
        publication(2, text(*STORY[1:6], *OTHER_STORY[4:]), name="2", hours=5),
        publication(3, text(*LOCAL, *NOVEL), name="3", site="local.example", hours=6),
        extended,
    ]
    take(corpus, texts, 5)
    assert {0, 1, 4} <= set(next(found for found in corpus.groups() if 0 in found))
