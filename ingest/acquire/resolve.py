"""DNS in threads of its own: dead names that take half a minute each must not hold up the rest."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from ingest.acquire.shortage import lacking_now

LOOKUPS = 32  # names at once; asyncio's own pool has cores + 4 threads and is shared with everything

_Info = tuple[int, int, int, str, tuple[Any, ...]]


class ThreadResolver(AbstractResolver):
    """The system's resolver (`getaddrinfo`), in daemon threads: a look-up that hangs delays no exit."""

    def __init__(self, lookups: int = LOOKUPS) -> None:
        self._slots = asyncio.Semaphore(lookups)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All addresses of a name.

        Raises:
            OSError: where it has none.
        """
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[_Info]] = loop.create_future()

        def deliver(found: list[_Info] | None, error: Exception | None) -> None:
            self._slots.release()  # here, not at a cancelled wait: the thread is free only now
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(found or [])

        def look_up() -> None:
            found: list[_Info] | None = None
            failure: Exception | None = None
            try:
                flags = socket.AI_ADDRCONFIG
                found = list(socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=flags))
            except OSError as error:
                # A resolver that gets no descriptor says that the name does not exist.
                failure = lacking_now() or error
            except UnicodeError as error:  # an empty label, or one over 63 characters
                failure = socket.gaierror(socket.EAI_NONAME, f"{host[:80]!r}: {error}")
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                loop.call_soon_threadsafe(deliver, found, failure)

        threading.Thread(target=look_up, name="dns", daemon=True).start()
        return [_result(host, item) for item in await answer]

    async def close(self) -> None:
        """Nothing to let go of."""


def _result(host: str, item: _Info) -> ResolveResult:
    family, _, protocol, _, address = item
    return ResolveResult(
        hostname=host,
        host=str(address[0]),
        port=int(str(address[1])),
        family=family,
        proto=protocol,
        flags=socket.AI_NUMERICHOST,
    )
