"""`ingest explain`: two texts side by side, and the rule that decided on them."""

from __future__ import annotations

import csv
import difflib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.common import (
    EXIT_REFUSED,
    Context,
    common_options,
    json_option,
    make_console,
    markup,
    open_context,
    print_json,
    read_csv,
    shown,
)
from ingest.texts import counted

if TYPE_CHECKING:
    from rich.console import Console

_LINKED = {
    "update": "article {article_id} is an update of article {other_id}",
    "part_of": "article {other_id} is part of article {article_id}",
}


@click.command()
@common_options
@json_option
@click.option("--all", "show_all", is_flag=True, help="Print the sentences that are the same, too.")
@click.option(
    "--pairs",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with the columns `url` and `other_url`: a row of CSV for each pair, in place of A and B.",
)
@click.argument("a", required=False)
@click.argument("b", required=False)
def explain(
    db: Path | None, config: Path | None, as_json: bool, show_all: bool, file: Path | None, a: str | None, b: str | None
) -> None:
    """Explain why two texts are, or are not, copies of each other.

    A and B are URLs of publications, doc:N for stored texts, rev:N for what a publication said before (a
    row of `revisions`), or ids of articles (their canonical text is meant). Figures are measured now;
    what was decided when the texts came stands below them.

    \b
    Examples:
      ingest explain https://a.example/story https://b.example/story --db news.db
      ingest explain 12 doc:57 --json --db news.db
      ingest explain --pairs pairs.csv --db news.db > explained.csv
    """
    from ingest.pipeline.explain import explain as explain_texts

    context = open_context(db, config)
    if file is not None:
        if a is not None:
            raise click.UsageError("name two texts, or a file with --pairs, not both")
        _explain_all(context, file, as_json)
        return
    if a is None or b is None:
        raise click.UsageError("name two texts, or a file with --pairs")
    connection = context.read()
    try:
        explained = explain_texts(connection, a, b, context.config.settings.dedup)
    finally:
        connection.close()
    if as_json:
        print_json(explained)
    else:
        _print(explained, show_all)


def _explain_all(context: Context, file: Path, as_json: bool) -> None:
    """A row for each pair of a file; pairs that cannot be found are told, by line."""
    from ingest.errors import StoreError
    from ingest.pipeline.explain import explain_briefly

    done, refused = [], 0
    connection = context.read()
    try:
        for line, row in read_csv(file, ("url", "other_url")):
            try:
                done.append(explain_briefly(connection, row["url"], row["other_url"], context.config.settings.dedup))
            except StoreError as error:
                refused += 1
                click.echo(f"{file}:{line}: {shown(error)}", err=True)
    finally:
        connection.close()
    if as_json:
        print_json(done)
    elif done:
        writer = csv.DictWriter(sys.stdout, list(done[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(done)
    if refused:
        sys.exit(EXIT_REFUSED)


def _print(explained: Mapping[str, Any], show_all: bool) -> None:
    from rich.table import Table

    console = make_console()
    for name in "ab":
        text = explained[name]
        console.print(f"[bold]{name.upper()}[/bold]  doc:{text['doc']}  {markup(text['title'] or '(no title)')}")
        facts = [text["url"], text["published_at"], counted(text["word_count"], "word")]
        place = f"{text['relation']} in article {text['article_id']}"
        console.print("   " + markup("  ".join(fact for fact in [*facts, place] if fact)))
    verdict = explained["verdict"]
    colour = {"copy": "green", "different": "red"}.get(verdict["kind"], "yellow")
    console.print(
        f"\n[bold {colour}]{verdict['kind']}[/bold {colour}]  {verdict['says']}  [dim]({verdict['rule']})[/dim]"
    )
    if explained["one_article"] != (verdict["kind"] == "copy"):
        console.print(_why_not_together(explained["one_article"]))
    if not explained["one_article"] and (explained["links"] or verdict["kind"] in _LINKED):
        console.print(_linked(explained["links"]))
    table = Table(box=None, show_header=False, pad_edge=False)
    for term in sorted(verdict["contributions"], key=lambda term: -abs(term["points"])):
        values = ", ".join("not known" if value is None else f"{value:.4g}" for value in term["values"])
        table.add_row(f"{term['points']:+.3f}", " × ".join(term["features"]) or "base", f"[dim]{values}[/dim]")
    table.add_row(f"{verdict['score']:+.3f}", "log-odds that they are one text", "")
    console.print(table)
    console.print(f"[dim]{verdict['turn']}[/dim]")
    console.print("\n[bold]Decided[/bold]")
    for decision in explained["decided"]:
        console.print(
            f"{decision['compared_at']}  {decision['kind']}, log-odds {decision['score']:+.2f}: {decision['says']}"
            f" [dim]({decision['model']})[/dim]"
        )
    print_sentences(console, explained["sentences"], show_all)
    for name in "ab":
        if explained["aside"][name]:
            console.print(f"\n[bold]Set aside in {name.upper()}[/bold], as its site repeats it")
            for sentence in explained["aside"][name]:
                console.print(f"[dim]{markup(sentence)}[/dim]")


def _why_not_together(one_article: bool) -> str:
    if one_article:
        return "They stand in one article all the same: each is a copy of its canonical text."
    return "They stand in two articles all the same: each belongs to the canonical text closest to it."


def _linked(links: Iterable[Mapping[str, Any]]) -> str:
    """What is stored of two articles: the verdict above is on two texts, as measured now."""
    said = [_LINKED[link["kind"]].format(**link) for link in links]
    return f"Stored: {'; '.join(said)}." if said else "No link between their articles is stored."


def print_sentences(console: Console, rows: Iterable[Mapping[str, Any]], show_all: bool) -> None:
    """Print aligned sentences of A and B; those that are the same only if wanted."""
    console.print("\n[bold]Sentences[/bold]  = in both   ~ edited   A only in A   B only in B")
    same = 0
    for row in rows:
        if row["status"] == "same":
            same += 1
            if show_all:
                console.print(f"[green]=[/green] {markup(row['a'])}")
        elif row["status"] == "edited":
            console.print(f"[yellow]~[/yellow] {_marked(row['a'], row['b'])}")
        elif row["status"] == "only_a":
            console.print(f"[red]A[/red] [red]{markup(row['a'])}[/red]")
        else:
            console.print(f"[blue]B[/blue] [blue]{markup(row['b'])}[/blue]")
    if same and not show_all:
        console.print(f"[dim]= {counted(same, 'sentence')} word for word in both; --all prints them[/dim]")


def _marked(a: str, b: str) -> str:
    """The sentence of A, with A's own words in [-…-] and B's in {+…+}, coloured on a terminal."""
    mine, other = a.split(), b.split()
    parts = []
    for step, start, end, start_b, end_b in difflib.SequenceMatcher(None, mine, other, autojunk=False).get_opcodes():
        if step == "equal":
            parts.append(markup(" ".join(mine[start:end])))
            continue
        if start < end:
            parts.append("[red]" + markup("[-" + " ".join(mine[start:end]) + "-]") + "[/red]")
        if start_b < end_b:
            parts.append("[blue]{+" + markup(" ".join(other[start_b:end_b])) + "+}[/blue]")
    return " ".join(parts)
