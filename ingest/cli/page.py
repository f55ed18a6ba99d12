"""`ingest page`: the raw page behind a text."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ingest.cli.common import common_options, open_context


@click.command()
@common_options
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.argument("url")
def page(db: Path | None, config: Path | None, output: Path | None, url: str) -> None:
    """Write the raw page of a publication, as it was fetched, to standard output.

    Pages are kept where `pages.keep` of the settings says so, of feeds only: what a backfill reads stays
    where it lies. URL is the publication's.

    \b
    Example:
      ingest page https://a.example/story -o story.html --db news.db
    """
    from ingest.store.pages import page_of

    context = open_context(db, config)
    connection = context.read()
    try:
        body = page_of(connection, url, context.config.settings.pages.folder_beside(context.db))
    finally:
        connection.close()
    if output is not None:
        output.write_bytes(body)
    else:
        sys.stdout.buffer.write(body)
