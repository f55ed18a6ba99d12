"""`ingest rededup`: deduplication run anew over the stored texts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli.common import common_options, copy_of, json_option, open_context, print_json

if TYPE_CHECKING:
    from ingest.pipeline.rededup import Report, Tell

LOG_EVERY = 5_000  # texts


@click.command()
@common_options
@json_option
@click.option("--dry-run", is_flag=True, help="Work on a copy of the database and throw it away; only report.")
def rededup(db: Path | None, config: Path | None, as_json: bool, dry_run: bool) -> None:
    """Run deduplication anew over the stored texts.

    Wanted after a change of settings or version. Every text is indexed (if this version indexes
    otherwise) and placed anew; revisions, corrections by hand and the ids of articles stay. Stop it at
    any time: the next run goes on where it stopped. A daemon may run beside it.

    \b
    Examples:
      ingest rededup --dry-run --db news.db
      ingest rededup --json --db news.db
    """
    from ingest.pipeline.rededup import rededup as run_anew

    context = open_context(db, config)
    with (
        closing(context.write()) as connection,
        copy_of(connection, context.db, wanted=dry_run) as target,
        context.recorded(target, "rededup"),
        _progress() as tell,
    ):
        report = run_anew(target, context.config.settings.dedup, datetime.now(UTC), tell)
    if as_json:
        print_json(asdict(report) | {"dry_run": dry_run})
    else:
        _print(report, dry_run)


@contextmanager
def _progress() -> Iterator[Tell]:
    """A bar on a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        told: dict[str, int] = {}

        def log(step: str, done: int, texts: int) -> None:
            if done - told.get(step, 0) >= LOG_EVERY:
                told[step] = done
                click.echo(f"{step}: {done} of {texts} texts", err=True)

        yield log
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description:6}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks = {}

        def show(step: str, done: int, texts: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=texts)
            bar.update(tasks[step], completed=done)

        yield show


def _print(report: Report, dry_run: bool) -> None:
    if report.resumed:
        click.echo("an earlier run was taken up where it stopped")
    click.echo(f"{'':10}{'before':>10}{'after':>10}")
    click.echo(f"{'texts':10}{report.texts:>10}{report.texts:>10}")
    click.echo(f"{'articles':10}{report.articles_before:>10}{report.articles_after:>10}")
    click.echo(f"{'links':10}{report.links_before:>10}{report.links_after:>10}")
    click.echo(f"{report.joined} pairs of texts were joined, {report.parted} parted")
    if report.failed:
        click.echo(
            f"{report.failed} could not be placed, by a fault of ingest, and stay where they stood: please report it"
        )
    if dry_run:
        click.echo("nothing was changed (--dry-run)")
