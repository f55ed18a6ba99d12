"""How the scorecard is fitted: what becomes an example, what it weighs, and that the fit is its tables, to the byte."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import ingest.dedup.scorecard
from ingest.dedup.features import Features
from ingest.dedup.scorecard import CARDS, FEATURES_VERSION, FORMAT, parse
from ingest.dedup.verify import Kind
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, text
from tests.train.evaluate import Tally, cross_validated, folds
from tests.train.fit import ENVIRONMENT, Recipe, fit_scorecard, task_of, weights_of
from tests.train.made import SET as MADE
from tests.train.material import Example, boilerplate_of, moment_of, page_of, read_judged, stories_of

needs_environment = pytest.mark.skipif(
    not (ENVIRONMENT / "bin" / "python").exists(), reason="the environment that fits is not there: make .venv-train"
)


def example(label: str, coverage: float, set_: str = "one", story: str = "s", days: float | None = 1.0) -> Example:
    features = Features(
        coverage / 2, coverage, is_full=True, coverage_smaller=coverage, coverage_larger=coverage, days=days
    )
    return Example(set_, "a", "b", label, True, True, None, story, features)


def examples() -> list[Example]:
    labels = {"S": 0.9, "E": 0.8, "U": 0.55, "R": 0.6, "T": 0.5, "D": 0.4}
    return [
        example(
            label,
            round(around + (37 * step % 20) / 50 - 0.2, 3),
            set_,
            f"{set_} {step % 7}",
            None if step % 3 == 0 else float(step),
        )
        for set_ in ("one", "two", MADE)
        for label, around in labels.items()
        for step in range(20)
    ]


def test_pairs_that_share_a_text_are_one_story() -> None:
    stories = stories_of([("a", "b"), ("c", "d"), ("b", "c"), ("x", "y")])
    assert stories["a"] == stories["d"]
    assert stories["x"] != stories["a"]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("20180716", datetime(2018, 7, 16, tzinfo=UTC)),
        ("2018-07-16T10:00:00Z", datetime(2018, 7, 16, 10, tzinfo=UTC)),
        ("Mon, 16 Jul 2018 10:00:00 GMT", datetime(2018, 7, 16, 10, tzinfo=UTC)),
        ("", None),
        ("soon", None),
    ],
)
def test_times_are_read_as_the_records_write_them(written: str, moment: datetime | None) -> None:
    assert moment_of(written) == moment


def test_a_sentence_on_four_distinct_pages_of_a_site_is_boilerplate() -> None:
    furniture = "Sign up here for the letter that our newsroom sends to its readers every morning of the week."
    bodies = [tuple(f"{s} Number {n}, as ever {n}." for s in STORY[3 * n : 3 * n + 3]) for n in range(4)]
    pages = [page_of({"site": "a.example", "text": text(*body, furniture)}) for body in bodies]
    key = page_of({"site": "a.example", "text": furniture}).text.keys[0]
    assert boilerplate_of(pages)["a.example"] == frozenset({key})
    assert boilerplate_of(pages[:3]) == {}


def test_judged_pairs_become_examples(tmp_path: Path) -> None:
    bodies = {"u:1": text(*STORY), "u:2": text(*STORY[:8], *LOCAL), "u:3": text(*OTHER_STORY)}
    with gzip.open(tmp_path / "one.jsonl.gz", "wt") as out:
        for url, body in bodies.items():
            out.write(json.dumps({"url": url, "site": "a.example", "date": "20180716", "text": body}) + "\n")
    with (tmp_path / "judged.csv").open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["set", "a", "b", "label", "confidence", "weight", "use", "why"])
        rows.writerow(["one", "u:1", "u:2", "E", "?", "2.5", "fit", "cut and extended"])
        rows.writerow(["one", "u:1", "u:3", "D", "!", "", "score", "another"])
    first, second = read_judged(tmp_path)
    assert (first.label, first.sure, first.scored, first.weight) == ("E", False, False, 2.5)
    assert (first.features.same_site, first.features.days) == (True, 0.0)
    assert first.is_asked
    assert not second.is_asked
    assert first.story == second.story
    assert [e.b for e in read_judged(tmp_path, {frozenset(("u:2", "u:1"))})] == ["u:3"]


def test_sets_weigh_by_the_root_of_their_size() -> None:
    recipe = Recipe("S", "D", ("containment",), made_weight=2.0)
    chosen = [example("S", 0.9, "big")] * 16 + [example("D", 0.4, "small")] * 4 + [example("S", 0.9, MADE)] * 5
    weights = weights_of(chosen, recipe)
    assert sum(weights[:16]) / sum(weights[16:20]) == pytest.approx(4 / 2)
    assert sum(weights[:20]) == pytest.approx(20)
    assert sum(weights[20:]) == pytest.approx(2 * sum(weights[:20]) / 2)


def test_a_tally_counts_updates_neither_way() -> None:
    tally = Tally()
    for label, kind in [
        ("S", Kind.COPY),
        ("E", Kind.DIFFERENT),
        ("T", Kind.COPY),
        ("U", Kind.COPY),
        ("R", Kind.PART_OF),
    ]:
        tally.add(example(label, 0.5), kind)
    assert (tally.precision, tally.recall, tally.f) == (0.5, 0.5, 0.5)
    assert tally.share("R", Kind.PART_OF) == 1.0


def test_folds_keep_a_story_together() -> None:
    part_of = folds(examples())
    parts = {(e.story, part_of(e)) for e in examples()}
    assert len(parts) == len({story for story, _ in parts})
    assert len({part for _, part in parts}) == 5


@needs_environment
def test_the_same_examples_give_the_same_bytes_and_a_scorecard_that_parts_them() -> None:
    fitted = fit_scorecard(examples(), "2026-01-01")
    assert fitted == fit_scorecard(examples(), "2026-01-01")
    model = parse(fitted, "test")
    assert model.fitted["date"] == "2026-01-01"
    assert model.fitted["pairs"]["one"]["S"] == 20
    score = model.cards["copy"].score
    assert score(example("S", 1.1).features.values()) > 0 > score(example("D", 0.3).features.values())


CHECK = """
import json, sys, numpy as np, boost
task = json.load(open(sys.argv[1]))
kept = []
card = boost.card
boost.card = lambda model, features, values, weights: kept.append(model.decision_function(values)) or card(
    model, features, values, weights)
answer = boost.fit(task)
print(json.dumps({"card": answer, "scores": kept[0].tolist()}))
"""


@needs_environment
def test_the_tables_are_the_boosted_trees(tmp_path: Path) -> None:
    recipe = Recipe("SE", "RTD", ("jaccard", "coverage_smaller", "days"), pairs=3)
    chosen = [e for e in examples() if e.label in "SERTD"]
    task = tmp_path / "task.json"
    task.write_text(json.dumps(task_of(recipe, chosen)))
    command = [ENVIRONMENT / "bin" / "python", "-c", CHECK, task]
    done = subprocess.run(command, cwd=Path(__file__).parent, check=True, capture_output=True, text=True)
    answer = json.loads(done.stdout)
    cards = dict.fromkeys(CARDS, answer["card"])
    data = {"format": FORMAT, "features_version": FEATURES_VERSION, "version": "", "fitted": {}, "cards": cards}
    card = parse(json.dumps(data), "test").cards["copy"]
    assert [card.score(e.features.values()) for e in chosen] == pytest.approx(answer["scores"], abs=0.01)
    assert len(set(answer["scores"])) > 5


@needs_environment
def test_every_set_is_judged_by_a_scorecard_that_did_not_see_it() -> None:
    tallies = cross_validated(examples(), lambda e: e.set)
    assert set(tallies) == {"one", "two"}
    assert tallies["one"].f > 0.7


def test_what_fits_is_locked_and_no_dependency_of_ingest() -> None:
    locked = (Path(__file__).parent / "requirements.lock").read_text()
    assert "scikit-learn==" in locked
    assert "--hash=sha256:" in locked
    assert "scikit" not in (ENVIRONMENT.parent / "requirements.lock").read_text()


@needs_environment
@pytest.mark.shared
@pytest.mark.timeout(1200)
def test_make_train_gives_the_shipped_scorecard_to_the_byte(tmp_path: Path) -> None:
    shipped = Path(ingest.dedup.scorecard.__file__).with_name("scorecard.json")
    date = json.loads(shipped.read_text())["fitted"]["date"]
    command = [sys.executable, "-m", "tests.train", "--out", tmp_path / "again.json", "--date", date]
    subprocess.run(command, cwd=ENVIRONMENT.parent, check=True)
    assert (tmp_path / "again.json").read_bytes() == shipped.read_bytes()
