"""`ingest backfill` as a user runs it: a real process, real files, killed and run again."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from ingest.points import Point
from tests.running import ingest, kill, output_json, rows, start, wait_halted

WORDS = """
council bridge river harbour minister budget storm ferry school teacher train strike engine market price vote
party leader border police court judge appeal hospital doctor vaccine winter summer garden museum painter festival
""".split()  # noqa: SIM905


def article(number: int, url: str | None = None) -> dict[str, Any]:
    """A text of its own; equal numbers give equal texts."""
    rng = random.Random(number)
    sentences = [" ".join(rng.choices(WORDS, k=14)).capitalize() + f" in {1900 + number}." for _ in range(12)]
    return {
        "url": url or f"https://site{number % 7}.example/{number}",
        "title": f"Title {number}",
        "text": "\n".join(sentences),
    }


def archive(path: Path, lines: list[Any]) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def state(db: Path) -> list[Any]:
    return [
        rows(db, "SELECT article_id, url, relation FROM publications ORDER BY url"),
        rows(db, "SELECT source, position, outcome, doc, attempts FROM entries ORDER BY source, position"),
        rows(db, "SELECT count(*) FROM postings"),
        rows(db, "SELECT count(*) FROM fingerprints"),
    ]


def test_copies_fold_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    lines = [article(n) for n in range(20)] + [article(n, f"https://copy.example/{n}") for n in range(10)]
    source, db = archive(tmp_path / "a.jsonl.gz", lines), tmp_path / "a.db"
    first = output_json(ingest("backfill", source, "--db", db, "--json"))
    assert (first["taken"], first["articles"], first["copies"]) == (30, 20, 10)
    assert rows(db, "SELECT count(*) FROM articles") == [(20,)]
    assert rows(db, "SELECT DISTINCT copies, sites FROM articles WHERE copies > 0") == [(1, 2)]
    before = state(db)
    second = output_json(ingest("backfill", source, "--db", db, "--json"))
    assert (second["taken"], second["passed_over"]) == (0, 30)
    assert state(db) == before


def test_the_agency_that_one_copy_names_is_every_publications_with_its_evidence(tmp_path: Path) -> None:
    silent, telling = article(1), article(1, "https://copy.example/1")
    telling["text"] = "GENEVA (AFP) - " + telling["text"]
    db = tmp_path / "a.db"
    ingest("backfill", archive(tmp_path / "a.jsonl", [silent, telling, article(2)]), "--db", db)
    found = rows(db, "SELECT url, agency, evidence FROM origins ORDER BY url")
    assert [(url, agency) for url, agency, _ in found] == [(telling["url"], "afp"), (silent["url"], "afp")]
    assert all("GENEVA (AFP)" in evidence for _, _, evidence in found)


def test_what_is_broken_is_counted_named_and_loses_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    archive(folder / "a.jsonl", [article(1), "{broken", "", "[]", article(2) | {"date": "soon"}, article(3)])
    (folder / "seed.txt").write_text("Title\nno date\nhttps://a.example/1\nSome sentence.\n")
    (folder / "page.html").write_bytes(b"\x00\xff\xfe")
    whole = archive(tmp_path / "cut.jsonl.gz", [article(n) for n in range(4, 40)]).read_bytes()
    (folder / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (folder / "gone.jsonl").symlink_to(folder / "nowhere")
    (folder / "notes.csv").write_text("x")
    db = tmp_path / "a.db"
    done = ingest("backfill", folder, "--db", db, check=3)
    assert f"{folder}/a.jsonl:2: invalid_record: not JSON" in done.stderr
    assert f"{folder}/a.jsonl:4: invalid_record: a JSON list" in done.stderr
    assert f"{folder}/a.jsonl:5: the date 'soon'" in done.stderr
    assert f"{folder}/seed.txt:1: invalid_record: line 2: not a date" in done.stderr
    assert f"{folder}/page.html:1: " in done.stderr
    assert f"{folder}/cut.jsonl.gz:" in done.stderr
    assert "unreadable: cannot be read on: the compressed file ends early (truncated)" in done.stderr
    assert "nowhere:1: unreadable: cannot be read" in done.stderr
    assert "left out: notes.csv" in done.stdout
    assert rows(db, "SELECT count(*) FROM articles")[0][0] > 3 + 5
    assert rows(db, "SELECT count(*) FROM entries WHERE doc IS NULL AND error IS NULL") == [(0,)]
    assert rows(db, "SELECT error FROM entries WHERE position = 5")[0][0].startswith("the date 'soon'")


def test_half_a_character_in_a_url_or_a_file_name_costs_no_other_record(tmp_path: Path) -> None:
    folder, db = tmp_path / "in", tmp_path / "a.db"
    folder.mkdir()
    archive(folder / "a.jsonl", [article(1, "https://evil.example/\ud800/x"), article(2)])
    archive(folder / os.fsdecode(b"b\xff.jsonl"), [article(3)])
    done = ingest("backfill", folder, "--db", db, check=3)
    assert f"{folder}/a.jsonl:1: invalid_record: `url`" in done.stderr
    found = rows(db, "SELECT source, position, outcome FROM entries ORDER BY source, position")
    assert found == [
        (f"{folder}/a.jsonl", 1, "invalid_record"),
        (f"{folder}/a.jsonl", 2, "canonical"),
        (f"{folder}/b\\xff.jsonl", 1, "canonical"),
    ]


def test_an_archive_cannot_lead_outside_itself(tmp_path: Path) -> None:
    folder, db = tmp_path / "in", tmp_path / "a.db"
    folder.mkdir()
    archive(folder / "a.jsonl", [article(1)])
    private = archive(tmp_path / "private.jsonl", [article(2)])
    (folder / "b.jsonl").symlink_to("../private.jsonl")
    (folder / "zero.jsonl").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    (folder / "pipe.jsonl").symlink_to("../pipe")
    for source in (folder, f"{folder}/*.jsonl"):
        done = ingest("backfill", source, "--db", db)
        assert "3 links left out, leading outside the folder" in done.stdout
        assert "b.jsonl, pipe.jsonl, zero.jsonl" in done.stdout
    assert rows(db, "SELECT source FROM entries") == [(str(folder / "a.jsonl"),)]
    ingest("backfill", folder / "b.jsonl", "--db", db)  # named by the user
    assert rows(db, "SELECT source FROM entries ORDER BY source") == [(str(folder / "a.jsonl"),), (str(private),)]
    assert "not a regular file" in ingest("backfill", folder / "pipe.jsonl", "--db", db, check=1).stderr


def test_an_unreadable_file_is_taken_up_when_it_can_be_read(tmp_path: Path) -> None:
    source, db = archive(tmp_path / "a.jsonl", [article(1)]), tmp_path / "a.db"
    whole = source.read_bytes()
    archive(tmp_path / "a.jsonl.gz", [article(1)])
    packed = (tmp_path / "a.jsonl.gz").read_bytes()
    source.write_bytes(packed[: len(packed) // 3])
    ingest("backfill", source, "--db", db, check=3)
    assert rows(db, "SELECT outcome FROM entries WHERE position = 1") == [("unreadable",)]
    source.write_bytes(whole)
    ingest("backfill", source, "--db", db)
    assert rows(db, "SELECT position, outcome FROM entries") == [(1, "canonical")]


def test_a_changed_record_is_taken_up_again_as_a_revision(tmp_path: Path) -> None:
    source, db = archive(tmp_path / "a.jsonl", [article(1), article(2)]), tmp_path / "a.db"
    ingest("backfill", source, "--db", db)
    changed = article(1)
    changed["text"] += "\nA correction was added on Tuesday after the paper had gone to print."
    archive(source, [changed, article(2)])
    second = output_json(ingest("backfill", source, "--db", db, "--json"))
    assert second["outcomes"] == {"revision": 1}
    assert second["passed_over"] == 1
    assert rows(db, "SELECT count(*) FROM revisions") == [(1,)]
    assert "correction" in rows(db, "SELECT text FROM articles WHERE url LIKE '%/1'")[0][0]


@pytest.mark.parametrize("commit", [1, 2, 3])
def test_killed_before_a_commit_it_goes_on_to_the_same_rows(tmp_path: Path, commit: int) -> None:
    lines = [article(n % 200, f"https://s{n % 9}.example/{n}") for n in range(1200)]
    source, db, undisturbed = archive(tmp_path / "a.jsonl", lines), tmp_path / "a.db", tmp_path / "b.db"
    process = start("backfill", source, "--db", db, halt_at=(Point.BACKFILL_COMMIT, commit))
    assert wait_halted(process)
    kill(process)
    assert 0 <= rows(db, "SELECT count(*) FROM entries")[0][0] < 1200
    ingest("backfill", source, "--db", db)
    ingest("backfill", source, "--db", undisturbed)
    assert rows(db, "PRAGMA integrity_check") == [("ok",)]
    assert state(db)[0] == state(undisturbed)[0]
    assert state(db)[2] == state(undisturbed)[2]


def test_bad_usage_exits_2_and_a_missing_source_says_so(tmp_path: Path) -> None:
    assert "Missing argument" in ingest("backfill", check=2).stderr
    done = ingest("backfill", tmp_path / "none.jsonl", "--db", tmp_path / "a.db", check=1)
    assert "no such file" in done.stderr
    assert not (tmp_path / "a.db").exists()


def test_a_second_archive_is_told_against_the_first(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    first = [article(number) | {"date": "2026-03-02T10:00:00Z"} for number in range(4)]
    told = output_json(ingest("backfill", archive(tmp_path / "a.jsonl", first), "--db", db, "--json"))
    assert told["against"] is None, "there was nothing before"
    second = [
        article(0, "https://later.example/0") | {"date": "2026-03-03T10:00:00Z"},  # a copy
        article(1, "https://early.example/1") | {"date": "2026-03-01T10:00:00Z"},  # stands for its article now
        article(2) | {"date": "2026-03-02T10:00:00Z"},  # there already
        article(7) | {"date": "2026-03-02T10:00:00Z"},  # new
        article(7, "https://later.example/7") | {"date": "2026-03-03T10:00:00Z"},  # new, and a copy of the new one
    ]
    source = archive(tmp_path / "b.jsonl", second)
    before = state(db)
    dry = output_json(ingest("backfill", source, "--db", db, "--json", "--dry-run"))
    assert dry["against"] == {"new": 1, "copies_of_stored": 2, "took_over": 1}
    assert state(db) == before
    assert not list(tmp_path.glob("*dry-run*"))
    done = ingest("backfill", source, "--db", db)
    assert "against what was stored before: 1 new article, 2 copies of stored ones, 1 of which stand" in done.stdout
    assert rows(db, "SELECT count(*) FROM entries WHERE outcome = 'same_url'") == [(1,)]


def test_a_dry_run_leaves_no_database_behind(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    done = ingest("backfill", archive(tmp_path / "a.jsonl", [article(1)]), "--db", db, "--dry-run")
    assert "would hold 1 article" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def first_and_later(folder: Path, dates: tuple[str | None, str | None]) -> tuple[Path, Path]:
    """Two archives with the same texts; the later one's pages are longer and their URLs sort first."""
    first, later = [], []
    for number in range(3):
        one, other = article(number, f"https://second.example/{number}"), article(number, f"https://a.example/{number}")
        other["text"] += f"\nMore of the week on page {number} of our weekend edition for friends of the harbour."
        first.append(one | ({"date": dates[0]} if dates[0] else {}))
        later.append(other | ({"date": dates[1]} if dates[1] else {}))
    return archive(folder / "first.jsonl", first), archive(folder / "later.jsonl", later)


@pytest.mark.parametrize(
    ("dates", "stands"),
    [
        (("2026-03-01", "2026-03-01"), "second.example"),
        (("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"), "second.example"),
        ((None, None), "second.example"),
        (("2026-03-02", "2026-03-01"), "a.example"),
        ((None, "2026-03-01"), "a.example"),
    ],
)
def test_of_equal_dates_the_archive_that_came_first_stands(
    tmp_path: Path, dates: tuple[str | None, str | None], stands: str
) -> None:
    first, later = first_and_later(tmp_path, dates)
    db = tmp_path / "a.db"
    ingest("backfill", first, "--db", db)
    told = output_json(ingest("backfill", later, "--db", db, "--json"))
    assert rows(db, "SELECT DISTINCT site FROM articles") == [(stands,)]
    assert rows(db, "SELECT count(*) FROM copies") == [(3,)]
    assert told["against"]["took_over"] == (3 if stands == "a.example" else 0)
    ingest("rededup", "--db", db)
    assert rows(db, "SELECT DISTINCT site FROM articles") == [(stands,)]
    assert "links and index are what" in ingest("doctor", "--deep", "--db", db, cwd=tmp_path).stdout


def test_what_is_named_together_is_one_archive_however_often_it_is_stopped(tmp_path: Path) -> None:
    first, later = first_and_later(tmp_path, ("2026-03-01", "2026-03-01"))
    at_once, stopped = tmp_path / "once.db", tmp_path / "stopped.db"
    ingest("backfill", first, later, "--db", at_once)
    process = start("backfill", first, later, "--db", stopped, halt_at=(Point.BACKFILL_COMMIT, 1))
    assert wait_halted(process)
    kill(process)
    ingest("backfill", later, first, "--db", stopped)
    assert rows(stopped, "SELECT count(*), min(archive), max(archive) FROM fingerprints") == [(6, 1, 1)]
    for db in (at_once, stopped):
        assert rows(db, "SELECT DISTINCT site FROM articles") == [("a.example",)], "the longer one, in any order"
