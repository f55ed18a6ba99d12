"""`ingest show`: one article with all that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.common import common_options, json_option, make_console, markup, open_context, print_json
from ingest.texts import counted

if TYPE_CHECKING:
    from rich.table import Table


@click.command()
@common_options
@json_option
@click.option("--text", "with_text", is_flag=True, help="Print the canonical text too.")
@click.argument("article")
def show(db: Path | None, config: Path | None, as_json: bool, with_text: bool, article: str) -> None:
    """Show an article with its copies, timeline and revisions.

    ARTICLE is an article's id (that of a merged one leads on), the URL of any of its publications, or
    doc:N for a stored text. Links tell what belongs to it without being a copy: `update`, another
    version of the same wire story; `part_of`, an item of a round-up, live blog or newsletter.

    \b
    Examples:
      ingest show 12 --db news.db
      ingest show https://www.example.org/story --json --db news.db
    """
    from ingest.store.view import article_view, resolve_article

    connection = open_context(db, config).read()
    try:
        view = article_view(connection, resolve_article(connection, article))
    finally:
        connection.close()
    if as_json:
        print_json(view)
    else:
        _print(view, with_text)


def _print(view: Mapping[str, Any], with_text: bool) -> None:
    console = make_console()
    console.print(f"[bold]{view['id']}  {markup(view['title'] or '(no title)')}[/bold]")
    facts = [view["site"], _agency(view["origin"]), view["author"], view["published_at"]]
    console.print(markup("  ".join(fact for fact in facts if fact)))
    console.print(markup(view["url"]))
    copies = counted(len(view["copies"]), "copy", "copies")
    console.print(f"{counted(view['word_count'], 'word')}, {copies}, {counted(view['sites'], 'site')}")
    if with_text:
        console.print("\n" + markup(view["text"], lines=True))
    timeline = _table("when", "site", "what", "carried", "own words", "title")
    for event in view["timeline"]:
        own = event.get("own_words")
        figures = [_percent(event.get("carried")), "" if own is None else str(own)]
        timeline.add_row(event["at"], markup(event["site"]), event["what"], *figures, markup(event["title"]))
    console.print("\n[bold]Timeline[/bold]", timeline, sep="\n")
    if view["links"]:
        links = _table("kind", "article", "site", "contained", "title")
        for link in view["links"]:
            contained = _figure(link["containment"])
            links.add_row(_said(link), str(link["id"]), markup(link["site"]), contained, markup(link["title"]))
        console.print("\n[bold]Belongs together, and is no copy[/bold]", links, sep="\n")
    if view["merged"]:
        console.print(f"\nalso reached by the ids {', '.join(map(str, view['merged']))}")


def _agency(origin: Mapping[str, Any] | None) -> str:
    if origin is None:
        return ""
    told = f" (told by {origin['evidence_url']})" if origin["inherited"] else ""
    return f"agency {origin['agency']}{told}"


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        is_title = column == "title"
        table.add_column(
            column, no_wrap=True, overflow="ellipsis" if is_title else "fold", ratio=1 if is_title else None
        )
    return table


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _said(link: Mapping[str, Any]) -> str:
    if link["kind"] == "update":
        return "updates" if link["is_later"] else "updated by"
    return "holds" if link["is_later"] else "part of"
