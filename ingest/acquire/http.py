"""The one HTTP client: a URL in, a `Page` or a `FetchError` with a named outcome out.

Nothing of what a server says is trusted: addresses are checked when connecting, on every hop;
time, redirects, header and body sizes are capped; cookies are off.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from ingest import __version__
from ingest.acquire import answers
from ingest.acquire.addresses import refusal
from ingest.acquire.decode import ACCEPT_ENCODING, DecodeError, Decoder
from ingest.acquire.pace import HostGate
from ingest.acquire.resolve import ThreadResolver
from ingest.errors import FetchError
from ingest.model import Outcome, Page
from ingest.settings import FetchSettings
from ingest.urls import is_web_url

ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
ACCEPT_FEED = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/json;q=0.8, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)

MAX_HEADER_BYTES = 32 * 1024  # one line; Content-Security-Policy of large news sites passes 8 KiB
MAX_HEADERS = 256
MAX_ERROR_BYTES = 64 * 1024  # of the body of an error, read to tell a bot check from an outage
DNS_CACHE_S = 300
KEEP_ALIVE_S = 15  # feeds of one host come minutes apart; pages of one host within seconds

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
# Headers that are lists: lines of one name are one value (RFC 9110 §5.3). Of others the last counts.
LIST_HEADERS = frozenset({"cache-control", "link", "vary", "x-robots-tag", "content-encoding"})

_REFUSED = "refused by the network policy: "


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class _Answer:
    """One hop's answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class HttpClient:
    """A connection pool with the whole policy built in; use as `async with HttpClient(settings) as client`.

    Args:
        settings: limits, contact and network policy.
        clock: tells the time that goes into pages; never used for timeouts.
        resolver: stands in for DNS (tests); the address check applies to its answers too.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        clock: Callable[[], datetime] = _utc_now,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.settings = settings
        self.user_agent = f"ingest/{__version__} (+{settings.contact})"
        self._clock = clock
        self._resolver = resolver
        self._gate = HostGate(settings.per_host, settings.host_interval)
        self._slots = asyncio.Semaphore(settings.connections)
        self._session: aiohttp.ClientSession | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> HttpClient:
        connector = aiohttp.TCPConnector(
            limit=0,  # `_slots` limits: waiting there must not count as connecting
            ttl_dns_cache=DNS_CACHE_S,
            keepalive_timeout=KEEP_ALIVE_S,
            resolver=self._resolver or ThreadResolver(),
            socket_factory=self._open_socket,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            max_headers=MAX_HEADERS,
            timeout=aiohttp.ClientTimeout(
                total=None,  # the whole fetch has its own, over all hops
                connect=self.settings.connect_timeout,
                sock_connect=self.settings.connect_timeout,
                sock_read=self.settings.read_timeout,
            ),
            headers={
                "User-Agent": self.user_agent,
                "Accept-Encoding": ACCEPT_ENCODING,
            },
        )
        self._session = await self._stack.enter_async_context(session)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        self._session = None

    async def fetch(
        self, url: str, *, max_bytes: int, headers: Mapping[str, str] | None = None, accept: str = ACCEPT_PAGE
    ) -> Page:
        """Get a URL, following redirects.

        Args:
            max_bytes: cap on the body, after its content codings are removed.
            headers: more request headers (validators); sent on every hop.

        Returns:
            the page, its status under 400; a 304 is a page too, with an empty body.

        Raises:
            FetchError: with a named outcome, for whatever else comes.
        """
        request_headers = {"Accept": accept, **(headers or {})}
        deadline = _Deadline(self.settings.timeout)
        seen: list[str] = []
        permanent = True
        current = url
        while True:
            target = _checked(current)
            if str(target) in seen or len(seen) > self.settings.max_redirects:
                raise FetchError(Outcome.REDIRECT_LOOP, f"{url}: redirects without end ({len(seen)} hops)", url=current)
            seen.append(str(target))
            answer = await self._hop(target, request_headers, max_bytes, deadline)
            location = answer.headers.get("location")
            if answer.status in REDIRECTS and location:
                permanent = permanent and answer.status in PERMANENT
                current = _next_url(str(target), location)
                continue
            self._raise_for_failure(current, answer)
            return Page(
                url=url,
                final_url=current,
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                fetched_at=self._clock(),
                permanent_url=current if len(seen) > 1 and permanent else None,
            )

    async def _hop(self, target: URL, headers: dict[str, str], max_bytes: int, deadline: _Deadline) -> _Answer:
        async with self._gate.turn(target.host or ""), self._slots:
            try:
                async with deadline.running():
                    return await self._ask(target, headers, max_bytes)
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise _explained(str(target), error) from error

    async def _ask(self, target: URL, headers: dict[str, str], max_bytes: int) -> _Answer:
        if self._session is None:
            raise RuntimeError("HttpClient is used outside `async with`")
        async with self._session.get(target, headers=headers, allow_redirects=False) as response:
            fields = _fields(response)
            if response.status in REDIRECTS and "location" in fields:
                response.close()  # its body is of no use, and may be without end
                return _Answer(response.status, fields, b"")
            if response.status >= 400:
                body = await self._beginning(response, fields)
                return _Answer(response.status, fields, body)
            return _Answer(response.status, fields, await _read(response, fields, max_bytes))

    async def _beginning(self, response: aiohttp.ClientResponse, fields: dict[str, str]) -> bytes:
        try:
            return await _read(response, fields, MAX_ERROR_BYTES, cut=True)
        except (aiohttp.ClientPayloadError, DecodeError):
            return b""  # the status says enough

    def _raise_for_failure(self, url: str, answer: _Answer) -> None:
        outcome = answers.failure(answer.status, answer.headers, answer.body[:MAX_ERROR_BYTES])
        if outcome is None:
            return
        raise FetchError(
            outcome,
            f"{url}: HTTP {answer.status}" + (" (a bot check)" if outcome is Outcome.CHALLENGE else ""),
            url=url,
            status=answer.status,
            retry_after=answers.retry_after(answer.headers.get("retry-after"), self._clock()),
        )

    def _open_socket(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        family, kind, protocol, _, address = info
        # The address that is connected to in the next step: neither a name that resolves anew, nor an
        # IP literal that never saw a resolver, gets around this.
        reason = refusal(str(address[0]), self.settings.allow_networks)
        if reason:
            raise PermissionError(errno.EACCES, f"{_REFUSED}{reason}")
        return socket.socket(family, kind, protocol)


class _Deadline:
    """The time one fetch may take over all its hops; waiting for a turn at a host does not count."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let the time run; raises TimeoutError when it is over."""
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._left):
                yield
        finally:
            self._left = max(0.0, self._left - (asyncio.get_running_loop().time() - started))


def _checked(url: str) -> URL:
    if not is_web_url(url):
        raise FetchError(Outcome.BAD_URL, f"{url[:200]!r}: not an http(s) URL", url=url)
    try:
        target = URL(url)
    except (ValueError, UnicodeError) as error:
        raise FetchError(Outcome.BAD_URL, f"{url[:200]!r}: {error}", url=url) from error
    if target.user is not None or target.password is not None:
        raise FetchError(
            Outcome.BAD_URL, "the URL holds a user name or password; set fetch.access instead", url=str(_bare(target))
        )
    if not target.host:
        raise FetchError(Outcome.BAD_URL, f"{url[:200]!r}: no host", url=url)
    return target.with_fragment(None)


def _bare(target: URL) -> URL:
    return target.with_user(None)


def _next_url(base: str, location: str) -> str:
    # A server's bytes that are no UTF-8 arrive as lone surrogates; a URL cannot hold them.
    clean = location.encode("utf-8", "replace").decode("utf-8").strip()
    try:
        joined = urljoin(base, clean)
    except ValueError as error:
        raise FetchError(Outcome.BAD_URL, f"redirected to {clean[:200]!r}: {error}", url=base) from error
    if not is_web_url(joined):
        raise FetchError(Outcome.BAD_URL, f"redirected to {joined[:200]!r}: not an http(s) URL", url=base)
    return joined


def _fields(response: aiohttp.ClientResponse) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        fields[key] = f"{fields[key]}, {value}" if key in fields and key in LIST_HEADERS else value
    return fields


async def _read(
    response: aiohttp.ClientResponse, fields: dict[str, str], max_bytes: int, *, cut: bool = False
) -> bytes:
    """The body, decoded; over the cap it is cut or refused."""
    decoder = Decoder(fields.get("content-encoding", ""))
    length = response.content_length
    if not cut and decoder.is_identity and length is not None and length > max_bytes:
        response.close()
        raise _too_large(response, max_bytes)
    body = bytearray()
    received = 0
    async for chunk in response.content.iter_any():
        received += len(chunk)
        for piece in decoder.feed(chunk):
            body += piece
            if len(body) > max_bytes:
                break
        if len(body) > max_bytes or received > max_bytes:
            response.close()
            if cut:
                return bytes(body[:max_bytes])
            raise _too_large(response, max_bytes)
    decoder.finish()
    return bytes(body)


def _too_large(response: aiohttp.ClientResponse, max_bytes: int) -> FetchError:
    return FetchError(
        Outcome.TOO_LARGE,
        f"{response.url}: over {max_bytes:,} bytes; raise fetch.max_feed_bytes or max_page_bytes if it is meant so",
        url=str(response.url),
        status=response.status,
    )


def _explained(url: str, error: Exception) -> FetchError:
    """The named outcome of an exception of the network, the HTTP library or the decoder."""
    outcome, text = _cause(error)
    return FetchError(outcome, f"{url}: {text}", url=url)


def _cause(error: Exception) -> tuple[Outcome, str]:
    text = str(error) or type(error).__name__
    if _REFUSED in text:
        return Outcome.BLOCKED_ADDRESS, text[text.index(_REFUSED) :]
    if isinstance(error, TimeoutError):
        return Outcome.TIMEOUT, "took too long" if text == "TimeoutError" else text
    if isinstance(error, aiohttp.ClientConnectorDNSError | socket.gaierror):
        return Outcome.DNS_ERROR, f"the name does not resolve: {text}"
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError | ssl.CertificateError):
        return Outcome.TLS_ERROR, text
    if isinstance(error, DecodeError | aiohttp.ClientPayloadError):
        return Outcome.BAD_ENCODING, text
    if isinstance(error, aiohttp.InvalidURL | UnicodeError):
        return Outcome.BAD_URL, text
    if isinstance(error, aiohttp.ClientResponseError):
        return Outcome.BAD_HTTP, text
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Outcome.BAD_HTTP, "the server closed the connection without an answer"
    if isinstance(error, ValueError):
        return Outcome.BAD_HTTP, text
    return Outcome.CONNECT_ERROR, text
