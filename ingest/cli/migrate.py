"""`ingest migrate`: an older database is brought up to this version."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ingest.cli.common import common_options, json_option, open_context, print_json


@click.command()
@common_options
@json_option
def migrate(db: Path | None, config: Path | None, as_json: bool) -> None:
    """Bring an older database up to this version, after a backup beside it.

    Where nothing is to be done, nothing is done, so that it may stand before every start (the unit
    does that). Killed in between, run it again. A missing database is never made: it is refused, but
    for the first start of a unit. One that is damaged or from a newer ingest is refused too.

    \b
    Example:
      ingest migrate --db /var/lib/ingest/ingest.db
    """
    from ingest.service.lock import DatabaseLock
    from ingest.store.database import check_exists
    from ingest.store.migrate import migrate as migrate_database

    path = open_context(db, config).db
    if not path.exists() and _is_unit():
        click.echo(f"{path}: no database yet; the daemon makes it", err=True)
        return
    check_exists(path)  # before the lock leaves a file beside a mistyped name
    with DatabaseLock(path):
        done = migrate_database(path, say=lambda line: click.echo(line, err=True))
    if as_json:
        backup = str(done.backup) if done.backup else None
        print_json({"before": done.before, "after": done.after, "backup": backup, "seconds": round(done.seconds, 3)})
    elif done.before == done.after:
        click.echo(f"{path}: schema {done.after} is current; nothing to do")
    else:
        kept = f"; the old one is kept as {done.backup}" if done.backup else ""
        click.echo(f"{path}: schema {done.before} → {done.after} in {done.seconds:.1f} s{kept}")


def _is_unit() -> bool:
    """Whether a unit with StateDirectory= runs this (systemd.exec(5)): at its first start there is no database."""
    return "STATE_DIRECTORY" in os.environ
