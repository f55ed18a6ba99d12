"""`ingest prune`: old articles, or a publication, are taken out for good."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.common import common_options, json_option, open_context, print_json, shown, stoppable
from ingest.texts import counted

if TYPE_CHECKING:
    from ingest.pipeline.prune import Pruned
    from ingest.settings import RetentionSettings


def _checked(parse_name: str) -> Any:
    """A click callback that parses a quantity as the settings do."""

    def callback(ctx: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
        if value is None:
            return None
        from ingest import settings

        try:
            parsed = float(getattr(settings, parse_name)(value))
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
        if parsed <= 0:
            raise click.BadParameter("must be greater than 0")
        return parsed

    return callback


@click.command()
@common_options
@json_option
@click.option(
    "--older-than",
    metavar="AGE",
    callback=_checked("parse_duration"),
    help="Take out articles no publication of which came in within this time (90d, 26w).  [default: retention.max_age]",
)
@click.option(
    "--max-size",
    metavar="SIZE",
    callback=_checked("parse_size"),
    help="Take out the oldest articles until the database holds no more than this.  [default: retention.max_size]",
)
@click.option("--url", "urls", multiple=True, help="Take out the publication under this URL, now; repeatable.")
@click.option("--with-copies", is_flag=True, help="With --url: the whole article, every publication of it.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
def prune(
    db: Path | None,
    config: Path | None,
    as_json: bool,
    older_than: float | None,
    max_size: float | None,
    urls: tuple[str, ...],
    with_copies: bool,
    dry_run: bool,
) -> None:
    """Take out old articles, or a publication, so that they never return.

    Without options, the limits under `retention` in the settings are applied, if there are any; the daemon
    does that at every maintenance by itself. Articles go whole, with all their copies. What is gone is remembered
    by its URLs: no poll and no backfill brings it back (such entries end as `pruned`). Along the way,
    boilerplate that no page of its site has shown for 120 days is forgotten.

    By size, entries without a text that no feed has listed for 30 days are forgotten first; and no
    article goes where entries, polls and the like alone exceed the limit, which is said.

    --url is for a takedown: that one publication goes, its revisions too, and the article elects
    another canonical text among its copies. Backups made before still hold it.

    Safe beside a running daemon; may be stopped at any time, and says then what it has done.

    \b
    Examples:
      ingest prune --older-than 90d --dry-run --db news.db
      ingest prune --url https://paper.example/story --db news.db
    """
    from ingest.pipeline.prune import prune as prune_database
    from ingest.settings import RetentionSettings
    from ingest.store.pages import forget_pruned

    if urls and (older_than or max_size):
        raise click.UsageError("--url goes without --older-than and --max-size")
    if with_copies and not urls:
        raise click.UsageError("--with-copies goes with --url")
    context = open_context(db, config)
    settings = context.config.settings
    if urls:
        _take_down(context, urls, with_copies, dry_run, as_json)
        return
    given = older_than or max_size
    limits = RetentionSettings(max_age=older_than or 0, max_size=int(max_size or 0)) if given else settings.retention
    connection = context.write()
    try:
        with stoppable() as stopped:
            done = prune_database(
                connection,
                limits,
                settings.dedup,
                datetime.now(UTC),
                dry_run=dry_run,
                stop=lambda: stopped() != 0,
            )
            if not dry_run:
                forget_pruned(connection, settings.pages.folder_beside(context.db))
            code = stopped()
    finally:
        connection.close()
    if as_json:
        print_json({**asdict(done), "dry_run": dry_run, "stopped": code != 0})
    else:
        _say(done, limits, dry_run)
    if code:
        click.echo("stopped before its end: what is left goes at the next run", err=True)
        sys.exit(code)


def _say(done: Pruned, limits: RetentionSettings, dry_run: bool) -> None:
    said = "would go" if dry_run else "taken out"
    click.echo(f"{counted(done.articles, 'article')} with {counted(done.texts, 'text')} {said}")
    if not limits.max_age and not limits.max_size:
        click.echo("no limit is set: give --older-than, --max-size or --url, or set `retention`")
    if done.other_bytes:
        first = "; old dead entries, which a dry run does not count, are forgotten first" if dry_run else ""
        click.echo(
            f"no article goes by size: what is no article (entries, sightings, polls, tombstones) takes about "
            f"{done.other_bytes / 1e6:.1f} MB, more than the limit; raise it{first}",
            err=True,
        )
    if not dry_run:
        click.echo(
            f"{counted(done.entries, 'old entry', 'old entries')} and "
            f"{counted(done.sentences, 'sentence')} of boilerplate forgotten"
        )
        click.echo(f"{done.freed_bytes / 1e6:.1f} MB given back to the disk")


def _take_down(context: Any, urls: tuple[str, ...], with_copies: bool, dry_run: bool, as_json: bool) -> None:
    from ingest.pipeline.prune import take_down
    from ingest.store.pages import forget_pruned
    from ingest.store.tombstones import docs_under, texts_under
    from ingest.urls import is_web_url

    connection = context.write()
    gone: dict[str, list[str] | int] = {}
    try:
        for url in urls:
            if not is_web_url(url) and not docs_under(connection, url):
                raise click.BadParameter(f"{shown(url)!r} is no URL; `ingest show` prints that of an article")
        if dry_run:
            found = texts_under(connection, urls, with_copies=with_copies)
            gone.update((url, len(docs)) for url, docs in found.items())
        else:
            dedup = context.config.settings.dedup
            for url in urls:
                gone[url] = take_down(connection, url, datetime.now(UTC), dedup, with_copies=with_copies)
            forget_pruned(connection, context.config.settings.pages.folder_beside(context.db))
    finally:
        connection.close()
    if as_json:
        print_json({"taken_down": gone, "dry_run": dry_run})
        return
    for url, taken in gone.items():
        if not taken:
            barred = "would be barred" if dry_run else "is barred from now on"
            click.echo(f"{shown(url)}: nothing is stored under it; it {barred}")
        elif isinstance(taken, int):
            click.echo(f"{shown(url)}: {counted(taken, 'stored text')} would go")
        else:
            for each in taken:
                click.echo(f"gone: {shown(each)}")
    if not dry_run:
        click.echo("Backups made before still hold what they held.")
