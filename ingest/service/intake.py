"""Keeps a bounded number of tasks running over a queue that lives in the database."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Intake(Generic[T]):
    """Takes due items and works on up to `capacity` of them side by side, `share` of one owner at most.

    `fill` is cheap to call at any time: the daemon's tick calls it, and a finished task calls it when
    half of the places, or of its owner's share, are free and the last look found more than there was
    room for. An item whose key is under way is not started again.
    """

    def __init__(
        self,
        capacity: int,
        *,
        take: Callable[[int], Awaitable[Sequence[T]]],
        key: Callable[[T], Hashable],
        work: Callable[[T], Awaitable[None]],
        owner: Callable[[T], Hashable] | None = None,
        share: int | None = None,
    ) -> None:
        """Set up; nothing runs before the first `fill`.

        Args:
            capacity: most tasks at a time.
            take: given a limit, the items that are due now, the most urgent first; those under way
                may be among them.
            key: identity of an item; equal keys never run side by side.
            work: what to do with one item; its exceptions are kept for `raise_error`.
            owner: whose an item is; its own by default.
            share: most tasks of one owner at a time, even while nobody else has any: who comes next
                finds places free, and need not wait until slow tasks end. All by default.
        """
        self._capacity = capacity
        self._take = take
        self._key = key
        self._work = work
        self._owner = owner or key
        self._share = share or capacity
        self._places: Counter[Hashable] = Counter()  # owner → its tasks under way
        self._held: set[Hashable] = set()  # owners whose items the last look passed over: their share was full
        self._running: dict[Hashable, asyncio.Task[None]] = {}
        self._filling: asyncio.Task[None] | None = None
        self._more = False
        self._twins = False  # the last look found items of one key: the second waits for the first
        self._stopped = False
        self._error: BaseException | None = None
        self._look_failing: tuple[float, str] | None = None
        self._work_failing: tuple[float, str] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def failing(self) -> tuple[float, str] | None:
        """Since when (monotonic seconds) nothing has come of the looks, or of all the work, and why; None if not."""
        return self._look_failing or self._work_failing

    @property
    def running(self) -> int:
        """Tasks under way now."""
        return len(self._running)

    def fill(self) -> None:
        """Look for due items, unless a look is under way already."""
        if self._filling is None and not self._stopped:
            self._idle.clear()
            self._filling = asyncio.create_task(self._fill())

    async def idle(self) -> None:
        """Wait until nothing runs and nothing more is due."""
        await self._idle.wait()

    async def stop(self, deadline: float) -> int:
        """Take nothing more, give what runs `deadline` seconds, cancel the rest.

        Returns:
            the number of tasks that had to be cancelled (their items stay due).
        """
        self._stopped = True
        tasks = [*self._running.values(), *([self._filling] if self._filling else [])]
        if not tasks:
            return 0
        _, late = await asyncio.wait(tasks, timeout=deadline)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        return len(late)

    def raise_error(self) -> None:
        """Raise what a task or a look for items raised since the last call, if anything."""
        error, self._error = self._error, None
        if error is not None:
            raise error

    async def _fill(self) -> None:
        try:
            limit = self._capacity + len(self._running)
            items = await self._take(limit)
            self._look_failing = None
            self._held.clear()
            self._more = False
            self._twins = len({self._key(item) for item in items}) < len(items)
            for item in items:
                self._start(item)
            # Where a share was full, the moment for another look is when its owner has places again.
            self._more = self._more or (len(items) == limit and not self._held)
        except Exception as error:
            self._error = error
            self._look_failing = self._look_failing or (time.monotonic(), repr(error))
            self._more = False
            self._held.clear()
        finally:
            self._filling = None
            self._settle()

    def _start(self, item: T) -> None:
        """Start an item if it may run now; else note what it waits for."""
        key, owner = self._key(item), self._owner(item)
        if key in self._running or self._stopped:
            return
        if len(self._running) >= self._capacity:
            self._more = True
        elif self._places[owner] >= self._share:
            self._held.add(owner)
        else:
            self._places[owner] += 1
            self._running[key] = asyncio.create_task(self._run(item))

    async def _run(self, item: T) -> None:
        try:
            await self._work(item)
            self._work_failing = None
        except Exception as error:
            self._work_failing = self._work_failing or (time.monotonic(), repr(error))
            # The item is still due. Going straight on would spin on a broken database: wait for the next tick.
            self._error = error
            self._more = self._twins = False
            self._held.clear()
        finally:
            owner = self._owner(item)
            del self._running[self._key(item)]
            self._places[owner] -= 1
            if self._is_room(owner):
                self._twins = False
                self.fill()
            if not self._places[owner]:
                del self._places[owner]
            self._settle()

    def _is_room(self, owner: Hashable) -> bool:
        """Whether, after a task of this owner, another look is worth its cost."""
        return (
            self._twins
            or (self._more and len(self._running) <= self._capacity // 2)
            or (owner in self._held and self._places[owner] <= self._share // 2)
        )

    def _settle(self) -> None:
        if not self._running and self._filling is None:
            self._idle.set()
