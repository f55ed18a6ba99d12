"""Plays the newsroom's morning to the very daemon of `ingest run`, and shows what comes of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

from rich.console import Console

from ingest.config import Config
from ingest.demo.ending import look_alikes, misplaced, read_groups
from ingest.demo.newsroom import Newsroom
from ingest.demo.report import print_report
from ingest.demo.screen import Screen
from ingest.demo.sites import SITES
from ingest.demo.stories import morning_minutes
from ingest.demo.tally import Tally
from ingest.service.daemon import Daemon
from ingest.settings import FeedSettings, FetchSettings, PollSettings, ServiceSettings, Settings
from ingest.store.database import open_database

GRACE_S = 30.0  # after the morning, for what is still under way; then the demo says what is missing
REFRESH_S = 0.2  # between two drawings of the status line


@dataclass(frozen=True, slots=True)
class Ended:
    """How the demo went.

    Attributes:
        complete: every page has its outcome.
        right: and is where the newsroom's books say.
        interrupted: a person stopped it.
    """

    complete: bool
    right: bool
    interrupted: bool


async def play(db: Path, settings: Settings, console: Console, *, seconds: float, stay: bool) -> Ended:
    """Run newsroom and daemon side by side until every page has its outcome, then print the report.

    Args:
        db: database to make.
        settings: where `extract` and `dedup` are taken from.
        seconds: how long the morning takes; 0: all pages are listed at once.
        stay: keep both running after the report, until a person stops them.

    Raises:
        IngestError: when the loopback addresses or the database cannot be used.
    """
    pace = morning_minutes() / seconds if seconds else None
    async with Newsroom(datetime.now(UTC), minutes_per_second=pace) as newsroom:
        tally = Tally(newsroom.sites)
        screen = Screen(console, tally, pages=len(newsroom.truth), elapsed=lambda: newsroom.elapsed)
        config = Config(demo_settings(settings, newsroom.feeds))
        daemon = Daemon(config, db, listener=screen.listen, clock=lambda: datetime.now(UTC))
        _print_opening(console, newsroom, db, seconds)
        run = asyncio.create_task(daemon.run())
        with screen:
            complete = await _watch(run, screen, newsroom, give_up=time.monotonic() + newsroom.length + GRACE_S)
            interrupted = run.done()
            if interrupted or not stay:
                daemon.request_stop()
                await run
        right = _report(console, newsroom, tally, db, interrupted=interrupted)
        if stay and not interrupted:
            console.print("\nNewsroom and daemon go on; Ctrl-C ends them. The papers:")
            for feed in newsroom.feeds:
                console.print(f"  {feed}")
        await run
    return Ended(complete, right, interrupted and not complete)


def demo_settings(settings: Settings, feeds: list[str]) -> Settings:
    """Settings under which the daemon reads a newsroom on loopback whose morning takes seconds."""
    networks = tuple(ip_network(site.address) for site in SITES)
    return Settings(
        feeds=tuple(FeedSettings(url=feed) for feed in feeds),
        fetch=FetchSettings(allow_networks=networks, host_interval=0, contact=settings.fetch.contact),
        poll=PollSettings(interval=1, min_interval=1, max_interval=1),
        extract=settings.extract,
        dedup=settings.dedup,
        service=ServiceSettings(tick=0.25, stop_deadline=3),
    )


async def _watch(run: asyncio.Task[None], screen: Screen, newsroom: Newsroom, *, give_up: float) -> bool:
    """Draw until every page is done (True), the daemon has ended, or time is up."""
    while not run.done() and time.monotonic() < give_up:
        screen.refresh()
        if screen.tally.pages.keys() >= newsroom.truth.keys():
            return True
        await asyncio.wait([run], timeout=REFRESH_S)
    return screen.tally.pages.keys() >= newsroom.truth.keys()


def _report(console: Console, newsroom: Newsroom, tally: Tally, db: Path, *, interrupted: bool) -> bool:
    connection = open_database(db)  # not read only: the last reader of a WAL database cannot tidy up behind itself
    try:
        groups = read_groups(connection, tally.articles)
    finally:
        connection.close()
    problems = misplaced(groups, newsroom.truth)
    print_report(
        console,
        groups,
        look_alikes(groups, newsroom.look_alikes, newsroom.truth),
        problems,
        tally=tally,
        interrupted=interrupted,
        seconds=newsroom.elapsed,
        db=db,
    )
    return not problems


def _print_opening(console: Console, newsroom: Newsroom, db: Path, seconds: float) -> None:
    wire, papers, feeds, pages = SITES[0].name, len(SITES) - 1, len(newsroom.feeds), len(newsroom.truth)
    length = f"played in {seconds:g} seconds" if seconds else "played at once"
    console.print(f"[bold]A morning in the life of a news agency and its clients, {length}[/bold]")
    console.print(
        f"{wire}, the agency, and {papers} papers that take its copy serve {feeds} feeds and {pages} pages over HTTP,"
        f" on loopback addresses of this machine. The daemon of `ingest run` reads them into {db}."
        " Watch the copies fold into the article they come from.\n"
    )
