"""How many records a backfill stores at a time, so that nobody waits longer for it than they may. Pure."""

from __future__ import annotations

from dataclasses import dataclass

MAX_TRANSACTION_S = 0.15  # beside a daemon, whose transactions wait for these: 200 ms a transaction at most
# Without one only short commands wait; a longer transaction writes each page of the index once for more texts.
ALONE_S = 1.0
BATCH_SHARE = 0.5  # of a transaction: a batch is planned and written as a whole
MAX_AT_ONCE = 256


@dataclass(slots=True)
class Pace:
    """How many records are stored at a time: as many as take about `BATCH_SHARE` of a transaction.

    Attributes:
        limit: seconds of a transaction.
        longest: seconds that the next ones may take, to judge by the last.
    """

    size: int = 8
    limit: float = MAX_TRANSACTION_S
    longest: float = 0.0

    def begin(self, limit: float) -> None:
        """Begin a transaction of at most so many seconds."""
        if limit < self.limit:  # somebody waits for this one already
            self.size = max(1, round(self.size * limit / self.limit))
            self.longest = min(self.longest, limit * BATCH_SHARE)
        self.limit = limit

    def took(self, seconds: float, records: int) -> None:
        """Note what some records took."""
        wanted = BATCH_SHARE * self.limit
        if seconds > 2 * wanted:
            self.size = max(1, records // 2)
        elif seconds < wanted / 2 and records == self.size:
            self.size = min(MAX_AT_ONCE, 2 * self.size)
        self.longest = min(seconds, wanted)
