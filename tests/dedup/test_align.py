"""Which sentence tells what the other text tells."""

from __future__ import annotations

from ingest.dedup.align import align
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, ready, text

EDITED = STORY[0].replace("on Monday after", "early Monday when").replace("the only road", "its sole road")


def test_the_same_sentence_corresponds_wherever_it_stands() -> None:
    alignment = align(ready(text(*STORY[:3])), ready(text(STORY[2], STORY[0])))
    assert [(match.a, match.b, match.same) for match in alignment.matches] == [(0, 1, True), (2, 0, True)]


def test_an_edited_sentence_corresponds_too() -> None:
    alignment = align(ready(text(STORY[0], STORY[1])), ready(text(STORY[1], EDITED)))
    edited = next(match for match in alignment.matches if match.a == 0)
    assert (edited.b, edited.same) == (1, False)
    assert 10 <= edited.shared < 19


def test_sentences_about_other_things_do_not_correspond() -> None:
    assert align(ready(text(*STORY)), ready(text(*OTHER_STORY))).matches == ()


def test_a_sentence_that_was_parted_in_two_is_told_by_both() -> None:
    whole = "Crews searched four barns until nightfall and the mayor thanked the dogs and their patient handlers."
    parted = "Crews searched four barns until nightfall.\nAnd the mayor thanked the dogs and their patient handlers."
    alignment = align(ready(whole), ready(parted))
    told_a, _ = alignment.told()
    assert told_a == {0: alignment.words_a}


def test_a_repeated_sentence_is_told_each_time() -> None:
    alignment = align(ready(text(STORY[0], STORY[0])), ready(STORY[0]))
    assert alignment.told() == ({0: 20, 1: 20}, {0: 20})


def test_what_is_set_aside_neither_counts_nor_corresponds() -> None:
    first, second = ready(text(STORY[0], LOCAL[0])), ready(text(LOCAL[0], STORY[1]))
    aside = frozenset({first.keys[1]})
    alignment = align(first, second, aside, aside)
    assert alignment.matches == ()
    assert (alignment.words_a, alignment.words_b) == (20, 16)


def test_a_text_without_sentences_corresponds_to_nothing() -> None:
    assert align(ready(""), ready(text(*STORY))).matches == ()
