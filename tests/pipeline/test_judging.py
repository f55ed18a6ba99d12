"""Pairs are drawn for people, their judgements taken in, and the archive measured by them."""

from __future__ import annotations

import csv
import io
import sqlite3
from pathlib import Path

import pytest

from ingest.pipeline.judging import NEVER, agreement, judge, sample
from tests.dedup.builders import LOCAL, NOVEL, ORCHARD, OTHER_STORY, RACE, RECIPE, STORY, text
from tests.pipeline.builders import NOW, document, store
from tests.running import ingest, output_json, rows


@pytest.fixture
def archive(db: sqlite3.Connection) -> sqlite3.Connection:
    store(
        db,
        *(document(f"copy{n}", text(*STORY[: 12 - n]), hours=n) for n in range(5)),
        *(document(f"herring{n}", text(*OTHER_STORY[: 10 - n]), hours=n) for n in range(3)),
        document("mix", text(*STORY[:3], *LOCAL, *NOVEL[:4]), hours=9),
        *(document(f"alone{n}", text(*body), hours=n) for n, body in enumerate((ORCHARD, RACE, RECIPE))),
    )
    return db


def test_the_same_seed_draws_the_same_pairs_of_every_kind(archive: sqlite3.Connection) -> None:
    first, again, other = sample(archive, 12, 7), sample(archive, 12, 7), sample(archive, 12, 8)
    assert first == again != other
    kinds = {each.kind for each in first}
    assert {"copy", NEVER} <= kinds
    assert len(first) == len({(each.url, each.other_url) for each in first}) == 12
    assert all(each.weight >= 1 for each in first)
    never = [each for each in first if each.kind == NEVER]
    assert all(each.score is None and each.band == "" for each in never)


def test_weights_add_up_to_the_pairs_there_are(archive: sqlite3.Connection) -> None:
    drawn = sample(archive, 10, 3, kinds=["copy", "different", "update", "part_of"])
    stored = archive.execute("SELECT count(*) FROM pairs").fetchone()[0]
    assert sum(each.weight for each in drawn) == pytest.approx(stored, rel=0.01)


def test_kinds_scores_and_sites_narrow_what_is_drawn(archive: sqlite3.Connection) -> None:
    assert {each.kind for each in sample(archive, 50, 1, kinds=["copy"])} == {"copy"}
    assert all((each.score or 0) >= 2 for each in sample(archive, 50, 1, kinds=["copy"], lowest=2.0))
    of_site = sample(archive, 50, 1, kinds=["copy"], site="copy1.example")
    assert of_site
    assert all("copy1.example" in each.url + each.other_url for each in of_site)


def line(a: str, b: str, label: str, **more: str) -> dict[str, str]:
    return {"url": f"https://{a}.example/{a}", "other_url": f"https://{b}.example/{b}", "label": label, **more}


def test_judgements_measure_precision_and_recall_and_change_nothing(archive: sqlite3.Connection) -> None:
    before = [tuple(row) for row in archive.execute("SELECT url, article_id FROM publications")]
    judged = judge(
        archive,
        enumerate(
            [
                line("copy0", "copy1", "copy"),
                line("copy0", "copy2", "different"),
                line("herring0", "herring1", "copy", weight="2"),
                line("alone0", "alone1", "copy"),
                line("alone0", "alone2", "unsure"),
                line("copy0", "herring0", ""),
                line("copy0", "nowhere", "copy"),
                line("copy0", "copy0", "copy"),
                line("copy0", "copy3", "maybe"),
                line("copy0", "copy3", "copy", weight="-1"),
            ],
            2,
        ),
        "anna",
        NOW,
    )
    assert (judged.taken, judged.blank) == (5, 1)
    assert [number for number, _ in judged.refused] == [8, 9, 10, 11]
    report = agreement(archive)
    assert (report.precision.share, report.precision.size) == (pytest.approx(3 / 4), 3)
    assert (report.recall.share, report.recall.size) == (pytest.approx(3 / 4), 3)
    assert [tuple(row) for row in archive.execute("SELECT url, article_id FROM publications")] == before


def test_coders_are_compared_by_their_latest_words(archive: sqlite3.Connection) -> None:
    pairs = [("copy0", "copy1"), ("copy0", "copy2"), ("herring0", "herring1"), ("alone0", "alone1")]
    anna = ["copy", "copy", "copy", "different"]
    ben = ["copy", "update", "copy", "different"]
    judge(archive, enumerate([line(*pairs[0], "different")]), "anna", NOW)
    for coder, labels in (("anna", anna), ("ben", ben)):
        judge(archive, enumerate(line(*pair, label) for pair, label in zip(pairs, labels, strict=True)), coder, NOW)
    report = agreement(archive)
    assert report.coders == {"anna": 4, "ben": 4}
    ((one, other, full, binary),) = report.between
    assert (one, other, full.pairs, full.same, binary.same) == ("anna", "ben", 4, 0.75, 0.75)
    assert binary.kappa == pytest.approx(0.5)
    assert agreement(archive, "anna").precision.share == 1.0
    assert report.precision.share == pytest.approx(5 / 6)


def test_the_commands_go_round(archive: sqlite3.Connection, db_path: Path, tmp_path: Path) -> None:
    drawn = ingest("sample", "--count", "8", "--seed", "3", "--blind", "--db", db_path, cwd=tmp_path).stdout
    read = list(csv.DictReader(io.StringIO(drawn)))
    assert len(read) == 8
    assert "kind" not in read[0]
    file = tmp_path / "anna.csv"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, read[0])
        writer.writeheader()
        writer.writerows(row | {"label": "different" if number else "perhaps"} for number, row in enumerate(read))
    done = ingest("judge", file, "--coder", "anna", "--db", db_path, cwd=tmp_path, check=3)
    assert f"{file}:2: label 'perhaps' is none of" in done.stderr
    assert "7 judgements of anna taken" in done.stdout
    assert rows(db_path, "SELECT count(*), min(weight) >= 1 FROM judgements") == [(7, 1)]
    told = output_json(ingest("agreement", "--json", "--db", db_path, cwd=tmp_path))
    assert told["coders"] == {"anna": 7}
    assert "precision 0.000" in ingest("agreement", "--db", db_path, cwd=tmp_path).stdout
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    assert (
        "no column label" in ingest("judge", "bad.csv", "--coder", "x", "--db", db_path, cwd=tmp_path, check=1).stderr
    )
