"""`ingest backup`: a consistent copy of a live database."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.cli.common import EXIT_REFUSED, common_options, json_option, open_context, print_json


@click.command()
@common_options
@json_option
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="DEST is a folder: add a copy named by the time, then remove the oldest beyond N.",
)
@click.argument("dest", type=click.Path(path_type=Path))
def backup(db: Path | None, config: Path | None, as_json: bool, keep: int | None, dest: Path) -> None:
    """Copy the database, while it is in use, to DEST; verified.

    The copy is consistent as of one moment, checked, and appears under its name only when it is
    whole. An existing DEST is never overwritten. Of a damaged database everything that can still be
    read is saved, and what was lost is said (exit code 3); then no older copy is removed.

    To restore, stop the daemon, move the old database away together with its -wal and -shm files,
    and copy the backup to its place with this command: the third example.

    \b
    Examples:
      ingest backup /var/backups/ingest-$(date +%F).db --db /var/lib/ingest/ingest.db
      ingest backup /var/backups/ingest --keep 7 --db /var/lib/ingest/ingest.db
      ingest backup /var/lib/ingest/ingest.db --db /var/backups/ingest/ingest-20260301T120000Z.db
    """
    from ingest.errors import StoreError
    from ingest.service.lock import holder
    from ingest.store.backup import back_up, back_up_into
    from ingest.store.database import named_file

    source = open_context(db, config).db
    removed: list[Path] = []
    if keep is not None:
        made, removed = back_up_into(source, dest, keep, datetime.now(UTC))
    elif dest.is_dir():
        raise click.UsageError(f"{dest} is a folder; name a file in it, or say how many copies to --keep there")
    else:
        if (pid := holder(named_file(dest))) is not None:
            raise StoreError(
                f"{dest}: an ingest (pid {pid}) runs on the database of this name; stop it before it is put back"
            )
        made = back_up(source, dest)
    if as_json:
        print_json(
            {
                "path": str(made.path),
                "bytes": made.bytes,
                "salvaged": made.salvaged,
                "lost": made.lost,
                "removed": [str(path) for path in removed],
            }
        )
    else:
        click.echo(f"{made.path}: {made.bytes / 1e6:.1f} MB, verified")
        for path in removed:
            click.echo(f"removed: {path}")
        if made.salvaged:
            click.echo("The database is damaged: what could be read was saved, row by row.", err=True)
        for table, count in made.lost.items():
            click.echo(f"lost: {table}: {count} rows or more", err=True)
    if made.lost:
        sys.exit(EXIT_REFUSED)
