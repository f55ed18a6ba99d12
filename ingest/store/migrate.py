"""An older database is brought up to this version: backed up first, each step whole, a kill made good by a repeat."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from ingest.errors import StoreError
from ingest.store.backup import back_up
from ingest.store.database import check_exists, connect, create_schema, file_bytes, schema_version_of, unusable
from ingest.store.schema import migrations, schema_version
from ingest.store.trouble import Trouble, trouble_of


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did.

    Attributes:
        before, after: versions of the schema; equal where there was nothing to do.
        backup: the copy made first; None where there was nothing to back up.
        seconds: time taken, the backup included.
    """

    before: int
    after: int
    backup: Path | None
    seconds: float


def migrate(path: Path, say: Callable[[str], None]) -> Migrated:
    """Migrate a database; a missing one is not made.

    Args:
        path: the database; nothing else may write to it meanwhile.
        say: told each step before it is taken.

    Raises:
        StoreError: when it is missing, damaged, from a newer version, no ingest database, or cannot be written.
    """
    started = time.monotonic()
    check_exists(path)
    try:
        connection = connect(path)
        try:
            before = schema_version_of(connection, path)
            if before == schema_version():
                return Migrated(before, before, None, time.monotonic() - started)
            backup = _backed_up(connection, path, before, say) if before else None
            say(f"schema {before} → {schema_version()}")
            create_schema(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        if trouble_of(error) is Trouble.DAMAGED:
            raise unusable(path, error) from error
        raise StoreError(f"{path}: not migrated: {error}; what it held is unchanged, run the command again") from error
    return Migrated(before, schema_version(), backup, time.monotonic() - started)


def _resumed(connection: sqlite3.Connection, version: int) -> bool:
    """Whether steps beyond the recorded version are taken: the version is written after the last of them."""
    return len(migrations.applied(Database(connection))) > version


def _free_name(path: Path, version: int) -> tuple[Path, Path | None]:
    """A name for a backup that nothing has, and the last one taken; an earlier upgrade may have left some."""
    latest = None
    target = path.with_name(f"{path.name}.schema{version}.bak")
    number = 1
    while os.path.lexists(target):
        number += 1
        latest, target = target, path.with_name(f"{path.name}.schema{version}.{number}.bak")
    return target, latest


def _backed_up(connection: sqlite3.Connection, path: Path, version: int, say: Callable[[str], None]) -> Path:
    """A copy of this state; where an earlier run was killed amid its steps, the one that it made before them."""
    target, latest = _free_name(path, version)
    if _resumed(connection, version) and latest:
        say(f"goes on where an earlier run was stopped; its backup is {latest}")
        return latest
    say(f"backup to {target} ({file_bytes(connection) / 1e6:.0f} MB)")
    # Rows must not be lost in silence, nor an old state be kept with the new schema: both is what salvaging does.
    back_up(path, target, salvage=False)
    return target
