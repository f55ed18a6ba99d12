"""Runs a command and measures it from outside: wall time, and the most memory that its whole process tree held."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_S = 0.02
MB = 1e6
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Run:
    """What a command did.

    Attributes:
        seconds: wall time, start to exit.
        peak_mb: largest sum of resident memory over the process tree, in 10^6 bytes. Pages that a forked child
            shares with its parent count twice, for ours and for a peer alike.
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
                peak = max(peak, sum(map(resident_bytes, tree_of(process.pid))))
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


def resident_bytes(pid: int) -> int:
    """The resident memory of a process; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return 0
