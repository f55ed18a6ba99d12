"""A loopback server of feeds for the polling bench: `python -m tests.bench.feedserver`; prints its port.

Every path `/feed/N` is an RSS feed of 20 entries with an ETag, on all of 127.0.0.0/8; the right
If-None-Match is answered 304. One process, asyncio, no framework: it must not be what is measured.
"""

from __future__ import annotations

import asyncio
import sys

ENTRIES = 20
ETAG = b'"v1"'


def document(number: int) -> bytes:
    """One feed; entries and links differ by feed."""
    items = "".join(
        f"<item><guid isPermaLink='false'>f{number}-{i}</guid><title>Feed {number}: story {i}</title>"
        f"<link>http://pages.example/f{number}/story-{i}</link><pubDate>Sun, 01 Mar 2026 {i:02}:00:00 GMT</pubDate>"
        f"<description>What happened in story {i} of feed {number}, in a sentence or two.</description></item>"
        for i in range(ENTRIES)
    )
    return f"<rss version='2.0'><channel><title>Feed {number}</title>{items}</channel></rss>".encode()


class Answer(asyncio.Protocol):
    """Speaks enough HTTP/1.1 for a well-behaved client."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.rest = b""

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while (end := self.rest.find(b"\r\n\r\n")) >= 0:
            head, self.rest = self.rest[:end], self.rest[end + 4 :]
            self.transport.write(answer(head))  # type: ignore[attr-defined]


def answer(head: bytes) -> bytes:
    path = head.split(b" ", 2)[1]
    if b"if-none-match: " + ETAG in head.lower():
        return b"HTTP/1.1 304 Not Modified\r\nETag: " + ETAG + b"\r\n\r\n"
    number = path.rpartition(b"/")[2]
    if not path.startswith(b"/feed/") or not number.isdigit():
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    body = document(int(number))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (ETAG, len(body)) + body


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Answer, "0.0.0.0", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the bench lets go of the pipe


if __name__ == "__main__":
    asyncio.run(main())
