"""`ingest diff`: what changed between two versions of a publication."""

from __future__ import annotations

from pathlib import Path

import click

from ingest.cli.common import common_options, json_option, make_console, markup, open_context, print_json
from ingest.cli.explain import print_sentences
from ingest.texts import counted


@click.command()
@common_options
@json_option
@click.option("--all", "show_all", is_flag=True, help="Print the sentences that are the same, too.")
@click.argument("url")
@click.argument("n", type=click.IntRange(min=1), required=False)
@click.argument("m", type=click.IntRange(min=1), required=False)
def diff(
    db: Path | None, config: Path | None, as_json: bool, show_all: bool, url: str, n: int | None, m: int | None
) -> None:
    """Show what changed between two versions of a publication.

    URL is a publication's URL, doc:N, or an article's id. N and M are versions, the first text being 1;
    without them the last change is shown, with N alone what has changed since.

    \b
    Examples:
      ingest diff https://a.example/story --db news.db
      ingest diff https://a.example/story 1 3 --json --db news.db
    """
    from ingest.pipeline.diff import diff as compare

    connection = open_context(db, config).read()
    try:
        found = compare(connection, url, n, m)
    finally:
        connection.close()
    if as_json:
        print_json(found)
        return
    console = make_console()
    console.print(markup(found["url"]))
    for row in found["versions"]:
        mark = "A" if row["version"] == found["a"] else "B" if row["version"] == found["b"] else " "
        words = counted(row["word_count"], "word")
        console.print(f"{mark} {row['version']}  {row['from_at']}  {words}  {markup(row['title'] or '(no title)')}")
    print_sentences(console, found["sentences"], show_all)
