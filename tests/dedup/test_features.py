"""The features that the rule looks at, one by one."""

from __future__ import annotations

import pytest

from ingest.dedup.align import align
from ingest.dedup.features import Agreement, agreement, cohesion, lead_told, verbatim
from ingest.dedup.listing import list_items
from ingest.dedup.particulars import FIGURE, NAME
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, ready, text


def agree(first: str, second: str, flag: int) -> Agreement:
    return agreement(align(ready(first), ready(second)), flag)


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


def test_the_lead_is_told_when_the_other_text_has_it_anywhere() -> None:
    first, second = ready(text(*STORY[:6])), ready(text(*LOCAL[:3], *STORY[:3]))
    alignment = align(first, second)
    told_first, told_second = alignment.told()
    assert lead_told(first, alignment.kept_a, told_first) == 1.0
    assert lead_told(second, alignment.kept_b, told_second) == 0.0


def test_edited_sentences_are_not_verbatim() -> None:
    edited = [sentence.replace(" the ", " its ") for sentence in STORY[:4]]
    assert verbatim(align(ready(text(*STORY[:4])), ready(text(*STORY[:4])))) == 1.0
    assert verbatim(align(ready(text(*STORY[:4])), ready(text(*edited[:2], *STORY[2:4])))) == pytest.approx(
        0.5, abs=0.1
    )


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
