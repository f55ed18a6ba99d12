from __future__ import annotations

import gzip
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from ingest.errors import StoreError
from ingest.store.backup import back_up
from ingest.store.database import open_database
from ingest.store.migrate import migrate
from ingest.store.schema import APPLICATION_ID, migrations, schema_version
from tests.running import ingest, rows
from tests.store.test_backup import damage


def older(path: Path) -> Path:
    """A database as the version before this one made it, with a feed in it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    last = migrations._migrations[-1].name
    migrations.apply(Database(connection), stop_before=last)
    connection.execute(f"PRAGMA user_version = {schema_version() - 1}")
    connection.execute("INSERT INTO feeds (url, source, added_at) VALUES ('http://a.example/', 'cli', '2026')")
    connection.close()
    return path


def test_an_older_database_is_not_touched_before_it_is_asked_for(tmp_path: Path) -> None:
    path = older(tmp_path / "a.db")
    for read_only in (True, False):
        with pytest.raises(StoreError, match="ingest migrate"):
            open_database(path, read_only=read_only)
    assert rows(path, "PRAGMA user_version") == [(schema_version() - 1,)]


def test_migrate_backs_up_first_and_keeps_what_is_there(tmp_path: Path) -> None:
    path = older(tmp_path / "a.db")
    done = ingest("migrate", "--db", path)
    assert f"schema {schema_version() - 1} → {schema_version()}" in done.stdout
    backup = tmp_path / f"a.db.schema{schema_version() - 1}.bak"
    assert rows(backup, "PRAGMA user_version") == [(schema_version() - 1,)]
    assert rows(path, "SELECT url FROM feeds") == rows(backup, "SELECT url FROM feeds") == [("http://a.example/",)]
    assert "nothing to do" in ingest("migrate", "--db", path).stdout
    open_database(path).close()


def test_a_migration_killed_half_way_is_finished_by_a_repeat(tmp_path: Path) -> None:
    path = older(tmp_path / "a.db")
    connection = sqlite3.connect(path, isolation_level=None)
    migrations.apply(Database(connection))  # every step done, and the version not yet written
    connection.close()
    said: list[str] = []
    assert migrate(path, said.append).after == schema_version()
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_damaged_database_is_refused_and_no_backup_pretends_to_be_whole(tmp_path: Path) -> None:
    path = older(tmp_path / "whole.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO entries (source, key, url, first_seen_at, outcome) VALUES ('s', ?1, ?1, '2026', 'http_error')",
            [(f"http://a.example/{n}",) for n in range(2000)],
        )
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damaged = tmp_path / "d" / "a.db"
    damaged.parent.mkdir()
    damage(path, damaged, "entries")
    said = ingest("migrate", "--db", damaged, check=1).stderr
    assert "is damaged" in said
    assert "`ingest backup DEST` saves what is readable" in said
    assert not list(damaged.parent.glob("*.bak*"))
    assert rows(damaged, "PRAGMA user_version") == [(schema_version() - 1,)]


def test_a_backup_of_an_earlier_upgrade_is_not_taken_for_one_of_now(tmp_path: Path) -> None:
    path = older(tmp_path / "a.db")
    stale = tmp_path / f"a.db.schema{schema_version() - 1}.bak"
    stale.write_text("of an earlier upgrade")
    done = ingest("migrate", "--db", path)
    made = tmp_path / f"a.db.schema{schema_version() - 1}.2.bak"
    assert f"kept as {made}" in done.stdout
    assert rows(made, "SELECT url FROM feeds") == [("http://a.example/",)]
    assert stale.read_text() == "of an earlier upgrade"


def test_a_repeat_keeps_the_backup_that_the_killed_run_made(tmp_path: Path) -> None:
    path = older(tmp_path / "a.db")
    backup = tmp_path / f"a.db.schema{schema_version() - 1}.bak"
    back_up(path, backup)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrations.apply(Database(connection))  # killed before the version was written
    assert migrate(path, lambda _: None).backup == backup
    assert list(tmp_path.glob("*.bak")) == [backup]


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_database(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA user_version = {schema_version() + 1}")
    connection.close()
    assert "newer ingest" in ingest("migrate", "--db", path, check=1).stderr


def test_a_missing_database_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    assert "no such database" in ingest("migrate", "--db", tmp_path / "mistyped.db", check=1).stderr
    assert list(tmp_path.iterdir()) == []


def test_the_first_start_of_a_unit_finds_no_database_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/ingest")
    assert "no database yet" in ingest("migrate", "--db", tmp_path / "a.db").stderr
    assert list(tmp_path.iterdir()) == []


def test_two_processes_may_make_the_same_database(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def open_it() -> None:
        try:
            open_database(tmp_path / "a.db").close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


# Made by the versions with schema 4 and 5: two backfills of invented texts (`tests.dedup.builders`), one of them
# revised, then a split, a merge and a takedown.
ARCHIVES = Path(__file__).parent / "archives"
# What either of them compared; the engine before schema 5 wrote it down otherwise.
COMPARED = {
    4: "SELECT DISTINCT min(doc, against), max(doc, against) FROM decisions"
    " WHERE against IN (SELECT doc FROM fingerprints) AND doc IN (SELECT doc FROM fingerprints) ORDER BY 1, 2",
    5: "SELECT a, b FROM pairs ORDER BY 1, 2",
}
KEPT = {
    "articles": "id, doc, url, title, site, author, language, published_at, first_seen_at, text, word_count",
    "copies": "doc, url, title, site, author, language, published_at, first_seen_at, text, word_count",
    "revisions": "id, doc, url, title, published_at, first_seen_at, replaced_at, text, word_count",
    "entries": "id, source, position, key, url, title, outcome, error, doc, first_seen_at, finished_at",
    "corrections": "kind, doc, other, made_at, note",
    "redirects": "old_id, article_id",
    "tombstones": "url, pruned_at, reason",
    "attributions": "doc, agency",
    "meta": "key, value",
}


@pytest.mark.parametrize("version", COMPARED)
def test_an_archive_made_before_keeps_every_row_and_settles(tmp_path: Path, version: int) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(gzip.decompress((ARCHIVES / f"schema{version}.db.gz").read_bytes()))
    assert rows(path, "PRAGMA user_version") == [(version,)]
    before = {table: rows(path, f"SELECT {columns} FROM {table} ORDER BY 1, 2") for table, columns in KEPT.items()}
    decided = rows(path, COMPARED[version])
    assert len(decided) > 5
    ingest("migrate", "--db", path)
    assert {
        table: rows(path, f"SELECT {columns} FROM {table} ORDER BY 1, 2") for table, columns in KEPT.items()
    } == before
    assert rows(path, "SELECT url, agency FROM publications WHERE agency IS NOT NULL") == [
        ("https://first.example/first", "afp")
    ], "only what a text says of itself"
    assert rows(path, "SELECT DISTINCT agency, inherited FROM origins ORDER BY inherited") == [("afp", 0), ("afp", 1)]
    assert rows(path, "SELECT a, b FROM pairs ORDER BY 1, 2") == decided
    waiting_docs = "SELECT count(*) FROM copies WHERE doc NOT IN (SELECT doc FROM unsettled)"
    assert rows(path, waiting_docs) == [(0,)], "no copy has its figures yet"
    waiting = ingest("doctor", "--deep", "--db", path, cwd=tmp_path).stdout
    assert "wait to be placed again" in waiting

    ingest("rededup", "--db", path, cwd=tmp_path)
    assert "links and index are what" in ingest("doctor", "--deep", "--db", path, cwd=tmp_path).stdout
    groups = {
        frozenset(url.rsplit("/", 1)[1] for url in urls.split())
        for (urls,) in rows(path, "SELECT group_concat(url, ' ') FROM publications GROUP BY article_id")
    }
    assert {"first", "cut", "longer"} in groups
    assert {"other", "other-cut"} in groups
    assert any({"novel", "orchard"} <= group for group in groups), "what a person joined stays joined"
    assert {"race"} in groups, "and what a person parted stays apart"
    assert {"race-copy"} in groups
    assert not any("twin" in group for group in groups), "what was taken down does not come back"
    ((model,),) = rows(path, "SELECT DISTINCT model FROM pairs")
    assert rows(path, "SELECT command, model FROM runs JOIN parameters p ON p.id = parameters") == [("rededup", model)]
