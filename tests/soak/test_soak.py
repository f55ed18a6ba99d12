"""Six simulated hours in seconds; `make soak` runs the week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.soak.picture import draw
from tests.soak.run import Sample, memory_faults, soak

WEEK = 168


def samples(hours: float, memory: Callable[[float], float]) -> list[Sample]:
    """A run of 400 samples with the memory that a function of the share of the run gives."""
    shares = [number / 399 for number in range(400)]
    return [Sample(hours * share, memory(share), memory(share) + 200, 81, 0.0, 1.0, 1) for share in shares]


@pytest.mark.parametrize(
    ("case", "hours", "memory", "levels_off"),
    [
        ("flat", WEEK, lambda share: 75.0, True),
        ("warm after a quarter", WEEK, lambda share: 60 + 20 * min(4 * share, 1), True),
        ("the line of a cache that fills all week", WEEK, lambda share: 79 + 24 * share, False),
        ("a slow leak", WEEK, lambda share: 75 + 12 * share, False),
        ("a leak that begins late", WEEK, lambda share: 75 + 30 * max(share - 0.75, 0), False),
        ("a peak that passes", WEEK, lambda share: 75 + 10 * (0.7 < share < 0.72), True),
        ("a short run warms up", 6, lambda share: 79 + 24 * share, True),
        ("a short run runs away", 6, lambda share: 80 + 200 * share, False),
    ],
)
def test_memory_that_does_not_level_off_is_a_fault(
    case: str, hours: float, memory: Callable[[float], float], levels_off: bool
) -> None:
    assert (memory_faults(samples(hours, memory)) == []) is levels_off, case


@pytest.mark.timeout(120)
def test_memory_handles_and_schedule_stay_as_they_are(tmp_path: Path) -> None:
    done = soak(tmp_path, hours=6, speed=1000, every=timedelta(minutes=20))
    assert done.wrong == []
    assert done.polls > 10
    assert done.texts > done.articles > 10
    picture = draw(done.samples, "short")
    assert picture.count("<polyline") == 6
