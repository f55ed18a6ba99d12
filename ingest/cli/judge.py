"""`ingest judge`: a coder's judgements of pairs, taken in."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.cli.common import EXIT_REFUSED, common_options, json_option, open_context, print_json, read_csv, shown
from ingest.texts import counted


@click.command()
@common_options
@json_option
@click.option("--coder", required=True, help="Who judged; each coder's latest word on a pair counts.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def judge(db: Path | None, config: Path | None, as_json: bool, coder: str, file: Path) -> None:
    """Take a coder's judgements of pairs in; they change nothing else.

    FILE is CSV with the columns `url`, `other_url`, `label` (copy, update, part_of, different, unsure),
    and `note` and `weight` if given, as `ingest sample` writes it. Rows without a label are passed over.
    What is wrong with others is told by line, and the rest is taken (exit code 3). `ingest split` and
    `ingest merge` change what stands together.

    \b
    Example:
      ingest judge pairs.csv --coder anna --db news.db
    """
    from ingest.pipeline.judging import judge as take

    context = open_context(db, config)
    rows = list(read_csv(file, ("url", "other_url", "label")))
    connection = context.write()
    try:
        judged = take(connection, rows, coder, datetime.now(UTC))
    finally:
        connection.close()
    for line, error in judged.refused:
        click.echo(f"{file}:{line}: {shown(error)}", err=True)
    if as_json:
        refused = [{"line": line, "error": error} for line, error in judged.refused]
        print_json({"taken": judged.taken, "blank": judged.blank, "refused": refused})
    else:
        click.echo(f"{counted(judged.taken, 'judgement')} of {shown(coder)} taken, {judged.blank} without a label")
    if judged.refused:
        sys.exit(EXIT_REFUSED)
