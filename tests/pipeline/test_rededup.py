"""Deduplication run anew: the same result, other settings, other parameters, and a stop in between."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ingest.dedup import fingerprint as fingerprint_module
from ingest.pipeline import rededup as module
from ingest.pipeline import settle
from ingest.pipeline.rededup import Report, rededup
from ingest.settings import DedupSettings
from ingest.store.database import open_database
from ingest.store.rededup import load
from tests.pipeline.builders import NOW, groups, store
from tests.pipeline.test_match_order import publications


def run(db: sqlite3.Connection, settings: DedupSettings | None = None) -> Report:
    return rededup(db, settings or DedupSettings(), NOW, lambda step, done, texts: None)


def placed(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    rows = db.execute("SELECT url, article_id, relation FROM publications ORDER BY url")
    return [tuple(row) for row in rows]


def test_a_second_look_changes_nothing(db: sqlite3.Connection) -> None:
    store(db, *publications())
    before, links = placed(db), db.execute("SELECT count(*) FROM links").fetchone()[0]
    report = run(db)
    assert placed(db) == before
    assert (report.joined, report.parted, report.articles_before) == (0, 0, report.articles_after)
    assert (report.links_before, report.links_after) == (links, links)
    assert load(db) is None


def test_a_changed_setting_shows_in_the_report(db: sqlite3.Connection) -> None:
    store(db, *publications())
    before = len(groups(db))
    narrow = run(db, DedupSettings(window="20m"))
    assert narrow.parted > 0
    assert (narrow.joined, narrow.articles_before, narrow.articles_after) == (0, before, len(groups(db)))
    wide = run(db)
    assert (wide.joined, wide.parted, len(groups(db))) == (narrow.parted, 0, before)


def outdate(db: sqlite3.Connection) -> None:
    """As if an older version had indexed everything by other keys."""
    db.execute("UPDATE fingerprints SET parameters = 0, signature = zeroblob(512)")
    db.execute("UPDATE postings SET key = key / 3 + doc")


def test_texts_of_an_older_version_are_indexed_anew(db: sqlite3.Connection) -> None:
    store(db, *publications())
    before = groups(db)
    outdate(db)
    run(db)
    assert groups(db) == before
    assert {row[0] for row in db.execute("SELECT DISTINCT parameters FROM fingerprints")} == {module.VERSION}
    store(db, *publications())
    assert groups(db) == before


class StopError(Exception):
    """The process was stopped between two transactions."""


@pytest.mark.parametrize("stop_after", range(6))
def test_a_run_that_was_stopped_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    connection = open_database(tmp_path / "a.db")
    store(connection, *publications())
    before = groups(connection)
    outdate(connection)
    monkeypatch.setattr(settle, "AT_ONCE", 2)
    calls: list[tuple[str, int]] = []

    def tell(step: str, done: int, texts: int) -> None:
        if len(calls) == stop_after:
            raise StopError
        calls.append((step, done))

    with pytest.raises(StopError):
        rededup(connection, DedupSettings(), NOW, tell)
    connection.close()
    connection = open_database(tmp_path / "a.db")
    report = run(connection)
    assert (report.resumed, report.articles_after) == (True, len(before))
    assert groups(connection) == before
    connection.close()


def test_the_parameters_version_covers_what_makes_a_fingerprint() -> None:
    # A change of the text rules that changes this must raise `parameters.VERSION`, or stored keys go stale.
    made = fingerprint_module.fingerprint(
        "Rescue crews searched 4 barns.\nNobody was found under the rubble, police said."
    )
    assert (module.VERSION, made.text_key) == (4, -4150712544700679602)
