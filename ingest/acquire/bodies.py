"""Bodies of answers: read as they arrive, decoded in steps, never past the cap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import aiohttp

from ingest.acquire.decode import DecodeError, Decoder
from ingest.errors import FetchError
from ingest.model import Outcome

GZIP = b"\x1f\x8b\x08"  # RFC 1952 §2.3.1
MAX_ERROR_BYTES = 64 * 1024  # of the body of an error, read to tell a bot check from an outage
ERROR_BODY_S = 5.0  # for which that is waited
LARGE_BYTES = 2 * 1024 * 1024  # more than 99 % of feeds and pages
LARGE_AT_ONCE = 8  # bodies over LARGE_BYTES that are read side by side: 64 of 20 MiB would be 1.3 GB
LARGE_S = 20.0  # that one may take from there on: servers that trickle would hold all places for a minute


async def read_body(
    response: aiohttp.ClientResponse, fields: Mapping[str, str], max_bytes: int, large: asyncio.Semaphore
) -> bytes:
    """The whole body, decoded.

    Args:
        fields: the answer's headers, lower-case names.
        max_bytes: cap on what is received and on what it decodes to.
        large: held while a body over `LARGE_BYTES` is read, so that a crowd of them cannot fill the memory.

    Raises:
        FetchError: TOO_LARGE.
        DecodeError: where it is not what its Content-Encoding says.
        TimeoutError: where the rest of a large body takes longer than `LARGE_S`.
    """
    decoder = Decoder(fields.get("content-encoding", ""))
    length = response.content_length
    if decoder.is_identity and length is not None and length > max_bytes:
        response.close()
        raise _too_large(response, max_bytes)
    body = bytearray()
    async with AsyncExitStack() as stack:
        is_large = False
        try:
            async for piece in _pieces(response, decoder, max_bytes):
                body += piece
                if len(body) > LARGE_BYTES and not is_large:
                    await stack.enter_async_context(large)
                    await stack.enter_async_context(asyncio.timeout(LARGE_S))
                    is_large = True
                if len(body) > max_bytes:
                    raise _OverCapError
        except _OverCapError:
            response.close()
            raise _too_large(response, max_bytes) from None
        decoder.finish()
        if body.startswith(GZIP):
            return _unzipped(response, bytes(body), max_bytes)
        return bytes(body)


def _unzipped(response: aiohttp.ClientResponse, body: bytes, max_bytes: int) -> bytes:
    """A file that was stored with gzip and is served as it lies; as it came where it is none."""
    decoder, plain = Decoder("gzip"), bytearray()
    try:
        for piece in decoder.feed(body):
            plain += piece
            if len(plain) > max_bytes:
                raise _too_large(response, max_bytes)
        decoder.finish()
    except DecodeError:
        return body
    return bytes(plain)


async def read_beginning(response: aiohttp.ClientResponse, fields: Mapping[str, str]) -> bytes:
    """The first bytes of an error's body; what can be had of them in a moment: the status says enough."""
    body = bytearray()
    try:
        async with asyncio.timeout(ERROR_BODY_S):
            async for piece in _pieces(response, Decoder(fields.get("content-encoding", "")), MAX_ERROR_BYTES):
                body += piece
                if len(body) >= MAX_ERROR_BYTES:
                    break
    except (aiohttp.ClientError, OSError, DecodeError, _OverCapError):
        pass
    response.close()
    return bytes(body[:MAX_ERROR_BYTES])


class _OverCapError(Exception):
    """More came than is taken."""


async def _pieces(response: aiohttp.ClientResponse, decoder: Decoder, max_bytes: int) -> AsyncIterator[bytes]:
    """A body in decoded pieces as it arrives; what is received is capped too, decoded or not."""
    received = 0
    async for chunk in response.content.iter_any():
        received += len(chunk)
        for piece in decoder.feed(chunk):
            yield piece
        if received > max_bytes:
            raise _OverCapError


def _too_large(response: aiohttp.ClientResponse, max_bytes: int) -> FetchError:
    return FetchError(
        Outcome.TOO_LARGE,
        f"{response.url}: over {max_bytes:,} bytes; raise fetch.max_feed_bytes or max_page_bytes if it is meant so",
        url=str(response.url),
        status=response.status,
    )
