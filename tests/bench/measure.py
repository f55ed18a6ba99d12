"""Runs a command and measures it from outside: wall time, and the most memory that its whole process tree held."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_S = 0.05  # between two samples at least
SAMPLING_SHARE = 0.02  # of one processor at most: the measured share the machine with the measuring
MB = 1e6
KIB = 1024
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    """What a command did.

    Attributes:
        seconds: wall time, start to exit.
        cpu_seconds: processor time of the whole tree, to within a sample: steadier than wall time on a busy machine.
        peak_mb: most memory held by the process tree at once, in 10^6 bytes; a page that several processes
            share counts once (the sum of their proportional set sizes).
    """

    returncode: int
    seconds: float
    cpu_seconds: float
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
        spent: dict[int, float] = {}
        try:
            while process.poll() is None:
                began = time.perf_counter()
                tree = tree_of(process.pid)
                peak = max(peak, sum(map(held_bytes, tree)))
                for pid in tree:
                    spent[pid] = max(spent.get(pid, 0.0), cpu_seconds(pid))
                time.sleep(max(SAMPLE_S, (time.perf_counter() - began) / SAMPLING_SHARE))
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - started
        texts = []
        for file in (out, errors):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
        return Run(process.returncode, seconds, sum(spent.values()), peak / MB, *texts)


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


def cpu_seconds(pid: int) -> float:
    """The processor time, user and system, that a process has used itself; 0 when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND  # utime, stime: proc(5)
