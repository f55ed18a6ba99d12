"""Servers that lie, flood, trickle and bomb, each with the outcome that it must end in."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import brotli

from ingest.model import Outcome

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PEM = Path(__file__).parent / "untrusted.pem"  # self-signed, of no value to anybody
BOMB = b"\0" * (100 * 1024 * 1024)
FEED = (
    b"<rss version='2.0'><channel><title>T</title>"
    b"<item><guid>1</guid><title>One</title><link>http://pages.example/1</link></item></channel></rss>"
)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"

Write = Callable[[bytes], Awaitable[None]]
Speak = Callable[[str, Write], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """A hostile server: what it says to a request for a path, and where that must end."""

    name: str
    speak: Speak
    outcomes: frozenset[Outcome]
    tls: bool = False


def says(*parts: bytes, pause: float = 0.0) -> Speak:
    """A server that says these bytes and hangs up."""

    async def speak(path: str, write: Write) -> None:
        for part in parts:
            await write(part)
            await asyncio.sleep(pause)

    return speak


def body(content: bytes, coding: str = "") -> Speak:
    """A whole, well-formed answer."""
    head = OK + (f"Content-Encoding: {coding}\r\n".encode() if coding else b"")
    return says(head + b"Content-Length: %d\r\n\r\n" % len(content) + content)


def to(location: str) -> Speak:
    """A redirect."""
    return says(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


def for_ever(head: bytes, piece: bytes, pause: float = 0.0) -> Speak:
    """A server that never comes to an end."""

    async def speak(path: str, write: Write) -> None:
        await write(head)
        while True:
            await write(piece)
            await asyncio.sleep(pause)

    return speak


async def deeper(path: str, write: Write) -> None:
    """A redirect to a new place, each time."""
    await to(f"{path}x")(path, write)


async def silence(path: str, write: Write) -> None:
    await asyncio.sleep(3600)


def _cases() -> list[Case]:
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    large, loop, bad = Outcome.TOO_LARGE, Outcome.REDIRECT_LOOP, Outcome.BAD_URL
    coding, http, slow = Outcome.BAD_ENCODING, Outcome.BAD_HTTP, Outcome.TIMEOUT
    blocked = Outcome.BLOCKED_ADDRESS
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 12))
    listed: list[tuple[str, Speak, Outcome | tuple[Outcome, ...]]] = [
        ("gzip bomb", body(gzip.compress(BOMB, 1), "gzip"), large),
        ("br bomb", body(brotli.compress(BOMB, quality=1), "br"), large),
        ("zstd bomb", body(zstd.compress(BOMB), "zstd"), large),
        ("nested bomb", body(gzip.compress(gzip.compress(BOMB, 1)), "gzip, gzip"), large),
        ("gzip in gzip in gzip", body(gzip.compress(FEED), "gzip, gzip, gzip"), coding),
        ("endless body", for_ever(OK + b"\r\n", b"x" * 65536), large),
        ("endless chunks", for_ever(chunked, b"10000\r\n" + b"x" * 65536 + b"\r\n"), large),
        ("announced as 50 MB", says(OK + b"Content-Length: 52428800\r\n\r\n"), large),
        ("trickling body", for_ever(OK + b"\r\n", b"x", 0.2), slow),
        ("trickling headers", for_ever(b"HTTP/1.1 200 OK\r\nX-A: ", b"x", 0.2), slow),
        ("silence", silence, slow),
        ("endless interim answers", for_ever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05), Outcome.BAD_HTTP),
        ("redirect to itself", to("/"), loop),
        ("redirects without end", deeper, loop),
        ("redirect to a file", to("file:///etc/passwd"), bad),
        ("redirect to ftp", to("ftp://ftp.example/feed"), bad),
        ("redirect to data", to("data:application/rss+xml,<rss/>"), bad),
        ("redirect to script", to("javascript:alert(1)"), bad),
        ("redirect with credentials", to("http://user:word@127.0.0.1/"), bad),
        ("redirect to nowhere", to("http:///nowhere"), (bad, loop)),
        ("redirect to junk", to("http://[::1/"), bad),
        ("redirect to private", to("http://10.0.0.1/"), blocked),
        ("redirect to metadata", to("http://169.254.169.254/latest/"), blocked),
        ("redirect to mapped private", to("http://[::ffff:10.0.0.1]/"), blocked),
        ("redirect to NAT64 private", to("http://[64:ff9b::a00:1]/"), blocked),
        ("redirect to octal private", to("http://012.0.0.1/"), (blocked, bad)),
        ("redirect to hex private", to("http://0xa.0.0.1/"), (blocked, bad)),
        ("redirect to multicast", to("http://224.0.0.1/"), blocked),
        ("huge header", says(OK + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n"), http),
        ("headers without end", for_ever(OK, b"X-A: " + b"a" * 1000 + b"\r\n"), http),
        ("no answer", says(b""), http),
        ("not HTTP", says(b"SSH-2.0-OpenSSH_9.2\r\n"), http),
        ("binary junk", says(bytes(range(256)) * 20), http),
        ("bad status", says(b"HTTP/1.1 banana\r\n\r\n"), http),
        ("length too long", says(OK + b"Content-Length: 9999\r\n\r\n" + FEED), coding),
        ("negative length", says(OK + b"Content-Length: -5\r\n\r\n" + FEED), http),
        ("two lengths", says(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + FEED), http),
        ("broken chunk", says(chunked + b"zz\r\n" + FEED), (coding, http)),
        ("chunks cut off", says(chunked + b"ffff\r\n" + FEED), coding),
        ("truncated gzip", body(gzip.compress(FEED)[:-9], "gzip"), coding),
        ("false gzip", body(FEED, "gzip"), coding),
        ("unknown coding", body(FEED, "exi"), coding),
        ("304 to a first request", says(b"HTTP/1.1 304 Not Modified\r\n\r\n"), http),
        ("plain HTTP on https", says(OK + b"\r\n" + FEED), Outcome.TLS_ERROR),
        ("untrusted certificate", body(FEED), Outcome.TLS_ERROR),
        ("empty body", body(b""), Outcome.EMPTY_BODY),
        ("white space", body(b"\xef\xbb\xbf \n\t "), Outcome.EMPTY_BODY),
        ("HTML", body(b"<!DOCTYPE html><html><head><title>x</title></head></html>"), Outcome.NOT_A_FEED),
        ("broken JSON", body(b'{"version": "https://jsonfeed.org/version/1.1", "items": ['), Outcome.NOT_A_FEED),
        ("deep JSON", body(b"[" * 500_000), Outcome.NOT_A_FEED),
        ("a path for a body", body(b"/etc/passwd"), Outcome.NOT_A_FEED),
        (
            "entity bomb",
            body(b'<!DOCTYPE r [<!ENTITY l0 "ha">' + laughs + b"]><rss><channel><title>&l11;</title></channel></rss>"),
            (Outcome.OK, Outcome.NOT_A_FEED),
        ),
        (
            "external entity",
            body(b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + FEED.replace(b"One", b"&x;")),
            (Outcome.OK, Outcome.NOT_A_FEED),
        ),
        (
            "a document that takes for ever to parse",
            body(b"<!DOCTYPE rss [" + b"\n" * 200_000 + b"]>" + FEED),
            Outcome.WORKER_TIMEOUT,
        ),
        ("challenge", says(b"HTTP/1.1 403 No\r\ncf-mitigated: challenge\r\n\r\n<p>Wait"), Outcome.CHALLENGE),
        ("gone", says(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"), Outcome.GONE),
        ("rate limit", says(b"HTTP/1.1 429 No\r\nRetry-After: 999999999\r\n\r\n"), Outcome.RATE_LIMITED),
        ("error without end", for_ever(b"HTTP/1.1 500 No\r\n\r\n", b"x" * 65536), Outcome.HTTP_ERROR),
        ("error bomb", says(b"HTTP/1.1 503 No\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(BOMB, 1)),
         Outcome.HTTP_ERROR),
    ]  # fmt: skip
    return [
        Case(
            name,
            speak,
            frozenset(outcome if isinstance(outcome, tuple) else (outcome,)),
            tls=name == "untrusted certificate",
        )
        for name, speak, outcome in listed
    ]


CASES = _cases()


@asynccontextmanager
async def hostile_servers() -> AsyncIterator[dict[str, str]]:
    """All cases, listening; name → URL."""
    urls = {}
    async with AsyncExitStack() as stack:
        for number, case in enumerate(CASES):
            host = f"127.66.{number // 250}.{number % 250 + 1}"
            port = await stack.enter_async_context(_listening(case, host))
            scheme = "https" if case.tls or "https" in case.name else "http"
            urls[case.name] = f"{scheme}://{host}:{port}/"
        yield urls


@asynccontextmanager
async def _listening(case: Case, host: str) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        try:
            words = (await reader.read(16_384)).split(b" ")
            await case.speak(words[1].decode("latin-1") if len(words) > 1 else "/", write)
            if writer.can_write_eof():
                writer.write_eof()
            await asyncio.sleep(0.1)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    context = None
    if case.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PEM)
    server = await asyncio.start_server(serve, host, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
