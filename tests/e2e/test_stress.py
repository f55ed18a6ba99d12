"""The daemon over a database in trouble: a full disk, a lock held for long, a log that a reader holds, damage."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ingest.demo.newsroom import Newsroom
from ingest.store.database import open_database
from tests.e2e.test_kill import check_against_truth, contents, run_to_the_end, wait_done
from tests.e2e.test_service import daemon, wait_for
from tests.full_disk import disk, fill, make_read_only, needs_mount, resize
from tests.newsroom import running_newsroom, write_config
from tests.running import ingest, kill, rows, start, stop

STOP_S = 10.0


def said(log: Path, event: str) -> int:
    return log.read_text().count(f"event={event} ")


def made(db: Path) -> Path:
    """An empty database."""
    open_database(db).close()
    return db


@contextmanager
def daemon_anyhow(config: Path, db: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon that need not get as far as `started`."""
    log.touch()
    process = start("run", "--config", config, "--db", db, log=log)
    try:
        yield process
    finally:
        kill(process)


@needs_mount
def test_a_full_disk_stops_the_work_is_said_once_and_costs_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running_newsroom() as newsroom, disk(tmp_path / "disk", 30_000) as folder:
        db = folder / "a.db"
        config = write_config(tmp_path, newsroom)
        made(db)
        # While somebody reads, the log stays in its place: without it no daemon could open the file at all.
        reader = open_database(db, read_only=True)
        ingest("feeds", "list", "--config", config, "--db", db)
        fill(folder)
        with closing(reader), daemon_anyhow(config, db, log) as process:
            wait_for(lambda: said(log, "store_shut") == 1)
            time.sleep(2)
            asked = said(log, "feed_polled")
            time.sleep(2)
            assert said(log, "feed_polled") == asked, "nothing new is taken while the disk is full"
            assert said(log, "store_shut") == 1, log.read_text()
            assert process.poll() is None
            (folder / "ballast").unlink()
            wait_for(lambda: said(log, "store_open") == 1)
            wait_done(db, newsroom)
            assert stop(process, STOP_S) == 0
        check_against_truth(db, newsroom)
        undisturbed = tmp_path / "undisturbed.db"
        run_to_the_end(config, undisturbed, newsroom)
        assert contents(db) == contents(undisturbed)
        ingest("doctor", "--deep", "--db", db, "--config", config)


@needs_mount
def test_a_disk_that_fills_up_in_the_midst_of_work_loses_no_outcome(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running_newsroom() as newsroom, disk(tmp_path / "disk", 1800) as folder:
        db = folder / "a.db"
        config = write_config(tmp_path, newsroom)
        with daemon_anyhow(config, db, log) as process:
            wait_for(lambda: said(log, "store_shut") == 1)
            resize(folder, 60_000)
            wait_for(lambda: said(log, "store_open") == 1)
            wait_done(db, newsroom)
            assert stop(process, STOP_S) == 0
        check_against_truth(db, newsroom)
        ingest("doctor", "--deep", "--db", db, "--config", config)


@contextmanager
def daemon_that_keeps_pages(tmp_path: Path, folder: Path, newsroom: Newsroom) -> Iterator[tuple[Path, Path]]:
    """A daemon whose pages go to `folder`: its database and its log; at the end it has done everything."""
    db, log = tmp_path / "a.db", tmp_path / "log"
    config = write_config(tmp_path, newsroom)
    with config.open("a") as file:
        file.write(f"pages: {{keep: folder, folder: {folder}}}\n")
    with daemon_anyhow(config, db, log) as process:
        yield db, log
        wait_for(lambda: said(log, "store_open") == 1)
        wait_done(db, newsroom)
        assert stop(process, STOP_S) == 0
    check_against_truth(db, newsroom)
    assert rows(db, "SELECT count(*) FROM entries WHERE outcome = 'extract_failed'") == [(0,)]
    assert rows(db, "SELECT count(*) FROM pages") == [(len(list(folder.rglob("*.zst"))),)]
    assert not [*folder.rglob("*.part"), *folder.rglob("probe")]


@needs_mount
def test_a_full_disk_under_the_kept_pages_costs_no_entry_and_no_page(tmp_path: Path) -> None:
    with (
        running_newsroom() as newsroom,
        disk(tmp_path / "disk", 8) as folder,
        daemon_that_keeps_pages(tmp_path, folder / "pages", newsroom) as (db, log),
    ):
        wait_for(lambda: said(log, "store_shut") == 1)
        assert "trouble=full" in log.read_text()
        assert rows(db, "SELECT count(*) FROM entries WHERE outcome = 'extract_failed'") == [(0,)]
        resize(folder, 60_000)


def test_a_folder_of_kept_pages_that_cannot_be_written_costs_no_entry_and_no_page(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.write_text("in the way")
    with running_newsroom() as newsroom, daemon_that_keeps_pages(tmp_path, folder, newsroom) as (db, log):
        wait_for(lambda: said(log, "store_shut") == 1)
        assert "trouble=io_error" in log.read_text()
        assert rows(db, "SELECT count(*) FROM articles") == [(0,)]
        folder.unlink()


def test_a_lock_held_by_another_process_loses_no_poll_and_kills_no_daemon(tmp_path: Path) -> None:
    """As long as the daemon's own patience and a bit; `make fault` holds it for 60 s."""
    db, log = tmp_path / "a.db", tmp_path / "log"
    with running_newsroom() as newsroom:
        config = write_config(tmp_path, newsroom)
        made(db)
        blocker = sqlite3.connect(db, isolation_level=None)
        with daemon_anyhow(config, db, log) as process:
            blocker.execute("BEGIN IMMEDIATE")
            wait_for(lambda: said(log, "store_shut") == 1)
            assert "trouble=busy" in log.read_text()
            time.sleep(1)
            blocker.execute("ROLLBACK")
            wait_for(lambda: said(log, "store_open") == 1)
            wait_done(db, newsroom)
            assert stop(process, STOP_S) == 0
        blocker.close()
        assert said(log, "work_failed") == 0
        fetched = rows(db, "SELECT feed_id, count(*) FROM polls WHERE status = 200 GROUP BY feed_id")
        assert {count for _, count in fetched} == {1}, "what was polled while the lock was held is not polled again"


@needs_mount
def test_a_database_on_a_read_only_disk_is_refused_clearly_and_can_be_read(tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 30_000) as folder:
        db = made(folder / "a.db")
        make_read_only(folder)
        for command in (["run"], ["poll"], ["retry", "--outcome", "timeout"], ["feeds", "add", "http://a.example/"]):
            refused = ingest(*command, "--db", db, check=1)
            assert "Traceback" not in refused.stderr
            assert "cannot be" in refused.stderr, refused.stderr
        assert json.loads(ingest("status", "--db", db, "--json").stdout)["store"]["articles"] == 0


def test_the_log_is_cut_when_no_reader_holds_it_and_reported_when_one_does(tmp_path: Path) -> None:
    db, log = tmp_path / "a.db", tmp_path / "log"
    config = tmp_path / "config.yaml"
    config.write_text("feeds: []\nservice: {tick: 100ms, maintenance: 500ms}\n")
    with daemon(config, db, log) as process:
        reader = sqlite3.connect(db, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM meta").fetchone()
        writer = sqlite3.connect(db, isolation_level=None, timeout=10)
        writer.execute("INSERT INTO meta VALUES ('big', zeroblob(3000000))")
        seen = len(log.read_text())
        wait_for(lambda: "log_held=true" in log.read_text()[seen:])
        reader.execute("ROLLBACK")
        wait_for(lambda: "log_bytes=0 log_held=false" in log.read_text()[seen:])
        assert db.with_name("a.db-wal").stat().st_size == 0
        writer.execute("DELETE FROM meta")
        before = db.stat().st_size
        wait_for(lambda: db.stat().st_size < before - 2_500_000)  # the room is given back
        assert stop(process, STOP_S) == 0
        reader.close()
        writer.close()


def test_damage_ends_the_daemon_with_advice(tmp_path: Path) -> None:
    db, log = tmp_path / "a.db", tmp_path / "log"
    with running_newsroom() as newsroom:
        config = write_config(tmp_path, newsroom)
        run_to_the_end(config, db, newsroom)
        connection = sqlite3.connect(db, isolation_level=None)
        connection.execute("PRAGMA journal_mode = DELETE")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'feeds'").fetchone()[0]
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
        content = bytearray(db.read_bytes())
        content[(root - 1) * size : root * size] = b"\xff" * size
        db.write_bytes(content)
        process = start("run", "--config", config, "--db", db, log=log)
        assert process.wait(20) == 1
        text = log.read_text()
        assert "damaged" in text
        assert "ingest backup" in text
        assert "Traceback" not in text


def test_an_ordinary_user_is_refused_a_database_that_is_not_his(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    db = made(tmp_path / "a.db")
    tmp_path.chmod(0o555)
    try:
        assert "cannot be" in ingest("poll", "--db", db, check=1).stderr
    finally:
        tmp_path.chmod(0o755)
