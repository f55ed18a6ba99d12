"""The scorecard: ranges, sums, what would turn it, and what is said of a bad file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.dedup.features import Features
from ingest.dedup.scorecard import CARDS, FEATURES_VERSION, FORMAT, Card, Scorecard, Term, parse
from ingest.errors import ConfigError

SHARE = Term(("share",), ((0.2, 0.8),), (-2.0, 0.5, 2.0, -0.25))
BOTH = Term(("share", "days"), ((0.5,), (1.0,)), (0.1, 0.2, 0.3, -0.4, -0.5, -0.6, 0.0, 0.0, 0.0))
CARD = Card(0.25, (SHARE, BOTH))


def as_json(**changes: Any) -> str:
    card = {"base": 0.5, "terms": [{"features": ["jaccard"], "edges": [[0.5]], "points": [-1, 1, 0]}]}
    data = {
        "format": FORMAT,
        "features_version": FEATURES_VERSION,
        "version": "1",
        "fitted": {},
        "cards": dict.fromkeys(CARDS, card),
    }
    return json.dumps(data | changes)


@pytest.mark.parametrize(
    ("share", "points"), [(0.0, -2.0), (0.2, -2.0), (0.21, 0.5), (0.8, 0.5), (0.9, 2.0), (None, -0.25)]
)
def test_a_value_on_a_border_lies_below_it_and_an_unknown_one_has_points_of_its_own(
    share: float | None, points: float
) -> None:
    assert Card(0.0, (SHARE,)).score({"share": share}) == points


@pytest.mark.parametrize(("days", "points"), [(0.5, 0.1), (2.0, 0.2), (None, 0.3)])
def test_two_features_together_have_a_table(days: float | None, points: float) -> None:
    assert Card(0.0, (BOTH,)).score({"share": 0.4, "days": days}) == points


@pytest.mark.parametrize("share", [0.1, 0.2, 0.35, 0.5, 0.77, 0.99, None])
@pytest.mark.parametrize("days", [0.0, 1.0, 3.0, None])
def test_contributions_add_up_to_the_score_exactly(share: float | None, days: float | None) -> None:
    values = {"share": share, "days": days}
    total = 0.0
    for contribution in CARD.contributions(values):
        total += contribution.points
    assert total == CARD.score(values)


def test_the_smallest_change_that_turns_a_decision_is_named() -> None:
    turn = CARD.turn({"share": 0.9, "days": 0.5})
    assert turn is not None
    assert (turn.feature, turn.low, turn.high) == ("share", None, 0.2)
    assert turn.score < 0 < CARD.score({"share": 0.9, "days": 0.5})


def test_nothing_turns_a_card_without_terms() -> None:
    assert Card(1.0, ()).turn({}) is None


def test_the_shipped_scorecard_knows_every_feature_it_asks_for() -> None:
    shipped = Scorecard.load()
    measured = Features(0.5, 0.5, is_full=True).values()
    assert set(shipped.cards) == set(CARDS)
    assert all(set(card.features) <= set(measured) for card in shipped.cards.values())
    assert sum(sum(labels.values()) for labels in shipped.fitted["pairs"].values()) > 1000
    assert Scorecard.load() is shipped


def test_a_scorecard_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(as_json())
    assert Scorecard.load(path).cards["copy"].score({"jaccard": 0.7}) == 1.5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not a scorecard"),
        ("[]", "not a scorecard"),
        (as_json(format=0), "format 0"),
        (as_json(features_version=0), "make train"),
        (as_json(cards={}), "'copy' is missing"),
        (as_json().replace("[-1, 1, 0]", "[-1, 1]"), "one number of points a range"),
        (as_json().replace("[-1, 1, 0]", '[-1, 1, "x"]'), "no number"),
        (as_json().replace("[-1, 1, 0]", "[-1, 1, NaN]"), "no number"),
        (as_json().replace("[[0.5]]", "[[0.5, 0.5]]"), "do not ascend"),
        (as_json().replace("[[0.5]]", "[]"), "has edges for 0 features"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "card.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        Scorecard.load(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Scorecard.load(tmp_path / "none.json")


def test_a_table_needs_a_row_for_every_range() -> None:
    text = as_json().replace('["jaccard"]', '["jaccard", "days"]').replace("[[0.5]]", "[[0.5], [1]]")
    with pytest.raises(ConfigError):
        parse(text.replace("[-1, 1, 0]", "[[0, 0, 0], [0, 0, 0]]"), "card")
    card = parse(text.replace("[-1, 1, 0]", "[[1, 2, 3], [4, 5, 6], [7, 8, 9]]"), "card").cards["copy"]
    assert card.score({"jaccard": 0.7, "days": 3.0}) == 5.5
