"""`ingest reextract`: kept pages extracted again by this version."""

from __future__ import annotations

import sys
from contextlib import closing, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli.common import EXIT_REFUSED, common_options, json_option, open_context, print_json, shown
from ingest.texts import counted

if TYPE_CHECKING:
    from ingest.backfill.reextract import Report

TELL_EVERY = 500  # pages


@click.command()
@common_options
@json_option
@click.option("--dry-run", is_flag=True, help="Only report what would change.")
def reextract(db: Path | None, config: Path | None, as_json: bool, dry_run: bool) -> None:
    """Extract the kept pages again with this version; report before and after.

    Needs pages kept (`pages.keep` in the settings). A text that comes out otherwise is stored as a
    revision and matched again; the network is not used. Run it twice: the second run changes nothing.

    Exit code 3: done, but some pages give no text now; their stored texts stay.

    \b
    Examples:
      ingest reextract --dry-run --db news.db
      ingest reextract --json --db news.db
    """
    from ingest.backfill.reextract import Reextraction
    from ingest.extract.pool import WorkerPool

    context = open_context(db, config)
    settings = context.config.settings
    pool = WorkerPool(settings.extract)
    with closing(context.write()) as connection:
        try:
            work = Reextraction(
                connection,
                settings,
                pool,
                folder=settings.pages.folder_beside(context.db),
                clock=lambda: datetime.now(UTC),
                dry_run=dry_run,
            )
            with nullcontext() if dry_run else context.recorded(connection, "reextract"):
                report = work.run(_tell)
        finally:
            pool.close()
    if as_json:
        print_json(asdict(report) | {"dry_run": dry_run})
    else:
        _print(report, dry_run)
    if report.failed:
        sys.exit(EXIT_REFUSED)


def _tell(report: Report) -> None:
    done = report.unchanged + report.texts + sum(report.failed.values())
    if done and done % TELL_EVERY == 0:
        click.echo(f"reextract: {counted(done, 'page')}, {counted(report.texts, 'text')} changed", err=True)


def _print(report: Report, dry_run: bool) -> None:
    if not report.pages:
        click.echo("no pages are kept: set `pages.keep` in config.yaml, then new pages are")
        return
    would = "would change" if dry_run else "changed"
    click.echo(
        f"{counted(report.pages, 'kept page')}: {counted(report.texts, 'text')} {would}, {report.unchanged} as before"
    )
    click.echo(f"words: {report.words_before} before, {report.words_after} after")
    for fact, count in report.facts.most_common():
        click.echo(f"  {fact:<10} {would} in {count}")
    for outcome, count in report.failed.most_common():
        click.echo(f"  {outcome:<10} {counted(count, 'page')} without a text now; what is stored stays")
    for change in report.examples:
        click.echo(f"  {change.words_before:>6} → {change.words_after:>6} words  {shown(change.url)}")
