"""What a run of ingest hangs on, and the run itself, written down around the work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version

from ingest import __version__
from ingest.dedup.parameters import VERSION
from ingest.dedup.scorecard import Scorecard
from ingest.settings import Settings
from ingest.store.runs import Parameters, begin_run, end_run
from ingest.times import to_text

LIBRARIES = ("datasketch", "feedparser", "trafilatura")  # those whose versions change what is stored


def parameters_of(settings: Settings) -> Parameters:
    """All that what is stored hangs on, beside the input."""
    return Parameters(
        version=__version__,
        fingerprint=VERSION,
        model=Scorecard.load(settings.dedup.model).version,
        libraries={name: version(name) for name in LIBRARIES},
        settings={
            "dedup": settings.dedup.model_dump(mode="json"),
            "extract": settings.extract.model_dump(mode="json"),
        },
    )


@contextmanager
def recorded(
    connection: sqlite3.Connection,
    command: str,
    settings: Settings,
    clock: Callable[[], datetime],
    asked: Sequence[str] = (),
) -> Iterator[None]:
    """All that a connection writes within is the work of one run, which ends with it, an error or not.

    Args:
        asked: the sources that it was given, as `begin_run` takes them.

    Raises:
        sqlite3.Error: when the database cannot be written.
    """
    begin_run(connection, command, parameters_of(settings), to_text(clock()), asked)
    try:
        yield
    finally:
        end_run(connection, to_text(clock()))
