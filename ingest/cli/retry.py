"""`ingest retry`: failed entries are taken up again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.cli.common import common_options, json_option, open_context, print_json, shown
from ingest.texts import counted

_TOLD = {  # of which entries there is nothing to be taken up
    "pending": "wait already",
    **dict.fromkeys(("canonical", "copy", "revision", "same_url"), "have their text stored"),
}


@click.command()
@common_options
@json_option
@click.option("--outcome", "outcomes", multiple=True, required=True, help="Outcome to take up again; repeatable.")
@click.option("--source", help="Only entries of this feed URL or backfilled file.")
def retry(db: Path | None, config: Path | None, as_json: bool, outcomes: tuple[str, ...], source: str | None) -> None:
    """Take failed entries up again.

    Entries of feeds become due now, for the daemon or `ingest poll`; backfilled items are taken up by
    the next run of their `ingest backfill` command. `ingest status` lists the outcomes there are.
    Entries whose text is stored are never touched; what was pruned never returns.

    \b
    Example:
      ingest retry --outcome timeout --outcome http_error --db news.db
    """
    from ingest.model import Outcome
    from ingest.store.entries import retry_entries

    known = {str(outcome) for outcome in Outcome}
    for name in outcomes:
        if name not in known:
            raise click.BadParameter(f"{name!r} is no outcome; there are: {', '.join(sorted(known))}")
    if Outcome.PRUNED in outcomes:
        raise click.BadParameter("what was pruned never returns; there is nothing to take up")
    connection = open_context(db, config).write()
    try:
        count = retry_entries(connection, outcomes, datetime.now(UTC), source=source)
    finally:
        connection.close()
    if as_json:
        print_json({"retried": count})
    else:
        click.echo(
            f"{counted(count, 'entry', 'entries')} to be taken up again" if count else _why_none(outcomes, source)
        )


def _why_none(outcomes: tuple[str, ...], source: str | None) -> str:
    told = [f"entries with the outcome {name} {_TOLD[name]}" for name in outcomes if name in _TOLD]
    left = " or ".join(name for name in outcomes if name not in _TOLD)
    if left:
        of = f" of {shown(source)}" if source else ""
        told.append(f"no entry{of} ended as {left}; `ingest status` counts the outcomes there are")
    return f"nothing to take up: {'; '.join(told)}"
