"""The demo's last words: the table of articles and copies, the look-alikes, and how to go on."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console, RenderableType
from rich.console import Group as Lines
from rich.table import Table
from rich.text import Text

from ingest.dedup.placement import Standing
from ingest.dedup.verify import Kind
from ingest.demo.ending import Apart, Group
from ingest.demo.screen import NARROW
from ingest.demo.tally import UNCHANGED, Tally
from ingest.texts import escaped

WHOLE = 0.985  # of an article's words: a share that rounds to all of it
WORTH_TELLING = 8  # words of a copy's own; fewer are a dateline or a changed word


def articles_table(groups: Sequence[Group], sites: Mapping[str, str], width: int) -> Table:
    """Every article with its copies below it.

    Args:
        groups: the articles, in the order to print.
        sites: address → name.
        width: of the console, in characters; a narrow one has no room for the relation.
    """
    table = Table(box=None, expand=True, padding=(0, 1), header_style="dim", show_edge=False)
    table.add_column("", width=3, justify="right", no_wrap=True)
    table.add_column("article, and the headlines of its copies", ratio=1, overflow="ellipsis", no_wrap=True)
    table.add_column("site", overflow="ellipsis", no_wrap=True)
    table.add_column("how much of it", no_wrap=True)
    if width >= NARROW:
        table.add_column("relation", no_wrap=True)
    for group in groups:
        canonical = group.canonical
        publication = canonical.publication
        count = len(group.copies)
        table.add_row(
            Text(str(canonical.article_id), "bold"),
            Text(escaped(publication.title or publication.url), "bold"),
            Text(_site(sites, publication.site), "bold green"),
            Text(f"{publication.word_count} words", "bold"),
            *([Text(_count(count, "copy", "copies"), "bold")] if width >= NARROW else ()),
        )
        for number, copy in enumerate(group.copies, 1):
            branch = "└ " if number == count else "├ "
            table.add_row(
                "",
                Text(branch + escaped(copy.publication.title or copy.publication.url)),
                Text(_site(sites, copy.publication.site), "cyan"),
                Text(_extent(copy.standing)),
                *([Text(copy.relation, "cyan")] if width >= NARROW else ()),
            )
    return table


def look_alikes_text(pairs: Sequence[Apart]) -> RenderableType:
    """The stories that resemble each other and are kept apart, each with the reason."""
    lines: list[RenderableType] = []
    for pair in pairs:
        joined = f"; joined by a link of kind {pair.kind}" if pair.kind in (Kind.UPDATE, Kind.PART_OF) else ""
        lines += [
            Text(escaped(pair.title), "bold"),
            Text.assemble("  is no copy of ", (escaped(pair.other_title), "bold")),
            Text(f"  {pair.why}"),
            Text(f"  {pair.shared:.0%} of the shorter text stands in the other; rule {pair.rule}{joined}", "dim"),
            Text(),
        ]
    return Lines(*lines)


def print_report(
    console: Console,
    groups: Sequence[Group],
    apart: Sequence[Apart],
    problems: Sequence[str],
    *,
    tally: Tally,
    interrupted: bool,
    seconds: float,
    db: Path,
) -> None:
    """Print everything a person wants to see when the morning is over.

    Args:
        problems: where the database differs from the newsroom's books.
        interrupted: a person stopped the run before its end.
        seconds: how long the run took.
        db: the database that was made.
    """
    copies = sum(len(group.copies) for group in groups)
    console.print()
    console.rule(f"[bold]{len(tally.pages)} pages are {len(groups)} articles and {copies} copies of them")
    console.print()
    console.print(articles_table(groups, tally.sites, console.width))
    console.print()
    if apart:
        console.rule("[bold]Look-alikes that stayed apart")
        console.print()
        console.print(look_alikes_text(apart))
    _print_check(console, problems, tally, interrupted=interrupted)
    console.print(
        f"{tally.polls.total()} polls in {seconds:.0f} s, {tally.polls[UNCHANGED]} of them answered by 304, unchanged."
    )
    console.print()
    _print_commands(console, groups, db)


def _print_check(console: Console, problems: Sequence[str], tally: Tally, *, interrupted: bool) -> None:
    if interrupted:
        console.print(Text("You stopped it before the end.", "yellow"))
    elif problems:
        console.print(Text("The newsroom's own books say otherwise:", "red"))
        for problem in problems:
            console.print(Text(f"  {escaped(problem)}", "red"))
    else:
        console.print(Text("Every page is where the newsroom's own books say it belongs.", "green"))
    for trouble, times in tally.troubles.items():
        console.print(Text(f"{escaped(trouble)} ({times} times)", "red"))


def _print_commands(console: Console, groups: Sequence[Group], db: Path) -> None:
    if not groups:
        return
    ingest, sqlite_utils = command_name("ingest"), command_name("sqlite-utils")
    name, first = str(db), str(groups[0].canonical.article_id)
    count = "select relation, count(*) from publications group by relation"
    commands = (
        (sqlite_utils, "rows", name, "articles", *_columns("id", "title", "copies", "sites"), "-t"),
        (sqlite_utils, "query", name, count, "-t"),
        (
            sqlite_utils,
            "rows",
            name,
            "publications",
            "--where",
            f"article_id = {first}",
            *_columns("site", "title"),
            "-t",
        ),
        (sqlite_utils, "search", name, "articles", "ferry", *_columns("id", "title"), "-t"),
        (ingest, "show", first, "--db", name),
        (ingest, "status", "--db", name),
    )
    console.print("[bold]Go on with")
    for command in commands:
        # As it is: a wrapped or shortened command could not be copied.
        console.print(Text(f"  {shlex.join(command)}"), soft_wrap=True)


def _columns(*names: str) -> list[str]:
    return [part for name in names for part in ("-c", name)]


def command_name(name: str) -> str:
    """How to call a command of this environment: its bare name where the shell finds it, else its path."""
    here = Path(sys.executable).parent / name
    found = shutil.which(name)
    if found is not None and (not here.exists() or Path(found).samefile(here)):
        return name
    try:
        return str(here.relative_to(Path.cwd()))
    except ValueError:
        return str(here)


def _extent(standing: Standing) -> str:
    carried, own = standing.carried or 0.0, standing.own_words or 0
    share = "all" if carried >= WHOLE else f"{carried:.0%}"
    return f"{share} + {own} words" if own >= WORTH_TELLING else share


def _site(sites: Mapping[str, str], site: str | None) -> str:
    return sites.get(site or "", escaped(site or ""))


def _count(number: int, one: str, many: str) -> str:
    return f"{number or 'no'} {one if number == 1 else many}"
