"""The faults: kills at named points and at random moments, full disks, failing fsync, lost network, a lock held."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ingest.points import Point
from tests.backfill.test_run import archive, article
from tests.e2e.test_kill import run_to_the_end, wait_done
from tests.fault.shim import Shim
from tests.fault.truth import Contents, Watch, contents, differences
from tests.full_disk import disk, may_mount, resize
from tests.newsroom import running_newsroom, write_config
from tests.running import ingest, kill, rows, start, stop, wait_halted

DAEMON_POINTS = [point for point in Point if point not in (Point.BACKFILL_COMMIT, Point.PRUNE_COMMIT)]
KILLS_A_ROUND = 12  # then all is done, and a fresh database is begun
REACH_S = 6.0  # a point that is not reached by then is not reached at all
STOP_S = 60.0  # of a busy machine; the bar of 10 s is held by tests/e2e/test_service.py
DISK_KIB = (450, 900)  # between the schema and the finished database
BIG_KIB = 80_000
ARCHIVE = 240  # records


@dataclass(slots=True)
class Tally:
    """What came of one kind of fault.

    Attributes:
        injected: faults that took effect.
        checks: how often all invariants were looked at.
        faults: whatever was wrong.
    """

    kind: str
    injected: int = 0
    checks: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def look(self, watch: Watch) -> None:
        """Check the invariants now."""
        self.checks += 1
        self.faults += watch.faults()

    @contextmanager
    def trial(self) -> Iterator[None]:
        """One trial: whatever fails in it is written down, and the next one goes on; its time is counted."""
        started = time.monotonic()
        try:
            yield
        except (AssertionError, OSError, sqlite3.Error, subprocess.SubprocessError) as error:
            self.faults.append(f"{self.kind}: {error!r}")
        self.seconds += time.monotonic() - started
        print(f"{self.kind}: {self.injected} injected, {len(self.faults)} wrong", file=sys.stderr, flush=True)


class Harness:
    """A newsroom, an undisturbed run against it, and the ways to disturb one."""

    def __init__(self, folder: Path, seed: int, newsroom: object, config: Path) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._newsroom = newsroom
        self._listed = len(newsroom.truth)  # type: ignore[attr-defined]
        self._config = config
        self._number = 0
        whole = folder / "undisturbed.db"
        run_to_the_end(config, whole, newsroom)  # type: ignore[arg-type]
        self.undisturbed: Contents = contents(whole)

    def kills(self, count: int, halves: tuple[str, ...] = ("named", "random")) -> Iterator[Tally]:
        """The daemon is killed `count` times, in rounds; half of them at named points."""
        tallies = {half: Tally(f"kill -9 at {half} {'points' if half == 'named' else 'moments'}") for half in halves}
        points = [(point, n) for n in range(1, 7) for point in DAEMON_POINTS]
        self._random.shuffle(points)
        done = 0
        while done < count:
            db, watch = self._fresh()
            for _ in range(min(KILLS_A_ROUND, count - done)):
                half = halves[done % len(halves)]
                started = time.monotonic()
                reached = self._kill(db, points[done % len(points)] if half == "named" else None)
                tallies[half].seconds += time.monotonic() - started
                if not reached:
                    break  # nothing is left to do: a point cannot be reached any more
                tallies[half].injected += 1
                tallies[half].look(watch)
                done += 1
            with tallies[halves[0]].trial():
                self._finish(db, watch, tallies[halves[0]])
        yield from tallies.values()

    def full_disks(self, count: int, shim: Shim | None) -> Tally:
        """The disk fills up at a random moment of the work, and has room again a while later."""
        tally = Tally("full disk")
        for number in range(3 * count):  # a disk that filled up too late for the work is tried again
            if tally.injected >= count:
                break
            with tally.trial():
                if may_mount() and (number % 2 == 0 or shim is None):
                    self._small_disk(tally, number)
                elif shim is not None:
                    self._faulty(tally, shim, "full", wants="store_shut")
        return tally

    def failing_fsync(self, count: int, shim: Shim) -> Tally:
        """fsync fails for a while."""
        tally = Tally("failing fsync")
        for _ in range(count):
            with tally.trial():
                self._faulty(tally, shim, "fsync")
        return tally

    def lost_network(self, count: int, shim: Shim) -> Tally:
        """No connection comes about, and those there are break off, for a while."""
        tally = Tally("lost network")
        for _ in range(count):
            with tally.trial():
                self._faulty(tally, shim, "net")
        return tally

    def lock_held(self, seconds: float) -> Tally:
        """Another process holds the write lock in the midst of the work."""
        tally = Tally(f"write lock held for {seconds:.0f} s")
        db, watch = self._fresh()
        started = time.monotonic()
        with self._daemon(db) as process:
            _wait(lambda: _has_entries(db))
            blocker = sqlite3.connect(db, isolation_level=None, timeout=30)
            blocker.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            blocker.execute("ROLLBACK")
            blocker.close()
            tally.injected += 1
            if process.poll() is not None:
                tally.faults.append("the daemon died")
            self._end(process, db)
        self._compare(db, watch, tally)
        tally.seconds = time.monotonic() - started
        return tally

    def killed_backfills(self, count: int) -> Tally:
        """A backfill is killed at commits and at random moments, and begun again until it is done."""
        tally = Tally("kill -9 of a backfill")
        source = archive(
            self._folder / "archive.jsonl", [article(n % 200, f"https://s{n % 9}.example/{n}") for n in range(ARCHIVE)]
        )
        whole = self._folder / "backfilled.db"
        ingest("backfill", source, "--db", whole)
        started = time.monotonic()
        while tally.injected < count:
            db, watch = self._fresh()
            for _ in range(KILLS_A_ROUND):
                point = (Point.BACKFILL_COMMIT, self._random.randint(1, 2)) if self._random.random() < 0.5 else None
                process = start("backfill", source, "--db", db, halt_at=point)
                self._interrupt(process, point)
                tally.injected += 1
                tally.look(watch)
                if tally.injected == count:
                    break
            ingest("backfill", source, "--db", db)
            tally.look(watch)
            if contents(db) != contents(whole):
                tally.faults.append(f"{db.name}: rows differ from an undisturbed backfill")
        tally.seconds = time.monotonic() - started
        return tally

    def killed_prunes(self, count: int) -> Tally:
        """`ingest prune` is killed in the midst, and begun again."""
        tally = Tally("kill -9 of a prune")
        source = archive(self._folder / "prune.jsonl", [article(n) for n in range(300)])
        whole = self._folder / "to-prune.db"
        ingest("backfill", source, "--db", whole)
        started = time.monotonic()
        for _ in range(count):
            db, _ = self._fresh()
            ingest("backup", db, "--db", whole)
            point = (Point.PRUNE_COMMIT, self._random.randint(1, 2))
            process = start("prune", "--older-than", "1ms", "--db", db, halt_at=point)
            self._interrupt(process, point)
            tally.injected += 1
            tally.look(Watch(db))
            ingest("prune", "--older-than", "1ms", "--db", db)
            tally.look(Watch(db))
            if rows(db, "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM tombstones)") != [(0, 300)]:
                tally.faults.append(f"{db.name}: not everything was pruned, or not remembered")
        tally.seconds = time.monotonic() - started
        return tally

    # --- one fault -----------------------------------------------------------------------------

    def _fresh(self) -> tuple[Path, Watch]:
        self._number += 1
        db = self._folder / f"{self._number}.db"
        return db, Watch(db)

    def _kill(self, db: Path, point: tuple[Point, int] | None) -> bool:
        """Kill the daemon at a point, or at any moment; False when the point was not reached."""
        process = start("run", "--config", self._config, "--db", db, halt_at=point)
        return self._interrupt(process, point)

    def _interrupt(self, process: subprocess.Popen[bytes], point: tuple[Point, int] | None) -> bool:
        try:
            if point is None:
                time.sleep(self._random.uniform(0.3, 3.5))
                return True
            return wait_halted(process, REACH_S)
        finally:
            kill(process)

    def _small_disk(self, tally: Tally, number: int) -> None:
        with disk(self._folder / f"disk{number}", self._random.randint(*DISK_KIB)) as folder:
            db = folder / "a.db"
            watch = Watch(db)
            log = self._folder / f"disk{number}.log"
            with self._daemon(db, log=log) as process:
                tally.injected += _wait(lambda: "event=store_shut" in log.read_text() or process.poll() is not None, 20)
                time.sleep(self._random.uniform(0, 2))
                resize(folder, BIG_KIB)
                if process.poll() is None:
                    self._end(process, db)
                else:  # no room for the schema: it says so, and is started again by hand or by systemd
                    if "Traceback" in log.read_text():
                        tally.faults.append(f"disk {number}: a traceback, see {log}")
                    run_to_the_end(self._config, db, self._newsroom)  # type: ignore[arg-type]
            self._compare(db, watch, tally)

    def _faulty(self, tally: Tally, shim: Shim, fault: str, wants: str | None = None) -> None:
        db, watch = self._fresh()
        log = db.with_suffix(".log")
        with self._daemon(db, log=log, env=shim.environment) as process:
            _wait(lambda: _has_schema(db))
            time.sleep(self._random.uniform(0, 1.5))
            with shim.fault(fault):
                time.sleep(self._random.uniform(0.5, 3))
            tally.injected += wants is None or f"event={wants}" in log.read_text()
            if process.poll() is not None:
                tally.faults.append(f"{log}: the daemon died of it")
            else:
                self._end(process, db)
        self._compare(db, watch, tally)

    @contextmanager
    def _daemon(
        self, db: Path, *, log: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        if log:
            log.touch()
        process = start("run", "--config", self._config, "--db", db, log=log, env=env)
        try:
            yield process
        finally:
            kill(process)

    def _end(self, process: subprocess.Popen[bytes], db: Path) -> None:
        wait_done(db, self._newsroom)  # type: ignore[arg-type]
        stop(process, STOP_S)

    def _finish(self, db: Path, watch: Watch, tally: Tally) -> None:
        try:
            run_to_the_end(self._config, db, self._newsroom)  # type: ignore[arg-type]
        except AssertionError as error:
            tally.faults.append(f"{db.name}: does not come to its end: {error}")
        self._compare(db, watch, tally)

    def _compare(self, db: Path, watch: Watch, tally: Tally) -> None:
        tally.look(watch)
        tally.faults += [f"{db.name}: {text}" for text in differences(db, self.undisturbed, self._listed)]


@contextmanager
def harness(folder: Path, seed: int) -> Iterator[Harness]:
    """A harness with a newsroom of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with running_newsroom() as newsroom:
        config = write_config(folder, newsroom)
        # An unreachable robots.txt rests its host for minutes; that is not what is tried here.
        text = config.read_text().replace("fetch: {", "fetch: {robots: false, ")
        config.write_text(text.replace("service: {", "service: {attempts: 12, "))
        yield Harness(folder, seed, newsroom, config)


def _has_schema(db: Path) -> bool:
    try:
        return db.exists() and bool(rows(db, "SELECT 1 FROM sqlite_master WHERE name = 'pairs'"))
    except sqlite3.Error:
        return False


def _has_entries(db: Path) -> bool:
    return _has_schema(db) and rows(db, "SELECT count(*) > 3 FROM entries") == [(1,)]


def _wait(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
