"""One soak: press and daemon side by side under a fast clock; memory, handles, lag and size are sampled."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean, linear_regression

from ingest.store.invariants import broken_invariants
from ingest.times import from_text
from tests.bench.measure import MB, held_bytes, tree_of
from tests.soak.daemon import fast_clock
from tests.soak.press import Press, printing

START = datetime(2026, 3, 2, tzinfo=UTC)
SAMPLE_S = 1.0
STOP_S = 20.0
CONFIG = """
feeds: [{feeds}]
fetch: {{allow_networks: ["127.0.0.0/8"], host_interval: 0, per_host: 8}}
poll: {{interval: 30m, min_interval: 10m, max_interval: 2h}}
extract: {{workers: 1}}
service: {{tick: 100ms, maintenance: 5s, keep_polls: 1d, stop_deadline: 15s}}
"""
# Bars. The first third is warm-up and no measure of the rest: the caches fill up (tests/soak/daemon.py, after about
# 500 texts), connections to every host come about, the allocator finds its size. A run that is shorter than
# SETTLES_AFTER_HOURS is nothing but warm-up: there memory may only not run away.
SETTLES_AFTER_HOURS = 72.0  # of the default rhythm of stories
MAX_SETTLED_GROWTH = 0.03  # last third over the middle one; of the daemon about 2.5 MB, so 2.5 kB a text and third
MAX_SETTLED_MB_A_DAY = 1.0  # of the daemon, by the line through the last half
MAX_WARMING_GROWTH = 0.3  # last third over the middle one
MAX_MORE_HANDLES = 6.0
MAX_LAG_GROWTH_S = 2.0  # of real time, the least lag of the last quarter over that of the third


@dataclass(frozen=True, slots=True)
class Sample:
    """One look from outside.

    Attributes:
        hours: simulated.
        daemon_mb, tree_mb: memory of the daemon, and with its workers.
        handles: open files of the daemon.
        lag_s: how long the feed that waits longest is overdue, in real seconds.
        size_mb: the database with its log.
    """

    hours: float
    daemon_mb: float
    tree_mb: float
    handles: int
    lag_s: float
    size_mb: float
    documents: int


@dataclass(slots=True)
class Soak:
    """What came of it; `wrong` is whatever misses a bar, in words."""

    samples: list[Sample] = field(default_factory=list)
    tables: list[tuple[str, int, float]] = field(default_factory=list)
    polls: int = 0
    texts: int = 0
    articles: int = 0
    stories: int = 0
    wrong: list[str] = field(default_factory=list)


def soak(folder: Path, *, hours: float, speed: float, every: timedelta) -> Soak:
    """Let `hours` of simulated time pass at `speed` times the real one.

    Args:
        every: simulated time between two stories.
    """
    began = time.monotonic()
    clock = fast_clock(START, speed, began)
    with printing(Press(START - 20 * every, every, clock)) as press:
        config, db, log = folder / "config.yaml", folder / "soak.db", folder / "log"
        config.write_text(CONFIG.format(feeds=", ".join(f"'{url}'" for url in press.urls)))
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.soak.daemon", config, db, START.isoformat(), str(speed), str(began)],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        done = Soak()
        try:
            while (passed := (clock() - START) / timedelta(hours=1)) < hours and process.poll() is None:
                time.sleep(SAMPLE_S)
                if db.exists() and "event=started" in log.read_text():
                    done.samples.append(_sample(process.pid, db, clock(), passed, speed))
            process.terminate()
            code = process.wait(STOP_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if code:
            done.wrong.append(f"the daemon ended with {code}: {log.read_text()[-800:]}")
        done.stories = int((clock() - START) / every) + 20
    _look_inside(db, done)
    _judge(done, log.read_text())
    return done


def _sample(pid: int, db: Path, now: datetime, hours: float, speed: float) -> Sample:
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=10)) as connection:
        due = connection.execute("SELECT min(next_poll_at) FROM feeds WHERE status = 'active'").fetchone()[0]
        documents = connection.execute("SELECT count(*) FROM fingerprints").fetchone()[0]
    lag = max(0.0, (now - from_text(due)).total_seconds() / speed) if due else 0.0
    return Sample(
        hours=hours,
        daemon_mb=held_bytes(pid) / MB,
        tree_mb=sum(map(held_bytes, tree_of(pid))) / MB,
        handles=len(os.listdir(f"/proc/{pid}/fd")),
        lag_s=lag,
        size_mb=sum(path.stat().st_size for path in db.parent.glob("soak.db*")) / MB,
        documents=documents,
    )


def _look_inside(db: Path, done: Soak) -> None:
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        done.wrong += [f"{broken.rule}: {broken.samples}" for broken in broken_invariants(connection)]
        one = lambda sql: connection.execute(sql).fetchone()[0]  # noqa: E731
        done.polls, done.texts = one("SELECT count(*) FROM polls"), one("SELECT count(*) FROM fingerprints")
        done.articles = one("SELECT count(*) FROM articles")
        failed = one("SELECT count(*) FROM entries WHERE outcome <> 'pending' AND doc IS NULL")
        late = one("SELECT count(*) FROM polls WHERE outcome NOT IN ('ok', 'not_modified')")
        sizes = connection.execute("SELECT name, sum(pgsize), sum(ncell) FROM dbstat GROUP BY name ORDER BY 2 DESC")
        done.tables = [(name, size, size / max(done.texts, 1)) for name, size, _ in sizes]
    if failed or late:
        done.wrong.append(f"{failed} entries and {late} polls failed")


def memory_faults(samples: Sequence[Sample]) -> list[str]:
    """Whatever says that memory does not level off, in words; the first third of the samples is left out."""
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    settled = samples[-1].hours >= SETTLES_AFTER_HOURS
    most = MAX_SETTLED_GROWTH if settled else MAX_WARMING_GROWTH
    found = []
    for name in ("daemon_mb", "tree_mb"):
        before, after = (fmean(getattr(sample, name) for sample in part) for part in (middle, last))
        if after > before * (1 + most):
            found.append(f"memory grows ({name}): {before:.1f} MB in the middle third, {after:.1f} MB in the last")
    growth = growth_mb_a_day(samples)
    if settled and growth > MAX_SETTLED_MB_A_DAY:
        found.append(f"memory grows: {growth:.2f} MB a simulated day in the last half")
    return found


def thirds(samples: Sequence[Sample]) -> list[float]:
    """Memory of the daemon in each third of a run, MB on average."""
    third = max(len(samples) // 3, 1)
    parts = [part for part in (samples[:third], samples[third : 2 * third], samples[2 * third :]) if part]
    return [fmean(sample.daemon_mb for sample in part) for part in parts]


def growth_mb_a_day(samples: Sequence[Sample]) -> float:
    """Slope of the daemon's memory over the last half of a run, by least squares; MB a simulated day."""
    half = samples[len(samples) // 2 :]
    return 24 * linear_regression([sample.hours for sample in half], [sample.daemon_mb for sample in half]).slope


def _judge(done: Soak, log: str) -> None:
    if len(done.samples) < 8:
        done.wrong.append(f"only {len(done.samples)} samples")
        return
    done.wrong += memory_faults(done.samples)
    quarter = len(done.samples) // 4
    third, last = done.samples[2 * quarter : 3 * quarter], done.samples[3 * quarter :]

    def grown(name: str) -> tuple[float, float]:
        return fmean(getattr(sample, name) for sample in third), fmean(getattr(sample, name) for sample in last)

    before, after = grown("handles")
    if after > before + MAX_MORE_HANDLES:
        done.wrong.append(f"handles grow: {before:.0f}, then {after:.0f}")
    # The least lag of a quarter: a busy machine makes peaks, a drift leaves no moment in time.
    before, after = (min(sample.lag_s for sample in part) for part in (third, last))
    if after > before + MAX_LAG_GROWTH_S:
        done.wrong.append(f"the schedule drifts: {before:.1f} s late, then {after:.1f} s")
    for bad in ("event=work_failed", "event=library", "event=store_shut", "Traceback"):
        if bad in log:
            done.wrong.append(f"the log holds {bad}: {next(line for line in log.splitlines() if bad in line)[:300]}")
