"""Whether the daemon gets anywhere: the tick and the writer must have moved lately, and something come of the work."""

from __future__ import annotations

from dataclasses import dataclass, field

STALL_TICKS = 30  # ticks without a sign of life before the daemon calls itself stalled
MIN_STALL_S = 90.0  # other processes may hold the write lock for a minute


@dataclass(slots=True)
class Progress:
    """When each part last moved, in seconds of a monotonic clock.

    Attributes:
        tick_s: the rhythm that the tick is expected to keep.
        ticked: last time the scheduler ran the tick.
        wrote: last time the writer thread answered.
        failing: work → since when nothing comes of it, and why; None where something does.
    """

    tick_s: float
    ticked: float
    wrote: float
    failing: dict[str, tuple[float, str] | None] = field(default_factory=dict)

    @property
    def limit_s(self) -> float:
        """How long a part may stand still."""
        return max(MIN_STALL_S, STALL_TICKS * self.tick_s)

    def stalled(self, now: float) -> str | None:
        """Which part stands still, in words; None while all is well."""
        for name, last in (("scheduler", self.ticked), ("writer", self.wrote)):
            if now - last > self.limit_s:
                return f"the {name} has not moved for {now - last:.0f} s"
        for name, failing in self.failing.items():
            if failing is not None and now - failing[0] > self.limit_s:
                return f"no {name} for {now - failing[0]:.0f} s: {failing[1]}"
        return None
