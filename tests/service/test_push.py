"""The daemon's side of WebSub and of watched lists, with a real database, hub and list on loopback."""

from __future__ import annotations

import asyncio
import hmac
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from ingest.acquire.http import HttpClient
from ingest.acquire.websub import Subscription, new_subscription
from ingest.config import Config, load_config
from ingest.service.engine import Engine
from ingest.service.lists import refresh_lists
from ingest.service.push import Push
from ingest.settings import ExtractSettings, PollSettings, Settings, WebSubSettings
from ingest.store.feeds import add_feed, feed_state, list_feeds
from ingest.store.subscriptions import forget_lists, list_state, save_subscription, subscriptions
from ingest.times import to_text
from tests.acquire.build import fetch_settings, item, rss
from tests.acquire.server import Reply, Server, serving
from tests.running import rows
from tests.starving import no_descriptor_free


@dataclass(slots=True)
class Clock:
    now: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class House:
    """An engine and a subscriber beside a hub."""

    engine: Engine
    push: Push
    server: Server
    clock: Clock
    events: list[str]
    hub: aiohttp.ClientSession

    @property
    def callback(self) -> str:
        return f"http://127.0.0.1:{self.push.listener.port}"

    async def subscription(self) -> dict[str, Any]:
        (row,) = await self.engine.call(subscriptions)
        return dict(row)


@asynccontextmanager
async def house(folder: Path, **poll: int) -> AsyncIterator[House]:
    settings = Settings(
        fetch=fetch_settings(),
        poll=PollSettings(**poll),
        websub=WebSubSettings(callback="http://127.0.0.1/ws", listen="127.0.0.1:0", plain_hubs=True),
        extract=ExtractSettings(workers=1),
    )
    clock, events = Clock(), []

    def tell(event: str, fields: Any) -> None:
        events.append(event)

    async with serving() as server:
        hub_link = f"<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='hub' href='{server.url('/hub')}'/>"
        server.replies["/feed"] = Reply(rss([], channel=hub_link))
        server.replies["/hub"] = Reply(status=202)
        engine = Engine(Config(settings), folder / "push.db", listener=tell, clock=clock)
        async with engine, aiohttp.ClientSession() as hub:
            push = Push(
                settings,
                client=engine.client,
                call=engine.call,
                take=engine.take_push,
                tell=tell,
                clock=clock,
                sparing=tell,
            )
            async with push:
                await engine.call(add_feed, server.url("/feed"), clock())
                engine.polls.fill()
                await engine.polls.idle()
                engine.polls.raise_error()
                yield House(engine, push, server, clock, events, hub)


async def confirm(home: House, lease: timedelta = timedelta(days=1)) -> None:
    row = await home.subscription()
    seconds = str(int(lease.total_seconds()))
    question = {"hub.mode": "subscribe", "hub.topic": row["topic"], "hub.challenge": "x", "hub.lease_seconds": seconds}
    async with home.hub.get(f"{home.callback}/{row['token']}", params=question) as answer:
        assert answer.status == 200


async def push(home: House, body: str) -> int:
    row = await home.subscription()
    headers = {"X-Hub-Signature": f"sha256={hmac.new(row['secret'].encode(), body.encode(), 'sha256').hexdigest()}"}
    async with home.hub.post(f"{home.callback}/{row['token']}", data=body, headers=headers) as answer:
        return answer.status


async def test_a_feeds_hub_is_joined_confirmed_and_renewed_in_time(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        assert await home.push.renew() == 1
        assert await home.push.renew() == 0, "it has been asked"
        await confirm(home)
        row = await home.subscription()
        assert (row["lease_until"], row["requests"]) == (home.clock() + timedelta(days=1), 0)
        home.clock.now += timedelta(days=7)
        assert await home.push.renew() == 1
        assert home.server.paths.count("/hub") == 2


async def test_what_a_hub_says_over_and_over_is_heard_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.push.renew()
        token = (await home.subscription())["token"]

        async def refuse() -> None:
            params = {"hub.mode": "denied", "hub.reason": "no"}
            async with home.hub.get(f"{home.callback}/{token}", params=params) as answer:
                assert answer.status == 200

        for _ in range(5):
            await confirm(home)
        assert home.events.count("hub_answered") == 1
        for _ in range(5):
            await refuse()
            await confirm(home)
        assert home.events.count("hub_answered") == 2
        assert (await home.subscription())["lease_until"] is None


async def test_what_a_hub_says_many_times_at_once_is_heard_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.push.renew()
        token = (await home.subscription())["token"]

        async def refuse(number: int) -> None:
            params = {"hub.mode": "denied", "hub.reason": f"no {number}"}
            async with home.hub.get(f"{home.callback}/{token}", params=params) as answer:
                assert answer.status == 200

        await asyncio.gather(*(refuse(number) for number in range(30)))
        assert (home.events.count("hub_answered"), home.events.count("hub_repeats")) == (1, 29)
        await asyncio.gather(*(confirm(home) for _ in range(30)))
        assert (home.events.count("hub_answered"), home.events.count("hub_repeats")) == (2, 58)


async def test_an_answer_to_what_was_changed_meanwhile_changes_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.push.renew()
        old = Subscription(**await home.subscription())
        new = new_subscription(old.feed_id, f"{old.hub}/new", old.topic)
        await home.engine.call(save_subscription, asdict(new))
        await home.push._confirm(old, None, "the hub refused: no")
        assert Subscription(**await home.subscription()) == new


async def test_a_lease_that_is_shorter_than_asked_for_is_renewed_near_its_own_end(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.push.renew()
        assert home.push.next_look_s is None, "nothing is agreed yet"
        await confirm(home, timedelta(minutes=1))
        agreed = home.clock()
        while not await home.push.renew():
            assert home.push.next_look_s is not None
            assert home.push.next_look_s <= 10, "often enough not to miss the end"
            home.clock.now += timedelta(seconds=5)
        assert timedelta(seconds=45) <= home.clock() - agreed < timedelta(seconds=60)


async def test_a_hub_that_fails_is_noted_and_asked_again_later(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.server.replies["/hub"] = Reply(status=500)
        assert await home.push.renew() == 1
        row = await home.subscription()
        assert "HTTP 500" in row["error"]
        assert "hub_failed" in home.events
        assert await home.push.renew() == 0
        home.clock.now += timedelta(hours=7)
        assert await home.push.renew() == 1


async def test_a_hub_that_could_not_be_asked_for_want_of_a_descriptor_is_asked_again_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.server.replies["/bye"] = Reply(headers={"Connection": "close"})
        await home.engine.client.fetch(home.server.url("/bye"), max_bytes=100)  # no connection is kept open
        with no_descriptor_free():
            assert await home.push.renew() == 1
        row = await home.subscription()
        assert (row["requests"], row["requested_at"]) == (0, None)
        assert "Too many open files" in row["error"]
        assert await home.push.renew() == 1
        assert home.server.paths.count("/hub") == 1


async def test_a_hub_at_rest_is_told_of_once_however_many_feeds_it_has(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.server.replies["/feed2"] = home.server.replies["/feed"]
        await home.engine.call(add_feed, home.server.url("/feed2"), home.clock())
        home.engine.polls.fill()
        await home.engine.polls.idle()
        home.server.replies["/bye"] = Reply(headers={"Connection": "close"})
        await home.engine.client.fetch(home.server.url("/bye"), max_bytes=100)  # no connection is kept open
        with no_descriptor_free():
            assert await home.push.renew() == 2
        assert home.events.count("hub_failed") == 1
        assert await home.push.renew() == 2
        assert home.events.count("hub_asked") == 2


async def test_a_push_brings_entries_and_polls_become_rare(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.push.renew()
        await confirm(home)
        row = await home.subscription()
        body = rss([item(1)])
        headers = {"X-Hub-Signature": f"sha256={hmac.new(row['secret'].encode(), body, 'sha256').hexdigest()}"}
        async with home.hub.post(f"{home.callback}/{row['token']}", data=body, headers=headers) as answer:
            assert answer.status == 202
        for _ in range(100):
            if "feed_polled" in home.events[1:]:
                break
            await asyncio.sleep(0.05)
        (feed,) = await home.engine.call(list_feeds)
        assert feed["entries"] == 1
        state = await home.engine.call(feed_state, feed["id"])
        assert state.next_poll_at is not None
        assert state.next_poll_at - home.clock() > timedelta(hours=8)


async def test_a_feed_that_pushes_more_than_it_may_is_refused_counted_and_told(tmp_path: Path) -> None:
    async with house(tmp_path, hourly_entries=50) as home:
        await home.push.renew()
        await confirm(home)
        for start in range(0, 800, 40):
            assert await push(home, rss([item(n) for n in range(start, start + 40)]).decode()) == 202
            await home.push.listener.idle()
        ((stored,),) = rows(tmp_path / "push.db", "SELECT count(*) FROM entries")
        assert stored == 50
        assert "feed_over_budget" in home.events
        home.clock.now += timedelta(hours=2)
        await push(home, rss([item(n) for n in range(3000, 3010)]).decode())
        await home.push.listener.idle()
        assert rows(tmp_path / "push.db", "SELECT count(*) FROM entries") == [(60,)], "an hour later it may again"


async def test_a_feed_whose_pushes_found_no_place_is_due_unless_it_fails(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.push.renew()
        feed = (await home.subscription())["feed_id"]

        async def overrun() -> datetime | None:
            await asyncio.gather(*(push(home, f"<rss><channel><title>{n}</title></channel></rss>") for n in range(8)))
            await home.push.listener.idle()
            return (await home.engine.call(feed_state, feed)).next_poll_at

        first = home.clock()
        soonest = timedelta(seconds=PollSettings().min_interval)
        assert await overrun() == first + soonest, "not sooner after its last poll than any other feed"
        home.clock.now += timedelta(hours=2)
        assert await overrun() == home.clock()
        later = home.clock() + timedelta(hours=9)

        def fail(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE feeds SET errors = 1, next_poll_at = ?", (to_text(later),))

        await home.engine.call(fail)
        assert await overrun() == later, "its publisher may have asked for that"


OPML = "<opml><body><outline xmlUrl='https://a.example/f'/><outline xmlUrl='https://b.example/f'/></body></opml>"


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[tuple[Server, Any, Engine, Clock, list[str]]]:
    clock, events = Clock(), []
    settings = Settings(fetch=fetch_settings(), extract=ExtractSettings(workers=1))
    async with serving({"/list": Reply(OPML, headers={"ETag": '"1"'})}) as server:
        engine = Engine(Config(settings), tmp_path / "lists.db", listener=lambda *_: None, clock=clock)
        poll = PollSettings(lists=(server.url("/list"),))

        async def look(client: HttpClient) -> None:
            await refresh_lists(
                poll,
                client=client,
                call=engine.call,
                scan=engine.scan_list,
                tell=lambda event, _: events.append(event),
                now=clock(),
            )

        async with engine:
            yield server, look, engine, clock, events


async def test_a_list_is_read_in_full_once_a_day_and_its_validators_are_bounded(watched: Any) -> None:
    server, look, engine, clock, _ = watched
    server.replies["/list"] = Reply(OPML, headers={"ETag": '"' + "x" * 5000 + '"'})
    await look(engine.client)
    clock.now += timedelta(hours=2)
    server.replies["/list"] = Reply(OPML, headers={"ETag": '"1"'})
    await look(engine.client)
    assert "if-none-match" not in server.headers_of("/list")[-1], "what servers would refuse is not sent back"
    server.replies["/list"] = Reply(status=304)  # for ever, whatever the list holds
    for hours in (2, 2, 24):
        clock.now += timedelta(hours=hours)
        await look(engine.client)
    asked = ["if-none-match" in headers for headers in server.headers_of("/list")[2:]]
    assert asked == [True, True, False], "once a day the whole list is asked for"


async def test_a_watched_list_is_followed_in_its_rhythm(watched: Any) -> None:
    server, look, engine, clock, events = watched
    await look(engine.client)
    await look(engine.client)
    assert server.paths == ["/list"], "not again within the hour"
    assert [feed["url"] for feed in await engine.call(list_feeds)] == ["https://a.example/f", "https://b.example/f"]
    clock.now += timedelta(hours=2)
    server.replies["/list"] = Reply(
        OPML.replace("<outline xmlUrl='https://b.example/f'/>", ""), headers={"ETag": '"2"'}
    )
    await look(engine.client)
    assert server.headers_of("/list")[-1]["if-none-match"] == '"1"'
    assert [feed["status"] for feed in await engine.call(list_feeds)] == ["active", "paused"]
    assert events == ["list_read", "list_read"]


async def test_a_feed_that_moves_from_the_config_to_a_list_that_has_not_changed_stays_followed(
    watched: Any, tmp_path: Path
) -> None:
    server, look, engine, clock, _ = watched

    async def unchanged(request: web.Request) -> web.StreamResponse:
        known = "If-None-Match" in request.headers
        return (Reply(status=304) if known else Reply(OPML, headers={"ETag": '"1"'})).response()

    def config(feeds: str) -> Config:
        file = tmp_path / "config.yaml"
        file.write_text(f"feeds: [{feeds}]\npoll: {{lists: ['{server.url('/list')}']}}\n")
        return load_config(file)

    server.replies["/list"] = unchanged
    await engine.reload(config("https://a.example/f"))
    await look(engine.client)
    clock.now += timedelta(hours=2)
    await engine.reload(config(""))
    await look(engine.client)
    states = [(feed["status"], feed["origin"]) for feed in await engine.call(list_feeds)]
    assert states == [("active", server.url("/list"))] * 2


async def test_a_list_that_is_asked_for_while_a_feed_is_dropped_is_read_again_in_full(watched: Any) -> None:
    server, look, engine, clock, _ = watched
    url = server.url("/list")
    await look(engine.client)

    async def unchanged(request: web.Request) -> web.StreamResponse:
        await engine.call(forget_lists)  # as the dropping of a feed does
        return Reply(status=304).response()

    server.replies["/list"] = unchanged
    clock.now += timedelta(hours=2)
    await look(engine.client)
    assert await engine.call(list_state, url) == {}, "no answer to an earlier question brings its validators back"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500),
        Reply(b""),
        Reply("<opml/>"),
        Reply("<html>moved</html>"),
        Reply(status=304),
        Reply("<!DOCTYPE o [<!ENTITY a 'b'>]><opml/>"),
    ],
)
async def test_a_list_that_cannot_be_had_or_is_empty_changes_nothing(watched: Any, reply: Reply) -> None:
    server, look, engine, clock, _ = watched
    await look(engine.client)
    server.replies["/list"] = reply
    clock.now += timedelta(hours=2)
    await look(engine.client)
    assert [feed["status"] for feed in await engine.call(list_feeds)] == ["active", "active"]
    state = await engine.call(list_state, server.url("/list"))
    assert state["checked_at"].startswith("2026-03-01T14")


async def test_a_list_that_could_not_be_asked_for_is_still_due(watched: Any) -> None:
    server, look, engine, _, events = watched
    with no_descriptor_free():
        await look(engine.client)
    assert (server.paths, await engine.call(list_state, server.url("/list"))) == ([], {})
    await look(engine.client)
    assert events == ["list_failed", "list_read"]


async def test_a_push_of_a_removed_feed_breaks_nothing(tmp_path: Path) -> None:
    from ingest.store.feeds import remove_feed

    async with house(tmp_path) as home:
        await home.push.renew()
        await confirm(home)
        row = await home.subscription()
        await home.engine.call(remove_feed, "1")
        async with home.hub.post(f"{home.callback}/{row['token']}", data=b"x") as answer:
            assert answer.status == 410
