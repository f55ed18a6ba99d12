"""Which version, settings and sources made what: a row for each run of a command that writes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.store.agencies import write_agencies
from ingest.store.database import Connection, transaction
from ingest.texts import escaped


@dataclass(frozen=True, slots=True)
class Parameters:
    """All that the texts, pairs and groups of a run hang on, beside its input.

    Attributes:
        version: of ingest.
        fingerprint: version of text → fingerprint.
        model: version of the scorecard.
        libraries: name → version, of those that read feeds and pages and sign texts.
        settings: of extraction and deduplication.
    """

    version: str
    fingerprint: int
    model: str
    libraries: Mapping[str, str]
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A file that a run has read to its end.

    Attributes:
        source: as `entries.source` names it.
        sha256: of its bytes, as they lie on disk, in hexadecimal digits.
    """

    source: str
    format: str
    bytes: int
    sha256: str


def begin_run(
    connection: sqlite3.Connection, command: str, parameters: Parameters, now: str, asked: Sequence[str] = ()
) -> int:
    """Begin a run; what this connection writes from now on is its work.

    Args:
        asked: the sources that a backfill was given. Runs that were given the same are one archive, in whatever order
            they are named and however often it was stopped; so are all runs that poll.
    """
    given = escaped(json.dumps(sorted(set(asked)), ensure_ascii=False)) if asked else None
    values = (
        parameters.version,
        parameters.fingerprint,
        parameters.model,
        json.dumps(parameters.libraries, sort_keys=True),
        json.dumps(parameters.settings, sort_keys=True),
    )
    with transaction(connection):
        write_agencies(connection)
        connection.execute(
            "INSERT OR IGNORE INTO parameters (version, fingerprint, model, libraries, settings, first_used_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*values, now),
        )
        cursor = connection.execute(
            "INSERT INTO runs (command, parameters, started_at, asked) VALUES (?, (SELECT id FROM parameters"
            " WHERE version = ? AND fingerprint = ? AND model = ? AND libraries = ? AND settings = ?), ?, ?)",
            (command, *values, now, given),
        )
        archive = connection.execute(
            "SELECT min(id) FROM runs WHERE asked IS ?1 AND (?1 IS NOT NULL OR command IN ('run', 'poll'))", (given,)
        ).fetchone()[0]
    run = cursor.lastrowid
    assert run is not None  # noqa: S101 - an INSERT that did not raise has one
    if isinstance(connection, Connection):
        connection.run, connection.archive = run, archive or 0
    return run


def end_run(connection: sqlite3.Connection, now: str) -> None:
    """End the run of a connection; one that is killed never gets here, and has no end."""
    run = run_of(connection)
    if run is not None:
        with transaction(connection):
            connection.execute("UPDATE runs SET finished_at = ? WHERE id = ?", (now, run))


def run_of(connection: sqlite3.Connection) -> int | None:
    """The run in whose name a connection writes."""
    return connection.run if isinstance(connection, Connection) else None


def archive_of(connection: sqlite3.Connection) -> int:
    """The archive that a connection's new texts come with: the id of its first run; 0 outside of any."""
    return connection.archive if isinstance(connection, Connection) else 0


def record_sources(connection: sqlite3.Connection, sources: Iterable[SourceRead]) -> None:
    """Write down which files this run has read (inside the caller's transaction)."""
    run = run_of(connection)
    connection.executemany(
        "INSERT OR REPLACE INTO sources (run, source, format, bytes, sha256) VALUES (?, ?, ?, ?, ?)",
        [(run, each.source, each.format, each.bytes, each.sha256) for each in sources if run is not None],
    )
