"""The features that the rule looks at, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.dedup.align import Alignment, align
from ingest.dedup.cohesion import cohesion
from ingest.dedup.features import (
    Context,
    Features,
    beginning_covered,
    density,
    longest_run,
    measure,
    sentences_covered,
    verbatim,
    words_shared,
)
from ingest.dedup.listing import list_items
from ingest.dedup.particulars import FIGURE, LONG, NAME
from ingest.dedup.replaced import Agreement, agreement, figure_conflict, particulars_replaced, renamed
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, ready, text


def agree(first: str, second: str, flag: int) -> Agreement:
    alignment = align(ready(first), ready(second))
    return agreement(alignment, alignment.of_a(), flag)


def measured(first: str, second: str, **known: float) -> Features:
    return measure(ready(first), ready(second), frozenset(), Context(**known), fewest_shared=0.1)  # type: ignore[arg-type]


def sides(first: str, second: str) -> tuple[Alignment, list[list[int]], tuple[dict[int, int], dict[int, int]]]:
    alignment = align(ready(first), ready(second))
    kept = [np.flatnonzero(side).tolist() for side in (alignment.kept_a, alignment.kept_b)]
    return alignment, kept, alignment.told()


@pytest.mark.parametrize(
    ("first", "second", "agreed", "replaced"),
    [
        ("The index rose 12 points to 3,400 in late trade.", "The index rose 12 points to 3,400 in late trade.", 2, 0),
        ("The index rose 12 points to 3,400 in late trade.", "The index rose 9 points to 3,391 in late trade.", 0, 2),
        ("The index rose 12 points to 3,400 in late trade.", "The index rose 12 points to 3,391 in late trade.", 1, 1),
        (
            "The index rose 12 points in very late trade.",
            "The index rose 12 points in very late trade of 900 mln.",
            1,
            0,
        ),
        ("The index rose six points in very late trade.", "The index rose 6 points in very late trade.", 1, 0),
        ("The index fell again in very late trade.", "The index fell again in very late trade.", 0, 0),
    ],
)
def test_only_a_figure_in_the_place_of_another_disagrees(first: str, second: str, agreed: int, replaced: int) -> None:
    assert agree(first, second, FIGURE) == Agreement(agreed, replaced)


def test_names_disagree_as_figures_do() -> None:
    first = "A contract for jet fuel went to Pride Refining of Abilene, the department said."
    second = "A contract for jet fuel went to Sun Oil of Ponce, the department said."
    assert agree(first, second, NAME) == Agreement(0, 3)


def test_a_beginning_is_covered_when_the_other_text_has_it_anywhere() -> None:
    alignment, kept, told = sides(text(*STORY[:6]), text(*LOCAL[:3], *STORY[:3]))
    assert beginning_covered(alignment.a, kept[0], told[0], 40) == 1.0
    assert beginning_covered(alignment.b, kept[1], told[1], 40) == 0.0


@pytest.mark.parametrize(
    ("other", "front"),
    [((*STORY[:4], *LOCAL), 1.0), ((*LOCAL, *STORY[:4]), 0.0), ((*LOCAL[:2], *STORY[:4], *LOCAL[2:]), 0.5)],
)
def test_front_coverage_tells_where_in_the_larger_text_the_smaller_stands(other: tuple[str, ...], front: float) -> None:
    assert measured(text(*STORY[:4]), text(*other)).front_coverage == pytest.approx(front, abs=0.15)


def test_density_is_of_what_lies_between_the_first_and_the_last_covered_sentence() -> None:
    alignment, kept, told = sides(text(*STORY[:3]), text(*LOCAL[:2], *STORY[:3], *LOCAL[2:]))
    assert density(alignment.b, kept[1], told[1]) == 1.0
    alignment, kept, told = sides(text(*STORY[:2]), text(STORY[0], *LOCAL, STORY[1]))
    assert 0.2 < density(alignment.b, kept[1], told[1]) < 0.5
    alignment, kept, told = sides(text(*STORY[:2]), text(*LOCAL))
    assert density(alignment.b, kept[1], told[1]) == 0.0


def test_a_sentence_counts_as_covered_from_half_its_words_on() -> None:
    half = "The mountain town of Velmar was cut off on Monday, and nobody there could say for how long it would last."
    alignment, kept, told = sides(text(*STORY[:2]), text(STORY[1], half, *LOCAL))
    assert sentences_covered(alignment.a, kept[0], {0: 10, 1: 15}) == 1.0
    assert sentences_covered(alignment.a, kept[0], {0: 2, 1: 15}) == 0.5
    assert told[0][1] == alignment.a.lengths[1]


def test_the_longest_run_follows_in_both_texts() -> None:
    def run(*other: str) -> float:
        alignment = align(ready(text(*STORY[:4])), ready(text(*other)))
        return longest_run(sorted(alignment.of_a(), key=lambda match: match.a))

    assert run(*LOCAL, *STORY[:4]) == 1.0
    assert run(*STORY[2:4], *STORY[:2]) == pytest.approx(0.5, abs=0.1)
    assert run(*reversed(STORY[:4])) == pytest.approx(0.25, abs=0.1)


def test_edited_sentences_are_not_verbatim() -> None:
    edited = [sentence.replace(" the ", " its ") for sentence in STORY[:4]]
    first = ready(text(*STORY[:4]))
    assert verbatim(align(first, ready(text(*STORY[:4]))).of_a()) == 1.0
    assert verbatim(align(first, ready(text(*edited[:2], *STORY[2:4]))).of_a()) == pytest.approx(0.5, abs=0.1)


def test_words_are_shared_wherever_they_stand() -> None:
    first, second = (
        ready("The ministry published figures: 12, 31 and 18."),
        ready("It was 12 against 18, said figures."),
    )
    assert words_shared(align(first, second), FIGURE) == (2 + 1) / (3 + 2)
    assert words_shared(align(first, second), LONG) == (1 + 1) / (3 + 2)


def test_one_figure_of_many_is_a_small_conflict() -> None:
    first, second = ready("The index rose 12 points to 3,400."), ready("The index rose 12 points to 3,391.")
    alignment = align(first, second)
    assert figure_conflict(alignment, alignment.of_a()) == 1 / 3


@pytest.mark.parametrize(
    ("second", "share"),
    [
        ("A contract for jet fuel went to Sun Oil of Ponce, the department said.", 1.0),
        ("A contract for jet fuel went to Pride Refining of Abilene, a department said.", 0.0),
        ("A contract for jet fuel went to Sun Oil, said the department.\nPride Refining of Abilene lost.", 0.0),
    ],
)
def test_a_particular_is_replaced_when_the_other_text_has_it_nowhere(second: str, share: float) -> None:
    alignment = align(
        ready("A contract for jet fuel went to Pride Refining of Abilene, the department said."), ready(second)
    )
    assert particulars_replaced(alignment, alignment.of_a()) == share


def test_features_are_the_same_in_either_order_and_know_their_context() -> None:
    first, second = text(*STORY), text(*STORY[:5], *LOCAL)
    assert measured(first, second, days=2.0) == measured(second, first, days=2.0)
    features = measured(first, second, days=2.0, same_site=True)
    assert (features.days, features.same_site) == (2.0, True)
    assert features.words_larger > features.words_smaller
    assert features.length_ratio == features.words_larger / features.words_smaller
    assert features.mutual_coverage == pytest.approx((features.coverage_smaller * features.coverage_larger) ** 0.5)
    assert features.lead_coverage == min(features.lead_smaller, features.lead_larger)


def test_of_texts_that_share_little_only_overlap_is_told() -> None:
    assert set(measured(text(*STORY), text(*OTHER_STORY)).values()) == {"jaccard", "containment", "same_site", "days"}


def test_the_rest_of_the_same_story_is_about_its_excerpt() -> None:
    whole = text(
        "Mayor Irena Kostova opened the repaired bridge in Velmar on Friday.",
        "Kostova thanked the engineers and the volunteers of Velmar for a hard winter.",
        "The bridge had carried the only road of Velmar since 1911.",
        "Kostova will now seek money for the railway station.",
    )
    excerpt = "Mayor Irena Kostova opened the repaired bridge in Velmar on Friday."
    assert cohesion(align(ready(excerpt), ready(whole))) == 1.0


def test_the_rest_of_a_round_up_is_not_about_its_item() -> None:
    assert cohesion(align(ready(text(*STORY[:3])), ready(text(*STORY[:3], *OTHER_STORY)))) < 0.2


def test_without_a_rest_nothing_speaks_against_cohesion() -> None:
    assert cohesion(align(ready(text(*STORY)), ready(text(*STORY)))) == 1.0


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (text(*STORY), 0),
        ("9:05 a.m.\nThe talks begin.\n__\n10.45 a.m.\nThe talks pause.\n__\n11:30 a.m.\nThe talks end.", 3),
        ("14:15 — The minister arrives.\n15:02 — The minister leaves.", 2),
        ("• The ferry to the islands does not sail today.\n• The bakery on the square has closed for good.", 2),
        ("1. The ferry to the islands does not sail today.\n2. The bakery on the square has closed for good.", 2),
        ("• Home\n• Sport\n• Weather", 0),
        ("1. Ferry cancelled\n2. Bakery closes\n3. Choir moves", 0),
        ("The ferry sails.\n***\nThe bakery closes.\n* * *\nThe choir moves.", 2),
        ("Il est 14h30 et tout est calme.\n14h30 Le ministre arrive.", 1),
    ],
)
def test_items_are_counted_as_a_list_marks_them(body: str, items: int) -> None:
    assert list_items(body) == items


APPOINTED = (
    "أعلنت شركة {a} تعيين {b} رئيسا جديدا.",
    "وكان {b} يشغل منصبا رفيعا في جامعة العاصمة.",
    "وتخرج {b} قبل عشرين عاما وعمل في الخارج.",
    "ويرى محللون أن القرار جاء موافقا للتوقعات.",
)


def test_a_name_that_recurs_is_told_in_a_script_without_capitals() -> None:
    first, second = (
        ready(text(*(line.format(a=a, b=b) for line in APPOINTED)))
        for a, b in (("النور", "الكعبي"), ("الأمل", "حمدان"))
    )
    alignment = align(first, second)
    assert renamed(alignment, alignment.of_a()) == 3 / 4
    once = ready(text(*(line.format(a="النور", b="الكعبي") for line in APPOINTED[:1]), *APPOINTED[3:]))
    other = ready(text(*(line.format(a="الأمل", b="الكعبي") for line in APPOINTED[:1]), *APPOINTED[3:]))
    alignment = align(once, other)
    assert renamed(alignment, alignment.of_a()) == 0.0


def test_words_that_recur_are_no_names_where_names_have_capitals() -> None:
    lines = ("The price of Zurich gold fell by 2 {a} on Monday.", "A rival had asked for 5 {a} a share in Berne.")
    first, second = (ready(text(*(line.format(a=word) for line in lines))) for word in ("cents", "cts"))
    alignment = align(first, second)
    assert renamed(alignment, alignment.of_a()) == 0.0
    named = [line.replace("Zurich", "Geneva").replace("Berne", "Geneva") for line in lines]
    first, second = (
        ready(text(*(line.format(a="cents") for line in some)))
        for some in (named, [line.replace("Geneva", "Basel") for line in named])
    )
    alignment = align(first, second)
    assert renamed(alignment, alignment.of_a()) == 1.0
