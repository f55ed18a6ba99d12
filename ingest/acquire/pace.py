"""Who may ask which host when: some requests at once a host, and a pause between their starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

IDLE_HOSTS = 4096  # hosts remembered though nobody waits for them; about 1 kB each


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    users: int = 0
    next_start: float = 0.0  # loop time


class HostGate:
    """Per-host concurrency and pace for one client; one event loop.

    Args:
        per_host: requests at once to one host.
        interval: seconds between the starts of two requests to one host.
    """

    def __init__(self, per_host: int, interval: float) -> None:
        self._per_host = per_host
        self._interval = interval
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str, *, interval: float = 0.0) -> AsyncIterator[None]:
        """Wait for a turn at a host and hold it.

        Args:
            interval: a longer pause that this kind of request keeps (a crawl-delay).
        """
        entry = self._entry(host)
        entry.users += 1
        try:
            async with entry.slots:
                await self._pause(entry, interval)
                yield
        finally:
            entry.users -= 1

    def slow_down(self, host: str, seconds: float) -> None:
        """Start nothing at a host for some seconds: it asked for rest."""
        entry = self._entry(host)
        entry.next_start = max(entry.next_start, asyncio.get_running_loop().time() + seconds)

    async def _pause(self, entry: _Host, interval: float) -> None:
        now = asyncio.get_running_loop().time()
        start = max(now, entry.next_start)
        entry.next_start = start + max(self._interval, interval)
        if start > now:
            await asyncio.sleep(start - now)

    def _entry(self, host: str) -> _Host:
        entry = self._hosts.pop(host, None)
        if entry is None:
            entry = _Host(asyncio.Semaphore(self._per_host))
            self._forget_idle()
        self._hosts[host] = entry  # last in the dict: most recently used
        return entry

    def _forget_idle(self) -> None:
        if len(self._hosts) < IDLE_HOSTS:
            return
        now = asyncio.get_running_loop().time()
        idle = [name for name, entry in self._hosts.items() if entry.users == 0 and entry.next_start <= now]
        for name in idle[: max(1, len(idle) // 2)]:
            del self._hosts[name]
