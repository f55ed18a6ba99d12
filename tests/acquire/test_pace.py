"""When those come back that a host had no turn for."""

from __future__ import annotations

import asyncio

import pytest

from ingest.acquire.pace import MAX_BACK_S, MAX_QUEUE, MAX_WAIT_S, QUEUE_RETRY_S, HostBusyError, HostGate

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
