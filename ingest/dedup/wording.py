"""A scorecard's points in words, for a person. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.dedup.scorecard import Contribution, Turn

MOST_REASONS = 3
TELLING = 0.25  # of the weightiest reason's points: what weighs less is not told
_KINDS = {
    "copy": "One text",
    "update": "Two texts on one story",
    "part_of": "One is a part of the other, a collection",
    "different": "Two texts",
}

# Feature → what its value says. `{share}` is the value in percent, `{value}` the value itself.
PHRASES: dict[str, str] = {
    "jaccard": "{share} of all word sequences are common",
    "containment": "{share} of the smaller text's word sequences stand in the larger",
    "coverage_smaller": "{share} of the smaller text stands in the larger",
    "coverage_larger": "{share} of the larger text stands in the smaller",
    "mutual_coverage": "each has {share} of the other, on average",
    "sentences_covered": "{share} of the smaller text's sentences stand in the larger",
    "lead_smaller": "{share} of the smaller text's lead stands in the larger",
    "lead_larger": "{share} of the larger text's lead stands in the smaller",
    "lead_coverage": "{share} of a lead stands in the other text",
    "front_coverage": "{share} of the larger text's beginning is common",
    "density": "{share} is common where the larger text has something of the smaller",
    "longest_run": "{share} of what is common stands in one piece",
    "verbatim": "{share} of what is common is word for word the same",
    "vocabulary": "{share} of the smaller text's long words occur in the larger",
    "figures": "{share} of the smaller text's figures occur in the larger",
    "figure_conflict": "{share} of the figures are replaced by others",
    "particulars_replaced": "figures or names are replaced in {share} of the common sentences",
    "renamed": "names that come again and again are replaced in {share} of the common sentences",
    "cohesion": "{share} of the larger text's rest is about the same",
    "length_ratio": "the larger is {value:.1f} times as long",
    "words_smaller": "the smaller text has {value:.0f} words",
    "words_larger": "the larger text has {value:.0f} words",
    "items_smaller": "the smaller text marks {value:.0f} list items",
    "items_larger": "the larger text marks {value:.0f} list items",
    "days": "they are {value:.1f} days apart",
}


def phrase(feature: str, value: float | None) -> str:
    """What a feature's value says."""
    if feature == "same_site":
        return "both stand on one site" if value else "they stand on two sites"
    if value is None:
        return f"the {feature} between them are not known" if feature == "days" else f"{feature} is not known"
    return PHRASES[feature].format(share=f"{value:.0%}", value=value)


def says(contributions: Iterable[Contribution], kind: str) -> str:
    """The terms that weighed most for the decision, in a sentence.

    Args:
        contributions: of the card that says whether the two are one text.
        kind: what was decided.
    """
    sign = 1 if kind == "copy" else -1
    weighty = sorted((c for c in contributions if c.features), key=lambda c: -sign * c.points)
    telling = [c for c in weighty[:MOST_REASONS] if sign * c.points > TELLING * sign * weighty[0].points]
    reasons = dict.fromkeys(
        phrase(name, value) for c in telling for name, value in zip(c.features, c.values, strict=True)
    )
    if not reasons:
        return f"{_KINDS[kind]}: no feature says otherwise."
    return f"{_KINDS[kind]}: {_listed(list(reasons)[:MOST_REASONS])}."


def turn_says(turn: Turn | None) -> str:
    """What would have turned a decision, in a sentence."""
    if turn is None:
        return "No single feature would have turned it."
    answer = "one text" if turn.score > 0 else "two texts"
    if turn.low is None:
        wanted = f"at most {turn.high:.4g}"
    elif turn.high is None:
        wanted = f"above {turn.low:.4g}"
    else:
        wanted = f"between {turn.low:.4g} and {turn.high:.4g}"
    return f"With {turn.feature.replace('_', ' ')} {wanted}, it would have been {answer}."


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
