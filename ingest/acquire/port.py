"""A small HTTP server of ours on a port or a unix socket: so many connections at once, each for so long.

Whoever can connect may hold thousands of connections and say nothing; here they cost the port a place for a
few seconds, and the daemon no more file descriptors than the port may have.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import stat
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Self

from aiohttp import web

from ingest.acquire.shortage import lacking, report
from ingest.errors import ConfigError
from ingest.events import Listener, tell_nobody

BACKLOG = 128  # connections that the kernel holds until they are accepted
LINGER_S = 2.0  # for the rest of a body that was not read: a client that still sends would not see the answer
GRACE_S = 5.0  # to take the answer
WATCH_S = 0.5  # between two looks for connections that are overdue
SHORTAGE_PAUSE_S = 1.0  # before the next attempt to accept where no descriptor is free
ABSENT = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})  # "localhost" names ::1 where there is no IPv6 too
STOP_S = 1.0  # for requests under way when the port is closed

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a port gives to those who connect.

    Attributes:
        connections: most of them at once.
        header_s: seconds until the request's header is there, whole.
        request_s: seconds from there until the answer is made; the body must come within them too.
    """

    connections: int
    header_s: float = 5.0
    request_s: float = 30.0


@dataclass(slots=True)
class _Guest:
    """One open connection; `until` is the loop time at which it is cut off."""

    until: float
    asked: bool = False  # its header is there
    answered: bool = False  # the answer is made; what is left is to take it
    transport: asyncio.Transport | None = None  # None while it is being let in

    def cut_off(self) -> None:
        """Close the connection at once."""
        if self.transport is not None:
            self.transport.abort()


class Port:
    """Serves an application while it is entered: one request a connection.

    When all places are taken, a connection that was answered and lingers makes way for the newest, else the one that
    has waited longest without a whole header: a flood of half-sent requests locks nobody out.
    """

    def __init__(
        self,
        app: web.Application,
        listen: str,
        limits: Limits,
        *,
        setting: str,
        tell: Listener = tell_nobody,
    ) -> None:
        """Set up; nothing is bound before it is entered.

        Args:
            listen: "127.0.0.1:8125", "[::1]:8125" or "unix:/run/ingest/health.sock".
            setting: the name of the setting that says so, for the error.
            tell: is told of every connection that is closed for want of a place (`port_full`), and of every one
                that cannot be accepted because this machine lacks something (`machine_short`).
        """
        self._app = app
        self._listen = listen
        self._limits = limits
        self._setting = setting
        self._tell = tell
        self._guests: dict[web.RequestHandler, _Guest] = {}  # the oldest first
        self._tasks: list[asyncio.Task[None]] = []
        self._sockets: list[socket.socket] = []

    async def __aenter__(self) -> Self:
        """Start to listen.

        Raises:
            ConfigError: when the address cannot be listened on.
        """
        self._app.middlewares.insert(0, self._in_time)
        self._app.on_response_prepare.append(_say_close)
        self._runner = web.AppRunner(
            self._app, access_log=None, auto_decompress=False, lingering_time=LINGER_S, shutdown_timeout=STOP_S
        )
        await self._runner.setup()
        try:
            await self._bind()
        except OSError as error:
            await self.__aexit__()
            raise ConfigError(f"{self._setting}: cannot listen on {self._listen}: {error.strerror or error}") from error
        self._tasks = [asyncio.create_task(self._accept(listener)) for listener in self._sockets]
        self._tasks.append(asyncio.create_task(self._watch()))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listener in self._sockets:
            listener.close()
        await self._runner.cleanup()

    @property
    def number(self) -> int:
        """The port that it listens on (useful where the settings say 0)."""
        return int(self._sockets[0].getsockname()[1])

    async def _bind(self) -> None:
        if self._listen.startswith("unix:"):
            self._sockets = [_unix_listener(Path(self._listen.removeprefix("unix:")))]
            return
        host, _, port = self._listen.rpartition(":")
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        absent: OSError | None = None
        for family, address in dict.fromkeys((item[0], item[4]) for item in found):
            try:
                listener = socket.create_server(address, family=family, backlog=BACKLOG)
            except OSError as error:
                if error.errno not in ABSENT:
                    raise
                absent = error
                continue
            listener.setblocking(False)
            self._sockets.append(listener)
        if absent is not None and not self._sockets:
            raise absent

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as error:
                number = lacking(error)
                if number is not None:
                    self._tell("machine_short", report(number))
                await asyncio.sleep(SHORTAGE_PAUSE_S)
                continue
            await self._let_in(connection)
            await asyncio.sleep(0)  # in a flood there is always one more: the rest of the daemon has its turn

    async def _let_in(self, connection: socket.socket) -> None:
        if not self._has_room():
            connection.close()
            return
        loop = asyncio.get_running_loop()
        assert self._runner.server is not None  # noqa: S101 - it is set up
        handler = self._runner.server()
        guest = self._guests[handler] = _Guest(loop.time() + self._limits.header_s)
        try:
            guest.transport, _ = await loop.connect_accepted_socket(lambda: handler, connection)
        except OSError:  # it has hung up already
            connection.close()
            del self._guests[handler]

    def _has_room(self) -> bool:
        """Whether there is a place, if need be that of a guest who says nothing."""
        if len(self._guests) >= self._limits.connections:
            self._forget_gone()
        if len(self._guests) < self._limits.connections:
            return True
        self._tell("port_full", {"port": self._setting, "most": self._limits.connections})
        here = [(handler, guest) for handler, guest in self._guests.items() if guest.transport is not None]
        lingering = (handler for handler, guest in here if guest.answered)
        silent = (handler for handler, guest in here if not guest.asked)
        leaving = next(chain(lingering, silent), None)
        if leaving is None:
            return False
        self._guests.pop(leaving).cut_off()
        return True

    def _forget_gone(self) -> None:
        assert self._runner.server is not None  # noqa: S101 - it is set up
        here = set(self._runner.server.connections)
        self._guests = {
            handler: guest for handler, guest in self._guests.items() if guest.transport is None or handler in here
        }

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            self._forget_gone()
            now = asyncio.get_running_loop().time()
            for guest in self._guests.values():
                if guest.until < now:
                    guest.cut_off()

    @web.middleware
    async def _in_time(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        guest = self._guests.get(request.protocol)
        if guest is not None:
            guest.asked = True
            guest.until = asyncio.get_running_loop().time() + self._limits.request_s + GRACE_S
        try:
            async with asyncio.timeout(self._limits.request_s):
                return await handler(request)
        except TimeoutError:
            return web.Response(status=408)
        finally:
            if guest is not None:
                guest.answered = True


async def _say_close(_: web.Request, response: web.StreamResponse) -> None:
    # One request a connection: what is idle holds no place, and a connection's whole life has a bound.
    response.headers["Connection"] = "close"
    response.force_close()


def _unix_listener(path: Path) -> socket.socket:
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.stat().st_mode):
            path.unlink()  # left by a process that was killed
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
