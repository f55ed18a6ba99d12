"""What happens, as events with fields: the daemon logs them, the demo draws them, tests collect them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Listener = Callable[[str, Mapping[str, object]], None]


def unfailing(listener: Listener) -> Listener:
    """A listener that ends nothing of what it tells of: what it cannot write is dropped, and counted.

    The count is told, as `log_lost`, as soon as something can be told again.
    """
    lost = 0

    def listen(event: str, fields: Mapping[str, object]) -> None:
        nonlocal lost
        try:
            if lost:
                listener("log_lost", {"events": lost})
                lost = 0
            listener(event, fields)
        except (OSError, ValueError):  # a full disk, a reader that has gone, a stream that was closed
            lost += 1

    return listen


def tell_nobody(event: str, fields: Mapping[str, object]) -> None:
    """A listener for those who do not listen."""
