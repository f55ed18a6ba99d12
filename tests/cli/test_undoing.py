"""`prune` and `retry` where there is nothing to do: they say why."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.running import ingest, rows

UNKNOWN = "https://nowhere.example/story"


@pytest.fixture
def db(seeds: Path, tmp_path: Path) -> Path:
    shutil.copy(seeds, tmp_path / "a.db")
    return tmp_path / "a.db"


def test_what_is_no_url_is_not_taken_down(db: Path) -> None:
    done = ingest("prune", "--url", UNKNOWN, "--url", "12", "--db", db, check=2)
    assert "'12' is no URL; `ingest show`" in done.stderr
    assert rows(db, "SELECT count(*) FROM tombstones") == [(0,)]


def test_a_takedown_of_an_unknown_url_says_so(db: Path) -> None:
    dry = ingest("prune", "--url", UNKNOWN, "--dry-run", "--db", db).stdout
    assert dry == f"{UNKNOWN}: nothing is stored under it; it would be barred\n"
    assert "nothing is stored under it; it is barred" in ingest("prune", "--url", UNKNOWN, "--db", db).stdout


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        ("timeout", "no entry ended as timeout; `ingest status` counts"),
        ("copy", "entries with the outcome copy have their text stored"),
        ("pending", "entries with the outcome pending wait already"),
    ],
)
def test_retry_says_why_there_is_nothing_to_take_up(db: Path, outcome: str, why: str) -> None:
    assert why in ingest("retry", "--outcome", outcome, "--db", db).stdout


def test_what_was_pruned_is_not_taken_up(db: Path) -> None:
    assert "never returns" in ingest("retry", "--outcome", "pruned", "--db", db, check=2).stderr


def test_status_tells_backfilled_items_that_wait_from_the_daemons_queue(db: Path) -> None:
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("UPDATE entries SET outcome = 'timeout', doc = NULL WHERE outcome = 'copy'")
    ingest("retry", "--outcome", "timeout", "--db", db)
    status = ingest("status", "--db", db).stdout
    assert "0 pending, 0 due" in status
    assert "backfilled items to be taken up by their `ingest backfill`" in status
