"""When those come back that a host had no turn for."""

from __future__ import annotations

import asyncio

import pytest

from ingest.acquire.pace import (
    IDLE_HOSTS,
    MAX_BACK_S,
    MAX_QUEUE,
    MAX_WAIT_S,
    QUEUE_RETRY_S,
    STRIKES,
    HostBusyError,
    HostGate,
)

URL = "http://a.example/story"


async def put_off(gate: HostGate, times: int, interval: float = 0.0) -> list[float]:
    """The seconds after which each of several requests is to come back."""
    seconds = []
    for _ in range(times):
        with pytest.raises(HostBusyError) as caught:
            async with gate.turn("a.example", URL, interval=interval):
                pass
        assert caught.value.retry_after is not None
        seconds.append(caught.value.retry_after)
    return seconds


async def test_those_that_a_full_queue_sends_away_come_back_at_the_hosts_pace() -> None:
    gate = HostGate(1, 2.0)
    gone = asyncio.Event()

    async def hold() -> None:
        async with gate.turn("a.example", URL):
            await gone.wait()

    holders = [asyncio.create_task(hold()) for _ in range(1 + MAX_QUEUE)]
    await asyncio.sleep(0.05)
    seconds = await put_off(gate, 300)
    assert seconds[:3] == pytest.approx([QUEUE_RETRY_S, QUEUE_RETRY_S + 2, QUEUE_RETRY_S + 4], abs=0.5)
    assert max(seconds) <= MAX_BACK_S
    assert len({round(left) for left in seconds}) == pytest.approx((MAX_BACK_S - QUEUE_RETRY_S) / 2, abs=3)
    for holder in holders:
        holder.cancel()
    await asyncio.gather(*holders, return_exceptions=True)


async def test_those_that_a_long_crawl_delay_sends_away_come_back_at_its_pace() -> None:
    gate = HostGate(1, 1.0)
    async with gate.turn("a.example", URL, interval=40.0):
        pass
    seconds = await put_off(gate, 3, interval=40.0)
    assert seconds[0] > MAX_WAIT_S
    assert seconds == pytest.approx([40, 80, 120], abs=0.5)


async def test_what_links_meet_costs_the_hosts_own_feeds_and_others_links_nothing() -> None:
    gate = HostGate(1, 0.0)
    for n in range(STRIKES):
        gate.answered("a.example", f"{URL}/{n}", refused=True, retry_after=1000, asker="feed 1")
    with pytest.raises(HostBusyError):
        async with gate.turn("a.example", URL, asker="feed 1"):
            pass
    for asker in ("", "feed 2"):
        async with gate.turn("a.example", URL, asker=asker):
            pass


async def test_pages_that_fill_a_host_keep_no_feed_from_it() -> None:
    gate = HostGate(1, 0.0)
    held = asyncio.Event()

    async def hold(n: int) -> None:
        async with gate.turn("a.example", f"{URL}/{n}", asker="feed 1"):
            await held.wait()

    pages = [asyncio.create_task(hold(n)) for n in range(1 + MAX_QUEUE)]
    await asyncio.sleep(0)
    with pytest.raises(HostBusyError):
        async with gate.turn("a.example", URL, asker="feed 2"):
            pass
    async with asyncio.timeout(1), gate.turn("a.example", URL):
        pass
    held.set()
    await asyncio.gather(*pages)


async def test_what_rests_is_forgotten_when_it_has_rested() -> None:
    gate = HostGate(1, 0.0)
    for n in range(3 * IDLE_HOSTS):
        gate.answered(f"h{n}.example", URL, refused=True, asker="feed 1")
    assert len(gate._rests) <= IDLE_HOSTS + 1
