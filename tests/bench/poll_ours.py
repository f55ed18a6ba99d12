"""Our side of the polling bench, in a process of its own: `python -m tests.bench.poll_ours FEEDS PORT PASSES`.

The daemon's own parts in the daemon's own arrangement (intake, client with default politeness, parser
processes, single writer); only the fetching of pages is left out. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest.acquire.http import HttpClient
from ingest.acquire.poll import parser_in, poll_feed
from ingest.extract.pool import WorkerPool
from ingest.model import FeedState
from ingest.service.intake import Intake
from ingest.settings import ExtractSettings, FetchSettings, Settings
from ingest.store.feeds import add_feed, due_feeds, list_feeds, mark_due, record_poll
from ingest.store.writer import Writer


def url_of(number: int, port: int) -> str:
    """A feed's URL: a host of its own, so that the pauses a host is given count as they do in the world."""
    return f"http://127.{number // 62_500 + 1}.{number // 250 % 250}.{number % 250 + 1}:{port}/feed/{number}"


async def passes(folder: Path, feeds: int, port: int, count: int) -> dict[str, Any]:
    settings = Settings(fetch=FetchSettings(allow_networks=("127.0.0.0/8",)))
    writer = Writer(folder / "bench.db")
    pool = WorkerPool(ExtractSettings())

    async def call(function: Any, *args: Any) -> Any:
        return await asyncio.wrap_future(writer.submit(function, *args))

    started = datetime.now(UTC)
    for number in range(feeds):
        writer.submit(add_feed, url_of(number, port), started)
    outcomes: Counter[str] = Counter()
    async with HttpClient(settings.fetch) as client:
        parse = parser_in(pool.submit)

        async def take(limit: int) -> Sequence[FeedState]:
            return list(await call(due_feeds, datetime.now(UTC), limit))

        async def poll(feed: FeedState) -> None:
            result = await poll_feed(client, feed, now=datetime.now(UTC), settings=settings, parse=parse)
            await asyncio.wrap_future(writer.submit_small(record_poll, feed, result, datetime.now(UTC)))
            outcomes[result.outcome] += 1

        seconds = []
        for number in range(count):
            if number:
                # Polls of one feed are minutes apart; passes that follow at once would measure the pause of a
                # second that each host is given between two requests.
                await asyncio.sleep(settings.fetch.host_interval)
                ids = [str(row["id"]) for row in await call(list_feeds)]
                await call(mark_due, ids, datetime.now(UTC) - timedelta(seconds=1))
            await call(lambda connection: None)
            intake: Intake[FeedState] = Intake(
                settings.fetch.connections, take=take, key=lambda feed: feed.id, work=poll
            )
            begun = time.perf_counter()
            intake.fill()
            await intake.idle()
            intake.raise_error()
            seconds.append(time.perf_counter() - begun)
        due = len(await call(due_feeds, datetime.now(UTC), feeds))
        scheduled = sum(row["next_poll_at"] > row["last_polled_at"] for row in await call(list_feeds))
        entries = await call(lambda connection: connection.execute("SELECT count(*) FROM entries").fetchone()[0])
        polls = await call(lambda connection: connection.execute("SELECT count(*) FROM polls").fetchone()[0])
    pool.close()
    writer.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "seconds": seconds,
        "outcomes": outcomes,
        "still_due": due,
        "scheduled": scheduled,
        "entries": entries,
        "polls": polls,
        "peak_mb": peak / 1e6,
    }


def main() -> None:
    feeds, port, count = map(int, sys.argv[1:4])
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(passes(Path(folder), feeds, port, count))))


if __name__ == "__main__":
    main()
