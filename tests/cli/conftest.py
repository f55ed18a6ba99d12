"""The database that the commands are tried on: the seeds, taken once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.running import ingest


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seeds") / "a.db"
    ingest("backfill", ROOT / "seeds", "--db", path)
    return path
