"""Interim (1xx) answers, counted: a server that sends them without end kept a processor at work until the deadline."""

from __future__ import annotations

from typing import Any

import aiohttp
from aiohttp.http import HttpProcessingError, RawResponseMessage

MAX_INTERIM = 8  # 100, 102 and 103 come once or twice (RFC 9110 §15.2, RFC 8297)


class CountedResponse(aiohttp.ClientResponse):
    """An answer before which at most `MAX_INTERIM` interim ones are read."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        """Read up to the final answer's header.

        Raises:
            aiohttp.ClientResponseError: where none comes for all the interim ones.
        """
        protocol = connection.protocol
        read = protocol.read
        interim = 0

        async def counted() -> tuple[RawResponseMessage, Any]:
            nonlocal interim
            message, payload = await read()
            if 100 <= message.code < 200:
                interim += 1
                if interim > MAX_INTERIM:
                    raise HttpProcessingError(code=message.code, message=f"more than {MAX_INTERIM} interim answers")
            return message, payload

        # aiohttp reads them in a loop of its own, and has no limit to set.
        protocol.read = counted
        try:
            return await super().start(connection)
        finally:
            del protocol.read
