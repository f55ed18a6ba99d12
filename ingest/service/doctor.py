"""What `ingest doctor` looks at: each check is a function that answers with findings; nothing is changed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from ingest.config import Config
from ingest.errors import IngestError
from ingest.pipeline.recheck import recheck_archive
from ingest.service.engine import read_config_opml
from ingest.service.lock import holder
from ingest.service.upkeep import LARGE_LOG_BYTES
from ingest.settings import GIB, MIB, DedupSettings, FetchSettings, Settings
from ingest.store.database import log_bytes, open_database
from ingest.store.invariants import Broken, broken_invariants, first_damage, missing_objects
from ingest.store.mending import unreadable_times
from ingest.store.placement import count_unsettled
from ingest.store.report import health_report, last_time
from ingest.texts import counted
from ingest.times import from_text

MIN_FREE_BYTES = GIB  # a busy day of 10,000 feeds writes about 300 MB
MAX_NAMED = 5  # rows of one kind that are named
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)  # a clock before this was never set
SKEW = timedelta(minutes=5)


class Level(StrEnum):
    """How bad a finding is; `fault` makes the command fail."""

    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report; `advice` says what to do, where there is something."""

    level: Level
    what: str
    advice: str = ""


def examine(config: Config, db: Path, now: datetime, *, deep: bool) -> Iterator[Finding]:
    """Every finding, good ones too.

    Args:
        config: settings that were read without error.
        db: the database, which may not exist yet.
        now: the time.
        deep: also check every invariant of the stored data, which reads all of it.
    """
    yield from _config(config)
    yield from _network(config.settings.fetch)
    yield from _disk(db)
    yield from _clock_is_set(now)
    if not db.exists():
        yield Finding(Level.WARNING, f"{db} does not exist yet", "`ingest poll` or `ingest run` makes it")
        return
    yield from _daemon(db)
    try:
        connection = open_database(db) if deep else open_database(db, read_only=True)
    except IngestError as error:
        yield Finding(Level.FAULT, str(error))  # it says what to do
        return
    try:
        yield from _database(connection, db, now, config.settings.dedup if deep else None)
    except sqlite3.DatabaseError as error:
        yield Finding(
            Level.FAULT, f"{db} is damaged: {error}", "`ingest backup DEST` saves what is readable; then restore it"
        )
    finally:
        connection.close()


def _config(config: Config) -> Iterator[Finding]:
    try:
        listed = len(read_config_opml(config)) + len(config.settings.feeds)
    except IngestError as error:
        yield Finding(Level.FAULT, str(error))
        return
    yield Finding(Level.GOOD, f"settings: {config.path or 'built-in'}; {counted(listed, 'feed')} listed")


def _network(fetch: FetchSettings) -> Iterator[Finding]:
    if fetch.contact == Settings().fetch.contact:
        yield Finding(
            Level.WARNING,
            "fetch.contact is not set: publishers cannot reach you, and some will block you",
            "name a page or address of yours in the settings",
        )
    for network in fetch.allow_networks:
        yield Finding(
            Level.WARNING,
            f"fetch.allow_networks lets feeds and their redirects reach {network}",
            "keep it only if your own feeds live there",
        )
    if not fetch.allow_networks:
        yield Finding(Level.GOOD, "network: only public addresses are reached")


def _disk(db: Path) -> Iterator[Finding]:
    folder = db.absolute().parent
    if not folder.is_dir():
        yield Finding(Level.FAULT, f"{folder} does not exist", "make it, or name another place with --db")
        return
    free = shutil.disk_usage(folder).free
    level = Level.GOOD if free >= MIN_FREE_BYTES else Level.WARNING
    yield Finding(level, f"disk: {free / 1e9:.1f} GB free at {folder}", "" if level is Level.GOOD else "make room")


def _clock_is_set(now: datetime) -> Iterator[Finding]:
    if now < EARLIEST:
        yield Finding(Level.FAULT, f"the clock says {now:%Y-%m-%d}", "set it (systemd-timesyncd, chrony)")
    else:
        yield Finding(Level.GOOD, f"clock: {now:%Y-%m-%d %H:%M} UTC")


def _daemon(db: Path) -> Iterator[Finding]:
    pid = holder(db)
    if pid is None:
        yield Finding(Level.WARNING, "no daemon works on this database", "start one: `ingest run`, or the unit")
    else:
        yield Finding(Level.GOOD, f"daemon: pid {pid} works on this database")


def _database(
    connection: sqlite3.Connection, db: Path, now: datetime, dedup: DedupSettings | None
) -> Iterator[Finding]:
    if problem := first_damage(connection):
        raise sqlite3.DatabaseError(problem)
    yield Finding(Level.GOOD, "database: the file is sound")
    latest = last_time(connection)
    if latest is not None and from_text(latest) - now > SKEW:
        yield Finding(Level.FAULT, f"the clock was set back: the database knows {latest}", "set the clock")
    size = log_bytes(db)
    if size > LARGE_LOG_BYTES:
        yield Finding(
            Level.WARNING,
            f"the write-ahead log has {size / MIB:.0f} MiB: it cannot be cut",
            "a reader has been open for long; end it",
        )
    if waiting := count_unsettled(connection):
        yield Finding(
            Level.WARNING,
            f"database: {counted(waiting, 'text')} wait to be placed again",
            "the daemon's maintenance, the next backfill, or `ingest rededup` does it",
        )
    for missing in missing_objects(connection):
        yield _fault(missing, "restore a backup, or `ingest backup DEST` writes a file that has them")
    unreadable = unreadable_times(connection)
    for each in unreadable[:MAX_NAMED]:
        yield Finding(
            Level.FAULT,
            f"{each.table}.{each.column} of row {each.key} is no time: {each.value!r}",
            "`ingest run` and `ingest poll` mend it when they start",
        )
    if not unreadable:
        yield from _feeds(health_report(connection, now))
    if dedup:
        yield from _deep(connection, dedup)


def _deep(connection: sqlite3.Connection, settings: DedupSettings) -> Iterator[Finding]:
    broken = broken_invariants(connection)
    yield from (_fault(each, "report it") for each in broken)
    if broken:
        return  # what hangs on rows that are not there cannot be held against anything
    yield Finding(Level.GOOD, "database: every invariant holds")
    rechecked = recheck_archive(connection, settings)
    advice = "`ingest rededup` places every text anew; report it"
    yield from (_fault(each, advice) for each in rechecked.broken)
    if rechecked.passed_over:
        yield Finding(
            Level.WARNING,
            f"database: {counted(rechecked.passed_over, 'text')} not held against what the archive's texts give,"
            " as some wait to be placed again",
            "run it again once none waits",
        )
    if not rechecked.broken and rechecked.nodes:
        yield Finding(
            Level.GOOD,
            f"database: groups, canonical texts, copies, links and index are what {counted(rechecked.nodes, 'text')}"
            " and their word-for-word copies give",
        )


def _fault(broken: Broken, advice: str) -> Finding:
    return Finding(Level.FAULT, f"broken: {broken.rule}: {broken.count} ({', '.join(broken.samples)})", advice)


def _feeds(lines: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    found = False
    for what, advice in lines:
        found = True
        yield Finding(Level.WARNING, what, advice)
    if not found:
        yield Finding(Level.GOOD, "feeds: none is parked or silent")
