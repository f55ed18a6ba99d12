"""WebSub: verified subscriptions, leases, signatures; against a real listener and a real hub on loopback."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from ingest.acquire.http import HttpClient
from ingest.acquire.waiting import Bounds
from ingest.acquire.websub import (
    BOUNDS,
    GIVE_UP_AFTER,
    PUSH_AGAIN_S,
    RETRY,
    Listener,
    Subscription,
    new_subscription,
    request,
    signature_holds,
    wants_request,
)
from ingest.errors import FetchError
from ingest.settings import WebSubSettings
from tests.acquire.build import fetch_settings
from tests.acquire.server import serving

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
TOPIC = "https://a.example/feed"


@dataclass
class Desk:
    """Stands in for the daemon: holds subscriptions and what arrived."""

    known: dict[str, Subscription] = field(default_factory=dict)
    confirmed: list[tuple[datetime | None, str | None]] = field(default_factory=list)
    pushed: list[tuple[bytes, str]] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)

    def subscribe(self, hub: str = "https://hub.example/", feed: int = 1) -> Subscription:
        subscription = replace(new_subscription(feed, hub, TOPIC), requested_at=NOW, requests=1)
        self.known[subscription.token] = subscription
        return subscription

    async def find(self, token: str) -> Subscription | None:
        return self.known.get(token)

    async def confirm(self, subscription: Subscription, until: datetime | None, error: str | None) -> None:
        self.confirmed.append((until, error))

    async def push(self, subscription: Subscription, body: bytes, content_type: str) -> None:
        self.pushed.append((body, content_type))

    async def miss(self, feed: int) -> None:
        self.missed.append(feed)


@asynccontextmanager
async def listening(desk: Desk, bounds: Bounds = BOUNDS) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    settings = WebSubSettings(listen="127.0.0.1:0")
    listener = Listener(
        settings,
        find=desk.find,
        confirm=desk.confirm,
        push=desk.push,
        missed=desk.miss,
        max_bytes=10_000,
        clock=lambda: NOW,
        bounds=bounds,
    )
    async with listener, aiohttp.ClientSession() as hub:
        yield f"http://127.0.0.1:{listener.port}/websub", hub


def signed(body: bytes, secret: str, method: str = "sha256") -> dict[str, str]:
    return {"X-Hub-Signature": f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"}


def asking(**changes: str) -> dict[str, str]:
    return {
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.challenge": "c<h>",
        "hub.lease_seconds": "864000",
    } | changes


async def test_a_hubs_question_is_answered_and_the_lease_noted() -> None:
    desk = Desk()
    subscription = desk.subscribe()
    async with listening(desk) as (url, hub), hub.get(f"{url}/{subscription.token}", params=asking()) as answer:
        assert (answer.status, await answer.text(), answer.content_type) == (200, "c<h>", "text/plain")
    assert desk.confirmed == [(NOW + timedelta(days=10), None)]


@pytest.mark.parametrize(
    "question",
    [
        asking(**{"hub.topic": "https://other.example/"}),
        asking(**{"hub.mode": "unsubscribe"}),
        asking(**{"hub.challenge": ""}),
        asking(**{"hub.challenge": "x" * 5000}),
        {},
    ],
)
async def test_what_was_not_asked_for_is_not_confirmed(question: dict[str, str]) -> None:
    desk = Desk()
    subscription = desk.subscribe()
    async with listening(desk) as (url, hub), hub.get(f"{url}/{subscription.token}", params=question) as answer:
        assert answer.status == 404
    assert desk.confirmed == []


async def test_a_stranger_is_told_nothing() -> None:
    desk = Desk()
    unasked = new_subscription(1, "https://hub.example/", TOPIC)
    desk.known[unasked.token] = unasked
    async with listening(desk) as (url, hub):
        for token in ("", "x", "../etc", unasked.token):
            async with hub.get(f"{url}/{token}", params=asking()) as answer:
                assert answer.status == 404
        async with hub.post(f"{url}/nobody", data=b"x") as answer:
            assert answer.status == 410
    assert (desk.confirmed, desk.pushed) == ([], [])


async def test_a_refusal_is_noted_with_its_reason() -> None:
    desk = Desk()
    subscription = desk.subscribe()
    question = {"hub.mode": "denied", "hub.topic": TOPIC, "hub.reason": "too many"}
    async with listening(desk) as (url, hub), hub.get(f"{url}/{subscription.token}", params=question):
        pass
    assert desk.confirmed == [(None, "the hub refused: too many")]


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_a_signed_push_arrives(method: str) -> None:
    desk = Desk()
    subscription = desk.subscribe()
    async with listening(desk) as (url, hub):
        headers = signed(b"<rss/>", subscription.secret, method) | {"Content-Type": "application/rss+xml"}
        async with hub.post(f"{url}/{subscription.token}", data=b"<rss/>", headers=headers) as answer:
            assert answer.status == 202
    assert desk.pushed == [(b"<rss/>", "application/rss+xml")]


@pytest.mark.parametrize("headers", [{}, {"X-Hub-Signature": "sha256=00"}, {"X-Hub-Signature": "md5=x"}])
async def test_a_false_signature_is_answered_alike_and_thrown_away(headers: dict[str, str]) -> None:
    desk = Desk()
    subscription = desk.subscribe()
    async with listening(desk) as (url, hub):
        async with hub.post(f"{url}/{subscription.token}", data=b"<rss/>", headers=headers) as answer:
            assert answer.status == 202
    assert desk.pushed == []


async def test_a_push_over_the_cap_or_a_bomb_is_refused() -> None:
    desk = Desk()
    subscription = desk.subscribe()
    async with listening(desk) as (url, hub):
        async with hub.post(f"{url}/{subscription.token}", data=b"x" * 20_000) as answer:
            assert answer.status == 413
        bomb = gzip.compress(b"x" * 1_000_000)
        headers = signed(bomb, subscription.secret) | {"Content-Encoding": "gzip"}
        async with hub.post(f"{url}/{subscription.token}", data=bomb, headers=headers) as answer:
            assert answer.status == 415
    assert desk.pushed == []


def test_signatures_compare_whole() -> None:
    digest = hmac.new(b"key", b"body", hashlib.sha256).hexdigest()
    assert signature_holds(f"sha256={digest}", "key", b"body")
    assert signature_holds(f"SHA256={digest.upper()}", "key", b"body")
    assert not signature_holds(f"sha256={digest[:-1]}", "key", b"body")
    assert not signature_holds(f"sha256={digest}", "other", b"body")
    assert not signature_holds("sha256=é", "key", b"body")
    assert not signature_holds(None, "key", b"body")


async def test_a_hub_is_asked_with_all_that_it_must_know() -> None:
    form: dict[str, str] = {}

    async def hub(asked: web.Request) -> web.Response:
        form.update({name: str(value) for name, value in (await asked.post()).items()})
        return web.Response(status=202)

    settings = WebSubSettings(callback="https://me.example/websub/", plain_hubs=True)
    async with serving({"/hub": hub}) as server, HttpClient(fetch_settings()) as client:
        subscription = new_subscription(1, server.url("/hub"), TOPIC)
        await request(client, subscription, settings)
    assert form == {
        "hub.callback": f"https://me.example/websub/{subscription.token}",
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.lease_seconds": "604800",
        "hub.secret": subscription.secret,
    }


async def test_the_secret_goes_to_no_hub_without_tls_and_a_refusing_hub_is_named() -> None:
    async def refuse(asked: web.Request) -> web.Response:
        return web.Response(status=422)

    async with serving({"/hub": refuse}) as server, HttpClient(fetch_settings()) as client:
        subscription = new_subscription(1, server.url("/hub"), TOPIC)
        with pytest.raises(FetchError, match="not https"):
            await request(client, subscription, WebSubSettings(callback="https://me.example/"))
        assert server.asked == []
        with pytest.raises(FetchError, match="422"):
            await request(client, subscription, WebSubSettings(callback="https://me.example/", plain_hubs=True))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, True),
        ({"requested_at": NOW, "requests": 1}, False),  # it has not answered yet
        ({"requested_at": NOW - RETRY, "requests": 1}, True),
        ({"requested_at": NOW - RETRY, "requests": GIVE_UP_AFTER}, False),
        ({"requested_at": NOW - WEEK, "requests": GIVE_UP_AFTER}, True),
        ({"requested_at": NOW - WEEK, "lease_until": NOW + timedelta(days=5)}, False),
        ({"requested_at": NOW - WEEK, "lease_until": NOW + timedelta(days=1)}, True),
        ({"requested_at": NOW - WEEK, "lease_until": NOW - timedelta(days=1)}, True),
    ],
)
def test_a_hub_is_asked_when_it_is_time(values: dict[str, object], wanted: bool) -> None:
    subscription = replace(new_subscription(1, "https://hub.example/", TOPIC), **values)  # type: ignore[arg-type]
    assert wants_request(subscription, NOW, WEEK) is wanted


def test_tokens_and_secrets_differ() -> None:
    made = [new_subscription(1, "https://hub.example/", TOPIC) for _ in range(20)]
    assert len({subscription.token for subscription in made} | {subscription.secret for subscription in made}) == 40


async def test_the_hub_does_not_wait_for_our_work() -> None:
    desk = Desk()
    subscription = desk.subscribe()
    done = asyncio.Event()

    async def slow(_: Subscription, body: bytes, content_type: str) -> None:
        await done.wait()
        desk.pushed.append((body, content_type))

    desk.push = slow  # type: ignore[method-assign]
    async with listening(desk) as (url, hub):
        headers = signed(b"x", subscription.secret)
        async with hub.post(f"{url}/{subscription.token}", data=b"x", headers=headers) as answer:
            assert answer.status == 202
        assert desk.pushed == []
        done.set()
    assert len(desk.pushed) == 1, "leaving waits for it"


@dataclass
class Crowd:
    """Pushes to a desk that takes nothing before `done`."""

    desk: Desk
    url: str
    hub: aiohttp.ClientSession
    done: asyncio.Event

    async def push(self, to: Subscription, body: bytes = b"x", secret: str | None = None, coding: str = "") -> int:
        headers = signed(body, secret or to.secret) | {"Content-Encoding": coding}
        async with self.hub.post(f"{self.url}/{to.token}", data=body, headers=headers) as answer:
            if answer.status == 503:
                assert answer.headers["Retry-After"] == str(PUSH_AGAIN_S)
            return answer.status


@asynccontextmanager
async def crowd(bounds: Bounds) -> AsyncIterator[Crowd]:
    desk, done = Desk(), asyncio.Event()

    async def slow(_: Subscription, body: bytes, content_type: str) -> None:
        await done.wait()
        desk.pushed.append((body, content_type))

    desk.push = slow  # type: ignore[method-assign]
    async with listening(desk, bounds) as (url, hub):
        try:
            yield Crowd(desk, url, hub, done)
        finally:
            done.set()


async def test_so_many_pushes_wait_of_one_feed_and_the_hub_is_told_to_come_again() -> None:
    async with crowd(Bounds(of_feed=2)) as made:
        busy, other = made.desk.subscribe(), made.desk.subscribe(feed=2)
        assert await made.push(busy, secret="wrong") == 202, "it holds no place afterwards"
        assert [await made.push(busy) for _ in range(3)] == [202, 202, 503]
        assert await made.push(other) == 202
        made.done.set()
        await asyncio.sleep(0.1)
        assert await made.push(busy) == 202
    assert len(made.desk.pushed) == 4


async def test_so_many_pushes_wait_of_all_feeds() -> None:
    async with crowd(Bounds(pushes=3)) as made:
        feeds = [made.desk.subscribe(feed=feed) for feed in range(4)]
        assert [await made.push(feed) for feed in feeds] == [202, 202, 202, 503]


@pytest.mark.parametrize("coding", ["", "gzip"])
async def test_so_many_bytes_wait_of_all_feeds_however_small_they_came(coding: str) -> None:
    body = gzip.compress(b"x" * 4_000) if coding else b"x" * 4_000
    async with crowd(Bounds(held_bytes=9_000)) as made:
        feeds = [made.desk.subscribe(feed=feed) for feed in range(4)]
        assert [await made.push(feed, body, coding=coding) for feed in feeds] == [202, 202, 503, 503]
        assert await made.push(feeds[3], b"small") == 202, "who was refused holds nothing"
        made.done.set()
        await asyncio.sleep(0.1)
        assert await made.push(feeds[2], body, coding=coding) == 202


async def test_a_push_that_alone_is_larger_than_the_bound_is_taken() -> None:
    async with crowd(Bounds(held_bytes=1_000)) as made:
        assert await made.push(made.desk.subscribe(), b"x" * 4_000) == 202


async def test_a_feed_whose_push_was_put_off_is_caught_up_with_once_after_what_waits() -> None:
    async with crowd(Bounds(of_feed=1)) as made:
        busy = made.desk.subscribe()
        assert [await made.push(busy) for _ in range(4)] == [202, 503, 503, 503]
        assert made.desk.missed == [], "what waits would plan the next poll anew"
        made.done.set()
        await asyncio.sleep(0.1)
        assert made.desk.missed == [1]
        assert await made.push(busy) == 202
    assert made.desk.missed == [1]


async def test_a_feed_is_caught_up_with_at_once_when_nothing_of_it_waits() -> None:
    async with crowd(Bounds(pushes=1)) as made:
        first, second = made.desk.subscribe(), made.desk.subscribe(feed=2)
        assert [await made.push(first), await made.push(second)] == [202, 503]
        await asyncio.sleep(0.1)
        assert made.desk.missed == [2]
