"""Named points of the path at which a test can halt the process, to kill it there.

`INGEST_HALT_AT=store.commit:3` stops the process (SIGSTOP) the third time it reaches that point; the
crash tests wait for the stop and send SIGKILL. Without the variable a point costs one comparison.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum


class Point(StrEnum):
    """Where a crash must not lose anything (the steps are those of an entry's way through the house)."""

    POLL_ANSWERED = "poll.answered"  # step 2: entries are in memory only
    POLL_COMMIT = "poll.commit"  # step 2: written, not committed
    POLL_STORED = "poll.stored"  # step 2: committed, not yet acted on
    PAGE_FETCHED = "page.fetched"  # step 3
    DOCUMENT_READY = "document.ready"  # step 4
    STORE_COMMIT = "store.commit"  # step 5: written, not committed
    STORE_DONE = "store.done"  # step 5: committed
    BACKFILL_COMMIT = "backfill.commit"  # a batch of an archive is written, not committed
    PRUNE_COMMIT = "prune.commit"  # some articles are taken out, not committed


_halt_at, _, _count = os.environ.get("INGEST_HALT_AT", "").partition(":")
_left = int(_count) if _count.isdigit() else 1


def reach(point: Point) -> None:
    """Say that the process is at a point; it halts there when asked to."""
    global _left
    if point != _halt_at:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
