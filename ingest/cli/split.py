"""`ingest split`: a person's word that a text is none of its article's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.cli.common import common_options, json_option, open_context, print_json


@click.command()
@common_options
@json_option
@click.option("--note", help="Why; kept with the correction.")
@click.argument("text")
def split(db: Path | None, config: Path | None, as_json: bool, note: str | None, text: str) -> None:
    """Part a text from its article, for good.

    TEXT is a publication's URL or doc:N; an article's id means its canonical text. It becomes an article
    of its own (or joins another that it is a copy of) and will not stand with the others again, however
    often texts come or `ingest rededup` runs. `ingest merge` takes it back.

    \b
    Example:
      ingest split https://www.example.org/story --note "another match, same words" --db news.db
    """
    from dataclasses import asdict

    from ingest.pipeline.corrections import split as split_text

    context = open_context(db, config)
    connection = context.write()
    try:
        with context.recorded(connection, "split"):
            done = split_text(connection, text, context.config.settings.dedup, datetime.now(UTC), note)
    finally:
        connection.close()
    if as_json:
        print_json(asdict(done))
    else:
        click.echo(f"doc:{done.doc} stands in article {done.is_in}, parted from {len(done.others)} of {done.was_in}")
