"""The reading commands on the seeds, as a person and as a program call them; and the database with sqlite-utils."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.running import ingest, output_json, rows

CANONICAL = "https://www.meridian-wire.example/world/river-treaty-talks"
COPY = "https://daily-lantern.example/read/who-holds-the-ruler"


@pytest.fixture
def db(seeds: Path) -> Path:
    return seeds


def sqlite_utils(*args: str | Path) -> Any:
    program = shutil.which("sqlite-utils", path=str(Path(sys.executable).parent))
    assert program
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_sqlite_utils_answers_on_the_database_it_left(db: Path) -> None:
    articles = sqlite_utils("rows", db, "articles")
    assert {"id", "doc", "url", "title", "site", "agency", "text", "copies", "sites"} <= articles[0].keys()
    relations = sqlite_utils("query", db, "select relation, count(*) as n from publications group by relation")
    assert {row["relation"] for row in relations} >= {"canonical", "near", "excerpt", "extended"}
    assert [row["title"] for row in sqlite_utils("search", db, "articles", "volcano")] != []


def test_a_second_backfill_of_the_seeds_adds_nothing(db: Path) -> None:
    before = rows(db, "SELECT url, article_id, relation, first_seen_at FROM publications ORDER BY url")
    second = output_json(ingest("backfill", ROOT / "seeds", "--db", db, "--json"))
    assert (second["taken"], second["passed_over"]) == (0, len(before))
    assert rows(db, "SELECT url, article_id, relation, first_seen_at FROM publications ORDER BY url") == before


def test_the_readme_shows_what_a_backfill_prints(tmp_path: Path) -> None:
    command = "$ ingest backfill seeds/ --db news.db\n"
    sample = (ROOT / "README.md").read_text("utf-8").partition(command)[2].partition("```")[0]
    real = ingest("backfill", "seeds/", "--db", tmp_path / "news.db", cwd=ROOT).stdout
    timing = re.compile(r" in [\d.]+ s \(\d+/s\)")
    assert timing.sub("", sample) == timing.sub("", real).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize("name", [CANONICAL, COPY])
def test_show_finds_an_article_by_the_url_of_any_of_its_publications(db: Path, name: str) -> None:
    view = output_json(ingest("show", name, "--db", db, "--json"))
    assert view["url"] == CANONICAL
    assert COPY in {copy["url"] for copy in view["copies"]}
    assert [event["what"] for event in view["timeline"]].count("canonical") == 1
    assert view["text"]


def test_show_for_a_person_names_who_carried_it_and_how_much(db: Path) -> None:
    shown = ingest("show", CANONICAL, "--db", db).stdout
    assert "daily-lantern.example" in shown
    assert "extended" in shown
    assert "4 copies, 5 sites" in shown


def test_show_tells_of_updates_that_are_no_copies(db: Path) -> None:
    ((later, earlier),) = rows(db, "SELECT article_id, other_id FROM links WHERE kind = 'update'")
    assert "updates" in ingest("show", str(later), "--db", db).stdout
    shown = output_json(ingest("show", str(earlier), "--db", db, "--json"))
    assert f"update (article {later})" in [event["what"] for event in shown["timeline"]]


@pytest.mark.parametrize("name", ["999", "doc:999", "https://nowhere.example/", "x"])
def test_show_of_nothing_says_what_to_give(db: Path, name: str) -> None:
    assert "no such article" in ingest("show", name, "--db", db, check=1).stderr


def test_status_counts_for_a_program_and_for_a_person(db: Path) -> None:
    report = output_json(ingest("status", "--db", db, "--json"))
    assert report["store"]["articles"] + report["store"]["copies"] == sum(report["outcomes"].values())
    assert report["queue"] == {"pending": 0, "due": 0, "oldest_due": None, "backfilled": 0}
    assert "articles" in ingest("status", "--db", db).stdout


def test_explain_tells_what_link_is_stored(db: Path, tmp_path: Path) -> None:
    ((later, earlier),) = rows(db, "SELECT article_id, other_id FROM links WHERE kind = 'update'")
    pair = ("explain", str(later), str(earlier))
    assert f"Stored: article {later} is an update of article {earlier}." in ingest(*pair, "--db", db).stdout
    without = tmp_path / "without.db"
    shutil.copy(db, without)
    with sqlite3.connect(without) as connection:
        connection.execute("DELETE FROM links")
    assert "No link between their articles is stored." in ingest(*pair, "--db", without).stdout
    assert output_json(ingest(*pair, "--json", "--db", without))["links"] == []


def test_what_is_piped_is_never_wrapped_or_cut(db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    ((article, title),) = rows(db, "SELECT id, title FROM articles ORDER BY length(title) DESC LIMIT 1")
    assert ingest("show", str(article), "--db", db).stdout.count(title) == 2  # above, and in the timeline
    assert "last hour  0      0       24       14        10" in ingest("status", "--db", db).stdout
    other = tmp_path / "feeds.db"
    url = f"https://a.example/{'long-' * 40}/feed.xml"
    ingest("feeds", "add", "--no-check", url, "--db", other)
    assert url in ingest("feeds", "list", "--db", other).stdout


def test_a_missing_database_is_named_and_not_made(tmp_path: Path) -> None:
    for command in (["status"], ["show", "1"]):
        assert "no such database" in ingest(*command, "--db", tmp_path / "none.db", check=1).stderr
    assert not list(tmp_path.iterdir())


def test_a_broken_config_is_named_and_nothing_starts(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("poll:\n  intervall: 5m\n")
    done = ingest("run", "--config", config, "--db", tmp_path / "a.db", check=1)
    assert f"{config}:2: poll.intervall: unknown key" in done.stderr
    assert not (tmp_path / "a.db").exists()


def test_the_doctor_names_a_broken_config_in_json_too(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("poll:\n  intervall: 5m\n")
    (found,) = output_json(ingest("doctor", "--json", "--config", config, check=1))
    assert found == {"level": "fault", "what": f"{config}:2: poll.intervall: unknown key", "advice": ""}
    assert "unknown key" in ingest("doctor", "--config", config, check=1).stdout


def found(*args: str | Path) -> Any:
    return output_json(ingest(*args, "--json"))


def test_search_finds_articles_and_copies_by_their_words(db: Path) -> None:
    told = found("search", "volcano", "--db", db)
    assert told["count"] == len(told["found"]) > 1
    assert {each["relation"] for each in told["found"]} > {"canonical"}
    assert all("volcano" in (each["title"] + each["excerpt"]).casefold() for each in told["found"][:1])
    times = [each["published_at"] or each["first_seen_at"] for each in told["found"]]
    assert times == sorted(times, reverse=True)
    assert found("search", "volcano", "--canonical", "--db", db)["count"] < told["count"]
    site = told["found"][-1]["site"]
    assert {each["site"] for each in found("search", "VOLC*", "--site", site, "--db", db)["found"]} == {site}
    assert found("search", "volcano", "--until", "2000-01-01", "--db", db) == {"count": 0, "found": []}
    assert len(found("search", "volcano", "--limit", "1", "--db", db)["found"]) == 1
    assert "the newest 1 of them" in ingest("search", "volcano", "--limit", "1", "--db", db).stdout


def test_search_without_a_word_says_so(db: Path) -> None:
    assert "no WORDS" in ingest("search", "--db", db, check=2).stderr
    assert "has no word" in ingest("search", "?!", "--db", db, check=2).stderr
    assert ingest("search", "--rebuild", "--db", db).stdout == ""
    assert [row["title"] for row in sqlite_utils("search", db, "copies", "volcano")] != []
