"""`make fuzz`: every reader of what comes from outside, 100,000 inputs each, one process a core at a time.

Says after each slice how far it came, and of a crash at once where and with which input; prints a table and, as the
last line, one JSON object.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.bench.report import finish, table
from tests.fuzz.readers import READERS, fuzz_slice

SLICE = 2500  # inputs a task: each with a seed of its own, in a fresh process, so that memory is told apart


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--readers", nargs="*", default=[reader.name for reader in READERS])
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    started = time.monotonic()
    slices = [min(SLICE, args.inputs - first) for first in range(0, args.inputs, SLICE)]
    rows, crashes = [], []
    workers = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        futures = {
            name: [pool.submit(fuzz_slice, name, count, args.seed + number) for number, count in enumerate(slices)]
            for name in args.readers
        }
        for name, parts in futures.items():
            results = []
            for part in parts:
                results.append(part.result())
                read, refused, slowest, growth, crash = results[-1]
                said = crash or f"{read} read, {refused} refused, slowest {slowest:.2f} s, growth {growth / 1e6:.0f} MB"
                print(f"{name} {len(results)}/{len(parts)}: {said}", file=sys.stderr, flush=True)
            crashes += [(name, crash) for *_, crash in results if crash]
            rows.append(
                [
                    name,
                    sum(part[0] for part in results),
                    sum(part[1] for part in results),
                    max(part[2] for part in results),
                    max(part[3] for part in results) / 1e6,
                    sum(bool(part[4]) for part in results),
                ]
            )
            print(f"{name}: {rows[-1][1:]}", file=sys.stderr, flush=True)
    print(table(["reader", "read", "refused", "slowest s", "growth MB", "crashes"], rows))
    for name, crash in crashes:
        print(f"--- {name}\n{crash}")
    finish(
        "fuzz",
        inputs={str(row[0]): int(row[1]) + int(row[2]) for row in rows},
        crashes=len(crashes),
        slowest_s=max(float(row[3]) for row in rows),
        seconds=round(time.monotonic() - started),
        holds=not crashes,
    )
    sys.exit(1 if crashes else 0)


if __name__ == "__main__":
    main()
