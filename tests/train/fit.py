"""Examples → the text of a scorecard: what each card is fitted to, how much each pair weighs, and the file's form."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.dedup.scorecard import FEATURES_VERSION, FORMAT
from tests.train.made import SET as MADE
from tests.train.material import Example

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv-train"
SHIPPED = ROOT / "ingest" / "dedup" / "scorecard.json"
SCRIPT = Path(__file__).with_name("boost.py")
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # sums in one order: the same bytes every time

# Which way a feature may count: more of it never speaks against (1), or never for (-1), what the card asks.
COPY_MONOTONE = {
    "jaccard": 1, "containment": 1, "mutual_coverage": 1, "sentences_covered": 1, "lead_coverage": 1,
    "front_coverage": 1, "longest_run": 1, "vocabulary": 1, "figure_conflict": -1, "particulars_replaced": -1,
    "days": -1, "same_site": -1, "figures": 1,
}  # fmt: skip
COPY_FEATURES = (
    "jaccard", "containment", "mutual_coverage", "sentences_covered", "lead_coverage", "front_coverage",
    "longest_run", "vocabulary", "figure_conflict", "particulars_replaced", "items_larger", "same_site",
    "days", "figures", "length_ratio",
)  # fmt: skip
APART_FEATURES = (
    *COPY_FEATURES, "coverage_smaller", "coverage_larger", "lead_smaller", "lead_larger", "density",
    "cohesion", "items_smaller", "words_smaller",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a card is fitted to.

    Attributes:
        yes, no: labels of the pairs that its answer is yes for, and no; pairs of other labels are left out.
        monotone: feature → 1 or -1.
        pairs: interactions at most.
        made_weight: of all made pairs together, beside an average real set's 1.
        settings: of the boosting (scikit-learn's names).
    """

    yes: str
    no: str
    features: tuple[str, ...]
    monotone: Mapping[str, int] = field(default_factory=dict)
    pairs: int = 12
    made_weight: float = 5.0
    balanced: bool = False
    settings: Mapping[str, float] = field(
        default_factory=lambda: {
            "learning_rate": 0.08,
            "max_iter": 200,
            "max_depth": 2,
            "max_leaf_nodes": 4,
            "min_samples_leaf": 8,
            "l2_regularization": 5.0,
            "max_bins": 32,
        }
    )


# Chosen by leaving one set out, never by looking at single pairs.
RECIPES: dict[str, Recipe] = {
    "copy": Recipe("SE", "RTD", COPY_FEATURES, COPY_MONOTONE),
    "part_of": Recipe("R", "UTD", APART_FEATURES, made_weight=1.0, balanced=True),
    "update": Recipe("U", "RTD", APART_FEATURES, made_weight=1.0),
}


FEWEST = 8  # pairs with either answer, below which no tree has two leaves


def teaches(recipe: Recipe, examples: Sequence[Example]) -> bool:
    """Whether some examples have enough pairs of either answer to fit a card to."""
    labels = Counter(example.label for example in examples if example.is_asked)
    return all(sum(labels[label] for label in answer) >= FEWEST for answer in (recipe.yes, recipe.no))


def fit_scorecard(examples: Sequence[Example], fitted_on: str) -> str:
    """The text of a scorecard that is fitted to some examples: the same for the same examples, to the byte.

    A card that they do not teach is the shipped one.

    Args:
        fitted_on: the date to write into it.
    """
    asked = [example for example in examples if example.is_asked]
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))["cards"]
    cards = {
        name: fit_card(recipe, asked) if teaches(recipe, asked) else shipped[name] for name, recipe in RECIPES.items()
    }
    sets = {
        name: dict(sorted(Counter(example.label for example in asked if example.set == name).items()))
        for name in sorted({example.set for example in asked})
    }
    scorecard = {
        "format": FORMAT,
        "features_version": FEATURES_VERSION,
        "version": fitted_on,
        "fitted": {"date": fitted_on, "pairs": sets},
        "cards": cards,
    }
    return written(scorecard)


def fit_card(recipe: Recipe, examples: Sequence[Example]) -> dict[str, Any]:
    """One card as JSON data, fitted in an environment of its own."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answer = Path(folder) / "task.json", Path(folder) / "answer.json"
        asked.write_text(json.dumps(task_of(recipe, examples)), encoding="utf-8")
        subprocess.run([python(), SCRIPT, asked, answer], check=True, env=THREADS)
        card: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return card


def task_of(recipe: Recipe, examples: Sequence[Example]) -> dict[str, Any]:
    """What the environment is asked to fit."""
    chosen = [example for example in examples if example.label in recipe.yes + recipe.no]
    values = [example.features.values() for example in chosen]
    # A feature that is the same in all tells nothing, and the boosting cannot part it.
    told = [name for name in recipe.features if len({row[name] for row in values if row[name] is not None}) > 1]
    return {
        "features": told,
        "rows": [[row[name] for name in told] for row in values],
        "answers": [int(example.label in recipe.yes) for example in chosen],
        "weights": weights_of(chosen, recipe),
        "monotone": {name: way for name, way in recipe.monotone.items() if name in told},
        "pairs": recipe.pairs,
        "settings": recipe.settings,
    }


def weights_of(examples: Sequence[Example], recipe: Recipe) -> list[float]:
    """What each example counts: sets by the root of their size, so that no set drowns the others.

    Of the made pairs, and where the recipe is balanced of every set, both answers count alike.
    """
    part = [
        (example.set, example.label in recipe.yes if recipe.balanced or example.set == MADE else None)
        for example in examples
    ]
    sizes, parts = Counter(example.set for example in examples), Counter(part)
    answers = Counter(name for name, _ in parts)
    real = [name for name in sizes if name != MADE]
    average = sum(sizes[name] ** 0.5 for name in real) / max(1, len(real))
    whole = {name: sizes[name] ** 0.5 if name != MADE else recipe.made_weight * average for name in sizes}
    total = sum(whole[name] for name in real)
    count = sum(sizes[name] for name in real)
    return [whole[key[0]] / answers[key[0]] / parts[key] * count / max(total, 1e-9) for key in part]


def written(scorecard: Mapping[str, Any]) -> str:
    """JSON that one can read: a row of a table a line."""
    lines = ["{"]
    plain = {name: value for name, value in scorecard.items() if name != "cards"}
    lines += [f"  {json.dumps(name)}: {json.dumps(value)}," for name, value in plain.items()]
    lines.append('  "cards": {')
    for place, (name, card) in enumerate(scorecard["cards"].items(), 1):
        lines.append(f'    {json.dumps(name)}: {{"base": {card["base"]}, "terms": [')
        terms = [_term(term) for term in card["terms"]]
        lines.append(",\n".join(terms))
        lines.append("    ]}" + ("," if place < len(scorecard["cards"]) else ""))
    return "\n".join([*lines, "  }", "}"]) + "\n"


def _term(term: Mapping[str, Any]) -> str:
    points = json.dumps(term["points"])
    if len(term["features"]) > 1:
        points = "[\n        " + ",\n        ".join(json.dumps(row) for row in term["points"]) + "]"
    return (
        f'      {{"features": {json.dumps(term["features"])},\n'
        f'       "edges": {json.dumps(term["edges"])},\n'
        f'       "points": {points}}}'
    )


def python() -> Path:
    """The interpreter that fits.

    Raises:
        SystemExit: when it is not installed, with the command that does.
    """
    found = ENVIRONMENT / "bin" / "python"
    if not found.exists():
        sys.exit("the environment that fits is not installed: run `make .venv-train`")
    return found
