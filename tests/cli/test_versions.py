"""`diff`, `page`, `explain rev:N` and `explain --pairs`, and the small things that a researcher trips over."""

from __future__ import annotations

import csv
import io
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.model import Page
from ingest.store.database import transaction
from ingest.store.pages import keep_page, pack_page
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, text
from tests.pipeline.builders import NOW, document, store
from tests.running import ingest, output_json, rows

URL = "https://first.example/first"


@pytest.fixture
def archive(db: sqlite3.Connection) -> sqlite3.Connection:
    """A text of three versions under three titles, a copy of it, and another story."""
    for number, body in enumerate((STORY[:10], STORY, (*STORY[:11], LOCAL[0])), 1):
        store(db, replace(document("first", text(*body), hours=1), title=f"Title {number}"))
    store(db, document("copy", text(*STORY[:9]), hours=3), document("other", text(*OTHER_STORY), hours=4))
    return db


def test_diff_shows_the_last_change_or_any_two(archive: sqlite3.Connection, db_path: Path, tmp_path: Path) -> None:
    last = output_json(ingest("diff", URL, "--json", "--db", db_path, cwd=tmp_path))
    assert (last["a"], last["b"]) == (2, 3)
    assert [row["title"] for row in last["versions"]] == ["Title 1", "Title 2", "Title 3"]
    changed = [(row["status"], row["a"] or row["b"]) for row in last["sentences"] if row["status"] != "same"]
    assert changed == [("only_a", STORY[11]), ("only_b", LOCAL[0])]
    first = output_json(ingest("diff", URL, "1", "2", "--json", "--db", db_path, cwd=tmp_path))
    assert [row["b"] for row in first["sentences"] if row["status"] == "only_b"] == list(STORY[10:])
    shown = ingest("diff", URL, "--db", db_path, cwd=tmp_path).stdout
    assert "Title 2" in shown
    assert f"B {LOCAL[0]}" in shown
    assert "no version 7" in ingest("diff", URL, "7", "--db", db_path, cwd=tmp_path, check=1).stderr
    alone = ingest("diff", "https://other.example/other", "--db", db_path, cwd=tmp_path, check=1)
    assert "has one version only" in alone.stderr


def test_show_prints_each_change_under_its_own_title(
    archive: sqlite3.Connection, db_path: Path, tmp_path: Path
) -> None:
    timeline = output_json(ingest("show", URL, "--json", "--db", db_path, cwd=tmp_path))["timeline"]
    assert [each["title"] for each in timeline if each["what"] == "revised"] == ["Title 2", "Title 3"]


def test_a_revision_is_explained(archive: sqlite3.Connection, db_path: Path, tmp_path: Path) -> None:
    (number,) = rows(db_path, "SELECT min(id) FROM revisions")[0]
    found = output_json(ingest("explain", f"rev:{number}", URL, "--json", "--db", db_path, cwd=tmp_path))
    assert (found["a"]["title"], found["b"]["title"]) == ("Title 1", "Title 3")
    assert found["verdict"]["kind"] == "copy"
    other = output_json(
        ingest("explain", f"rev:{number}", "https://other.example/other", "--json", "--db", db_path, cwd=tmp_path)
    )
    assert other["verdict"]["kind"] == "different"
    assert "no such revision" in ingest("explain", "rev:99", URL, "--db", db_path, cwd=tmp_path, check=1).stderr


def test_pairs_of_a_file_are_explained_a_row_each(archive: sqlite3.Connection, db_path: Path, tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(
        f"url,other_url\n{URL},https://copy.example/copy\n{URL},https://other.example/other\n{URL},https://no.example/\n"
    )
    done = ingest("explain", "--pairs", file, "--db", db_path, cwd=tmp_path, check=3)
    found = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["kind"], row["one_article"]) for row in found] == [("copy", "True"), ("different", "False")]
    assert f"{file}:4: https://no.example/: no such text" in done.stderr
    assert "name two texts" in ingest("explain", URL, "--db", db_path, cwd=tmp_path, check=2).stderr


def test_a_kept_page_is_written_as_it_was_fetched(db: sqlite3.Connection, db_path: Path, tmp_path: Path) -> None:
    body = b"<html>\xff\x00 as it came</html>"
    page = Page(url=URL, final_url=URL, status=200, headers={"content-type": "text/html"}, body=body, fetched_at=NOW)
    with transaction(db):
        keep_page(db, URL, pack_page(page), None)
    ingest("page", URL, "-o", tmp_path / "story.html", "--db", db_path, cwd=tmp_path)
    assert (tmp_path / "story.html").read_bytes() == body
    missing = ingest("page", "https://a.example/", "--db", db_path, cwd=tmp_path, check=1)
    assert "no page of it is kept" in missing.stderr


def test_a_database_in_memory_is_refused(tmp_path: Path) -> None:
    refused = ingest("backfill", tmp_path, "--db", ":memory:", cwd=tmp_path, check=1)
    assert "an archive is a file" in refused.stderr


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("")
    refused = ingest("backfill", tmp_path / "a.jsonl", "--db", tmp_path / "no" / "a.db", cwd=tmp_path, check=1)
    assert f"the folder {tmp_path / 'no'} does not exist" in refused.stderr
