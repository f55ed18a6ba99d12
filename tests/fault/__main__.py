"""`make fault`: kills, full disks, failing fsync, lost network; a table, and as the last line one JSON object.

Two harnesses work side by side, each with its own newsroom and databases.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.report import finish, table
from tests.fault.scenarios import Tally, harness
from tests.fault.shim import Shim, compiler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="of daemon, backfill and prune together")
    parser.add_argument("--disks", type=int, default=20)
    parser.add_argument("--fsync", type=int, default=10)
    parser.add_argument("--network", type=int, default=10)
    parser.add_argument("--lock-seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingest-fault-") as name:
        folder = Path(name)
        with ThreadPoolExecutor(2) as pool:
            parts = [pool.submit(_kills, folder / "one", args), pool.submit(_others, folder / "two", args)]
            tallies = _merged(tally for part in parts for tally in part.result())
    print(table(["fault", "injected", "checks", "wrong", "seconds"], [_row(tally) for tally in tallies]))
    faults = [fault for tally in tallies for fault in tally.faults]
    for fault in faults[:40]:
        print(f"WRONG: {fault}")
    finish(
        "fault",
        kills=sum(tally.injected for tally in tallies if tally.kind.startswith("kill")),
        **{tally.kind.replace(" ", "_").replace("-", ""): tally.injected for tally in tallies},
        checks=sum(tally.checks for tally in tallies),
        wrong=len(faults),
        holds=not faults,
    )
    sys.exit(1 if faults else 0)


def _kills(folder: Path, args: argparse.Namespace) -> list[Tally]:
    with harness(folder, args.seed) as work:
        return list(work.kills(args.kills * 11 // 20))


def _others(folder: Path, args: argparse.Namespace) -> list[Tally]:
    left = args.kills - args.kills * 11 // 20
    shim = Shim(folder.parent / "shim") if compiler() else None
    with harness(folder, args.seed + 1) as work:
        tallies = [work.full_disks(args.disks, shim), work.lock_held(args.lock_seconds)]
        if shim is not None:
            tallies += [work.failing_fsync(args.fsync, shim), work.lost_network(args.network, shim)]
        tallies += [work.killed_backfills(left // 3), work.killed_prunes(left // 10)]
        return [*tallies, *work.kills(left - left // 3 - left // 10)]


def _merged(tallies: Iterable[Tally]) -> list[Tally]:
    merged: dict[str, Tally] = {}
    for tally in tallies:
        into = merged.setdefault(tally.kind, Tally(tally.kind))
        into.injected += tally.injected
        into.checks += tally.checks
        into.faults += tally.faults
        into.seconds += tally.seconds
    return list(merged.values())


def _row(tally: Tally) -> list[object]:
    return [tally.kind, tally.injected, tally.checks, len(tally.faults), tally.seconds]


if __name__ == "__main__":
    main()
