"""`ingest merge`: a person's word that two articles are one text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.cli.common import common_options, json_option, open_context, print_json


@click.command()
@common_options
@json_option
@click.option("--note", help="Why; kept with the correction.")
@click.argument("article")
@click.argument("into")
def merge(db: Path | None, config: Path | None, as_json: bool, note: str | None, article: str, into: str) -> None:
    """Make all texts of ARTICLE copies in the article INTO, for good.

    Both are ids of articles, publications' URLs or doc:N. The canonical text of what comes of it is
    elected as always, and which of the two ids stays comes of that: it is said, and the other leads to
    it. `ingest split` takes a text out again.

    \b
    Example:
      ingest merge 57 12 --note "same story, translated back" --db news.db
    """
    from dataclasses import asdict

    from ingest.pipeline.corrections import merge as merge_articles

    context = open_context(db, config)
    connection = context.write()
    try:
        with context.recorded(connection, "merge"):
            done = merge_articles(connection, article, into, context.config.settings.dedup, datetime.now(UTC), note)
    finally:
        connection.close()
    if as_json:
        print_json(asdict(done))
    else:
        gone = ", ".join(map(str, done.gone))
        click.echo(f"one article now, with the id {done.is_in}; {gone} leads to it")
