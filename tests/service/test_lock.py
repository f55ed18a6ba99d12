from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.errors import StoreError
from ingest.service.lock import DatabaseLock, SourcesLock, holder


def test_a_second_holder_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with DatabaseLock(db), pytest.raises(StoreError, match=rf"pid {os.getpid()}\b"), DatabaseLock(db):
        pass
    with DatabaseLock(db):
        pass


def test_another_database_has_its_own_lock(tmp_path: Path) -> None:
    with DatabaseLock(tmp_path / "a.db"), DatabaseLock(tmp_path / "b.db"):
        pass


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be made"), DatabaseLock(tmp_path / "no" / "a.db"):
        pass


def test_sources_are_held_each_by_its_own(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with SourcesLock(db, ["/in/a.jsonl", "/in/b.jsonl"]), DatabaseLock(db):
        with SourcesLock(db, ["/in/c.jsonl"]), SourcesLock(tmp_path / "b.db", ["/in/a.jsonl"]):
            pass
        with (
            pytest.raises(StoreError, match=r"/in/b\.jsonl: another `ingest backfill`"),
            SourcesLock(db, ["/in/c.jsonl", "/in/b.jsonl"]),
        ):
            pass
        with SourcesLock(db, ["/in/c.jsonl"]):
            pass  # what was held before it was refused was let go
        assert holder(db) == str(os.getpid())
    with SourcesLock(db, ["/in/a.jsonl"]):
        pass


def test_very_many_sources_are_held_together_and_in_no_time(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    many = [f"/in/{n}.html" for n in range(100_000)]
    with SourcesLock(db, many), pytest.raises(StoreError), SourcesLock(db, many[:1]):
        pass
    with SourcesLock(db, many[:1]), pytest.raises(StoreError), SourcesLock(db, many):
        pass
