"""What strangers wrote reaches the operator's terminal as text: nothing in it steers the terminal or forges a line."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.cli import ingest as cli
from ingest.cli.common import shown
from tests.running import ingest, rows

STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
HOSTILE = "T\x1b[2J\x1b[1;1H\x9b31m\x07\x7f\u202ertl\u2066\u2028\r"
BODY = " ".join(f"Paragraph {number} of the old bridge plan says more about the town hall." for number in range(30))


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    facts = dict.fromkeys(("title", "site", "author", "agency", "language"), HOSTILE + "\nx")
    lines = [
        {"url": f"https://{host}.example/1\u202e", "text": f"{BODY}\n{host} {HOSTILE}\nend.", **facts} for host in "ab"
    ]
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ingest("backfill", folder / "a.jsonl", "--db", folder / "a.db")
    return folder / "a.db"


@pytest.fixture(scope="module")
def older(db: Path) -> Path:
    """A database that a version before this one filled, with all that it let pass."""
    path = db.with_name("older.db")
    with sqlite3.connect(db) as source, sqlite3.connect(path) as target:
        source.backup(target)
        for table in ("articles", "copies"):
            target.execute(f"UPDATE {table} SET title = ?, site = ?", (HOSTILE + "\nforged", HOSTILE))
        target.execute("UPDATE articles SET author = ?, agency = ?, text = text || ?", (HOSTILE, HOSTILE, HOSTILE))
    return path


def test_what_is_stored_of_a_hostile_record_is_plain(db: Path) -> None:
    ((title, site, author, agency, language, text),) = rows(
        db, "SELECT title, site, author, agency, language, text FROM articles"
    )
    assert language == "en", "told from the text, whatever the record calls it"
    for fact in (title, site, author, agency):
        assert re.search("[\x00-\x1f\x7f-\x9f\u2028]", fact) is None
        assert fact.lower().startswith("t [2j [1;1h 31m")
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text) is None
    assert text.endswith("\nend.")


@pytest.mark.parametrize(
    "command", [["show", "1"], ["show", "1", "--text"], ["explain", "1", "https://b.example/1\u202e"], ["status"]]
)
def test_no_command_lets_a_text_steer_the_terminal(older: Path, command: list[str]) -> None:
    # `color`: else click itself would take out some escapes, as it does for what is no terminal.
    done = CliRunner().invoke(cli, [*command, "--db", str(older)], color=True)
    assert done.exit_code == 0, done.output
    assert STEERING.search(done.output) is None
    assert "\nforged" not in done.output
    as_json = CliRunner().invoke(cli, [*command[:1], *command[1:3], "--db", str(older), "--json"], color=True)
    assert STEERING.search(as_json.output) is None


def test_json_spells_out_what_could_steer_and_stays_the_same_json(older: Path) -> None:
    done = CliRunner().invoke(cli, ["show", "1", "--db", str(older), "--json"], color=True)
    assert json.loads(done.output)["title"] == HOSTILE + "\nforged"


def test_only_a_text_may_have_lines() -> None:
    assert shown("a\nb\x1b\x9b\u202e") == "a\\u000ab\\u001b\\u009b\\u202e"
    assert shown("a\nb\x1b", lines=True) == "a\nb\\u001b"
    assert shown(None) == ""
