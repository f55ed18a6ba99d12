"""A loopback server for tests: answers by path, remembers what it was asked; and a raw one that may say anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Reply:
    """An answer as a value."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return web.Response(body=body, status=self.status, headers=dict(self.headers))


@dataclass(slots=True)
class Server:
    """Answers every path with its `Reply` (or handler); `asked` holds the requests in order."""

    port: int = 0
    replies: dict[str, Reply | Handler] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def headers_of(self, path: str) -> list[dict[str, str]]:
        return [headers for asked, headers in self.asked if asked == path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path_qs, {name.lower(): value for name, value in request.headers.items()}))
        reply = self.replies.get(request.path_qs) or self.replies.get(request.path)
        if reply is None:
            return web.Response(status=404)
        return reply.response() if isinstance(reply, Reply) else await reply(request)


@asynccontextmanager
async def serving(replies: Mapping[str, Reply | Handler] | None = None) -> AsyncIterator[Server]:
    """A server on all of 127.0.0.0/8."""
    server = Server(replies=dict(replies or {}))
    runner = web.ServerRunner(web.Server(server.answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "0.0.0.0", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()


@asynccontextmanager
async def saying(answer: bytes, *, then: float = 0.0) -> AsyncIterator[str]:
    """A server that reads a request, says these bytes whatever was asked, waits and hangs up; its URL."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            await asyncio.sleep(then)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
