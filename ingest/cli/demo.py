"""`ingest demo`: the main job, to be seen in half a minute."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import click

DEFAULT_DB = Path("demo.db")
MORNING_S = 18.0

EXIT_INTERRUPTED = 130


@click.command()
@click.option(
    "--db",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Database to make; it must not exist.  [default: demo.db here, or the next free demo-2.db …]",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file whose sections `extract` and `dedup` are used.  [default: built-in settings]",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, max=3600),
    default=MORNING_S,
    show_default=True,
    help="How long the newsroom's morning takes; 0: everything is published at once.",
)
@click.option("--stay", is_flag=True, help="Keep newsroom and daemon running at the end, until Ctrl-C.")
def demo(db: Path | None, config: Path | None, seconds: float, stay: bool) -> None:
    """See wire copies from a loopback newsroom fold into one article each.

    Starts an agency and seven newspapers on loopback addresses of this machine, each with its own page
    design and feed format; lets the daemon of `ingest run` read them; shows every page as it is
    recognised; and ends with a table of the articles and their copies, and with commands to go on with.
    Needs no network and touches no other database.

    \b
    Example:
      ingest demo --db /tmp/demo.db
    """
    import asyncio

    from ingest.config import load_config
    from ingest.demo.screen import make_console
    from ingest.demo.show import play
    from ingest.errors import StoreError
    from ingest.settings import Settings

    settings = Settings() if config is None else load_config(config).settings
    if db is not None and db.exists():
        raise StoreError(f"{db}: exists; the demo never writes into a database that is there: name another with --db")
    path = db or _free_path(DEFAULT_DB)
    ended = asyncio.run(play(path, settings, make_console(), seconds=seconds, stay=stay))
    if ended.interrupted:
        sys.exit(EXIT_INTERRUPTED)
    if not ended.right:
        sys.exit(1)


def _free_path(path: Path) -> Path:
    """The path, or with a number where something has that name."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(free for free in itertools.chain([path], numbered) if not free.exists())
