"""Our own servers under those who hold the line: real sockets on loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from ingest.acquire.port import Limits, Port
from ingest.errors import ConfigError

QUICK = Limits(connections=4, header_s=1.0, request_s=1.0)
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
CLOSE_S = 5.0  # within which the tests expect a port to hang up; its own limits are shorter


class Client:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def rest(self) -> bytes:
        """What still comes, until the port hangs up; fails where it does not."""
        async with asyncio.timeout(CLOSE_S):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


class House:
    """A port with an application that reads bodies, and what the port told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, object]]] = []
        self.clients: list[Client] = []
        self.bodies: list[bytes] = []
        self.free = asyncio.Event()
        self.port = 0

    def tell(self, event: str, fields: Mapping[str, object]) -> None:
        self.told.append((event, fields))

    async def connect(self, data: bytes = b"") -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        client.send(data)
        return client

    async def hello(self, _: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        return web.Response(status=202)

    async def wait(self, _: web.Request) -> web.Response:
        await self.free.wait()
        return web.Response(text="at last")

    async def flood(self, _: web.Request) -> web.Response:
        return web.Response(body=bytes(50_000_000))


@asynccontextmanager
async def house(limits: Limits = QUICK) -> AsyncIterator[House]:
    made = House()
    app = web.Application(client_max_size=1000)
    app.router.add_get("/", made.hello)
    app.router.add_post("/", made.take)
    app.router.add_get("/wait", made.wait)
    app.router.add_get("/flood", made.flood)
    async with Port(app, "127.0.0.1:0", limits, setting="test.listen", tell=made.tell) as port:
        made.port = port.number
        yield made
        for client in made.clients:
            client.writer.close()


async def test_a_request_is_answered_and_the_connection_closed() -> None:
    async with house() as made:
        client = await made.connect((HEAD + b"Connection: keep-alive\r\n\r\n") * 3)
        answer = await client.rest()
    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert b"\r\nConnection: close\r\n" in answer
    assert answer.endswith(b"hello")


async def test_who_sends_no_header_or_a_byte_at_a_time_is_cut_off() -> None:
    async with house() as made:
        began = time.monotonic()
        silent, half, slow = await made.connect(), await made.connect(HEAD), await made.connect(HEAD + b"X: ")

        async def trickle() -> None:
            while True:
                slow.send(b"x")
                await asyncio.sleep(0.1)

        trickling = asyncio.create_task(trickle())
        assert [await client.rest() for client in (silent, half, slow)] == [b"", b"", b""]
        trickling.cancel()
        assert QUICK.header_s <= time.monotonic() - began < CLOSE_S
    assert made.told == []


async def test_a_slow_body_has_a_deadline_and_a_large_one_a_cap() -> None:
    async with house() as made:
        slow = await made.connect(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        large = await made.connect(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + bytes(5000))
        assert b" 408 " in (await slow.rest()).splitlines()[0]
        assert b" 413 " in (await large.rest()).splitlines()[0]
    assert made.bodies == []


async def test_who_does_not_take_its_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.acquire.port.GRACE_S", 0.5)
    async with house() as made:
        client = await made.connect(b"GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.sleep(QUICK.request_s + 1.5)
        assert len(await client.rest()) < 50_000_000


async def test_the_silent_make_way_for_the_newest_and_are_counted() -> None:
    patient = Limits(connections=4, header_s=60.0, request_s=60.0)
    async with house(patient) as made:
        silent = [await made.connect(HEAD) for _ in range(10)]
        assert [await client.rest() for client in silent[:6]] == [b""] * 6
        asking = await made.connect(HEAD + b"\r\n")
        assert (await asking.rest()).endswith(b"hello")
        silent[-1].send(b"\r\n")
        assert (await silent[-1].rest()).endswith(b"hello"), "the last ones still have their places"
    assert made.told == [("port_full", {"port": "test.listen", "most": 4})] * 7


async def test_where_all_places_hold_a_request_the_newest_is_refused() -> None:
    patient = Limits(connections=4, header_s=60.0, request_s=60.0)
    async with house(patient) as made:
        asking = [await made.connect(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(4)]
        await asyncio.sleep(0.2)
        refused = await made.connect(HEAD + b"\r\n")
        assert await refused.rest() == b""
        made.free.set()
        for client in asking:
            assert (await client.rest()).endswith(b"at last")
        later = await made.connect(HEAD + b"\r\n")
        assert (await later.rest()).endswith(b"hello"), "places come free"
    assert [event for event, _ in made.told] == ["port_full"]


async def test_the_answered_make_way_before_they_have_lingered() -> None:
    patient = Limits(connections=4, header_s=60.0, request_s=60.0)
    async with house(patient) as made:
        answered = [
            await made.connect(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n") for _ in range(4)
        ]
        for client in answered:
            assert b" 404 " in await client.reader.readline()
        asking = await made.connect(HEAD + b"\r\n")
        assert (await asking.rest()).endswith(b"hello")
    assert [event for event, _ in made.told] == ["port_full"]


async def test_a_name_is_listened_on_at_all_its_addresses() -> None:
    async with Port(web.Application(), "localhost:0", QUICK, setting="test.listen") as port:
        reader, writer = await asyncio.open_connection("localhost", port.number)
        writer.write(HEAD + b"\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 404")
        writer.close()


async def test_a_unix_socket_left_by_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    for _ in range(2):
        async with Port(web.Application(), f"unix:{path}", QUICK, setting="test.listen"):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(HEAD + b"\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 404")
            writer.close()
    path.unlink()
    path.write_text("no socket")
    with pytest.raises(ConfigError, match=r"test\.listen: cannot listen on unix:"):
        await Port(web.Application(), f"unix:{path}", QUICK, setting="test.listen").__aenter__()
