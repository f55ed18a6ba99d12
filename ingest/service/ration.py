"""A ration of what is told of each kind in a while; what goes beyond is counted, and the count is told at its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from typing import Generic, TypeVar

from ingest.events import Listener

K = TypeVar("K", bound=Hashable)

WINDOW_S = 60.0


class Ration(Generic[K]):
    """Counts by kind; usable from any thread. Call `tell_rest` at the end.

    Args of the constructor:
        few: how many of one kind are told in one window.
        rest: told of each kind that had more, when the window is over: the kind, and how many more.
        window_s: seconds, from the first of any kind.
    """

    def __init__(self, few: int, rest: Callable[[K, int], None], *, window_s: float = WINDOW_S) -> None:
        self._few = few
        self._rest = rest
        self._window_s = window_s
        # Re-entrant: what is allocated under it may start the garbage collector, and a finalizer may log.
        self._lock = threading.RLock()
        self._counts: dict[K, int] = {}
        self._over_at = 0.0
        self._timer: threading.Timer | None = None

    @property
    def kinds(self) -> int:
        """Kinds that came in this window."""
        return len(self._counts)

    def knows(self, kind: K) -> bool:
        """Whether one of this kind came in this window."""
        return kind in self._counts

    def admits(self, kind: K) -> bool:
        """Count one; whether it is to be told now."""
        now = time.monotonic()
        if now >= self._over_at:
            self.tell_rest()
        with self._lock:
            if not self._counts:
                self._over_at = now + self._window_s
            count = self._counts[kind] = self._counts.get(kind, 0) + 1
            left = self._over_at - now
            is_first = count > self._few and self._timer is None
        if is_first:
            self._wait(left)
        return count <= self._few

    def tell_rest(self) -> None:
        """Tell the counts so far, and begin a new window."""
        with self._lock:
            counts, self._counts = self._counts, {}
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        for kind, count in counts.items():
            if count > self._few:
                self._rest(kind, count - self._few)

    def _wait(self, seconds: float) -> None:
        timer = threading.Timer(seconds, self.tell_rest)
        timer.daemon = True
        with suppress(RuntimeError):  # no thread can be started: then the next one of any kind tells them
            timer.start()
            self._timer = timer


class Sparing:
    """A listener that tells an event at once, and then, once a minute, how many `times` the same one came since.

    For what a stranger, or a machine in need, can make happen by the thousand.
    """

    def __init__(self, tell: Listener, *, window_s: float = WINDOW_S) -> None:
        self._tell = tell
        self._ration: Ration[tuple[str, tuple[tuple[str, object], ...]]] = Ration(1, self._rest, window_s=window_s)

    def __call__(self, event: str, fields: Mapping[str, object]) -> None:
        """Take an event; its fields must be hashable."""
        if self._ration.admits((event, tuple(fields.items()))):
            self._tell(event, {**fields, "times": 1})

    def close(self) -> None:
        """Tell what was counted and not told yet."""
        self._ration.tell_rest()

    def _rest(self, kind: tuple[str, tuple[tuple[str, object], ...]], times: int) -> None:
        event, fields = kind
        self._tell(event, {**dict(fields), "times": times})
