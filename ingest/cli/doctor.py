"""`ingest doctor`: what is wrong, and what to do."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.cli.common import common_options, json_option, open_context, print_json, shown

MARKS = {"good": ("ok", "green"), "warning": ("!!", "yellow"), "fault": ("XX", "red")}


@click.command()
@common_options
@json_option
@click.option("--deep", is_flag=True, help="Also check every invariant of the stored data; reads all of it.")
def doctor(db: Path | None, config: Path | None, as_json: bool, deep: bool) -> None:
    """Check config, database, disk, clock, network policy; say what to do.

    Changes nothing. Exit code 1 when something is broken; warnings alone exit with 0.

    \b
    Example:
      ingest doctor --deep --db news.db
    """
    from ingest.errors import ConfigError
    from ingest.service.doctor import Finding, Level, examine

    try:
        context = open_context(db, config)
    except ConfigError as error:
        findings = [Finding(Level.FAULT, str(error))]  # a program that asked for JSON gets it
    else:
        findings = list(examine(context.config, context.db, datetime.now(UTC), deep=deep))
    if as_json:
        print_json([{"level": found.level, "what": found.what, "advice": found.advice} for found in findings])
    else:
        for found in findings:
            mark, colour = MARKS[found.level]
            advice = f"\n     → {shown(found.advice, lines=True)}" if found.advice else ""
            click.echo(f"{click.style(mark, fg=colour)}   {shown(found.what, lines=True)}{advice}")
    if any(found.level is Level.FAULT for found in findings):
        sys.exit(1)
