"""`ingest search`: publications by their words, copies among them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.cli.common import common_options, json_option, make_console, markup, open_context, print_json
from ingest.texts import counted

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"])


@click.command()
@common_options
@json_option
@click.option("--site", help="Only publications of this site.")
@click.option("--agency", help="Only texts that name this agency as theirs, by its code (`afp`).")
@click.option("--language", help="Only texts in this language, by its code (`en`).")
@click.option("--since", type=_DAY, metavar="DAY", help="Published (or else seen) from then on, UTC.")
@click.option("--until", type=_DAY, metavar="DAY", help="Published (or else seen) before then, UTC.")
@click.option("--canonical", is_flag=True, help="Only canonical articles, no copies.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Publications at most.")
@click.option("--rebuild", is_flag=True, help="Write the full-text indexes anew, where `ingest doctor` asks for it.")
@click.argument("words", nargs=-1)
def search(
    db: Path | None,
    config: Path | None,
    as_json: bool,
    site: str | None,
    agency: str | None,
    language: str | None,
    since: datetime | None,
    until: datetime | None,
    canonical: bool,
    limit: int,
    rebuild: bool,
    words: tuple[str, ...],
) -> None:
    """Find publications by words of their titles and texts, the newest first.

    Every one of WORDS has to be there; "words in a row" in quotes, and beginnings as harbo*. Case and
    accents make no difference. Words of Chinese, Japanese, Thai and other scripts without spaces are found
    within their lines, those of Korean within compounds, those of Arabic and Hebrew behind particles.

    \b
    Examples:
      ingest search ferry reef --db news.db
      ingest search '"coast guard" resc*' --site gazette.example --since 2026-03-01 --json --db news.db
      sqlite-utils search news.db copies ferry       # the same indexes, in SQL: articles_fts, copies_fts
    """
    from ingest.store import searchable
    from ingest.store.database import transaction
    from ingest.times import optional_text

    context = open_context(db, config)
    if rebuild:
        with closing(context.write()) as connection, transaction(connection):
            searchable.rebuild(connection)
        if not words:
            return
    if not words:
        raise click.UsageError("no WORDS; give one or more to search for")
    narrowed = searchable.Narrowed(
        site,
        agency,
        language,
        optional_text(since and since.replace(tzinfo=UTC)),
        optional_text(until and until.replace(tzinfo=UTC)),
        canonical,
    )
    with closing(context.read()) as connection:
        try:
            count, found = searchable.search(connection, " ".join(words), narrowed, limit)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        print_json({"count": count, "found": [asdict(each) for each in found]})
        return
    console = make_console()
    for each in found:
        when = each.published_at or f"{each.first_seen_at} (seen)"
        place = f"{each.article_id}  {each.relation}  {when}  {each.site or ''}"
        console.print(f"[dim]{markup(place)}[/dim]", markup(each.title or "(no title)"), sep="\n")
        console.print(f"  {markup(each.excerpt)}", f"  {markup(each.url)}\n", sep="\n")
    console.print(f"{counted(count, 'publication')}{f', the newest {limit} of them' if count > limit else ''}")
