"""Polling loopback feeds: ours beside `reader`, then 10,000 feeds due at once. `make bench-poll`.

All feeds unchanged: each poll is a conditional request answered 304, recorded, and the next one
scheduled. Hosts are spread over 127.0.0.0/8, one a feed, and our default politeness is on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.peers.call import ROOT, SCRIPTS, python_of
from tests.bench.report import bars_line, finish, table

READER_WORKERS = 8
UNCHANGED_PASSES = 3  # the best of them counts, for both
BAR = 3.0  # times reader's unchanged polls a second


@contextmanager
def serving_feeds() -> Iterator[int]:
    """The feed server in a process of its own; its port."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.feedserver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.close()
        server.stdout.close()
        server.wait(10)


def answer_of(command: list[str | Path]) -> dict[str, Any]:
    """What a side of the bench prints as its last line."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"{command} failed ({done.returncode}):\n{done.stderr[-4000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def ours(feeds: int, port: int, passes: int) -> dict[str, Any]:
    return answer_of([sys.executable, "-m", "tests.bench.poll_ours", str(feeds), str(port), str(passes)])


def reader(feeds: int, port: int, passes: int) -> dict[str, Any]:
    arguments = [str(feeds), str(port), str(passes), str(READER_WORKERS)]
    return answer_of([python_of("reader"), SCRIPTS / "reader_polls.py", *arguments])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000, help="for the comparison")
    parser.add_argument("--overdue", type=int, default=10_000, help="feeds that are due at once; 0 leaves this out")
    options = parser.parse_args()
    count = options.feeds
    with serving_feeds() as port:
        mine = ours(count, port, 1 + UNCHANGED_PASSES)
        peer = reader(count, port, 1 + UNCHANGED_PASSES)
        crowd = ours(options.overdue, port, 2) if options.overdue else None
    ratio = min(peer["seconds"][1:]) / min(mine["seconds"][1:])
    rows = [
        (name, count / side["seconds"][0], count / min(side["seconds"][1:]), side["peak_mb"])
        for name, side in (("ingest", mine), (f"reader, {READER_WORKERS} workers", peer))
    ]
    print(table(["", "first polls/s", "unchanged polls/s", "peak MB"], rows))
    bars = {
        "3 × reader": ratio >= BAR,
        "every poll recorded": mine["polls"] == count * (1 + UNCHANGED_PASSES),
        "every feed scheduled": mine["scheduled"] == count and mine["still_due"] == 0,
    }
    figures: dict[str, Any] = {}
    if crowd is not None:
        skipped = options.overdue * 2 - crowd["polls"]
        print(
            f"\n{options.overdue} feeds due at once: first pass {crowd['seconds'][0]:.1f} s "
            f"({options.overdue / crowd['seconds'][0]:.0f} polls/s, {crowd['entries']} entries stored), "
            f"unchanged {crowd['seconds'][1]:.1f} s; peak {crowd['peak_mb']:.0f} MB; skipped {skipped}"
        )
        bars["none skipped"] = skipped == 0 and crowd["still_due"] == 0
        figures = {
            "overdue_feeds": options.overdue,
            "overdue_first_pass_s": crowd["seconds"][0],
            "overdue_unchanged_pass_s": crowd["seconds"][1],
            "overdue_peak_mb": crowd["peak_mb"],
            "overdue_skipped": skipped,
        }
    print(bars_line(bars))
    finish(
        "poll",
        ratio=ratio,
        unit=f"unchanged polls per second of ingest / of reader with {READER_WORKERS} workers; bar {BAR:g}",
        feeds=count,
        ingest_unchanged_per_s=rows[0][2],
        ingest_first_per_s=rows[0][1],
        ingest_peak_mb=mine["peak_mb"],
        reader_unchanged_per_s=rows[1][2],
        reader_first_per_s=rows[1][1],
        reader_peak_mb=peer["peak_mb"],
        bars=bars,
        **figures,
    )


if __name__ == "__main__":
    main()
