"""WebSub (W3C Recommendation, 2018), the subscriber's side: ask hubs, answer their checks, take what they push.

No database: what is asked and what arrives goes through the callbacks that the caller gives.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from aiohttp import web

from ingest.acquire.decode import DecodeError, Decoder
from ingest.acquire.http import HttpClient
from ingest.acquire.port import Limits, Port
from ingest.acquire.waiting import Bounds, Place, WaitingRoom
from ingest.errors import FetchError
from ingest.events import Listener as Tell
from ingest.events import tell_nobody
from ingest.model import Outcome
from ingest.settings import WebSubSettings
from ingest.texts import one_line
from ingest.urls import parts_of

METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})  # WebSub §7
MAX_CHALLENGE_CHARS = 4096
TOKEN_BYTES = 32
RENEW_BEFORE = 0.25  # of a lease: time for several attempts
RETRY = timedelta(hours=6)  # between two requests to a hub that does not confirm
GIVE_UP_AFTER = 3  # requests without confirmation: the feed is polled, and the hub asked weekly
RETRY_GIVEN_UP = timedelta(days=7)
# Hubs that push at once; a pushed document comes from the proxy in front, which has it whole, in a moment.
LIMITS = Limits(connections=256)
# Within which a hub should bring again what found no place; where it does not, the feed is polled.
PUSH_AGAIN_S = 60
BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Subscription:
    """One feed's subscription at its hub.

    Attributes:
        token: the unguessable last part of the callback URL.
        secret: key of the signatures on what is pushed.
        lease_until: the hub has confirmed it until then; None: not confirmed.
        requested_at: when the hub was last asked; `requests` times without a confirmation since.
    """

    feed_id: int
    hub: str
    topic: str
    token: str
    secret: str
    lease_until: datetime | None = None
    requested_at: datetime | None = None
    requests: int = 0
    error: str | None = None


def new_subscription(feed_id: int, hub: str, topic: str) -> Subscription:
    """A subscription with a fresh token and secret, not yet asked for."""
    return Subscription(feed_id, hub, topic, secrets.token_urlsafe(TOKEN_BYTES), secrets.token_hex(TOKEN_BYTES))


def wants_request(subscription: Subscription, now: datetime, lease: timedelta) -> bool:
    """Whether a hub is to be asked now: not confirmed yet, or the lease is nearly over."""
    asked = subscription.requested_at
    if asked is not None:
        pause = RETRY if subscription.requests < GIVE_UP_AFTER else RETRY_GIVEN_UP
        if subscription.requests and now - asked < pause:
            return False
    if subscription.lease_until is None:
        return True
    return subscription.lease_until - now < lease * RENEW_BEFORE


async def request(
    client: HttpClient, subscription: Subscription, settings: WebSubSettings, *, mode: str = "subscribe"
) -> None:
    """Ask a hub for a subscription, or for its end; it answers later, at the callback.

    Raises:
        FetchError: where the hub refuses or cannot be had.
    """
    fields = {
        "hub.callback": callback_url(settings, subscription.token),
        "hub.mode": mode,
        "hub.topic": subscription.topic,
        "hub.lease_seconds": str(int(settings.lease)),
    }
    # WebSub §5.1: the secret goes over TLS only. Without it nothing that arrives could be trusted.
    if parts_of(subscription.hub).scheme != "https" and not settings.plain_hubs:
        raise FetchError(Outcome.BAD_URL, f"{subscription.hub}: the hub is not https", url=subscription.hub)
    await client.post(subscription.hub, {**fields, "hub.secret": subscription.secret})


def callback_url(settings: WebSubSettings, token: str) -> str:
    """The public URL that a hub calls for one subscription."""
    return f"{str(settings.callback).rstrip('/')}/{token}"


def signature_holds(header: str | None, secret: str, body: bytes | bytearray) -> bool:
    """Whether `X-Hub-Signature` is the body's HMAC under the secret (WebSub §7.1), compared in constant time."""
    method, _, given = (header or "").partition("=")
    if method.strip().lower() not in METHODS:
        return False
    expected = hmac.new(secret.encode(), body, getattr(hashlib, method.strip().lower())).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode("utf-8", "replace"))


Find = Callable[[str], Awaitable[Subscription | None]]
Confirm = Callable[[Subscription, datetime | None, str | None], Awaitable[None]]
Push = Callable[[Subscription, bytes, str], Coroutine[None, None, None]]
Miss = Callable[[int], Coroutine[None, None, None]]


class _RefusedError(Exception):
    """A push that brings no document; `status` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Listener:
    """The HTTP server that hubs call; use as `async with Listener(...)`.

    Args:
        settings: where to listen; a reverse proxy brings the public callback URL here.
        find: token → subscription.
        confirm: a hub has confirmed (lease end), or refused (None and why).
        push: a signed document has arrived: its body and content type.
        missed: pushes of a feed (its id) found no place: it is to be polled. Never while a push of it waits.
        max_bytes: cap on a pushed document, decoded.
        limits: what the port gives to those who connect.
        tell: what the port reports, see `Port`; and every push that found no place (`push_put_off`).
        bounds: what may wait to be taken.
    """

    def __init__(
        self,
        settings: WebSubSettings,
        *,
        find: Find,
        confirm: Confirm,
        push: Push,
        missed: Miss,
        max_bytes: int,
        clock: Callable[[], datetime],
        limits: Limits = LIMITS,
        tell: Tell = tell_nobody,
        bounds: Bounds = BOUNDS,
    ) -> None:
        app = web.Application()
        app.router.add_get("/{prefix:.*}", self._verify)
        app.router.add_post("/{prefix:.*}", self._receive)
        self._port = Port(app, settings.listen, limits, setting="websub.listen", tell=tell)
        self._settings = settings
        self._find = find
        self._confirm = confirm
        self._push = push
        self._missed = missed
        self._max_bytes = max_bytes
        self._clock = clock
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = WaitingRoom(bounds)
        self._behind: set[int] = set()  # feeds of which pushes found no place
        self._decoding = asyncio.Lock()  # what is decoded is counted only afterwards: one at a time

    async def __aenter__(self) -> Self:
        """Start to listen.

        Raises:
            ConfigError: when the address cannot be listened on.
        """
        await self._port.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._port.__aexit__()
        await self.idle()

    @property
    def port(self) -> int:
        """The port that it listens on (useful where the settings say 0)."""
        return self._port.number

    async def idle(self) -> None:
        """Wait until all that was pushed is taken."""
        while self._tasks:  # the last push of a feed may start a catch-up
            await asyncio.wait(self._tasks)

    async def _verify(self, request: web.Request) -> web.Response:
        subscription = await self._find(_token(request))
        if subscription is None:
            return web.Response(status=404)
        mode, topic = request.query.get("hub.mode"), request.query.get("hub.topic")
        if mode == "denied":
            await self._confirm(
                subscription, None, f"the hub refused: {one_line(request.query.get('hub.reason'), 200)}"
            )
            return web.Response(status=200)
        challenge = request.query.get("hub.challenge", "")
        asked = mode == "subscribe" and subscription.requested_at is not None
        if not asked or topic != subscription.topic or not 0 < len(challenge) <= MAX_CHALLENGE_CHARS:
            return web.Response(status=404)  # WebSub §5.3: not what was asked for
        lease = _seconds(request.query.get("hub.lease_seconds"), self._settings.lease)
        await self._confirm(subscription, self._clock() + timedelta(seconds=lease), None)
        # As plain text: what the hub sent must not come back as a page of ours.
        return web.Response(text=challenge, content_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})

    async def _receive(self, request: web.Request) -> web.Response:
        subscription = await self._find(_token(request))
        if subscription is None:
            return web.Response(status=410)  # the hub may forget this subscription
        place = self._room.enter(subscription.feed_id)
        if place is None:
            return self._put_off(subscription.feed_id)
        try:
            document = await self._read(request, subscription, place)
        except _RefusedError as refused:
            self._leave(place)
            return web.Response(status=refused.status)
        except BaseException:
            self._leave(place)
            raise
        if document is None:
            self._room.leave(place)
            return self._put_off(subscription.feed_id)
        # The hub waits for the answer, not for our work.
        self._start(self._work(subscription, document, request.headers.get("Content-Type", ""), place))
        return web.Response(status=202)

    async def _read(self, request: web.Request, subscription: Subscription, place: Place) -> bytes | None:
        """The pushed document; None if there is no room for it.

        Raises:
            _RefusedError: where there is no document.
        """
        body = bytearray()
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > self._max_bytes:
                raise _RefusedError(413)
            if not self._room.has_room(place, len(body)):
                return None
        async with self._decoding:
            coding, signature = request.headers.get("Content-Encoding", ""), request.headers.get("X-Hub-Signature")
            document = await asyncio.to_thread(
                _opened, body, coding, signature, secret=subscription.secret, max_bytes=self._max_bytes
            )
            return document if self._room.has_room(place, len(document)) else None

    async def _work(self, subscription: Subscription, document: bytes, content_type: str, place: Place) -> None:
        try:
            await self._push(subscription, document, content_type)
        finally:
            self._leave(place)

    def _put_off(self, feed: int) -> web.Response:
        self._tell("push_put_off", {"feed": feed})
        self._behind.add(feed)
        self._catch_up(feed)
        return web.Response(status=503, headers={"Retry-After": str(PUSH_AGAIN_S)})

    def _leave(self, place: Place) -> None:
        self._room.leave(place)
        self._catch_up(place.feed)

    def _catch_up(self, feed: int) -> None:
        # Not while something of it waits: each push that is taken plans the feed's next poll anew.
        if feed in self._behind and not self._room.count(feed):
            self._behind.discard(feed)
            self._start(self._missed(feed))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _token(request: web.Request) -> str:
    return request.path.rpartition("/")[2]


def _seconds(text: str | None, otherwise: float) -> float:
    seconds = float(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
    return min(max(seconds, 60.0), 30 * 86_400.0)


def _opened(body: bytearray, coding: str, signature: str | None, *, secret: str, max_bytes: int) -> bytes:
    """The document in a signed body."""
    if not signature_holds(signature, secret, body):
        # WebSub §7.1: the same answer to a wrong signature, so that nobody can try secrets.
        raise _RefusedError(202)
    plain = bytearray()
    try:
        decoder = Decoder(coding)
        for piece in decoder.feed(bytes(body)):
            plain += piece
            if len(plain) > max_bytes:
                raise _RefusedError(415)
        decoder.finish()
    except DecodeError as error:
        raise _RefusedError(415) from error
    return bytes(plain)
