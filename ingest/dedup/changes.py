"""What placing some texts led to, gathered while a plan is made. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Changes:
    """What placing some texts led to.

    Attributes:
        touched: leaders whose pairs or members have changed.
        moved: docs whose node is another than before.
        revised: docs with new words.
        queued: docs that are to be placed again.
        stale: those of them whose pairs are to be measured anew.
        joined: docs that became members of a leader, nothing else having changed of it.
        shown: site, or `EVERYWHERE` → sentences known as boilerplate that a page shows still.
        candidates: doc → how many stored texts it was worth comparing with.
    """

    touched: set[int] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)
    revised: set[int] = field(default_factory=set)
    queued: set[int] = field(default_factory=set)
    stale: set[int] = field(default_factory=set)
    joined: set[int] = field(default_factory=set)
    shown: dict[str, set[int]] = field(default_factory=dict)
    candidates: dict[int, int] = field(default_factory=dict)
