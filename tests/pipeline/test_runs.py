"""Which version, settings and files made what can be told from the database alone."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest import __version__
from ingest.dedup.parameters import VERSION
from ingest.dedup.scorecard import shipped
from ingest.pipeline.runs import recorded
from ingest.settings import DedupSettings, Settings
from ingest.store.runs import run_of
from tests.backfill.test_run import archive, article
from tests.dedup.builders import STORY, text
from tests.e2e.test_service import wait_for
from tests.newsroom import running_newsroom, write_config
from tests.pipeline.builders import document, store
from tests.running import ingest, kill, rows, start

CLOCK = lambda: datetime(2026, 3, 9, 12, tzinfo=UTC)  # noqa: E731


def test_what_is_written_within_a_run_names_it(db: sqlite3.Connection) -> None:
    with recorded(db, "backfill", Settings(), CLOCK):
        store(db, document("one", text(*STORY)), document("two", text(*STORY[:9])))
        first = run_of(db)
    strict = Settings(dedup=DedupSettings(window="7d"))
    with pytest.raises(ZeroDivisionError), recorded(db, "rededup", strict, CLOCK):
        raise ZeroDivisionError
    assert rows_of(db, "SELECT DISTINCT run FROM pairs") == [(first,)]
    assert rows_of(db, "SELECT command, parameters, finished_at FROM runs ORDER BY id") == [
        ("backfill", 1, "2026-03-09T12:00:00Z"),
        ("rededup", 2, "2026-03-09T12:00:00Z"),
    ]
    with recorded(db, "rededup", Settings(), CLOCK):
        pass
    found = rows_of(db, "SELECT id, version, fingerprint, model FROM parameters ORDER BY id")
    assert found == [(1, __version__, VERSION, shipped().version), (2, __version__, VERSION, shipped().version)]
    settings = [json.loads(each[0]) for each in rows_of(db, "SELECT settings FROM parameters ORDER BY id")]
    assert [each["dedup"]["window"] for each in settings] == [0.0, 7 * 86_400.0]


def rows_of(db: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    return list(map(tuple, db.execute(query)))


def test_a_backfill_tells_the_bytes_it_read(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    files = [archive(tmp_path / f"{name}.jsonl", [article(number)]) for number, name in enumerate("ab")]
    ingest("backfill", *files, "--db", db, cwd=tmp_path)
    assert rows(db, "SELECT source, bytes, sha256, format, command FROM sources JOIN runs ON runs.id = run") == [
        (str(file), file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest(), "jsonl", "backfill")
        for file in files
    ]
    assert rows(db, "SELECT DISTINCT run FROM entries") == [(1,)]


def test_a_poll_has_an_end_and_a_killed_daemon_none(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with running_newsroom() as newsroom:
        config = write_config(tmp_path, newsroom)
        ingest("poll", "--db", db, "--config", config)
        assert rows(db, "SELECT command, finished_at IS NOT NULL FROM runs") == [("poll", 1)]
        assert rows(db, "SELECT count(*) FROM entries WHERE outcome <> 'pending' AND run IS NULL") == [(0,)]
        daemon = start("run", "--db", db, "--config", config)
        try:
            begun = "SELECT count(*) FROM runs WHERE command = 'run' AND finished_at IS NULL"
            wait_for(lambda: rows(db, begun) == [(1,)])
        finally:
            kill(daemon)
        assert rows(db, begun) == [(1,)]
