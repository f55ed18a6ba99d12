"""What systemd is told (sd_notify(3)): ready, reloading, stopping, and a watchdog ping for real progress."""

from __future__ import annotations

import time

import sdnotify


class Notifier:
    """Speaks to the socket in $NOTIFY_SOCKET; silent where there is none."""

    def __init__(self) -> None:
        self._notifier = sdnotify.SystemdNotifier()

    def ready(self, status: str) -> None:
        """All is up (again)."""
        self._notifier.notify(f"READY=1\nSTATUS={status}")

    def reloading(self) -> None:
        """The configuration is read again; systemd ≥ 253 wants the monotonic time with it."""
        self._notifier.notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """A clean stop has begun."""
        self._notifier.notify("STOPPING=1")

    def alive(self, status: str) -> None:
        """Progress was made: the watchdog's clock starts anew."""
        self._notifier.notify(f"WATCHDOG=1\nSTATUS={status}")
