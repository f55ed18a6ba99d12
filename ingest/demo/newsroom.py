"""A newsroom over real HTTP on loopback: a wire agency and its clients, each at an address of its own.

Its morning can be played at any speed, so that copies are seen to arrive one after another, or be
over at once. The demo and the tests use the same class.
"""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from aiohttp import web

from ingest.demo.feeds import CONTENT_TYPES, render_feed
from ingest.demo.pages import Item, render_front, render_page, slug_of
from ingest.demo.sites import SITES, Channel, Site
from ingest.demo.stories import LookAlike, Publication, Story, load_stories, morning_minutes
from ingest.errors import IngestError

MAX_LISTED = 30  # items in a feed: no site has more
MAX_RELATED = 4  # links beside a story
STOP_S = 1.0  # what is being answered may finish so long; the sites are local and small
PORT_TRIES = 20  # a port that is free at one address may be taken at another

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Newsroom:
    """Eight sites that carry eighteen stories. An async context: it serves while the context is open.

    Attributes:
        feeds: URLs of all feeds (known once started).
        truth: URL of every page, listed already or not → id of its story: pages of one story are
            copies of one text, pages of two are not.
        sites: address → name of the site, as its pages give it.
        look_alikes: the stories that must stay apart though they resemble each other.
        length: seconds that the morning takes.
    """

    def __init__(
        self,
        now: datetime,
        *,
        minutes_per_second: float | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up the morning; nothing is served before `start`.

        Args:
            now: end of the morning: no story is dated later.
            minutes_per_second: how many minutes of the morning pass in a second; None: it is over.
            port: the port of every site; 0: one that is free.
            clock: seconds, never running backwards.
        """
        self._stories = load_stories()
        minutes = morning_minutes()
        self._began_at = now.replace(microsecond=0) - timedelta(minutes=minutes)
        self._pace = minutes_per_second
        self._port = port
        self._clock = clock
        self._opened = 0.0
        self._runners: list[web.AppRunner] = []
        self._items: dict[str, tuple[Item, ...]] = {}
        self.feeds: list[str] = []
        self.truth: dict[str, str] = {}
        self.sites: Mapping[str, str] = {site.address: site.name for site in SITES}
        self.look_alikes: tuple[LookAlike, ...] = tuple(pair for story in self._stories for pair in story.unlike)
        self.length = 0.0 if minutes_per_second is None else minutes / minutes_per_second

    @property
    def stories(self) -> tuple[Story, ...]:
        """What is carried, by whom."""
        return self._stories

    @property
    def elapsed(self) -> float:
        """Seconds since the morning began."""
        return self._clock() - self._opened

    @property
    def listed(self) -> int:
        """How many pages have been listed so far."""
        return sum(len(self._visible(site)) for site in SITES)

    async def start(self) -> None:
        """Open all sites and begin the morning.

        Raises:
            IngestError: when the loopback addresses cannot be listened at.
        """
        sockets = _listen([site.address for site in SITES], self._port)
        port = sockets[0].getsockname()[1]
        for number, site in enumerate(SITES):
            base = f"http://{site.address}:{port}"
            self._items[site.id] = tuple(self._place(site, base, 1000 * (number + 1)))
            self.feeds.extend(base + channel.path for channel in site.channels)
        self.truth.update((item.url, item.publication.story) for items in self._items.values() for item in items)
        for site, listener in zip(SITES, sockets, strict=True):
            runner = web.AppRunner(
                self._application(site, f"http://{site.address}:{port}"), access_log=None, shutdown_timeout=STOP_S
            )
            await runner.setup()
            await web.SockSite(runner, listener).start()
            self._runners.append(runner)
        self._opened = self._clock()

    async def stop(self) -> None:
        """Close all sites."""
        while self._runners:
            await self._runners.pop().cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _place(self, site: Site, base: str, number: int) -> list[Item]:
        items = []
        for publication in _publications(self._stories):
            if publication.site == site.id:
                number += 1
                listed_at = self._began_at + timedelta(minutes=publication.minute)
                path = site.page.format(slug=slug_of(publication.title), number=number)
                published_at = listed_at - timedelta(days=publication.days_ago)
                items.append(Item(publication, base + path, published_at, listed_at))
        return items

    def _visible(self, site: Site) -> list[Item]:
        """What the site has listed so far, the newest first."""
        items = self._items[site.id]
        if self._pace is not None:
            minute = self.elapsed * self._pace
            items = tuple(item for item in items if item.publication.minute <= minute)
        return list(reversed(items))

    def _application(self, site: Site, base: str) -> web.Application:
        async def front(request: web.Request) -> web.Response:
            feeds = [(CONTENT_TYPES[channel.kind], base + channel.path) for channel in site.channels]
            return _html(site, render_front(site, self._visible(site), feeds), "utf-8")

        async def robots(request: web.Request) -> web.Response:
            return web.Response(text="User-agent: *\nAllow: /\n")

        async def page(request: web.Request) -> web.Response:
            visible = self._visible(site)
            for item in visible:
                if item.url == base + request.path_qs:
                    related = [other for other in visible if other is not item][:MAX_RELATED]
                    return _html(site, render_page(site, item, related), site.encoding)
            raise web.HTTPNotFound(text=f"{site.name} has no such page (yet)")

        application = web.Application()
        application.router.add_get("/", front)
        application.router.add_get("/robots.txt", robots)
        for channel in site.channels:
            application.router.add_get(channel.path, self._feed_handler(site, channel, base + channel.path))
        application.router.add_get("/{path:.+}", page)
        return application

    def _feed_handler(self, site: Site, channel: Channel, url: str) -> Handler:
        async def feed(request: web.Request) -> web.Response:
            items = [item for item in self._visible(site) if item.publication.language == channel.language]
            body = render_feed(site, channel, url, items[:MAX_LISTED])
            modified = items[0].listed_at if items else self._began_at
            etag = hashlib.sha256(body).hexdigest()[:16]
            headers = {"ETag": f'"{etag}"', "Last-Modified": format_datetime(modified, usegmt=True)}
            if _is_fresh(request, etag, modified):
                return web.Response(status=304, headers=headers)
            response = web.Response(body=body, content_type=CONTENT_TYPES[channel.kind], headers=headers)
            response.enable_compression()
            return response

        return feed


def _publications(stories: Sequence[Story]) -> list[Publication]:
    everything = [publication for story in stories for publication in story.publications]
    return sorted(everything, key=lambda publication: publication.minute)


def _is_fresh(request: web.Request, etag: str, modified: datetime) -> bool:
    """Whether the client has this version (RFC 9110 §13.2.2: an entity tag outranks a date)."""
    if request.if_none_match is not None:
        return any(tag.value in (etag, "*") for tag in request.if_none_match)
    return request.if_modified_since is not None and modified <= request.if_modified_since


def _html(site: Site, body: bytes, charset: str) -> web.Response:
    response = web.Response(body=body, content_type="text/html", charset=charset)
    response.enable_compression()
    return response


def _listen(addresses: Sequence[str], port: int) -> list[socket.socket]:
    """A listening socket at each address, all with one port."""
    for _ in range(PORT_TRIES):
        sockets: list[socket.socket] = []
        try:
            for address in addresses:
                sockets.append(_bind(address, sockets[0].getsockname()[1] if sockets else port))
        except OSError as error:
            for opened in sockets:
                opened.close()
            if port or not sockets:
                raise IngestError(
                    f"the newsroom cannot listen at {address}, port {port or 'any'}: {error.strerror}; "
                    "it needs the addresses 127.0.0.0/8 on the loopback interface, as Linux has them"
                ) from error
        else:
            return sockets
    raise IngestError(f"found no port that is free at {addresses[0]} and its {len(addresses) - 1} neighbours")


def _bind(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
