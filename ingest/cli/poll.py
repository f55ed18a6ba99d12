"""`ingest poll`: one pass."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.cli.common import EXIT_REFUSED, common_options, json_option, open_context, print_json, shown
from ingest.texts import counted

GOOD_POLLS = frozenset({"ok", "not_modified"})


@click.command()
@common_options
@json_option
@click.option("--quiet", is_flag=True, help="Print the summary only.")
@click.argument("feeds", nargs=-1, metavar="[FEED]...")
def poll(db: Path | None, config: Path | None, as_json: bool, quiet: bool, feeds: tuple[str, ...]) -> None:
    """Poll the due (or named) feeds once, work off the queue, then exit.

    FEED is a feed's id or URL (see `ingest feeds list`); named feeds are polled whether due or not.
    Pages that could not be had this time wait for the next pass. For cron and for a first look;
    `ingest run` does the same all day.

    Exit code 3: done, but some feeds could not be polled (each is named).

    \b
    Example:
      ingest poll --db news.db
    """
    import asyncio

    from ingest.service.once import poll_once

    context = open_context(db, config)

    def listener(event: str, fields: Mapping[str, object]) -> None:
        if event == "feed_polled" and fields["outcome"] not in GOOD_POLLS:
            click.echo(shown(f"{fields['url']}: {fields['outcome']}: {fields.get('error') or ''}"), err=True)
        elif event == "feed_polled" and not quiet and not as_json:
            entries = counted(int(str(fields["entries"])), "entry", "entries")
            told = f"{fields['url']}: {fields['outcome']}, {entries}, {fields['new']} new"
            click.echo(shown(told))

    done = asyncio.run(poll_once(context.config, context.db, feeds, listener=listener, clock=lambda: datetime.now(UTC)))
    if as_json:
        print_json({"polls": done.polls, "entries": done.entries, "postponed": done.postponed})
    else:
        click.echo(f"{counted(done.polls.total(), 'feed')} polled{_listed(done.polls)}")
        entries = counted(done.entries.total(), "entry", "entries")
        click.echo(f"{entries} done{_listed(done.entries)}; {done.postponed} to be tried again")
        if not done.polls:
            click.echo("No feed was due. `ingest feeds list` shows when each is; `ingest feeds add URL` adds one.")
    if any(outcome not in GOOD_POLLS for outcome in done.polls):
        sys.exit(EXIT_REFUSED)


def _listed(counts: Mapping[str, int]) -> str:
    return "".join(f"{': ' if not i else ', '}{n} {name}" for i, (name, n) in enumerate(sorted(counts.items())))
