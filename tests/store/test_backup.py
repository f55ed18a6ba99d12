from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from ingest.errors import StoreError
from ingest.store.backup import back_up, back_up_into
from ingest.store.database import open_database, transaction
from ingest.store.invariants import broken_invariants
from tests.backfill.test_run import archive, article
from tests.running import ingest, rows


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    lines = [article(n) for n in range(400)] + [article(n, f"https://copy.example/{n}") for n in range(40)]
    ingest("backfill", archive(folder / "a.jsonl", lines), "--db", folder / "a.db")
    return folder / "a.db"


def tables(db: Path) -> dict[str, int]:
    connection = open_database(db, read_only=True)
    counts = Database(connection)
    found = {
        name: counts[name].count for name in ("articles", "copies", "entries", "fingerprints", "postings", "pairs")
    }
    connection.close()
    return found


def test_a_backup_beside_a_writer_is_whole_and_consistent(filled: Path, tmp_path: Path) -> None:
    writer = open_database(filled)
    with transaction(writer):
        writer.execute("INSERT INTO meta VALUES ('unfinished', '1')")
        made = back_up(filled, tmp_path / "b.db")
        writer.execute("DELETE FROM meta WHERE key = 'unfinished'")
    writer.close()
    assert (made.salvaged, made.lost) == (False, {})
    assert made.bytes == (tmp_path / "b.db").stat().st_size
    assert tables(tmp_path / "b.db") == tables(filled)
    assert rows(tmp_path / "b.db", "SELECT count(*) FROM meta WHERE key = 'unfinished'") == [(0,)]
    assert {path.name for path in tmp_path.iterdir()} == {"b.db"}


def test_a_backup_never_overwrites(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "b.db").write_text("mine")
    with pytest.raises(StoreError, match="never overwrites"):
        back_up(filled, tmp_path / "b.db")
    assert (tmp_path / "b.db").read_text() == "mine"


def test_a_backup_is_restored_by_a_backup_of_it(filled: Path, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "b.db")
    ingest("backup", tmp_path / "restored.db", "--db", tmp_path / "b.db")
    archived = archive(tmp_path / "more.jsonl", [article(n) for n in range(500, 503)])
    ingest("backfill", archived, "--db", tmp_path / "restored.db")
    assert rows(tmp_path / "restored.db", "PRAGMA journal_mode") == [("wal",)]  # readers beside the writer, as ever
    assert tables(tmp_path / "restored.db")["entries"] == tables(filled)["entries"] + 3
    assert rows(tmp_path / "b.db", "PRAGMA journal_mode") == [("delete",)]


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_the_log_of_a_database_that_was_there_is_not_mixed_with_a_backup(
    filled: Path, tmp_path: Path, suffix: str
) -> None:
    log = tmp_path / f"b.db{suffix}"
    log.write_text("of another")
    with pytest.raises(StoreError, match=rf"b\.db{suffix}: the log of a database that was here before; move it away"):
        back_up(filled, tmp_path / "b.db")
    assert [path.name for path in tmp_path.iterdir()] == [log.name]


def test_of_two_backups_to_one_target_one_is_refused_and_one_is_whole(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.db"
    refused: list[str] = []

    def second(done: int, total: int) -> None:
        if not refused:
            refused.append(ingest("backup", target, "--db", filled, check=1).stderr)

    back_up(filled, target, second)
    assert "another backup to this file is under way" in refused[0]
    assert tables(target) == tables(filled)
    assert [path.name for path in tmp_path.iterdir()] == ["b.db"]


def test_a_file_that_appears_meanwhile_is_not_overwritten(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.db"

    def appear(done: int, total: int) -> None:
        target.write_text("mine")

    with pytest.raises(StoreError, match="never overwrites"):
        back_up(filled, target, appear)
    assert target.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["b.db"]


def test_what_a_killed_backup_left_is_taken_over(filled: Path, tmp_path: Path) -> None:
    for name in ("b.db.partial", "b.db.partial-journal"):
        (tmp_path / name).write_bytes(b"half" * 5000)
    back_up(filled, tmp_path / "b.db")
    assert tables(tmp_path / "b.db") == tables(filled)
    assert [path.name for path in tmp_path.iterdir()] == ["b.db"]


def test_a_folder_that_cannot_be_written_is_named(filled: Path) -> None:
    with pytest.raises(StoreError, match="no backup was made"):
        back_up(filled, Path("/proc/nowhere/b.db"))


def damage(db: Path, copy: Path, table: str) -> None:
    """Copy a database and overwrite one leaf page of a table."""
    copy.write_bytes(db.read_bytes())
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA journal_mode = DELETE")
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    connection.close()
    content = bytearray(copy.read_bytes())
    # The root is an inner page (type 5 or 2): its right-most pointer, at byte 8, leads to a child.
    start = (root - 1) * size
    assert content[start] in (2, 5), "make the table larger: its root is a leaf"
    child = int.from_bytes(content[start + 8 : start + 12], "big")
    content[(child - 1) * size : child * size] = b"\xff" * size
    copy.write_bytes(content)


@pytest.mark.parametrize("table", ["entries", "articles", "postings"])
def test_of_a_damaged_database_everything_readable_is_saved(filled: Path, tmp_path: Path, table: str) -> None:
    connection = sqlite3.connect(filled)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    damaged = tmp_path / "damaged.db"
    damage(filled, damaged, table)
    done = ingest("doctor", "--db", damaged, check=1)
    assert "damaged" in done.stdout
    assert "ingest backup" in done.stdout
    saved = ingest("backup", tmp_path / "saved.db", "--db", damaged, check=None)
    assert saved.returncode in (0, 3), saved.stderr
    assert "damaged" in saved.stderr
    before, after = tables(filled), tables(tmp_path / "saved.db")
    for name, count in before.items():
        if name == table:
            assert count * 0.3 < after[name] <= count
        else:
            assert after[name] == count, name


def test_every_invariant_holds_after_a_backfill_and_each_kind_of_damage_breaks_one(
    filled: Path, tmp_path: Path
) -> None:
    back_up(filled, tmp_path / "b.db")
    connection = open_database(tmp_path / "b.db")
    assert broken_invariants(connection) == []
    connection.execute("PRAGMA foreign_keys = OFF")
    for statement, rule in (
        ("UPDATE articles SET copies = copies + 1 WHERE id = 1", "articles.copies"),
        ("UPDATE articles SET sites = 9 WHERE id = 1", "articles.sites"),
        ("DELETE FROM postings WHERE doc = (SELECT leader FROM fingerprints LIMIT 1)", "found by its keys"),
        ("DELETE FROM fingerprints WHERE doc = 1", "fingerprint"),
        ("UPDATE copies SET article_id = 99999 WHERE rowid = (SELECT min(rowid) FROM copies)", "without its article"),
        ("DELETE FROM articles_fts_data WHERE id > 10", "full-text"),
        ("DELETE FROM copies_fts_data WHERE id > 10", "full-text"),
        ("UPDATE articles SET agency = 'ap' WHERE agency IS NULL AND copies > 0", "agency is its own word"),
        ("UPDATE copies SET agency = 'ap' WHERE rowid = (SELECT min(rowid) FROM copies)", "agency is its own word"),
        (
            "UPDATE articles SET published_at = '2026-03-01T00:00:00Z', published_precision = NULL WHERE id = 1",
            "how exact",
        ),
        ("INSERT INTO reindex (source, id, indexed) VALUES ('copies', 1, 0)", "waits for the full-text"),
        ("UPDATE entries SET doc = NULL WHERE id = 1", "ended with a text"),
    ):
        connection.execute("BEGIN")
        connection.execute(statement)
        assert any(rule in broken.rule for broken in broken_invariants(connection)), statement
        connection.execute("ROLLBACK")
    connection.close()


def test_a_folder_of_backups_keeps_the_newest(filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    (tmp_path / "backups").mkdir()
    (folder / "a-notes.txt").write_text("mine")
    start = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    for day in range(4):
        made, removed = back_up_into(filled, folder, 2, start + timedelta(days=day))
    assert made.path.name == "a-20260304T120000Z.db"
    assert [path.name for path in removed] == ["a-20260302T120000Z.db"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "a-20260303T120000Z.db",
        "a-20260304T120000Z.db",
        "a-notes.txt",
    ]
    assert "removed: " in ingest("backup", folder, "--keep", "1", "--db", filled).stdout


def test_copies_dated_in_the_future_never_cost_the_one_just_made(filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    ahead, start = datetime(2031, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    late = [back_up_into(filled, folder, 9, ahead + timedelta(days=day))[0].path for day in range(2)]
    made, removed = back_up_into(filled, folder, 2, start)
    assert made.path.exists()
    assert removed == late[:1]
    again, removed = back_up_into(filled, folder, 2, start + timedelta(days=1))
    assert removed == late[1:], "a copy of known age outlives one dated in the future"
    assert sorted(folder.iterdir()) == [made.path, again.path]


def test_a_copy_of_a_damaged_database_removes_no_good_one(filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    start = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    connection = sqlite3.connect(filled)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    (tmp_path / "d").mkdir()
    damaged = tmp_path / "d" / "a.db"
    back_up_into(filled, folder, 1, start)
    damage(filled, damaged, "entries")
    made, removed = back_up_into(damaged, folder, 1, start + timedelta(days=1))
    assert made.salvaged
    assert removed == []
    assert len(list(folder.iterdir())) == 2
