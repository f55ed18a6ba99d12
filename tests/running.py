"""Running the real command in a real process, to its end or to a named point where it is killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.points import Point

WAIT_S = 60.0

# Everything in a process group of its own, so that a killed test leaves no worker behind.


def ingest(
    *args: str | Path, check: int | None = 0, cwd: Path | None = None, within: float = WAIT_S
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, which has to come within so many seconds."""
    done = subprocess.run(
        [sys.executable, "-m", "ingest", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=within,
        cwd=cwd,
        check=False,
    )
    if check is not None:
        assert done.returncode == check, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def start(
    *args: str | Path,
    halt_at: tuple[Point, int] | None = None,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command, with more in its environment if given; it stops itself at the point's n-th time if asked to."""
    environment = {**os.environ, **(env or {})}
    if halt_at:
        environment["INGEST_HALT_AT"] = f"{halt_at[0]}:{halt_at[1]}"
    with open(log or os.devnull, "ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "ingest", *map(str, args)],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def wait_halted(process: subprocess.Popen[bytes], seconds: float = WAIT_S) -> bool:
    """Wait until a process has stopped itself; False when it ended, or time ran out, instead."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pid, status = os.waitpid(process.pid, os.WUNTRACED | os.WNOHANG)
        if pid and os.WIFSTOPPED(status):
            return True
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return False
        time.sleep(0.005)
    return False


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL the process alone: what it started must notice by itself."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
        process.wait()


def stop(process: subprocess.Popen[bytes], seconds: float) -> int:
    """SIGTERM, and the exit code; fails when it takes longer than asked."""
    process.terminate()
    return process.wait(timeout=seconds)


def rows(db: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query, read beside whoever writes."""
    connection = sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def output_json(done: subprocess.CompletedProcess[str]) -> Any:
    """What a command printed with --json."""
    return json.loads(done.stdout)
