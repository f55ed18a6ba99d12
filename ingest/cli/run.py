"""`ingest run`: the daemon."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.cli.common import common_options, open_context


@click.command()
@common_options
@click.option("--log-json", is_flag=True, help="Log JSON objects instead of key=value lines.")
def run(db: Path | None, config: Path | None, log_json: bool) -> None:
    """Run the daemon: poll feeds, fetch pages, fold copies, until stopped.

    Feeds come from the settings file, an OPML file it names, and `ingest feeds add`. One line is
    logged to standard error for each poll and each entry.

    \b
    SIGTERM, SIGINT  stop cleanly within 10 s; what was under way is taken up at the next start
    SIGHUP           read the settings file again: its feeds and polling rhythm; what else has
                     changed and needs a restart is logged

    A second daemon on the same database is refused; `ingest feeds …`, `ingest backfill …` and all
    reading commands may run beside it.

    \b
    Example:
      ingest run --config config.yaml --db /var/lib/ingest/ingest.db
    """
    import asyncio

    from ingest.acquire.access import known_secrets
    from ingest.service.daemon import Daemon
    from ingest.service.logs import log_libraries, log_listener

    context = open_context(db, config)
    listener = log_listener(as_json=log_json, secrets=known_secrets(context.config.settings.fetch))
    log_libraries(listener)

    async def serve() -> None:
        await Daemon(context.config, context.db, listener=listener, clock=lambda: datetime.now(UTC)).run()

    asyncio.run(serve())
