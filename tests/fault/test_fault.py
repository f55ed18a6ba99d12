"""The fault harness in short; `make fault` runs it at length (500 kills, 20 full disks)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.scenarios import harness
from tests.fault.shim import Shim, compiler


@pytest.mark.timeout(240)
def test_kills_and_faults_leave_the_rows_of_an_undisturbed_run(tmp_path: Path) -> None:
    shim = Shim(tmp_path / "shim") if compiler() else None
    with harness(tmp_path / "work", seed=7) as work:
        tallies = [*work.kills(3), work.full_disks(1, shim)]
        if shim is not None:
            tallies.append(work.lost_network(1, shim))
    assert [fault for tally in tallies for fault in tally.faults] == []
    assert sum(tally.injected for tally in tallies) >= 4
