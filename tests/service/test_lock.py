from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.errors import StoreError
from ingest.service.lock import DatabaseLock


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
