"""One pass: poll the due (or named) feeds, take every waiting entry to its outcome, stop."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.config import Config
from ingest.events import Listener, unfailing
from ingest.service.engine import Engine
from ingest.service.intake import Intake
from ingest.store.entries import next_attempt
from ingest.store.feeds import mark_due

SHORT_WAIT_S = 60.0  # a host with many new pages is asked at its pace; what failed waits for longer
MIN_WAIT_S = 0.5


@dataclass(slots=True)
class Pass:
    """What one pass did.

    Attributes:
        polls: outcome → feeds polled.
        entries: outcome → entries that ended in it.
        postponed: entries that wait for another attempt.
    """

    polls: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    postponed: int = 0

    def count(self, event: str, fields: Mapping[str, object]) -> None:
        """Count an event."""
        if event == "feed_polled":
            self.polls[str(fields["outcome"])] += 1
        elif event == "entry_done":
            self.entries[str(fields["outcome"])] += 1
        elif event == "entry_postponed":
            self.postponed += 1


async def poll_once(
    config: Config, db: Path, names: Sequence[str], *, listener: Listener, clock: Callable[[], datetime]
) -> Pass:
    """Poll once.

    Args:
        config: settings; their feeds are brought into the database first.
        db: path of the database.
        names: ids or URLs of feeds to poll now, due or not; none: those that are due.
        listener: told every event.
        clock: the time.

    Raises:
        StoreError: when the database is locked by a daemon or cannot be used, or a name is of no feed.
    """
    done = Pass()
    polled: set[object] = set()
    tell = unfailing(listener)

    def listen(event: str, fields: Mapping[str, object]) -> None:
        done.count(event, fields)
        if event == "feed_polled":
            polled.add(fields["feed"])
        tell(event, fields)

    async with Engine(config, db, listener=listen, clock=clock) as engine:
        if names:
            await engine.call(mark_due, names, clock())
        known = -1
        # Few feeds of a host are taken at a time; the rest is still due when those are done.
        while known != len(polled):
            known = len(polled)
            await _work_off(engine.polls)
        await _work_off(engine.entries)
        while (left := await _until_next(engine, clock())) is not None:
            await asyncio.sleep(left)
            await _work_off(engine.entries)
    return done


async def _work_off(intake: Intake[Any]) -> None:
    intake.fill()
    await intake.idle()
    intake.raise_error()


async def _until_next(engine: Engine, now: datetime) -> float | None:
    """Seconds until entries that only waited for their busy host are due; None where none are."""
    due = await engine.call(next_attempt)
    if due is None or (due - now).total_seconds() > SHORT_WAIT_S:
        return None
    return max((due - now).total_seconds(), MIN_WAIT_S)
