"""`ingest backup`: a consistent copy of a live database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ingest.cli.common import EXIT_REFUSED, common_options, json_option, open_context, print_json


@click.command()
@common_options
@json_option
@click.argument("dest", type=click.Path(path_type=Path, dir_okay=False))
def backup(db: Path | None, config: Path | None, as_json: bool, dest: Path) -> None:
    """Copy the database, while it is in use, to DEST; verified.

    The copy is consistent as of one moment, checked, and appears under its name only when it is
    whole. An existing DEST is never overwritten. Of a damaged database everything that can still be
    read is saved, and what was lost is said (exit code 3).

    \b
    Example:
      ingest backup /var/backups/ingest-$(date +%F).db --db /var/lib/ingest/ingest.db
    """
    from ingest.store.backup import back_up

    made = back_up(open_context(db, config).db, dest)
    if as_json:
        print_json({"path": str(made.path), "bytes": made.bytes, "salvaged": made.salvaged, "lost": made.lost})
    else:
        click.echo(f"{made.path}: {made.bytes / 1e6:.1f} MB, verified")
        if made.salvaged:
            click.echo("The database is damaged: what could be read was saved, row by row.", err=True)
        for table, count in made.lost.items():
            click.echo(f"lost: {table}: {count} rows or more", err=True)
    if made.lost:
        sys.exit(EXIT_REFUSED)
