from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from ingest.errors import ConfigError
from ingest.service.health import HealthServer, is_local_host
from ingest.service.metrics import Metrics
from ingest.service.progress import Progress


async def no_metrics() -> bytes:
    return b"ingest_up 1\n"


def server(listen: str, problem: str | None = None) -> HealthServer:
    return HealthServer(listen, health=lambda: problem, ready=lambda: problem, metrics=no_metrics)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_health_is_200_or_503_with_the_reason(session: aiohttp.ClientSession) -> None:
    async with server("127.0.0.1:18125"), session.get("http://127.0.0.1:18125/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok\n")
    async with server("127.0.0.1:18125", "the writer"), session.get("http://localhost:18125/readyz") as answer:
        assert (answer.status, await answer.text()) == (503, "the writer\n")


async def test_a_foreign_host_header_is_refused(session: aiohttp.ClientSession) -> None:
    async with (
        server("127.0.0.1:18126"),
        session.get("http://127.0.0.1:18126/metrics", headers={"Host": "evil.example"}) as answer,
    ):
        assert answer.status == 421


async def test_a_unix_socket_serves_too(tmp_path: Path) -> None:
    path = tmp_path / "health.sock"
    connector = aiohttp.UnixConnector(str(path))
    async with (
        server(f"unix:{path}"),
        aiohttp.ClientSession(connector=connector) as session,
        session.get("http://localhost/metrics") as answer,
    ):
        assert await answer.read() == b"ingest_up 1\n"


async def test_an_address_in_use_is_a_config_error() -> None:
    async with server("127.0.0.1:18127"):
        with pytest.raises(ConfigError, match=r"127\.0\.0\.1:18127"):
            async with server("127.0.0.1:18127"):
                await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1:8125", True),
        ("localhost", True),
        ("LOCALHOST.:80", True),
        ("[::1]:8125", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("evil.example:8125", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("0x7f.1", False),
    ],
)
def test_which_host_headers_are_local(host: str, local: bool) -> None:
    assert is_local_host(host) is local


def test_metrics_count_events_by_outcome() -> None:
    metrics = Metrics()
    metrics.listen("feed_polled", {"outcome": "ok", "ms": 120, "new": 3})
    metrics.listen("entry_done", {"outcome": "copy", "relation": "near"})
    metrics.listen("work_failed", {"error": "x"})
    page = metrics.render({"feeds_due": 7}).decode()
    for line in (
        'ingest_polls_total{outcome="ok"} 1.0',
        "ingest_new_entries_total 3.0",
        'ingest_copies_total{relation="near"} 1.0',
        'ingest_failures_total{event="work_failed"} 1.0',
        "ingest_feeds_due 7.0",
    ):
        assert line in page


def test_progress_names_the_part_that_stands_still() -> None:
    progress = Progress(tick_s=2, ticked=1000, wrote=1000)
    assert progress.stalled(1060) is None
    progress.ticked = 1200
    assert progress.stalled(1200) == "the writer has not moved for 200 s"


def test_a_daemon_of_whose_work_nothing_comes_is_not_healthy() -> None:
    progress = Progress(tick_s=2, ticked=1000, wrote=1000)
    progress.failing["polls"] = (950, "no such index: entries_in_turn")
    assert progress.stalled(1000) is None, "it may pass"
    assert progress.stalled(1050) == "no polls for 100 s: no such index: entries_in_turn"
    progress.failing.clear()
    assert progress.stalled(1050) is None
