"""What is known of two texts whatever else there is: kept from plan to plan, as much as there is room for. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MAX_KEPT = 100_000  # about 150 bytes each


class Memo:
    """Answers to a question about two texts that hangs on their sentences only, the latest used ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], bool] = OrderedDict()

    def ask(self, a: int, b: int, answer: Callable[[], bool]) -> bool:
        """The answer on the texts with these keys, in either order; found out where it is not known."""
        key = (a, b) if a < b else (b, a)
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known
        found = self._kept[key] = answer()
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return found
