"""The rule, by cases: what is one text, what belongs together, what is neither."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.dedup.verify import RULES, Features, Kind, by_hand, judge, verify, with_held
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, ready, text

NEAR = Features(
    jaccard=0.6, containment=0.8, smaller_told=0.9, larger_told=0.8, ratio=1.1, smaller_words=300, larger_words=330
)
REPORT = replace(
    NEAR,
    jaccard=0.23,
    figures_agreed=9,
    figures_replaced=2,
    verbatim=0.0,
    smaller_words=80,
    larger_words=88,
    same_site=True,
)
EXCERPT = replace(NEAR, jaccard=0.2, containment=0.95, smaller_told=0.97, larger_told=0.2, ratio=4.5, cohesion=0.6)


@pytest.mark.parametrize(
    ("features", "kind", "rule"),
    [
        (NEAR, Kind.COPY, "near"),
        (replace(NEAR, figures_agreed=11, figures_replaced=1), Kind.COPY, "near"),
        (replace(NEAR, figures_agreed=1, figures_replaced=4), Kind.DIFFERENT, "template"),
        (replace(NEAR, figures_agreed=2, figures_replaced=1, names_replaced=4), Kind.DIFFERENT, "template"),
        (replace(NEAR, names_agreed=1, names_replaced=6), Kind.DIFFERENT, "template"),
        (replace(NEAR, names_agreed=9, names_replaced=4), Kind.COPY, "near"),
        (REPORT, Kind.DIFFERENT, "template"),
        (replace(REPORT, same_site=False), Kind.COPY, "near"),
        (replace(REPORT, verbatim=0.1), Kind.COPY, "near"),
        (replace(REPORT, jaccard=0.4), Kind.COPY, "near"),
        (replace(REPORT, figures_agreed=20), Kind.COPY, "near"),
        (replace(REPORT, smaller_words=200, larger_words=210), Kind.COPY, "near"),
        (replace(REPORT, smaller_told=0.98, larger_told=0.4, ratio=2.2), Kind.COPY, "contained"),
        (replace(NEAR, smaller_told=0.6, larger_told=0.55, lead_told=0.1), Kind.UPDATE, "rewritten_top"),
        (replace(NEAR, smaller_told=0.6, larger_told=0.55, lead_told=0.1, verbatim=0.2), Kind.COPY, "near"),
        (
            replace(NEAR, smaller_told=0.6, larger_told=0.55, lead_told=0.1, smaller_items=4, larger_items=5),
            Kind.COPY,
            "near",
        ),
        (replace(NEAR, containment=0.2), Kind.DIFFERENT, "little_shared"),
        (replace(NEAR, smaller_told=0.5, larger_told=0.5, same_site=True), Kind.UPDATE, "one_site"),
        (replace(NEAR, smaller_told=0.98, larger_told=0.45, ratio=1.9), Kind.COPY, "contained"),
        (replace(NEAR, smaller_told=0.98, larger_told=0.36, ratio=2.7), Kind.COPY, "contained"),
        (replace(NEAR, smaller_told=0.98, larger_told=0.36, ratio=2.7, held=2), Kind.PART_OF, "collection"),
        (replace(NEAR, smaller_told=0.65, larger_told=0.4, ratio=1.6), Kind.COPY, "edited"),
        (replace(NEAR, smaller_told=0.65, larger_told=0.4, ratio=1.6, held=3), Kind.PART_OF, "collection"),
        (replace(NEAR, smaller_told=0.4, larger_told=0.35, containment=0.4), Kind.UPDATE, "partly_shared"),
        (replace(NEAR, smaller_told=0.33, larger_told=0.33, containment=0.35), Kind.DIFFERENT, "partly_shared"),
        (EXCERPT, Kind.COPY, "excerpt"),
        (replace(EXCERPT, containment=0.6), Kind.DIFFERENT, "partly_shared"),
        (replace(EXCERPT, larger_items=5), Kind.PART_OF, "collection"),
        (replace(EXCERPT, held=2), Kind.PART_OF, "collection"),
        (replace(EXCERPT, ratio=9.0, cohesion=0.05), Kind.PART_OF, "unrelated_rest"),
        (replace(EXCERPT, ratio=9.0), Kind.COPY, "excerpt"),
        (replace(EXCERPT, ratio=9.0, larger_words=9000), Kind.PART_OF, "collection"),
        (replace(NEAR, smaller_words=20), Kind.DIFFERENT, "brief"),
        (replace(NEAR, smaller_words=20, smaller_told=1.0, larger_told=0.95), Kind.COPY, "near"),
        (
            replace(NEAR, smaller_words=20, smaller_told=1.0, larger_told=0.95, figures_replaced=1, figures_agreed=9),
            Kind.DIFFERENT,
            "brief",
        ),
    ],
)
def test_the_first_line_of_the_rule_that_applies_decides(features: Features, kind: Kind, rule: str) -> None:
    verdict = judge(features)
    assert (verdict.kind, verdict.rule) == (kind, rule)
    assert rule in RULES


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
        ("a later version", text(*STORY), text(*OTHER_STORY[:5], *STORY[5:]), Kind.UPDATE),
    ],
)
def test_real_kinds_of_pairs(what: str, first: str, second: str, kind: Kind) -> None:
    verdict = verify(ready(first), ready(second))
    assert verdict.kind is kind, (what, verdict)


def test_an_item_of_a_live_blog_is_part_of_it() -> None:
    items = [text(*STORY[start : start + 3]) for start in range(0, 12, 3)] + [text(*OTHER_STORY[:5])]
    blog = "\n".join(f"{hour}:15 a.m.\n{item}\n__" for hour, item in enumerate(items, 7))
    verdict = verify(ready(items[1]), ready(blog))
    assert (verdict.kind, verdict.rule) == (Kind.PART_OF, "collection")


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
    assert not verify(first, second, same_site=True).is_copy


def test_passages_of_further_articles_make_a_collection() -> None:
    verdict = verify(ready(text(*STORY[:4])), ready(text(*STORY)))
    assert verdict.is_copy
    assert with_held(verdict, 2).kind is Kind.PART_OF


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
