"""`ingest status`: how things stand, for a person or a program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ingest.cli.common import common_options, json_option, make_console, markup, open_context, print_json
from ingest.texts import counted


@click.command()
@common_options
@json_option
def status(db: Path | None, config: Path | None, as_json: bool) -> None:
    """Show feeds, queue, outcomes and rates.

    Reads the database only, so it may run beside the daemon.

    \b
    Example:
      ingest status --db news.db --json
    """
    from ingest.store.report import status_report

    context = open_context(db, config)
    connection = context.read()
    try:
        report = status_report(connection, datetime.now(UTC))
    finally:
        connection.close()
    if as_json:
        print_json(report)
    else:
        _print(context.db, report)


def _print(db: Path, report: Mapping[str, Any]) -> None:
    from rich.table import Table

    console = make_console()
    store, feeds, queue = report["store"], report["feeds"], report["queue"]
    console.print(f"[bold]{markup(str(db))}[/bold] at {report['at']}, {store['bytes'] / 1e6:.1f} MB")
    console.print(
        f"articles {store['articles']}   copies {store['copies']}   links {store['links']}   "
        f"revisions {store['revisions']}"
    )
    by_status = ", ".join(f"{count} {name}" for name, count in feeds["by_status"].items()) or "none"
    late = f" (since {feeds['due_since']})" if feeds["due_since"] else ""
    console.print(f"feeds    {by_status}; {feeds['due']} due{late}")
    oldest = f", the oldest since {queue['oldest_due']}" if queue["oldest_due"] else ""
    console.print(f"queue    {queue['pending']} pending, {queue['due']} due{oldest}")
    if queue["backfilled"]:
        items, their = counted(queue["backfilled"], "backfilled item"), "its" if queue["backfilled"] == 1 else "their"
        console.print(f"         {items} to be taken up by {their} `ingest backfill`")

    rates = Table("", "polls", "failed", "entries", "articles", "copies", box=None, pad_edge=False)
    for name in ("last_hour", "last_day"):
        row = report[name]
        figures = (row["polls"], row["failed_polls"], row["entries"], row["articles"], row["copies"])
        rates.add_row(name.replace("_", " "), *map(str, figures))
    console.print(rates)
    for title, counts in (("outcomes", report["outcomes"]), ("agencies", report["agencies"])):
        if counts:
            console.print(f"{title} " + "  ".join(f"{markup(name)} {count}" for name, count in counts.items()))
    for feed in feeds["troubled"]:
        console.print(
            markup(
                f"! feed {feed['id']} {feed['url']}: {counted(feed['errors'], 'error')}, {feed['last_outcome']}: "
                f"{feed['last_error']}; last good {feed['last_ok_at'] or 'never'}"
            )
        )
    for feed in feeds["losing"]:
        missed = counted(feed["missed"], "entry", "entries")
        console.print(markup(f"! feed {feed['id']} {feed['url']}: about {missed} came and went between polls"))
    for feed in feeds["silent"]:
        console.print(markup(f"! feed {feed['id']} {feed['url']}: silent, no new entry since {feed['last_new_at']}"))
