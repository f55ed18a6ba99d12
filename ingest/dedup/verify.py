"""Two texts → verdict: one text, a version, a part of a collection, or different. Pure; the scorecard decides."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ingest.dedup.comparable import NOTHING, Comparable
from ingest.dedup.features import Context, Features, measure
from ingest.dedup.scorecard import Card, Contribution, Scorecard, Turn, shipped
from ingest.dedup.wording import says

__all__ = ["FEWEST_SHARED", "Context", "Features", "Kind", "Verdict", "by_hand", "decide", "verify"]

# Below this containment of shingles even a copy that was edited in every line is not what it could be:
# at one word in six edited, (5/6)^5 = 0.4 of its shingles are left.
FEWEST_SHARED = 0.25
# What a pair scores that no model is asked about: beyond what any card gives to a pair that shares more.
CERTAIN = 10.0
NOTHING_KNOWN = Context()


class Kind(StrEnum):
    """What two texts are to each other."""

    COPY = "copy"
    UPDATE = "update"
    PART_OF = "part_of"
    DIFFERENT = "different"


# Who decided → what that says, for a person; the scorecard's own words are `Verdict.says`.
RULES: dict[str, str] = {
    "no_candidate": "no stored text was like it",
    "same_text": "word for word the same sentences, in whatever order",
    "little_shared": f"under {FEWEST_SHARED:.0%} of the smaller text's word sequences stand in the other",
    "scorecard": "by the points of the scorecard",
    "under_half": "less than half of either is told in the other: a version of the story",
    "rewritten_top": "both leads are new over sentences kept word for word: a later version of the story",
    "template": "the sentences agree and their figures and names do not: two reports from one template",
    "unrelated_rest": "the smaller stands in a much longer text whose rest is about something else",
    "split_by_hand": "a person said that they are two texts",
    "merged_by_hand": "a person said that they are one text",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on two texts, with its evidence.

    Attributes:
        kind: what they are to each other.
        score: the log-odds that they are one text; above 0 they are.
        rule: who decided: a key of `RULES`.
        model: the scorecard that was asked.
    """

    kind: Kind
    score: float
    rule: str
    features: Features
    model: Scorecard = field(repr=False, compare=False)

    @property
    def is_copy(self) -> bool:
        """Whether the two are one text."""
        return self.kind is Kind.COPY

    @property
    def jaccard(self) -> float:
        """Shared shingles over all."""
        return self.features.jaccard

    @property
    def containment(self) -> float:
        """Shared shingles over those of the text that has fewer."""
        return self.features.containment

    def contributions(self) -> tuple[Contribution, ...]:
        """What each feature, or pair of features, adds to the score: added in their order they are `score`.

        Where no model was asked, the score is the only contribution.
        """
        if self.rule != "scorecard":
            return (Contribution((), (), self.score),)
        return self._card.contributions(self.features.values())

    def turn(self) -> Turn | None:
        """The smallest change of a single feature that would have made it one text, or two; `None` if none would."""
        return self._card.turn(self.features.values()) if self.rule == "scorecard" else None

    @property
    def says(self) -> str:
        """Why, for a person: what weighed most, in a sentence."""
        return says(self.contributions(), self.kind.value) if self.rule == "scorecard" else RULES[self.rule]

    @property
    def _card(self) -> Card:
        return self.model.cards[Kind.COPY]


def verify(
    a: Comparable,
    b: Comparable,
    boilerplate: AbstractSet[int] = NOTHING,
    context: Context = NOTHING_KNOWN,
    model: Scorecard | None = None,
) -> Verdict:
    """Decide on two texts; the order of the two does not matter.

    Args:
        boilerplate: keys of the sentences that either's site repeats.
        context: what is known of the two besides their texts.
        model: another scorecard than the one that ingest ships.

    Raises:
        ConfigError: when the shipped scorecard cannot be read.
    """
    model = model or shipped()
    features = measure(a, b, boilerplate, context, fewest_shared=FEWEST_SHARED)
    kind, score, rule = decide(features, model)
    return Verdict(kind, score, rule, features, model)


def decide(features: Features, model: Scorecard) -> tuple[Kind, float, str]:
    """What was measured → kind, score and rule."""
    if not features.is_full:
        if features.jaccard == 1.0:
            return Kind.COPY, CERTAIN, "same_text"
        return Kind.DIFFERENT, -CERTAIN, "little_shared"
    values = features.values()
    score = model.cards[Kind.COPY].score(values)
    rule = parting_rule(features)
    if rule == "template" and score > -FROM_A_TEMPLATE:
        return PARTED[rule], -FROM_A_TEMPLATE, rule
    if rule and score > 0:
        return PARTED[rule], -AGAINST_THE_CARD, rule
    return Kind.COPY if score > 0 else _apart(model, values), score, "scorecard"


# What no card can tell, as it adds up, or as readers do not agree on it: parted before a card's word, by five rules.
# Of the judged pairs that the card takes for one they part 23 of 127 updates and 4 of 447 copies.
HALF = 0.5
NEW_LEAD = 0.5
KEPT = 0.75
WORD_FOR_WORD = 0.6
FAR_RATIO = 6.0
ABOUT = 0.2
FIGURES_REPLACED = 0.5  # of the figures of corresponding sentences
MOST_REPLACED = 0.4  # of corresponding sentences, each with a particular that the other text has nowhere
RENAMED = 0.4  # of corresponding sentences: of 447 judged copies none is where capitals tell names
AGAINST_THE_CARD = 0.5  # log-odds
FROM_A_TEMPLATE = 2.0  # log-odds: of the judged pairs of which that is said 63 are from one template and 1 is a copy


def parting_rule(f: Features) -> str | None:
    """The rule by which two texts are not one, whatever the card says; None if there is none."""
    if f.coverage_smaller < HALF and f.coverage_larger < HALF:
        return "under_half"
    if max(f.lead_smaller, f.lead_larger) < NEW_LEAD and f.verbatim >= WORD_FOR_WORD and f.coverage_smaller < KEPT:
        return "rewritten_top"  # a wire moves its story again: new leads over sentences kept word for word
    if f.length_ratio >= FAR_RATIO and f.cohesion < ABOUT:
        return "unrelated_rest"
    if f.figure_conflict >= FIGURES_REPLACED and f.particulars_replaced >= MOST_REPLACED:
        return "template"
    if f.renamed >= RENAMED:
        return "template"
    return None


PARTED = {
    "under_half": Kind.UPDATE,
    "rewritten_top": Kind.UPDATE,
    "unrelated_rest": Kind.PART_OF,
    "template": Kind.DIFFERENT,
}


def by_hand(verdict: Verdict, *, one_text: bool) -> Verdict:
    """The verdict that a person gave, over what is measured."""
    kind, rule = (Kind.COPY, "merged_by_hand") if one_text else (Kind.DIFFERENT, "split_by_hand")
    return replace(verdict, kind=kind, rule=rule, score=CERTAIN if one_text else -CERTAIN)


def _apart(model: Scorecard, values: dict[str, float | None]) -> Kind:
    """What two texts are that are not one: what scores highest above 0, else different."""
    scores = {kind: model.cards[kind].score(values) for kind in (Kind.PART_OF, Kind.UPDATE)}
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] > 0 else Kind.DIFFERENT
