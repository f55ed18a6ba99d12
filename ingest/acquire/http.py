"""The one HTTP client: a URL in, a `Page` or a `FetchError` with a named outcome out.

Nothing of what a server says is trusted: addresses are checked when connecting, on every hop;
time, redirects, header and body sizes are capped; no cookie outlives its fetch.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from ingest import __version__
from ingest.acquire import answers
from ingest.acquire.access import AccessRules
from ingest.acquire.addresses import is_address, refusal
from ingest.acquire.bodies import LARGE_AT_ONCE, MAX_ERROR_BYTES, read_beginning, read_body
from ingest.acquire.decode import ACCEPT_ENCODING
from ingest.acquire.failures import REFUSED, explained
from ingest.acquire.hops import MAX_COOKIES, Cookies, refresh_of
from ingest.acquire.interim import CountedResponse
from ingest.acquire.pace import HostGate
from ingest.acquire.resolve import ThreadResolver
from ingest.acquire.shortage import ShortageError, report
from ingest.errors import FetchError
from ingest.events import Listener, tell_nobody
from ingest.model import Outcome, Page
from ingest.settings import FetchSettings
from ingest.urls import is_web_url, joined

ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
ACCEPT_FEED = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/json;q=0.8, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)

MAX_HEADER_BYTES = 32 * 1024  # one line; Content-Security-Policy of large news sites passes 8 KiB
MAX_HEADERS = 256
DNS_CACHE_S = 300
PARSED_URLS = 8192  # the latest ones, some 1 kB each: a daemon's feeds are asked again and again
SHORTAGE_PAUSE_S = 1.0  # for which a request that could not be made keeps its slot: the next one could not be either
KEEP_ALIVE_S = 15  # feeds of one host come minutes apart; pages of one host within seconds

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
# Headers that are lists: lines of one name are one value (RFC 9110 §5.3). Of others the last counts.
LIST_HEADERS = frozenset({"cache-control", "link", "vary", "x-robots-tag", "content-encoding"})

Check = Callable[[str], Awaitable[None]]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Request:
    """What is the same on every hop of one fetch."""

    method: str
    headers: Mapping[str, str]
    max_bytes: int
    interval: float
    asker: str = ""
    data: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """One hop's answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()


class HttpClient:
    """A connection pool with the whole policy built in; use as `async with HttpClient(settings) as client`.

    Attributes:
        settings: limits, contact and network policy.
        user_agent: how it introduces itself.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        clock: Callable[[], datetime] = _utc_now,
        resolver: AbstractResolver | None = None,
        tell: Listener = tell_nobody,
    ) -> None:
        """Set up; the credentials that `fetch.access` names are read here.

        Args:
            settings: limits, contact and network policy.
            clock: tells the time that goes into pages; never used for timeouts.
            resolver: stands in for DNS (tests); the address check applies to its answers too.
            tell: is told when this machine lacks what a request needs (`machine_short`).

        Raises:
            ConfigError: where a credential is missing.
        """
        self.settings = settings
        self.user_agent = f"ingest/{__version__} (+{settings.contact})"
        self._clock = clock
        self._access = AccessRules(settings)
        self._given_resolver = resolver
        self._tell = tell
        self._gate = HostGate(settings.per_host, settings.host_interval)
        self._slots = asyncio.Semaphore(settings.connections)
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._resolver = self._given_resolver or ThreadResolver()
        self._direct = await self._stack.enter_async_context(self._new_session(self._open_socket))
        # Connects to nothing but the proxies that the settings name; their targets are checked by name.
        self._proxied = await self._stack.enter_async_context(self._new_session(None))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def fetch(
        self,
        url: str,
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        accept: str = ACCEPT_PAGE,
        interval: float = 0.0,
        asker: str = "",
        check: Check | None = None,
        refresh: bool = False,
    ) -> Page:
        """Get a URL, following redirects; a cookie that is set on the way is sent back on the way.

        Args:
            max_bytes: cap on the body, after its content codings are removed.
            headers: more request headers (validators); sent on every hop.
            interval: seconds between two requests to the host, if longer than the settings' own.
            asker: by whose link it is asked for; "" where it is asked on our own account (`HostGate`).
            check: asked for every URL before it is requested; may raise a `FetchError` of its own.
            refresh: whether a page that only sends its reader on is a redirect, too.

        Returns:
            the page, its status under 400; a 304 is a page too, with an empty body.

        Raises:
            FetchError: with a named outcome, for whatever else comes.
        """
        request = _Request("GET", {"Accept": accept, **(headers or {})}, max_bytes, interval, asker)
        deadline = _Deadline(self.settings.timeout)
        seen: list[tuple[str, str | None]] = []
        cookies = Cookies()
        permanent = True
        current = url
        while True:
            target = _checked(current)
            cookie = cookies.header(target.host or "")
            if (str(target), cookie) in seen or len(seen) > self.settings.max_redirects:
                raise FetchError(Outcome.REDIRECT_LOOP, f"{url}: redirects without end, {len(seen)} hops", url=current)
            seen.append((str(target), cookie))
            if check is not None:
                await check(str(target))
            answer = await self._hop(target, request, deadline, cookie)
            cookies.take(target.host or "", answer.cookies)
            location = answer.headers.get("location")
            if answer.status in REDIRECTS and location:
                permanent = permanent and answer.status in PERMANENT
                current = _next_url(str(target), location)
                continue
            if refresh and (sent := refresh_of(answer.headers, answer.body)) is not None:
                following = _next_url(str(target), sent)
                # A page that only loads itself anew is all that there is.
                if (str(_checked(following)), cookies.header(_checked(following).host or "")) not in seen:
                    permanent, current = False, following
                    continue
            return Page(
                url=url,
                final_url=current,
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                fetched_at=self._clock(),
                permanent_url=current if len(seen) > 1 and permanent else None,
            )

    async def post(self, url: str, data: Mapping[str, str], *, max_bytes: int = MAX_ERROR_BYTES) -> Page:
        """Send a form (to a WebSub hub); a redirect is not followed.

        Raises:
            FetchError: with a named outcome, for every answer that is no 2xx.
        """
        request = _Request("POST", {"Accept": "*/*"}, max_bytes, 0.0, data=data)
        answer = await self._hop(_checked(url), request, _Deadline(self.settings.timeout))
        if answer.status >= 300:
            raise FetchError(Outcome.HTTP_ERROR, f"{url}: HTTP {answer.status}", url=url, status=answer.status)
        return Page(url, url, answer.status, answer.headers, answer.body, self._clock())

    async def _hop(self, target: URL, request: _Request, deadline: _Deadline, cookie: str | None = None) -> _Answer:
        host, url = target.host or "", str(target)
        async with self._gate.turn(host, url, interval=request.interval, asker=request.asker), self._slots:
            try:
                async with deadline.running():
                    answer = await self._ask(target, request, cookie)
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise await self._explained(url, error) from error
        failure = self._failure(url, answer)
        self._gate.answered(
            host,
            url,
            refused=failure is not None and failure.outcome is Outcome.RATE_LIMITED,
            retry_after=failure.retry_after if failure is not None else None,
            asker=request.asker,
        )
        if failure is not None:
            raise failure
        return answer

    async def _explained(self, url: str, error: Exception) -> FetchError:
        failure = explained(url, error)
        if isinstance(failure, ShortageError):
            self._tell("machine_short", report(failure.lacking))
            await asyncio.sleep(SHORTAGE_PAUSE_S)
        return failure

    async def _ask(self, target: URL, request: _Request, cookie: str | None) -> _Answer:
        access = self._access.of(target)
        named = [value for name, value in access.headers.items() if name.lower() == "cookie"]
        given = {"Cookie": "; ".join((*named, cookie))} if cookie else {}
        if access.proxy is not None:
            await self._check_name(target)
        session = self._direct if access.proxy is None else self._proxied
        # Where nothing is tunnelled, the proxy reads the request itself.
        for_proxy = access.proxy_headers if target.scheme == "http" else {}
        async with session.request(
            request.method,
            target,
            headers={**access.headers, **request.headers, **for_proxy, **given},
            data=request.data,
            allow_redirects=False,
            proxy=access.proxy,
            proxy_headers=access.proxy_headers,
        ) as response:
            fields = _fields(response)
            cookies = tuple(response.headers.getall("Set-Cookie", ()))[:MAX_COOKIES]
            if response.status in REDIRECTS and "location" in fields:
                response.close()  # its body is of no use, and may be without end
                return _Answer(response.status, fields, b"", cookies)
            if response.status >= 400:
                return _Answer(response.status, fields, await read_beginning(response, fields))
            body = await read_body(response, fields, request.max_bytes, self._large)
            return _Answer(response.status, fields, body, cookies)

    def _failure(self, url: str, answer: _Answer) -> FetchError | None:
        outcome = answers.failure(answer.status, answer.headers, answer.body[:MAX_ERROR_BYTES])
        if outcome is None:
            return None
        return FetchError(
            outcome,
            f"{url}: HTTP {answer.status}" + (" (a bot check)" if outcome is Outcome.CHALLENGE else ""),
            url=url,
            status=answer.status,
            retry_after=answers.retry_after(answer.headers.get("retry-after"), self._clock()),
        )

    def _new_session(self, open_socket: Callable[[Any], socket.socket] | None) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # `_slots` limits: waiting there must not count as connecting
                ttl_dns_cache=DNS_CACHE_S,
                keepalive_timeout=KEEP_ALIVE_S,
                resolver=self._resolver,
                socket_factory=open_socket,
            ),
            response_class=CountedResponse,
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
            headers={"User-Agent": self.user_agent, "Accept-Encoding": ACCEPT_ENCODING},
        )

    def _open_socket(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        family, kind, protocol, _, address = info
        # The address that is connected to in the next step: neither a name that resolves anew, nor an
        # IP literal that never saw a resolver, gets around this.
        self._check_address(str(address[0]))
        return socket.socket(family, kind, protocol)

    async def _check_name(self, target: URL) -> None:
        """Check a target that a proxy will connect to: all its addresses, as they resolve here and now."""
        host = (target.raw_host or "").rstrip(".")
        if is_address(host):
            self._check_address(host)
            return
        for found in await self._resolver.resolve(host, target.port or 0, socket.AF_UNSPEC):
            self._check_address(found["host"])

    def _check_address(self, address: str) -> None:
        reason = refusal(address, self.settings.allow_networks)
        if reason:
            raise PermissionError(errno.EACCES, f"{REFUSED}{reason}")


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


@lru_cache(maxsize=PARSED_URLS)
def _checked(url: str) -> URL:
    if not is_web_url(url):
        raise FetchError(Outcome.BAD_URL, f"{url[:200]!r}: not an http(s) URL", url=url)
    try:
        target = URL(url)
        host = target.host  # decoded here, and not always: `xn--`
    except (ValueError, UnicodeError) as error:
        raise FetchError(Outcome.BAD_URL, f"{url[:200]!r}: {error}", url=url) from error
    if target.user is not None or target.password is not None:
        bare = str(target.with_user(None))
        raise FetchError(
            Outcome.BAD_URL, f"{bare}: the URL holds a user name or password; set fetch.access instead", url=bare
        )
    if not host:
        raise FetchError(Outcome.BAD_URL, f"{url[:200]!r}: no host", url=url)
    return target.with_fragment(None)


def _next_url(base: str, location: str) -> str:
    # A server's bytes that are no UTF-8 arrive as lone surrogates; a URL cannot hold them.
    clean = location.encode("utf-8", "replace").decode("utf-8").strip()
    target = joined(base, clean)
    if target is None or not is_web_url(target):
        raise FetchError(Outcome.BAD_URL, f"redirected to {(target or clean)[:200]!r}: not an http(s) URL", url=base)
    return target


def _fields(response: aiohttp.ClientResponse) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        fields[key] = f"{fields[key]}, {value}" if key in fields and key in LIST_HEADERS else value
    return fields
