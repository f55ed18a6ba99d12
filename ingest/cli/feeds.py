"""`ingest feeds …`: which feeds are polled."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
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
    shown,
)
from ingest.cli.feeds_look import as_values, described, discover, look_at, test_
from ingest.texts import counted

if TYPE_CHECKING:
    import sqlite3

    from ingest.acquire.discover import FoundFeed


@click.group()
def feeds() -> None:
    """Add, find, test, list, import and export feeds.

    Feeds come from three places: the settings file, the OPML file it names, and `ingest feeds add`.
    """


@feeds.command()
@common_options
@json_option
@click.option("--title", help="Name to show.  [default: the feed's own title]")
@click.option("--tag", "tags", multiple=True, help="Tag, may be given several times.")
@click.option("--all", "take_all", is_flag=True, help="Where a site has several feeds, add them all.")
@click.option("--no-check", is_flag=True, help="Add the URLs as they are, without a look at them.")
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
def add(
    db: Path | None,
    config: Path | None,
    as_json: bool,
    title: str | None,
    tags: tuple[str, ...],
    take_all: bool,
    no_check: bool,
    urls: tuple[str, ...],
) -> None:
    """Add feeds by their URLs, or by the URL of a site; the daemon polls them at its next tick.

    Each URL is looked at first. A site's feeds are found and shown to choose from; a URL that cannot
    be had just now is added as it is, with a warning.

    Exit code 3: done, but some URLs were refused (each is named).

    \b
    Example:
      ingest feeds add https://news.example/rss.xml --tag world
      ingest feeds add https://news.example/
    """
    from ingest.errors import StoreError
    from ingest.store.feeds import add_feed
    from ingest.urls import feed_address

    now = datetime.now(UTC)
    context = open_context(db, config)
    urls = tuple(map(feed_address, urls))
    chosen, results = ([(url, None) for url in urls], []) if no_check else _choose(context, urls, take_all)
    connection = context.write()
    try:
        for url, warning in chosen:
            try:
                id_ = add_feed(connection, url, now, title=title, tags=tags)
            except StoreError as error:
                results.append({"url": url, "result": "refused", "error": str(error)})
            else:
                done = {"url": url, "result": "known" if id_ is None else "added", "id": id_, "warning": warning}
                results.append(done)
    finally:
        connection.close()
    _report(results, as_json)


def _choose(
    context: Context, urls: tuple[str, ...], take_all: bool
) -> tuple[list[tuple[str, str | None]], list[dict[str, Any]]]:
    """`(URL, warning)` to be added, and what is refused already."""
    chosen: list[tuple[str, str | None]] = []
    refused: list[dict[str, Any]] = []
    for url, found in zip(urls, look_at(urls, context.config.settings.fetch), strict=True):
        if not isinstance(found, list):
            chosen.append((url, f"could not be looked at, added as it is: {found}"))
        elif len(found) == 1 or (found and take_all):
            chosen += [(feed.url, None) for feed in found]
        elif not found:
            refused.append({"url": url, "result": "refused", "error": f"{url}: no feed found (--no-check adds it)"})
        else:
            picked = _pick(url, found)
            chosen += [(feed.url, None) for feed in picked]
            if not picked:
                listed = "".join(f"\n  {described(feed)}" for feed in found)
                error = f"{url}: has {counted(len(found), 'feed')}; name those you want, or give --all:{listed}"
                choice = [as_values(feed) for feed in found]
                refused.append({"url": url, "result": "refused", "error": error, "choice": choice})
    return chosen, refused


def _pick(url: str, found: list[FoundFeed]) -> list[FoundFeed]:
    """What a person at a terminal takes of a choice; nothing elsewhere."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return []
    click.echo(f"{shown(url)} has {counted(len(found), 'feed')}:")
    for number, feed in enumerate(found, 1):
        click.echo(f"  {number}  {described(feed)}")
    answer = click.prompt("Which? (numbers; 0 for none)", default="1")
    numbers = {int(part) for part in answer.replace(",", " ").split() if part.isdigit()}
    return [feed for number, feed in enumerate(found, 1) if number in numbers]


@feeds.command("list")
@common_options
@json_option
@click.option("--tag", help="Only feeds with this tag.")
def list_(db: Path | None, config: Path | None, as_json: bool, tag: str | None) -> None:
    """List the feeds with their state, next poll and trouble.

    \b
    Example:
      ingest feeds list --json --tag world
    """
    from ingest.store.feeds import list_feeds

    connection = open_context(db, config).read()
    try:
        found = list_feeds(connection, tag=tag)
    finally:
        connection.close()
    if as_json:
        print_json(found)
    else:
        _print_table(found)


@feeds.command("import")
@common_options
@json_option
@click.argument("file", type=click.File("rb"))
def import_(db: Path | None, config: Path | None, as_json: bool, file: Any) -> None:
    """Add the feeds of an OPML file (`-`: standard input); folders become tags.

    Exit code 3: done, but some feeds were refused (each is named with its line).

    \b
    Example:
      ingest feeds import subscriptions.opml
    """
    from ingest.acquire.opml import MAX_OPML_BYTES, scan_opml
    from ingest.store.feeds import add_feed

    listed, problems = scan_opml(file.read(MAX_OPML_BYTES + 1), file.name)
    now = datetime.now(UTC)
    results: list[dict[str, Any]] = [{"result": "refused", "error": problem} for problem in problems]
    connection = open_context(db, config).write()
    try:
        for feed in listed:
            id_ = add_feed(connection, feed.url, now, title=feed.title, tags=feed.tags)
            results.append({"url": feed.url, "result": "known" if id_ is None else "added", "id": id_})
    finally:
        connection.close()
    _report(results, as_json)


@feeds.command()
@common_options
@click.option("--tag", help="Only feeds with this tag.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File.  [default: print]")
def export(db: Path | None, config: Path | None, tag: str | None, output: Path | None) -> None:
    """Write the feeds as OPML; a feed stands in the folder of its first tag.

    \b
    Example:
      ingest feeds export -o feeds.opml
    """
    from ingest.acquire.opml import OpmlFeed, write_opml
    from ingest.store.feeds import list_feeds

    connection = open_context(db, config).read()
    try:
        found = list_feeds(connection, tag=tag)
    finally:
        connection.close()
    text = write_opml(OpmlFeed(feed["url"], feed["title"], tuple(feed["tags"])) for feed in found)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"{output}: {counted(len(found), 'feed')}", err=True)


@feeds.command()
@common_options
@json_option
@click.argument("names", nargs=-1, required=True, metavar="FEED...")
def remove(db: Path | None, config: Path | None, as_json: bool, names: tuple[str, ...]) -> None:
    """Remove feeds that no file lists; articles stay.

    FEED is a feed's id or URL. A feed that the settings or an OPML file list is taken out there.

    Exit code 3: done, but some feeds were refused (each is named).

    \b
    Example:
      ingest feeds remove 12
    """
    from ingest.store.feeds import remove_feed

    _report(_each(open_context(db, config), names, "removed", remove_feed), as_json)


@feeds.command()
@common_options
@json_option
@click.option("--reason", default="paused by command", show_default=True, help="Shown by `feeds list`.")
@click.argument("names", nargs=-1, required=True, metavar="FEED...")
def pause(db: Path | None, config: Path | None, as_json: bool, reason: str, names: tuple[str, ...]) -> None:
    """Poll feeds no more until they are resumed.

    \b
    Example:
      ingest feeds pause https://news.example/rss.xml --reason "moving house"
    """
    from ingest.store.feeds import pause_feed

    paused = partial(pause_feed, reason=reason)
    _report(_each(open_context(db, config), names, "paused", paused), as_json)


@feeds.command()
@common_options
@json_option
@click.argument("names", nargs=-1, required=True, metavar="FEED...")
def resume(db: Path | None, config: Path | None, as_json: bool, names: tuple[str, ...]) -> None:
    """Poll paused or parked feeds again, from now on.

    \b
    Example:
      ingest feeds resume 12 15
    """
    from ingest.store.feeds import resume_feed

    resumed = partial(resume_feed, now=datetime.now(UTC))
    _report(_each(open_context(db, config), names, "resumed", resumed), as_json)


@feeds.command()
@common_options
@json_option
@click.argument("names", nargs=-1, metavar="[FEED]...")
def refresh(db: Path | None, config: Path | None, as_json: bool, names: tuple[str, ...]) -> None:
    """Make feeds due now, all active ones or those named; parked ones are tried again.

    A running daemon polls them at its next tick; `ingest poll` does so without one.

    \b
    Example:
      ingest feeds refresh 12
    """
    from ingest.store.feeds import list_feeds, mark_due

    connection = open_context(db, config).write()
    try:
        chosen = list(names) or [str(feed["id"]) for feed in list_feeds(connection) if feed["status"] != "paused"]
        count = mark_due(connection, chosen, datetime.now(UTC))
    finally:
        connection.close()
    if as_json:
        print_json({"due": count})
    else:
        click.echo(f"{counted(count, 'feed')} due now")


feeds.add_command(discover)
feeds.add_command(test_)


def _each(
    context: Context, names: tuple[str, ...], done: str, action: Callable[[sqlite3.Connection, str], str]
) -> list[dict[str, Any]]:
    """What came of each feed named; the action answers with its URL."""
    from ingest.errors import StoreError

    results: list[dict[str, Any]] = []
    connection = context.write()
    try:
        for name in names:
            try:
                results.append({"url": action(connection, name), "result": done})
            except StoreError as error:
                results.append({"url": name, "result": "refused", "error": str(error)})
    finally:
        connection.close()
    return results


def _report(results: list[dict[str, Any]], as_json: bool) -> None:
    refused = [result for result in results if result["result"] == "refused"]
    if as_json:
        print_json(results)
    else:
        for result in results:
            if result["result"] != "refused":
                click.echo(f"{result['result']} {shown(result['url'])}")
            if result.get("warning"):
                click.echo(f"warning: {shown(result['warning'])}", err=True)
        for result in refused:
            click.echo(f"refused: {shown(result['error'], lines=True)}", err=True)
    if refused:
        sys.exit(EXIT_REFUSED)


def _print_table(found: list[dict[str, Any]]) -> None:
    from rich.table import Table

    if not found:
        click.echo("No feeds. `ingest feeds add URL` adds one, `ingest feeds import FILE` many.")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("id", justify="right")
    table.add_column("state")
    table.add_column("entries", justify="right")
    table.add_column("next poll", no_wrap=True)
    table.add_column("feed", overflow="fold")
    for feed in found:
        trouble = feed["reason"] or feed["last_error"]
        label = "\n".join(markup(part) for part in (feed["title"], feed["url"], trouble and f"! {trouble}") if part)
        table.add_row(str(feed["id"]), _state(feed), str(feed["entries"]), _next_poll(feed), label)
    make_console().print(table)


def _state(feed: dict[str, Any]) -> str:
    if feed["status"] != "active" or feed["errors"] == 0:
        return str(feed["status"])
    return f"{feed['last_outcome']} ×{feed['errors']}"


def _next_poll(feed: dict[str, Any]) -> str:
    if feed["status"] == "paused":  # the time that stands there is from before: no poll comes
        return ""
    return (feed["next_poll_at"] or "")[:16].replace("T", " ")
