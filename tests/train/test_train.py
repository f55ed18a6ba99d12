"""How the scorecard is fitted: what becomes an example, what it weighs, and that the fit is its tables, to the byte."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.dedup.features import Features
from ingest.dedup.fingerprint import fingerprint
from ingest.dedup.scorecard import CARDS, FEATURES_VERSION, FORMAT, parse
from ingest.dedup.verify import Kind
from ingest.store import articles
from ingest.store.articles import Publication
from ingest.store.database import open_database, transaction
from ingest.store.judgements import Judgement, add_judgements
from ingest.store.placement import add_doc
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, text
from tests.train.archive import read_judgements
from tests.train.evaluate import Tally, cross_validated, folds
from tests.train.fit import ENVIRONMENT, SHIPPED, Recipe, fit_scorecard, task_of, weights_of
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


def judged_archive(path: Path, copies: int = 12) -> Path:
    """An archive with judged pairs: copies, and as many that are different."""
    with closing(open_database(path)) as connection, transaction(connection):
        judgements = []
        for n in range(copies):
            bodies = (
                [f"{each} In town {n}." for each in STORY],
                [f"{each} In town {n}." for each in STORY[: 6 + n % 5]],
                [*(f"{each} In town {n}." for each in STORY[:3]), *(f"{each} For {n}." for each in OTHER_STORY[:9])],
            )
            docs = []
            for body in bodies:
                words = text(*body)
                doc = add_doc(connection, fingerprint(words))
                url, site = f"https://{doc}.example/a", f"{doc}.example"
                publication = Publication(doc, url, "T", site, None, None, "en", None, None, AT, words, 100)
                articles.add_article(connection, publication)
                docs.append(doc)
            judgements += [
                Judgement(docs[0], docs[1], "copy", "ann", 2.0),
                Judgement(docs[0], docs[1], "unsure", "ben"),
                Judgement(docs[0], docs[2], "different", "ann"),
                Judgement(docs[0], docs[2], "different", "ben"),
            ]
        add_judgements(connection, judgements, AT)
    return path


AT = "2026-03-01T12:00:00Z"


def test_the_judgements_of_an_archive_become_examples(tmp_path: Path) -> None:
    path = judged_archive(tmp_path / "mine.db", copies=1)
    first, second = read_judgements(path)
    assert (first.set, first.label, first.sure, first.weight) == ("mine", "S", True, 2.0)
    assert (second.label, second.story == first.story) == ("D", True)
    assert first.is_asked
    with closing(open_database(path)) as connection, transaction(connection):
        add_judgements(connection, [Judgement(1, 2, "different", "cem"), Judgement(1, 3, "copy", "ann")], AT)
    assert read_judgements(path) == [], "as many say one thing as another"
    with closing(open_database(path)) as connection, transaction(connection):
        add_judgements(connection, [Judgement(1, 2, "copy", "cem"), Judgement(1, 3, "different", "ann")], AT)
        articles.add_revision(connection, articles.places_of(connection, [3])[3].publication, "2026-03-02T00:00:00Z")
    (only,) = read_judgements(path)
    assert (only.label, only.b) == ("S", "https://2.example/a"), "what was revised since was not read"


def train(folder: Path, *args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.train", *map(str, args)]
    nothing = {**os.environ, "INGEST_SHARED": str(folder / "nothing")}
    return subprocess.run(command, cwd=ENVIRONMENT.parent, env=nothing, check=False, capture_output=True, text=True)


def test_too_few_judgements_are_told(tmp_path: Path) -> None:
    assert "or name an archive" in train(tmp_path, "--out", tmp_path / "card.json").stderr
    done = train(tmp_path, "--judged", judged_archive(tmp_path / "mine.db", 3), "--out", tmp_path / "card.json")
    assert "mine.db: 6 judged pairs" in done.stdout
    assert "too few judged pairs" in done.stderr
    assert not (tmp_path / "card.json").exists()


@needs_environment
def test_an_archive_alone_fits_what_it_teaches(tmp_path: Path) -> None:
    done = train(tmp_path, "--judged", judged_archive(tmp_path / "mine.db"), "--out", tmp_path / "card.json")
    assert "too few judged pairs for part_of, update: as shipped" in done.stdout
    fitted, shipped = (json.loads(path.read_text()) for path in (tmp_path / "card.json", SHIPPED))
    assert fitted["fitted"]["pairs"] == {"mine": {"D": 12, "S": 12}}
    assert [name for name in CARDS if fitted["cards"][name] == shipped["cards"][name]] == ["part_of", "update"]
    parse((tmp_path / "card.json").read_text(), "card.json")


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
    date = json.loads(SHIPPED.read_text())["fitted"]["date"]
    command = [sys.executable, "-m", "tests.train", "--out", tmp_path / "again.json", "--date", date]
    subprocess.run(command, cwd=ENVIRONMENT.parent, check=True)
    assert (tmp_path / "again.json").read_bytes() == SHIPPED.read_bytes()
