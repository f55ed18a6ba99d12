"""Two texts → verdict: what is one text, what is not, and how a verdict is explained."""

from __future__ import annotations

import pytest

from ingest.dedup.scorecard import CARDS, Card, Scorecard, Term
from ingest.dedup.verify import CERTAIN, RULES, Context, Features, Kind, by_hand, decide, verify
from ingest.dedup.wording import PHRASES, phrase, turn_says
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, ready, text


def edited(*sentences: str) -> list[str]:
    return [
        sentence.replace(" said", " told reporters").replace(" after ", " following ").replace(" four ", " some ")
        for sentence in sentences
    ]


DIVIDEND = (
    "{name} declared a regular quarterly dividend of {cents} cents a share on its common stock.",
    "The dividend is payable on {pay} to shareholders of record on {record}.",
    "{name} has paid a dividend in each of the last {count} quarters.",
    "Its shares closed at {price} dollars before the announcement, which came after the market had closed.",
)


def dividend(**facts: object) -> str:
    return text(*(line.format(**facts) for line in DIVIDEND))


ORAMA = dividend(name="Orama Steel", cents=12, pay="May 4", record="April 9", count=31, price="18.25")
BELTON = dividend(name="Belton Foods", cents=40, pay="June 30", record="June 2", count=88, price="61.50")
CORRECTED = dividend(name="Orama Steel", cents=12, pay="May 14", record="April 9", count=31, price="18.25")


@pytest.mark.parametrize(
    ("what", "first", "second", "kind"),
    [
        ("verbatim", text(*STORY), text(*STORY), Kind.COPY),
        ("shuffled", text(*STORY), text(*reversed(STORY)), Kind.COPY),
        ("trimmed to a third", text(*STORY), text(*STORY[:4]), Kind.COPY),
        ("a fifth taken out", text(*STORY, *STORY[:0]), text(*STORY[3:6]), Kind.COPY),
        ("paragraphs dropped", text(*STORY), text(*STORY[:4], *STORY[7:]), Kind.COPY),
        ("copy-edited", text(*STORY), text(*edited(*STORY)), Kind.COPY),
        ("extended", text(*STORY), text(*STORY, *LOCAL), Kind.COPY),
        ("edited, cut and extended", text(*STORY), text(*edited(*STORY[:9]), *LOCAL[:3]), Kind.COPY),
        ("another story", text(*STORY), text(*OTHER_STORY), Kind.DIFFERENT),
        ("background recycled", text(*STORY), text(*OTHER_STORY[:7], *STORY[7:10]), Kind.DIFFERENT),
        ("a quote shared", text(*STORY), text(*OTHER_STORY, STORY[5]), Kind.DIFFERENT),
        ("one template", ORAMA, BELTON, Kind.DIFFERENT),
        ("a corrected date", ORAMA, CORRECTED, Kind.COPY),
    ],
)
def test_real_kinds_of_pairs(what: str, first: str, second: str, kind: Kind) -> None:
    verdict = verify(ready(first), ready(second))
    assert verdict.kind is kind, (what, verdict)


def test_an_item_of_a_live_blog_is_not_the_blog() -> None:
    items = [text(*STORY[start : start + 3]) for start in range(0, 12, 3)] + [text(*OTHER_STORY[:5])]
    blog = "\n".join(f"{hour}:15 a.m.\n{item}\n__" for hour, item in enumerate(items, 7))
    assert not verify(ready(items[1]), ready(blog)).is_copy


def test_boilerplate_is_set_aside_on_both_sides() -> None:
    furniture = text(*LOCAL, *OTHER_STORY[5:])
    first, second = ready(text(*STORY[:5]) + "\n" + furniture), ready(text(*OTHER_STORY[:5]) + "\n" + furniture)
    assert verify(first, second).containment > 0.5
    assert verify(first, second, frozenset(ready(furniture).keys)).jaccard == 0.0


def test_a_text_of_nothing_but_boilerplate_is_compared_as_it_is() -> None:
    body = ready(text(*LOCAL))
    assert verify(body, ready(text(*LOCAL[:4])), frozenset(body.keys)).containment == 1.0


def test_pages_of_one_site_that_share_a_frame_are_not_one_text() -> None:
    frame = text(*LOCAL)
    first, second = ready(text(*STORY[:5]) + "\n" + frame), ready(text(*OTHER_STORY[:5]) + "\n" + frame)
    assert not verify(first, second, context=Context(same_site=True)).is_copy


def test_a_persons_word_stands_above_the_rule() -> None:
    verdict = verify(ready(text(*STORY)), ready(text(*STORY)))
    assert by_hand(verdict, one_text=False).kind is Kind.DIFFERENT
    assert by_hand(verify(ready(text(*STORY)), ready(text(*OTHER_STORY))), one_text=True).is_copy


def test_a_very_long_live_blog_is_verified_within_a_second() -> None:
    blog = "\n".join(
        f"Entry {n} of the day tells of {n * 7} things in town number {n} and little else." for n in range(1400)
    )
    verdict = verify(ready(blog), ready(blog + "\nOne more line at the end of the day, for good measure."))
    assert verdict.is_copy


def fixed(**bases: float) -> Scorecard:
    """A scorecard whose cards give the same to every pair; `coverage` counts for a copy."""
    term = Term(("coverage_smaller",), ((0.5,),), (-1.0, 1.0, 0.0))
    return Scorecard(
        "test", {}, {card: Card(bases.get(card, -3.0), (term,) if card == "copy" else ()) for card in CARDS}
    )


MUCH = Features(0.5, 0.6, is_full=True, coverage_smaller=0.9, coverage_larger=0.4)


@pytest.mark.parametrize(
    ("bases", "kind"),
    [
        ({"copy": 0.0, "part_of": 5.0}, Kind.COPY),
        ({"part_of": 2.0, "update": 1.0}, Kind.PART_OF),
        ({"part_of": 1.0, "update": 2.0}, Kind.UPDATE),
        ({}, Kind.DIFFERENT),
    ],
)
def test_what_is_no_copy_is_what_scores_highest_above_zero(bases: dict[str, float], kind: Kind) -> None:
    assert decide(MUCH, fixed(**bases))[0] is kind


def test_texts_that_share_little_are_never_scored() -> None:
    verdict = verify(ready(text(*STORY)), ready(text(*OTHER_STORY)), model=fixed(copy=50.0))
    assert (verdict.kind, verdict.rule, verdict.score) == (Kind.DIFFERENT, "little_shared", -CERTAIN)
    assert verdict.turn() is None
    assert verdict.says == RULES["little_shared"]


def test_equal_texts_are_copies_without_a_model() -> None:
    verdict = verify(ready(text(*STORY)), ready(text(*reversed(STORY))), model=fixed(copy=-50.0))
    assert (verdict.kind, verdict.rule, verdict.score) == (Kind.COPY, "same_text", CERTAIN)


def test_contributions_add_up_to_the_score_of_a_verdict() -> None:
    verdict = verify(ready(text(*STORY)), ready(text(*STORY[:6], *LOCAL)), context=Context(days=0.5))
    assert verdict.rule == "scorecard"
    total = 0.0
    for contribution in verdict.contributions():
        total += contribution.points
    assert total == verdict.score


def test_a_verdict_says_what_weighed_most_and_what_would_have_turned_it() -> None:
    verdict = verify(ready(text(*STORY)), ready(text(*STORY[:8])), model=fixed(copy=0.25))
    assert verdict.says == "One text: 100% of the smaller text stands in the larger."
    assert turn_says(verdict.turn()) == "With coverage smaller at most 0.5, it would have been two texts."


def test_every_feature_of_the_shipped_scorecard_has_words() -> None:
    names = {name for card in Scorecard.load().cards.values() for name in card.features}
    assert names <= {*PHRASES, "same_site"}
    for name, value in MUCH.values().items():
        assert phrase(name, value)
