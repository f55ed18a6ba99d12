"""Names of the database: links, a file moved away under a running daemon, a backup put back onto one."""

from __future__ import annotations

import signal
import sqlite3
import time
from pathlib import Path

from ingest.points import Point
from tests.backfill.test_run import archive
from tests.dedup.builders import STORY, text
from tests.e2e.test_service import daemon, wait_for
from tests.running import ingest, rows, start, wait_halted

CONFIG = "feeds: []\nservice: {tick: 100ms}\n"


def test_two_daemons_cannot_work_on_one_file_by_two_names(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "real").mkdir()
    link, db = tmp_path / "link.db", tmp_path / "real" / "a.db"
    link.symlink_to(db)
    with daemon(tmp_path / "config.yaml", link, tmp_path / "log"):
        assert db.exists()
        for name in (link, db):
            refused = ingest("run", "--config", tmp_path / "config.yaml", "--db", name, check=1)
            assert "another ingest" in refused.stderr
        assert not (tmp_path / "link.db.lock").exists()
        ingest("status", "--db", link)


def test_links_that_lead_to_each_other_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.db").symlink_to(tmp_path / "b.db")
    (tmp_path / "b.db").symlink_to(tmp_path / "a.db")
    refused = ingest("status", "--db", tmp_path / "a.db", check=1)
    assert "links that lead nowhere" in refused.stderr


def test_a_daemon_whose_file_was_moved_away_stops_with_a_word_and_makes_no_new_one(tmp_path: Path) -> None:
    config, db, log = tmp_path / "config.yaml", tmp_path / "a.db", tmp_path / "log"
    config.write_text(CONFIG)
    with daemon(config, db, log) as process:
        db.rename(tmp_path / "elsewhere.db")
        assert process.wait(20) == 4
    assert "was moved, replaced or removed" in log.read_text()
    assert not db.exists()
    with sqlite3.connect(tmp_path / "elsewhere.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_is_not_put_back_onto_the_name_of_a_running_daemon(tmp_path: Path) -> None:
    config, db, log = tmp_path / "config.yaml", tmp_path / "a.db", tmp_path / "log"
    config.write_text("feeds: []\nservice: {tick: 1h}\n")
    with daemon(config, db, log):
        ingest("backup", tmp_path / "kept.db", "--db", db)
        time.sleep(0.2)
        db.rename(tmp_path / "elsewhere.db")
        refused = ingest("backup", db, "--db", tmp_path / "kept.db", check=1)
        assert "stop it before it is put back" in refused.stderr
        assert not db.exists()
    for ending in ("-wal", "-shm"):  # as the message says
        Path(f"{db}{ending}").unlink(missing_ok=True)
    ingest("backup", db, "--db", tmp_path / "kept.db")


def test_of_two_backfills_of_one_source_at_once_one_goes_on_and_the_other_says_so(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    lines = [{"url": f"http://s{n}.example/2026/ferry-{n}", "title": f"T{n}", "text": text(*STORY)} for n in range(30)]
    source = archive(tmp_path / "in.jsonl", lines)
    first = start("backfill", source, "--db", db, halt_at=(Point.BACKFILL_COMMIT, 1), log=tmp_path / "log")
    assert wait_halted(first)
    refused = ingest("backfill", source, "--db", db, check=1)
    assert "another `ingest backfill` takes it" in refused.stderr
    first.send_signal(signal.SIGCONT)
    assert first.wait(60) == 0
    assert rows(db, "SELECT count(*) FROM entries WHERE outcome = 'same_url'") == [(0,)]
    assert rows(db, "SELECT count(*) FROM entries") == [(30,)]
    ingest("backfill", source, "--db", db)


def test_an_index_that_is_dropped_under_a_daemon_is_made_anew_and_told(tmp_path: Path) -> None:
    config, db, log = tmp_path / "config.yaml", tmp_path / "a.db", tmp_path / "log"
    config.write_text(CONFIG)
    with daemon(config, db, log) as process:
        with sqlite3.connect(db) as connection:
            connection.execute("DROP INDEX entries_in_turn")
        wait_for(lambda: "schema_mended" in log.read_text())
        assert "index entries_in_turn" in log.read_text()
        assert rows(db, "SELECT count(*) FROM sqlite_master WHERE name = 'entries_in_turn'") == [(1,)]
        process.terminate()
        assert process.wait(20) == 0
