"""Exceptions of the network, the HTTP library and the decoder → a `FetchError` with its named outcome."""

from __future__ import annotations

import asyncio
import socket
import ssl

import aiohttp

from ingest.acquire.decode import DecodeError
from ingest.acquire.shortage import ShortageError, lacking
from ingest.errors import FetchError
from ingest.model import Outcome

REFUSED = "refused by the network policy: "  # how the address check marks its errors on their way through aiohttp
MAX_TEXT_CHARS = 400  # of an exception's own text, which may quote what the server sent


def explained(url: str, error: Exception) -> FetchError:
    """The named outcome of an exception that a request ended in; a `ShortageError` where this machine is the cause."""
    number = lacking(error)
    if number is not None:
        return ShortageError(url, number)
    outcome, text = _cause(error)
    return FetchError(outcome, f"{url}: {text[:MAX_TEXT_CHARS]}", url=url)


def _cause(error: Exception) -> tuple[Outcome, str]:
    text = str(error) or type(error).__name__
    if REFUSED in text:
        return Outcome.BLOCKED_ADDRESS, text[text.index(REFUSED) :].rstrip("]'\"")
    if isinstance(error, asyncio.TimeoutError):
        return Outcome.TIMEOUT, "took too long" if text == "TimeoutError" else text
    if isinstance(error, aiohttp.ClientConnectorDNSError | socket.gaierror):
        return Outcome.DNS_ERROR, f"the name does not resolve: {text}"
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError | ssl.CertificateError):
        return Outcome.TLS_ERROR, text
    if isinstance(error, DecodeError | aiohttp.ClientPayloadError):
        return Outcome.BAD_ENCODING, text
    if isinstance(error, aiohttp.InvalidURL | UnicodeError):
        return Outcome.BAD_URL, text
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return Outcome.CONNECT_ERROR, f"the proxy answered {error.status} {error.message}"
    if isinstance(error, aiohttp.ClientResponseError):
        return Outcome.BAD_HTTP, error.message or text
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Outcome.BAD_HTTP, "the server closed the connection without an answer"
    if isinstance(error, ValueError):
        return Outcome.BAD_HTTP, text
    return Outcome.CONNECT_ERROR, text
