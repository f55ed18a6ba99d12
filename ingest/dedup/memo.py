"""What is known of two texts whatever else there is: kept from plan to plan, as much as there is room for. Pure."""

from __future__ import annotations

MAX_KEPT = 100_000  # about 150 bytes each


class Memo:
    """Answers to a question about two texts that hangs on their sentences only; the oldest ones go first."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], bool] = {}

    def known(self, a: int, b: int) -> bool | None:
        """The answer on the texts with these keys, in either order; None where it is to be found out."""
        return self._kept.get((a, b) if a < b else (b, a))

    def keep(self, a: int, b: int, answer: bool) -> None:
        """Remember an answer."""
        if len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[(a, b) if a < b else (b, a)] = answer
