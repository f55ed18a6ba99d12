"""Six simulated hours in seconds; `make soak` runs the week."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.soak.picture import draw
from tests.soak.run import soak


@pytest.mark.timeout(120)
def test_memory_handles_and_schedule_stay_as_they_are(tmp_path: Path) -> None:
    done = soak(tmp_path, hours=6, speed=1000, every=timedelta(minutes=20))
    assert done.wrong == []
    assert done.polls > 10
    assert done.texts > done.articles > 10
    picture = draw(done.samples, "short")
    assert picture.count("<polyline") == 6
