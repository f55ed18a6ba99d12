"""Runs a command and measures it from outside: wall time, and the most memory that its whole process tree held."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_S = 0.05
MB = 1e6
KIB = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """What a command did.

    Attributes:
        seconds: wall time, start to exit.
        peak_mb: most memory held by the process tree at once, in 10^6 bytes; a page that several processes
            share counts once (the sum of their proportional set sizes).
    """

    returncode: int
    seconds: float
    peak_mb: float
    output: str
    errors: str


def run(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Run:
    """Run a command to its end, sampling its memory as it goes; `env` is the whole environment, if given."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            env=env,
            cwd=cwd,
        )
        peak = 0
        try:
            while process.poll() is None:
                peak = max(peak, sum(map(held_bytes, tree_of(process.pid))))
                time.sleep(SAMPLE_S)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - started
        texts = []
        for file in (out, errors):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
        return Run(process.returncode, seconds, peak / MB, *texts)


def tree_of(root: int) -> list[int]:
    """A process and all its descendants."""
    found, left = [], [root]
    while left:
        pid = left.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                left += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        except OSError:  # it has ended
            continue
    return found


def held_bytes(pid: int) -> int:
    """The proportional set size of a process; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * KIB for line in lines if line.startswith("Pss:")), 0)
