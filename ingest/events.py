"""What happens, as events with fields: the daemon logs them, the demo draws them, tests collect them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Listener = Callable[[str, Mapping[str, object]], None]


def tell_nobody(event: str, fields: Mapping[str, object]) -> None:
    """A listener for those who do not listen."""
