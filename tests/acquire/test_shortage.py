"""What this machine lacks is told from what others do wrong: with real sockets, under a real limit."""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from ingest.acquire.http import HttpClient
from ingest.acquire.robots import Robots
from ingest.acquire.shortage import RETRY_S, ShortageError, lacking
from ingest.errors import FetchError
from ingest.model import Outcome
from tests.acquire.build import fetch_settings
from tests.acquire.server import Reply, serving
from tests.starving import NONE_MORE, no_descriptor_free

KEY = ConnectionKey("a.example", 80, False, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "number"),
    [
        (OSError(errno.EMFILE, "Too many open files"), errno.EMFILE),
        (OSError(errno.ENFILE, "Too many open files in system"), errno.ENFILE),
        (aiohttp.ClientOSError(errno.ENOBUFS, "No buffer space available"), errno.ENOBUFS),
        (aiohttp.ClientConnectorError(KEY, OSError(errno.ENOMEM, "Cannot allocate memory")), errno.ENOMEM),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 24] Too many open files"), errno.EMFILE),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), None),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), None),
        (TimeoutError(), None),
        (aiohttp.ClientPayloadError("a server wrote [Errno 24]"), None),
        (ValueError("[Errno 24]"), None),
    ],
)
def test_which_errors_are_this_machines(error: Exception, number: int | None) -> None:
    assert lacking(error) == number


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_request_without_a_descriptor_is_told_and_can_be_made_again(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.acquire.http.SHORTAGE_PAUSE_S", 0.01)
    told: list[tuple[str, Mapping[str, object]]] = []
    async with (
        serving({"/": Reply("x", headers={"Connection": "close"})}) as server,
        serving({"/": Reply("x")}) as other,
        HttpClient(fetch_settings(), tell=lambda event, fields: told.append((event, fields))) as client,
    ):
        await client.fetch(other.url("/", host=host), max_bytes=100)  # imports what is imported at the first use
        url = server.url("/", host=host)
        with no_descriptor_free(), pytest.raises(ShortageError) as caught:
            await client.fetch(url, max_bytes=100)
        assert (caught.value.outcome, caught.value.retry_after) == (Outcome.MACHINE_BUSY, RETRY_S)
        assert [event for event, _ in told] == ["machine_short"]
        assert told[0][1]["limit"] == f"the process's limit of open files, {NONE_MORE}"
        assert (await client.fetch(url, max_bytes=100)).body == b"x"


async def test_rules_that_could_not_be_asked_for_are_not_remembered_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.acquire.http.SHORTAGE_PAUSE_S", 0.01)
    replies = {"/robots.txt": Reply("User-agent: *\nAllow: /", headers={"Connection": "close"})}
    async with serving(replies) as server, HttpClient(fetch_settings()) as client:
        robots = Robots(client, lambda: 0.0)
        with no_descriptor_free(), pytest.raises(FetchError):
            await robots.rules_for(server.url("/story"))
        assert (await robots.rules_for(server.url("/story"))).allows(server.url("/story"))
