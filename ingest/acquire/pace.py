"""Who may ask which host when: some requests at once a host, a pause between their starts, rest when it asks for it.

What a feed's links meet is that feed's matter. Pages wait beside the feeds of their host, not before them, and where
pages are refused the host rests for those that the same feed lists: a feed that lists another site's pages by the
thousand, or such as are refused, costs that site's own feeds no poll.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ingest.errors import NotAskedError
from ingest.model import Outcome

IDLE_HOSTS = 4096  # hosts remembered though nobody waits for them; about 1 kB each
STRIKES = 3  # URLs of one host refused (429) without a good answer between: then the host means all of us
MIN_REST_S = 60.0
MAX_REST_S = 3600.0
MAX_QUEUE = 16  # that wait at one host; the next one is told to come back, so that a slow host holds up nobody else
QUEUE_RETRY_S = 20.0
# Those told to come back come one after the other, at the host's pace: all at once, nearly all would be told again.
# So late at most, so that thousands of pages do not keep a host's feeds from it.
MAX_BACK_S = 300.0
MAX_WAIT_S = 30.0  # a task does not sit out a longer rest: it is told, and comes back


class HostBusyError(NotAskedError):
    """The request was not made: its host rests, or others wait for it already. `retry_after` says how long."""

    def __init__(self, url: str, reason: str, left: float) -> None:
        super().__init__(
            Outcome.HOST_BUSY, f"{url}: not asked: {reason}; {left:.0f} s to go", url=url, retry_after=left
        )


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    users: int = 0
    next_start: float = 0.0  # loop time
    back_at: float = 0.0  # loop time at which the last one comes that was told to come back


@dataclass(slots=True)
class _Rest:
    until: float = 0.0  # loop time
    refused: set[str] = field(default_factory=set)


class HostGate:
    """Per-host concurrency and pace for one client; one event loop.

    Args:
        per_host: requests at once to one host.
        interval: seconds between the starts of two requests to one host.
    """

    def __init__(self, per_host: int, interval: float) -> None:
        self._per_host = per_host
        self._interval = interval
        self._hosts: dict[tuple[str, bool], _Host] = {}  # of a host what is asked for links, and what is not
        self._rests: dict[tuple[str, str], _Rest] = {}  # of a host, as asked for by somebody

    @asynccontextmanager
    async def turn(self, host: str, url: str, *, interval: float = 0.0, asker: str = "") -> AsyncIterator[None]:
        """Wait for a turn at a host and hold it.

        Args:
            url: what is to be asked, for the message.
            interval: a longer pause that this kind of request keeps (a crawl-delay).
            asker: by whose link the host is asked; "" for what is asked on our own account, as feeds are.

        Raises:
            HostBusyError: where the host rests, or is waited for, for longer than a task should wait.
        """
        entry, rest = self._entry(host, is_link=bool(asker)), self._rests.get((host, asker)) or _Rest()
        if entry.users >= self._per_host + MAX_QUEUE:
            left = self._come_back(entry, QUEUE_RETRY_S, self._interval)
            raise HostBusyError(url, f"{entry.users} requests are under way or wait at {host}", left)
        entry.users += 1
        try:
            self._refuse_at_rest(rest, host, url)
            async with entry.slots:
                rest = self._rests.get((host, asker)) or rest
                self._refuse_at_rest(rest, host, url)
                await self._pause(entry, rest, host, url, interval)
                yield
        finally:
            entry.users -= 1

    def answered(
        self, host: str, url: str, *, refused: bool, retry_after: float | None = None, asker: str = ""
    ) -> None:
        """Tell how a host answered: one URL that is refused is that URL's matter, several in a row are the host's."""
        rest = self._rests.get((host, asker))
        if not refused:
            if rest is not None:
                rest.refused.clear()
            return
        if rest is None:
            self._forget_rested()
            rest = self._rests[host, asker] = _Rest()
        rest.refused.add(url)
        if len(rest.refused) >= STRIKES:
            rest.refused.clear()
            seconds = min(max(retry_after or 0.0, MIN_REST_S), MAX_REST_S)
            rest.until = asyncio.get_running_loop().time() + seconds

    def _refuse_at_rest(self, rest: _Rest, host: str, url: str) -> None:
        left = rest.until - asyncio.get_running_loop().time()
        if left > MAX_WAIT_S:
            raise HostBusyError(url, f"{host} refused {STRIKES} requests in a row and rests", left)

    async def _pause(self, entry: _Host, rest: _Rest, host: str, url: str, interval: float) -> None:
        now = asyncio.get_running_loop().time()
        start = max(now, entry.next_start, rest.until)
        pace = max(self._interval, interval)
        if start - now > MAX_WAIT_S:
            left = self._come_back(entry, start - now, pace)
            raise HostBusyError(url, f"many wait for {host}, which is asked every {pace:g} s", left)
        entry.next_start = start + pace
        if start > now:
            await asyncio.sleep(start - now)

    def _come_back(self, entry: _Host, least: float, pace: float) -> float:
        """In how many seconds one more is to come back; at the latest it begins anew with the least."""
        now = asyncio.get_running_loop().time()
        entry.back_at = max(entry.back_at + pace, now + least)
        if entry.back_at - now > max(MAX_BACK_S, least):
            entry.back_at = now + least
        return entry.back_at - now

    def _entry(self, host: str, *, is_link: bool) -> _Host:
        entry = self._hosts.pop((host, is_link), None)
        if entry is None:
            entry = _Host(asyncio.Semaphore(self._per_host))
            self._forget_idle()
        self._hosts[host, is_link] = entry  # last in the dict: most recently used
        return entry

    def _forget_idle(self) -> None:
        if len(self._hosts) < IDLE_HOSTS:
            return
        now = asyncio.get_running_loop().time()
        idle = [name for name, entry in self._hosts.items() if entry.users == 0 and entry.next_start <= now]
        for name in idle[: max(1, len(idle) // 2)]:
            del self._hosts[name]

    def _forget_rested(self) -> None:
        if len(self._rests) < IDLE_HOSTS:
            return
        now = asyncio.get_running_loop().time()
        rested = [name for name, rest in self._rests.items() if rest.until <= now]
        for name in rested[: max(1, len(rested) // 2)]:
            del self._rests[name]
