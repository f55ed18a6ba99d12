"""Each bench runs on a small input, and its last line is one JSON object with the figures it promises."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.bench_order import agreement, linked_pairs
from tests.bench.invented import records
from tests.bench.measure import run
from tests.bench.quality.generate import ORIGINAL, Label
from tests.bench.quality.picture import draw
from tests.bench.quality.score import Score, pairs_of_clusters, pairs_of_groups, score
from tests.bench.real import Judged, folds, mistakes, score_pairs
from tests.bench.report import table
from tests.bench.test_quality import invented

ROOT = Path(__file__).resolve().parents[2]


def last_line(bench: str, *arguments: str | Path, shared: Path | None = None) -> dict[str, Any]:
    command = [sys.executable, "-m", f"tests.bench.{bench}", *map(str, arguments)]
    env = {"PATH": "/usr/bin:/bin", "INGEST_SHARED": str(shared)} if shared else None
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["bench"] == bench.removeprefix("bench_")
    return figures


@pytest.fixture(scope="module")
def invented_shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the shared one, with articles of invented text."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "data").mkdir()
    pieces = [invented(number) for number in range(160)]
    lines = (
        json.dumps({"url": p.url, "title": p.title, "text": "\n".join(" ".join(s) for s in p.paragraphs)})
        for p in pieces
    )
    (folder / "data" / "articles.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_bench_quality(invented_shared: Path, tmp_path: Path) -> None:
    picture = tmp_path / "quality.svg"
    figures = last_line(
        "bench_quality", "--rounds", 1, "--cases", 8, "--no-peers", "--out", picture, shared=invented_shared
    )
    assert figures.keys() >= {"half", "bars", "holds", "seconds", "methods"}
    assert figures["half"] == "reporting"
    assert figures["methods"]["ingest"].keys() == {
        *("f1", "precision", "recall", "wrong_pairs", "recall_by_edit", "merged", "updates_linked")
    }
    assert picture.read_text().startswith("<svg")


def test_bench_order(invented_shared: Path) -> None:
    figures = last_line("bench_order", "--rounds", 1, "--cases", 8, "--orders", 2, "--sets", shared=invented_shared)
    assert figures.keys() >= {"agreement", "places_that_differ", "links_that_differ", "failed", "inputs", "bars"}
    assert figures["bars"]["again identical"] is True
    assert figures["failed"] == 0


def test_bench_backfill() -> None:
    figures = last_line("bench_backfill", "--documents", 60, "--runs", 1, "--no-peers")
    assert figures.keys() >= {"documents", "seconds", "peak_mb", "outcomes", "database_mb"}
    assert sum(figures["outcomes"].values()) == 60
    assert figures["peak_mb"] > 20


def test_bench_lookup_finds_the_copies() -> None:
    figures = last_line("bench_lookup", "--sizes", 300, 600, "--queries", 40)
    assert figures.keys() >= {"sizes", "growth", "bars", "holds"}
    assert figures["sizes"]["600"].keys() == {"p50_ms", "p99_ms", "worst_ms", "copies_found", "disk_mb", "memory_mb"}
    assert figures["sizes"]["600"]["copies_found"] > 0.95


def test_bench_real(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "real"
    folder.mkdir(parents=True)
    story, other = (" ".join(invented(number).sentences) for number in (1, 2))
    rows = ["set,a,b,label,confidence,weight,use,why"]
    for name in ("reviews", "reuters"):
        urls = {key: f"https://{key}.example/{name}" for key in "abc"}
        texts = zip(urls.values(), (story, story, other), strict=True)
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as out:
            out.writelines(json.dumps({"url": url, "text": text}) + "\n" for url, text in texts)
        rows += [f"{name},{urls['a']},{urls['b']},S,,2,score,", f"{name},{urls['a']},{urls['c']},D,,1,score,"]
    (folder / "judged.csv").write_text("\n".join(rows) + "\n")
    figures = last_line(
        "bench_real", "--sets", "reviews", "reuters", "--models", "shipped", "--no-peers", shared=tmp_path
    )
    assert figures["means"]["shipped"]["f1"] == 1.0
    assert figures["sets"]["reuters"]["shipped"]["copies_linked"] == 1
    assert figures["sets"]["reviews"]["shipped"]["wrong"] == 0


def test_folds_keep_the_pairs_of_a_story_together() -> None:
    pairs = [Judged("s", a, b, "S", None, "score", "") for a, b in ("ab", "bc", "de", "fg", "ga")]
    found = folds(pairs)
    assert found[0] == found[1] == found[3] == found[4] != found[2]


def test_bench_siege() -> None:
    figures = last_line("bench_siege", "--pages", 12, "--shared", 12)
    assert figures.keys() >= {"worst_ms", "families", "bars", "holds"}
    assert len(figures["families"]) == 7


def label(name: str, kind: str, group: str, may_merge: str = "") -> Label:
    return Label(f"https://x.example/{name}", kind, group, may_merge=may_merge)


LABELS = [
    label("story", ORIGINAL, "s"),
    label("trim", "trim", "s"),
    label("excerpt", "excerpt", "s"),
    label("follow", "followup", "f"),
    label("update", "update", "u", may_merge="s"),
]


def test_pairs_are_scored_within_groups() -> None:
    found = score(LABELS, {(0, 1), (1, 3)})
    assert (found.true, found.false, found.missed) == (1, 1, 2)
    assert (found.recall_of("trim"), found.recall_of("excerpt")) == (1.0, 0.0)
    assert found.merged == {"followup": 1}
    assert found.wrong == [(LABELS[3].url, LABELS[1].url, "followup ~ trim")]


def test_a_merged_update_is_told_and_counts_neither_way() -> None:
    found = score(LABELS, {(0, 1), (0, 2), (1, 2), (0, 4)})
    assert (found.f1, found.false) == (1.0, 0)
    assert found.merged == {"update": 1}


def test_an_update_that_is_linked_as_one_is_counted() -> None:
    assert score(LABELS, set(), {(0, 4)}).updates_linked == 1


def test_scores_of_rounds_add_up() -> None:
    total = Score()
    for _ in range(2):
        total.add(score(LABELS, {(0, 1)}))
    assert (total.true, total.missed, total.cases["trim"]) == (2, 4, 2)
    assert total.recall_of("trim") == 1.0


def test_a_cluster_means_all_its_pairs() -> None:
    assert pairs_of_clusters([[3, 1, 2]]) == {(1, 2), (1, 3), (2, 3)}
    assert pairs_of_groups(LABELS, {LABELS[0].url: 7, LABELS[3].url: 7, LABELS[1].url: 8}) == {(0, 3)}


def test_real_pairs_are_scored_as_their_readme_says() -> None:
    pairs = [Judged("s", "a", letter, letter, 2.0, "score", "") for letter in "SERTDUX"]
    pairs.append(Judged("s", "a", "Z", "D", None, "fit", ""))
    found = score_pairs(pairs, lambda a, b: b in "STZ", lambda a, b: b == "U", lambda a, b: b == "R")
    assert (found.recall, found.precision, found.wrong) == (0.5, 0.5, 1)
    assert (found.updates_found, found.items_found, found.others_joined) == (1, 1, 1)
    assert (found.drawn_precision, found.drawn_recall) == (0.5, 0.5)
    wrong, missed = mistakes(pairs, lambda a, b: b in "STUX")
    assert ([p.label for p in wrong], [p.label for p in missed]) == (["T"], ["E"])


def test_orders_agree_on_the_share_of_pairs_linked_in_both() -> None:
    first = linked_pairs({"a": 1, "b": 1, "c": 1})
    assert first == {("a", "b"), ("a", "c"), ("b", "c")}
    assert agreement(first, linked_pairs({"a": 5, "b": 5, "c": 6})) == pytest.approx(1 / 3)
    assert agreement(frozenset(), frozenset()) == 1.0


def test_a_command_is_measured_with_its_children() -> None:
    child = "import time; held = bytearray(90 << 20); time.sleep(0.6)"
    done = run([sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"])
    assert done.returncode == 0
    assert done.seconds > 0.6
    assert 90 < done.peak_mb < 400


def test_invented_articles_are_the_same_every_time_and_a_fifth_are_copies() -> None:
    made = list(records(200, seed=3))
    assert made == list(records(200, seed=3))
    titles = [record["title"] for record in made]
    assert 0.1 < 1 - len(set(titles)) / len(titles) < 0.3


def test_the_picture_shows_every_method() -> None:
    drawn = draw({"ingest": score(LABELS, {(0, 1)}), "peer <0.5>": score(LABELS, set())}, "ingest")
    assert "peer &lt;0.5&gt;" in drawn
    assert drawn.rstrip().endswith("</svg>")


def test_a_table_aligns_names_left_and_figures_right() -> None:
    assert table(["name", "f"], [["ab", 0.5], ["c", None]]).splitlines() == [
        "name      f",
        "----  -----",
        "ab    0.500",
        "c         –",
    ]
