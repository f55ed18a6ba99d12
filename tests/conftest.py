"""Fixtures for every room: the real material, a fresh database, the moment that tests call now."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from ingest.store.database import open_database

# Examples are not timed: on a busy machine the first one, with its imports, takes longer than any limit says.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent


def shared_folder() -> Path:
    """Where the real material lies: $INGEST_SHARED, else ../shared beside the checkout."""
    named = os.environ.get("INGEST_SHARED", "../shared")
    return (ROOT / named).resolve()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real material; skips without it, fails under `make accept`."""
    folder = shared_folder()
    if not folder.is_dir():
        message = f"no real material at {folder}: set INGEST_SHARED to its folder"
        if os.environ.get("INGEST_ACCEPT"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def db_path(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture
def db(db_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_database(db_path)
    yield connection
    connection.close()
