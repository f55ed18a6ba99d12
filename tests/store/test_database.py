from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest
from sqlite_utils import Database

from ingest.errors import StoreError
from ingest.store.database import open_database, transaction
from ingest.store.schema import APPLICATION_ID, schema_version
from tests.running import ingest

TABLES = {
    "articles",
    "copies",
    "links",
    "revisions",
    "feeds",
    "entries",
    "polls",
    "sightings",
    "meta",
    "redirects",
    "fingerprints",
    "postings",
}

VIEWS = {
    "publications", "origins", "doc_origins", "moments", "spread", "most_copied", "site_wire_share", "agency_reach",
    "copy_delays", "carried",
    "original_reporting", "stories", "independent_sources", "versions", "feed_health", "missed_entries", "decisions",
}  # fmt: skip


def test_a_new_database_has_every_public_table_and_the_view(db: sqlite3.Connection) -> None:
    assert set(Database(db).table_names()) >= TABLES
    assert set(Database(db).view_names()) == VIEWS
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    assert db.execute("PRAGMA user_version").fetchone()[0] == schema_version()


def test_sqlite_utils_finds_the_full_text_index(db: sqlite3.Connection) -> None:
    assert Database(db).table("articles").detect_fts() == "articles_fts"


def test_opening_again_changes_nothing(db: sqlite3.Connection, db_path: Path) -> None:
    before = Database(db).schema
    open_database(db_path).close()
    assert Database(db).schema == before


def test_a_database_from_a_newer_version_is_refused(db: sqlite3.Connection, db_path: Path) -> None:
    db.execute(f"PRAGMA user_version = {schema_version() + 1}")
    with pytest.raises(StoreError, match=r"newer ingest.*upgrade"):
        open_database(db_path)


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(StoreError, match="not one of ingest"):
        open_database(path)
    with sqlite3.connect(path) as other:
        assert [row[0] for row in other.execute("SELECT name FROM sqlite_master")] == ["t"]
    other.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.db"
    path.write_bytes(b"<html>" * 1000)
    with pytest.raises(StoreError, match=r"no SQLite database.*another file with --db"):
        open_database(path)


@pytest.mark.parametrize("command", [["status"], ["doctor"], ["migrate"], ["backup", "copy.db"]])
def test_no_command_sends_the_owner_of_a_junk_file_to_another_one(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "junk.db").write_bytes(b"<html>" * 1000)
    done = ingest(*command, "--db", "junk.db", cwd=tmp_path, check=1)
    told = (done.stdout + done.stderr).splitlines()[-1]
    assert "name another file with --db" in told
    assert "`ingest" not in told


def test_reading_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such database"):
        open_database(tmp_path / "none.db", read_only=True)
    assert not list(tmp_path.iterdir())


def test_a_reader_cannot_write(db: sqlite3.Connection, db_path: Path) -> None:
    reader = open_database(db_path, read_only=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("INSERT INTO meta VALUES ('a', 'b')")
    reader.close()


def test_a_transaction_is_all_or_nothing(db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError), transaction(db):
        db.executemany("INSERT INTO meta VALUES (?, 'x')", [("a",), ("a",)])
    assert db.execute("SELECT count(*) FROM meta").fetchone()[0] == 0


def test_a_transaction_within_another_is_a_part_of_it(db: sqlite3.Connection) -> None:
    with transaction(db):
        with transaction(db):
            db.execute("INSERT INTO meta VALUES ('kept', 'x')")
        with suppress(ZeroDivisionError), transaction(db):
            db.execute("INSERT INTO meta VALUES ('taken back', 'x')")
            raise ZeroDivisionError
    assert [row[0] for row in db.execute("SELECT key FROM meta WHERE value = 'x'")] == ["kept"]
    with suppress(ZeroDivisionError), transaction(db):
        with transaction(db):
            db.execute("INSERT INTO meta VALUES ('part', 'x')")
        raise ZeroDivisionError
    assert [row[0] for row in db.execute("SELECT key FROM meta WHERE value = 'x'")] == ["kept"]


def test_tables_that_people_read_have_a_rowid(db: sqlite3.Connection) -> None:
    """DuckDB's reader of SQLite counts by it."""
    for table in sorted(TABLES - {"sightings", "postings", "boilerplate"}):
        db.execute(f"SELECT rowid FROM {table} LIMIT 1")
