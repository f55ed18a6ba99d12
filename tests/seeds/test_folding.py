"""The smallest real run: `ingest backfill seeds/` folds the seeds as their labels say, and adds nothing twice."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.running import ingest, rows

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
COPIES = frozenset("SE")


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seeds") / "seeds.db"
    ingest("backfill", SEEDS, "--db", path)
    return path


def articles_by_file(db: Path) -> dict[str, int]:
    article_of_url = dict(rows(db, "SELECT url, article_id FROM publications"))
    return {path.name: article_of_url[path.read_text("utf-8").splitlines()[2]] for path in SEEDS.glob("*.txt")}


def test_the_seeds_fold_as_their_labels_say(db: Path) -> None:
    article = articles_by_file(db)
    with (SEEDS / "labels.csv").open(encoding="utf-8", newline="") as file:
        wrong = [
            row
            for row in csv.DictReader(file)
            if (article[row["a"]] == article[row["b"]]) is not (row["label"] in COPIES)
        ]
    assert wrong == []


def test_stories_without_a_label_in_common_are_articles_of_their_own(db: Path) -> None:
    with (SEEDS / "labels.csv").open(encoding="utf-8", newline="") as file:
        together = {frozenset((row["a"], row["b"])) for row in csv.DictReader(file) if row["label"] in COPIES}
    article = articles_by_file(db)
    for a, b in ((a, b) for a in article for b in article if a < b):
        assert (article[a] == article[b]) is (frozenset((a, b)) in together), (a, b)


def test_updates_and_items_of_a_round_up_are_linked(db: Path) -> None:
    links = rows(
        db,
        """SELECT kind, a.url, b.url FROM links
           JOIN articles a ON a.id = links.article_id JOIN articles b ON b.id = links.other_id ORDER BY kind""",
    )
    assert links == [
        (
            "part_of",
            "https://daily-lantern.example/read/small-news-of-the-week",
            "https://www.meridian-wire.example/odd/backward-clock",
        ),
        (
            "update",
            "https://www.meridian-wire.example/home/hospital-computers-cause-found",
            "https://www.meridian-wire.example/home/hospital-computers-fail",
        ),
    ]


def test_a_second_run_adds_nothing(db: Path) -> None:
    tables = ("articles", "copies", "entries", "links", "pairs")
    before = [rows(db, f"SELECT count(*) FROM {table}") for table in tables]
    ingest("backfill", SEEDS, "--db", db)
    assert [rows(db, f"SELECT count(*) FROM {table}") for table in tables] == before
