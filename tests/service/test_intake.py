from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress

import pytest

from ingest.errors import WorkersError
from ingest.service.intake import Intake


class Queue:
    """Items as a database would hand them out: those under way are among them until they are done."""

    def __init__(self, items: list[str]) -> None:
        self.items = items
        self.running = self.peak = self.looks = 0
        self.done: list[str] = []

    async def take(self, limit: int) -> list[str]:
        self.looks += 1
        return self.items[:limit]

    async def work(self, item: str) -> None:
        self.running += 1
        self.peak = max(self.peak, self.running)
        await asyncio.sleep(0)
        self.items.remove(item)
        self.done.append(item)
        self.running -= 1


async def test_everything_due_is_worked_on_within_the_capacity() -> None:
    queue = Queue([f"i{n}" for n in range(100)])
    intake = Intake(8, take=queue.take, key=lambda item: item, work=queue.work)
    intake.fill()
    await intake.idle()
    assert sorted(queue.done) == sorted(f"i{n}" for n in range(100))
    assert queue.peak == 8
    assert queue.looks < 50


async def test_items_of_one_key_never_run_side_by_side() -> None:
    queue = Queue([f"same{n}" for n in range(6)])
    intake = Intake(8, take=queue.take, key=lambda item: "one", work=queue.work)
    intake.fill()
    await intake.idle()
    assert queue.peak == 1
    assert len(queue.done) == 6


async def test_an_owner_of_slow_items_leaves_places_to_who_comes_later() -> None:
    queue = Queue([f"slow{n}" for n in range(50)])
    end = asyncio.Event()

    async def work(item: str) -> None:
        if item.startswith("slow"):
            await end.wait()
        await queue.work(item)

    intake = Intake(8, take=queue.take, key=lambda item: item, work=work, owner=lambda item: item[:4], share=3)
    intake.fill()
    await asyncio.sleep(0.01)
    assert intake.running == 3
    queue.items[:0] = [f"fast{n}" for n in range(20)]  # in turn with the others they would come early too
    intake.fill()
    await asyncio.sleep(0.01)
    assert len(queue.done) == 20
    end.set()
    await intake.idle()
    assert len(queue.done) == 70


@pytest.mark.parametrize("share", [1, 2, 5, 8])
async def test_an_owner_alone_is_served_to_the_end_without_a_look_for_each_item(share: int) -> None:
    queue = Queue([f"i{n}" for n in range(100)])
    intake = Intake(8, take=queue.take, key=lambda item: item, work=queue.work, owner=lambda item: 1, share=share)
    intake.fill()
    await intake.idle()
    assert len(queue.done) == 100
    assert queue.peak == share
    assert queue.looks <= 1 + 100 / (share - share // 2)


async def test_a_failing_item_of_a_full_share_does_not_spin() -> None:
    async def fail(item: str) -> None:
        raise RuntimeError(item)

    queue = Queue(["a", "b", "c"])
    intake = Intake(4, take=queue.take, key=lambda item: item, work=fail, owner=lambda item: 1, share=1)
    intake.fill()
    await intake.idle()
    assert queue.looks == 1
    with pytest.raises(RuntimeError):
        intake.raise_error()


async def test_a_failing_item_does_not_spin_and_its_error_is_kept() -> None:
    async def fail(item: str) -> None:
        raise RuntimeError(item)

    queue = Queue(["a"])
    intake = Intake(1, take=queue.take, key=lambda item: item, work=fail)
    intake.fill()
    await intake.idle()
    assert queue.looks == 1
    with pytest.raises(RuntimeError):
        intake.raise_error()
    intake.raise_error()


async def test_stop_waits_then_cancels() -> None:
    started = asyncio.Event()

    async def hang(item: str) -> None:
        started.set()
        await asyncio.sleep(60)

    queue = Queue(["slow"])
    intake = Intake(1, take=queue.take, key=lambda item: item, work=hang)
    intake.fill()
    await started.wait()
    assert await intake.stop(0.05) == 1
    intake.fill()
    await asyncio.sleep(0)
    assert queue.looks == 1, "a stopped intake takes nothing more"


async def test_what_nothing_comes_of_is_failing_until_something_does() -> None:
    broken, refused = True, True

    async def take(limit: int) -> list[int]:
        if broken:
            raise sqlite3.OperationalError("no such index: x")
        return [1]

    async def work(item: int) -> None:
        if refused:
            raise WorkersError("none could be started")

    intake: Intake[int] = Intake(1, take=take, key=lambda item: item, work=work)
    assert intake.failing is None
    for says in ("no such index", "none could be started", None):
        intake.fill()
        await asyncio.sleep(0.01)
        with suppress(Exception):
            intake.raise_error()
        if says is None:
            assert intake.failing is None
        else:
            assert intake.failing is not None
            assert says in intake.failing[1]
        broken, refused = False, says == "no such index"
    await intake.stop(0)
