"""`ingest feeds discover` and `test`: look at feeds and sites, store nothing; and what `feeds add` sees of a URL."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.common import common_options, json_option, open_context, print_json, shown
from ingest.texts import counted

if TYPE_CHECKING:
    from ingest.acquire.discover import FoundFeed
    from ingest.errors import FetchError
    from ingest.model import Entry
    from ingest.settings import FetchSettings, Settings

LOOK_INTERVAL_S = 0.2  # a person waits: a handful of requests to one host may follow closely


@click.command()
@common_options
@json_option
@click.argument("url")
def discover(db: Path | None, config: Path | None, as_json: bool, url: str) -> None:
    """Find the feeds of a site: named by its pages, at the usual places, its news sitemaps.

    Each is tried; nothing is stored.

    \b
    Example:
      ingest feeds discover https://news.example/
    """
    settings = open_context(db, config).config.settings.fetch
    found = look_at([url], settings)[0]
    if not isinstance(found, list):
        raise found
    if as_json:
        print_json([as_values(feed) for feed in found])
    elif not found:
        click.echo(f"{shown(url)}: no feed found", err=True)
    for feed in [] if as_json else found:
        click.echo(described(feed))
    if not found:
        sys.exit(1)


@click.command("test")
@common_options
@json_option
@click.argument("url")
def test_(db: Path | None, config: Path | None, as_json: bool, url: str) -> None:
    """Fetch, parse and extract one feed; print what would happen, store nothing.

    The newest entry's page is fetched too, as robots.txt allows, and its text extracted.

    \b
    Example:
      ingest feeds test https://news.example/rss.xml
    """
    import asyncio

    report = asyncio.run(_test(url, open_context(db, config).config.settings))
    if as_json:
        print_json(report)
    else:
        _print_test(report)
    if report["outcome"] not in ("ok", "not_modified"):
        sys.exit(1)


def look_at(urls: Sequence[str], settings: FetchSettings) -> list[list[FoundFeed] | FetchError]:
    """What stands behind each URL: its feeds, or why it could not be had."""
    import asyncio

    from ingest.acquire.discover import discover as find
    from ingest.acquire.http import HttpClient
    from ingest.errors import FetchError

    hasty = settings.model_copy(update={"host_interval": min(settings.host_interval, LOOK_INTERVAL_S)})

    async def one(client: HttpClient, url: str) -> list[FoundFeed] | FetchError:
        try:
            return await find(client, url)
        except FetchError as error:
            return error

    async def all_() -> list[list[FoundFeed] | FetchError]:
        async with HttpClient(hasty) as client:
            return list(await asyncio.gather(*(one(client, url) for url in urls)))

    return asyncio.run(all_())


def described(feed: FoundFeed) -> str:
    """One line on a found feed."""
    newest = f", newest {feed.newest:%Y-%m-%d %H:%M}" if feed.newest else ""
    told = f"{feed.version}, {counted(feed.entries, 'entry', 'entries')}{newest}; {feed.how}"
    return shown(f"{feed.url}  {feed.title or '(no title)'}  [{told}]")


def as_values(feed: FoundFeed) -> dict[str, Any]:
    """A found feed as plain values."""
    from dataclasses import asdict

    from ingest.times import optional_text

    return {**asdict(feed), "newest": optional_text(feed.newest)}


async def _test(url: str, settings: Settings) -> dict[str, Any]:
    from ingest.acquire.http import HttpClient
    from ingest.acquire.pages import PageFetcher
    from ingest.acquire.poll import poll_feed
    from ingest.model import FeedState
    from ingest.times import optional_text

    now = datetime.now(UTC)
    async with HttpClient(settings.fetch) as client:
        result = await poll_feed(client, FeedState(id=0, url=url), now=now, settings=settings)
        report: dict[str, Any] = {
            "url": url,
            "outcome": result.outcome,
            "status": result.status,
            "error": result.error,
            "title": result.after.title,
            "moved_to": result.after.moved_to,
            "bytes": result.bytes,
            "ms": result.duration_ms,
            "validators": {"etag": result.after.etag, "last_modified": result.after.last_modified},
            "hub": result.after.hub,
            "next_poll_at": optional_text(result.after.next_poll_at),
            "problems": list(result.problems),
            "entries": [_entry_values(entry) for entry in _newest_first(result.entries)],
            "page": None,
        }
        newest = next((entry for entry in _newest_first(result.entries) if entry.url), None)
        if newest is not None:
            report["page"] = await _test_page(PageFetcher(client, settings.fetch), newest, settings)
    return report


def _newest_first(entries: Sequence[Entry]) -> list[Entry]:
    """By their times; those whose time is not to be trusted last, in the feed's order."""
    long_ago = datetime.min.replace(tzinfo=UTC)
    times = {entry.key: entry.published_at for entry in entries if entry.published_flag is None}
    return sorted(entries, key=lambda entry: times.get(entry.key) or long_ago, reverse=True)


async def _test_page(pages: Any, entry: Entry, settings: Settings) -> dict[str, Any]:
    from ingest.errors import ExtractError, FetchError
    from ingest.extract.page import Hints, extract

    hints = Hints(url=entry.url or "", title=entry.title, author=entry.author, published_at=entry.published_at)
    try:
        page = await pages.fetch(entry.url)
        document = extract(page, hints, settings.extract).document
    except (FetchError, ExtractError) as error:
        return {"url": entry.url, "outcome": error.outcome, "error": str(error)}
    return {
        "url": document.url,
        "outcome": "extracted",
        "title": document.title,
        "author": document.author,
        "language": document.language,
        "words": len(document.text.split()),
        "beginning": document.text[:300],
    }


def _entry_values(entry: Entry) -> dict[str, Any]:
    from ingest.times import optional_text

    return {
        "key": entry.key,
        "url": entry.url,
        "title": entry.title,
        "published_at": optional_text(entry.published_at),
        "published_flag": entry.published_flag,
        "content_chars": len(entry.content or entry.summary or ""),
    }


def _print_test(report: dict[str, Any]) -> None:
    status = f", HTTP {report['status']}" if report["status"] else ""
    click.echo(f"{shown(report['url'])}: {report['outcome']}{status}")
    if report["error"]:
        click.echo(f"  {shown(report['error'])}")
        return
    validators = [name for name, value in report["validators"].items() if value]
    click.echo(f"  title       {shown(report['title'] or '(none)')}")
    click.echo(
        f"  document    {report['bytes']:,} bytes in {report['ms']} ms; validators: {', '.join(validators) or 'none'}"
    )
    if report["moved_to"]:
        click.echo(f"  moved to    {shown(report['moved_to'])}")
    if report["hub"]:
        click.echo(f"  hub         {shown(report['hub'])}")
    click.echo(f"  next poll   {report['next_poll_at']}")
    for problem in report["problems"]:
        click.echo(f"  problem     {shown(problem)}")
    click.echo(f"  entries     {len(report['entries'])}, the newest first")
    for entry in report["entries"][:5]:
        flag = f" ({entry['published_flag']})" if entry["published_flag"] else ""
        click.echo(f"    {entry['published_at']}{flag}  {shown(entry['title'] or '(no title)')}")
        click.echo(f"      {shown(entry['url'] or '(no link)')}")
    page = report["page"]
    if page is None:
        return
    click.echo(f"  newest page {shown(page['url'])}: {page['outcome']}")
    if page["outcome"] == "extracted":
        facts = (
            f"{page['title']}; {counted(page['words'], 'word')}, {page['language']}; by {page['author'] or '(nobody)'}"
        )
        click.echo(f"    {shown(facts)}")
        click.echo(f"    {shown(page['beginning'].replace(chr(10), ' '))} …")
    else:
        click.echo(f"    {shown(page['error'])}")
