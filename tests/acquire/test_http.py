"""The client against loopback servers: redirects, caps, the address check, credentials, proxies, politeness."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from ingest import __version__
from ingest.acquire import bodies
from ingest.acquire.http import HttpClient
from ingest.acquire.pace import STRIKES, HostBusyError
from ingest.acquire.pages import PageFetcher
from ingest.addresses import page_url
from ingest.errors import ConfigError, FetchError
from ingest.model import Outcome
from ingest.store.feed_state import host_of
from ingest.urls import parts_of, site_of
from tests.acquire.build import fetch_settings
from tests.acquire.server import Reply, saying, serving

ANY_LARGE = 3 * bodies.LARGE_BYTES
ANY = 1_000_000


class Names(AbstractResolver):
    """DNS whose answers change from look-up to look-up; the last one stays."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): addresses for name, addresses in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        addresses = self.answers[host]
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": location})


async def outcome_of(client: HttpClient, url: str, **values: Any) -> Outcome:
    with pytest.raises(FetchError) as caught:
        await client.fetch(url, **{"max_bytes": ANY} | values)
    return caught.value.outcome


async def test_a_page_comes_with_its_facts() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    reply = Reply("hello", headers={"Content-Type": "Text/HTML; charset=utf-8", "ETag": 'W/"1"'})
    async with serving({"/page": reply}) as server, HttpClient(fetch_settings(), clock=lambda: moment) as client:
        page = await client.fetch(server.url("/page#part"), max_bytes=ANY)
    assert (page.status, page.body, page.fetched_at, page.permanent_url) == (200, b"hello", moment, None)
    assert page.content_type == "text/html"
    assert page.headers["etag"] == 'W/"1"'
    assert server.paths == ["/page"]


async def test_it_says_who_it_is_and_sends_no_cookie_back() -> None:
    reply = Reply("x", headers={"Set-Cookie": "id=1; Path=/"})
    settings = fetch_settings(contact="https://me.example/bot")
    async with serving({"/": reply}) as server, HttpClient(settings) as client:
        await client.fetch(server.url(), max_bytes=ANY)
        await client.fetch(server.url(), max_bytes=ANY)
    for headers in server.headers_of("/"):
        assert headers["user-agent"] == f"ingest/{__version__} (+https://me.example/bot)"
        assert "cookie" not in headers
        assert headers["accept-encoding"] == "gzip, deflate, br, zstd"


async def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with serving({"/": Reply("x")}) as server, HttpClient(fetch_settings()) as client:
        assert (await client.fetch(server.url(), max_bytes=ANY)).body == b"x"


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [([301], True), ([308, 301], True), ([302], False), ([301, 302], False), ([307], False), ([303, 301], False)],
)
async def test_only_a_chain_of_permanent_redirects_is_permanent(statuses: list[int], permanent: bool) -> None:
    replies: dict[str, Any] = {f"/{n}": redirect(f"/{n + 1}", status) for n, status in enumerate(statuses)}
    replies[f"/{len(statuses)}"] = Reply("end")
    async with serving(replies) as server, HttpClient(fetch_settings()) as client:
        page = await client.fetch(server.url("/0"), max_bytes=ANY)
    end = server.url(f"/{len(statuses)}")
    assert page.final_url == end
    assert page.permanent_url == (end if permanent else None)


async def test_redirects_end_at_the_cap_and_at_a_loop() -> None:
    replies = {f"/{n}": redirect(f"/{n + 1}") for n in range(12)} | {"/a": redirect("/b"), "/b": redirect("/a")}
    async with serving(replies) as server, HttpClient(fetch_settings(max_redirects=5)) as client:
        assert await outcome_of(client, server.url("/0")) is Outcome.REDIRECT_LOOP
        assert len(server.asked) == 6
        assert await outcome_of(client, server.url("/a")) is Outcome.REDIRECT_LOOP


@pytest.mark.parametrize(
    "location", ["/täst", "//127.0.0.1:{port}/t%C3%A4st", "  /täst  ", "http://127.0.0.1:{port}/täst#x", "?", ""]
)
async def test_odd_locations_are_understood_or_named(location: str) -> None:
    async with serving({"/t%C3%A4st": Reply("x"), "/?": Reply("x")}) as server:
        raw = location.replace("{port}", str(server.port))
        server.replies["/"] = Reply(status=302, headers={"Location": raw} if raw else {})
        async with HttpClient(fetch_settings()) as client:
            page = None
            with suppress(FetchError):  # named; anything else would fail the test
                page = await client.fetch(server.url("/"), max_bytes=ANY)
            assert page is None or page.body == b"x" or page.status == 302


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "http://",
        "http://user:pass@a.example/",
        "http://a.example:99999/",
        "http://[::1",
        "http://" + "a" * 3000,
        "javascript:alert(1)",
        "not a url",
        "http://\u2100.example/",
    ],
)
async def test_a_url_that_is_none_is_named(url: str) -> None:
    async with HttpClient(fetch_settings()) as client:
        assert await outcome_of(client, url) in (Outcome.BAD_URL, Outcome.DNS_ERROR)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.0.0.1", "0177.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "①②⑦.0.0.1"]
)
async def test_loopback_in_every_spelling_is_refused_unless_opened(host: str) -> None:
    async with serving({"/": Reply("secret")}) as server, HttpClient(fetch_settings(allow_networks=())) as client:
        url = f"http://{host}:{server.port}/"
        assert await outcome_of(client, url) in (Outcome.BLOCKED_ADDRESS, Outcome.BAD_URL)
    assert server.asked == []


async def test_a_name_that_resolves_anew_to_a_private_address_is_refused_then() -> None:
    names = Names(rebinding_example=["127.0.0.1", "10.0.0.1"])
    async with (
        serving({"/": Reply("x", headers={"Connection": "close"})}) as server,
        HttpClient(fetch_settings(), resolver=names) as client,
    ):
        url = f"http://rebinding.example:{server.port}/"
        assert (await client.fetch(url, max_bytes=ANY)).body == b"x"
        client._direct.connector.clear_dns_cache()  # type: ignore[union-attr]
        assert await outcome_of(client, url) is Outcome.BLOCKED_ADDRESS


async def test_a_redirect_to_a_private_address_is_refused() -> None:
    async with serving({"/": redirect("http://10.1.2.3/")}) as server, HttpClient(fetch_settings()) as client:
        assert await outcome_of(client, server.url()) is Outcome.BLOCKED_ADDRESS


async def test_bodies_stop_at_the_cap() -> None:
    async with serving({"/": Reply(b"x" * 1000)}) as server, HttpClient(fetch_settings()) as client:
        assert len((await client.fetch(server.url(), max_bytes=1000)).body) == 1000
        assert await outcome_of(client, server.url(), max_bytes=999) is Outcome.TOO_LARGE


async def test_a_failed_status_tells_how_long_to_wait() -> None:
    reply = Reply("no", status=503, headers={"Retry-After": "77"})
    async with serving({"/": reply}) as server, HttpClient(fetch_settings()) as client:
        with pytest.raises(FetchError) as caught:
            await client.fetch(server.url(), max_bytes=ANY)
    assert (caught.value.outcome, caught.value.status, caught.value.retry_after) == (Outcome.HTTP_ERROR, 503, 77)


async def test_nobody_there_is_named() -> None:
    async with HttpClient(fetch_settings(connect_timeout=1), resolver=Names()) as client:
        assert await outcome_of(client, "http://127.0.0.1:1/") is Outcome.CONNECT_ERROR
        assert await outcome_of(client, "http://nowhere.example/") is Outcome.DNS_ERROR
    async with saying(b"") as url, HttpClient(fetch_settings()) as client:
        assert await outcome_of(client, url) is Outcome.BAD_HTTP


async def test_the_time_of_all_hops_counts_together() -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.4)
        return web.Response(status=302, headers={"Location": f"{request.path}x"})

    async with (
        serving({f"/{'x' * n}": slow for n in range(9)}) as server,
        HttpClient(fetch_settings(timeout=1)) as client,
    ):
        started = time.monotonic()
        assert await outcome_of(client, server.url("/")) is Outcome.TIMEOUT
        assert time.monotonic() - started < 2


async def test_waiting_for_a_turn_does_not_count_as_time() -> None:
    async with serving({"/": Reply("x")}) as server:
        async with HttpClient(fetch_settings(timeout=0.5, host_interval=0.4)) as client:
            pages = await asyncio.gather(*(client.fetch(server.url(), max_bytes=ANY) for _ in range(4)))
    assert len(pages) == 4


async def test_a_host_is_asked_at_its_pace_and_others_do_not_wait() -> None:
    moments: list[tuple[str, float]] = []

    async def note(request: web.Request) -> web.Response:
        moments.append((request.host.split(":")[0], time.monotonic()))
        return web.Response()

    async with serving({"/": note}) as server, HttpClient(fetch_settings(host_interval=0.2)) as client:
        urls = [server.url(host=host) for host in ("127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.2")]
        await asyncio.gather(*(client.fetch(url, max_bytes=ANY) for url in urls))
    one = [moment for host, moment in moments if host == "127.0.0.1"]
    assert all(later - earlier > 0.18 for earlier, later in itertools.pairwise(one))
    assert next(moment for host, moment in moments if host == "127.0.0.2") < one[-1]


async def test_no_more_than_the_allowed_requests_run_at_one_host() -> None:
    running, most = 0, 0

    async def count(request: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        return web.Response()

    async with serving({"/": count}) as server, HttpClient(fetch_settings(per_host=3)) as client:
        await asyncio.gather(*(client.fetch(server.url(), max_bytes=ANY) for _ in range(10)))
    assert most == 3


async def test_a_large_body_that_trickles_gives_its_place_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGE_S", 0.3)
    large = "x" * (bodies.LARGE_BYTES + 1)

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(large.encode())
        with suppress(ConnectionError):
            while True:
                await asyncio.sleep(0.05)
                await response.write(b"x")
        return response

    async with (
        serving({"/slow": trickle, "/": Reply(large)}) as server,
        HttpClient(fetch_settings(timeout=60)) as client,
    ):
        slow = [
            asyncio.create_task(outcome_of(client, server.url("/slow", host=f"127.0.1.{n}"), max_bytes=ANY_LARGE))
            for n in range(1, bodies.LARGE_AT_ONCE + 1)
        ]
        await asyncio.sleep(0.2)  # they hold all places
        page = await asyncio.wait_for(client.fetch(server.url(), max_bytes=ANY_LARGE), 10)
        assert len(page.body) == len(large)
        assert set(await asyncio.gather(*slow)) == {Outcome.TIMEOUT}


async def test_one_refused_url_is_its_own_matter_several_are_the_hosts() -> None:
    limited = Reply(status=429, headers={"Retry-After": "120"})
    replies = {f"/{n}": limited for n in range(STRIKES)} | {"/good": Reply("x")}
    async with serving(replies) as server, HttpClient(fetch_settings()) as client:
        for _ in range(STRIKES):
            assert await outcome_of(client, server.url("/0")) is Outcome.RATE_LIMITED
        assert (await client.fetch(server.url("/good"), max_bytes=ANY)).body == b"x"
        for n in range(STRIKES):
            assert await outcome_of(client, server.url(f"/{n}")) is Outcome.RATE_LIMITED
        asked = len(server.asked)
        with pytest.raises(HostBusyError) as caught:
            await client.fetch(server.url("/good"), max_bytes=ANY)
        assert caught.value.retry_after is not None
        assert 110 < caught.value.retry_after <= 120
        assert len(server.asked) == asked, "it was not even asked"
        assert (await client.fetch(server.url("/good", host="127.0.0.2"), max_bytes=ANY)).body == b"x"


SECRETS = {"login": "user:pa55", "token": "t0ken", "jar": "sid=1", "key": "k3y"}


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"INGEST_CREDENTIAL_{name.upper()}", value)


async def test_credentials_go_to_their_urls_and_nowhere_else(credentials: None) -> None:
    async with serving() as server, serving({"/": Reply("other")}) as other:
        server.replies |= {
            "/paid/feed": Reply("x"),
            "/paid/away": redirect(other.url("/")),
            "/paidfor": Reply("x"),
            "/free": Reply("x"),
            "/in": redirect("/paid/feed"),
        }
        rule = {
            "url": server.url("/paid/"),
            "headers": {"X-Plain": "1"},
            "secret_headers": {"X-Key": "key"},
            "basic": "login",
            "cookies": "jar",
        }
        async with HttpClient(fetch_settings(access=[rule])) as client:
            for path in ("/paid/feed", "/paid/away", "/paidfor", "/free", "/in"):
                await client.fetch(server.url(path), max_bytes=ANY)
            assert "pa55" not in repr(client._access._rules)
            assert "k3y" not in repr(client._access._rules)
    for headers in (*server.headers_of("/paid/feed"), *server.headers_of("/paid/away")):
        assert headers["authorization"] == "Basic dXNlcjpwYTU1"
        assert (headers["x-key"], headers["cookie"], headers["x-plain"]) == ("k3y", "sid=1", "1")
    for headers in (*server.headers_of("/paidfor"), *server.headers_of("/free"), *server.headers_of("/in")):
        assert not {"authorization", "cookie", "x-key"} & headers.keys()
    assert not {"authorization", "cookie", "x-key"} & other.headers_of("/")[0].keys()


async def test_a_bearer_token_comes_from_systemds_folder(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, credentials: None
) -> None:
    (tmp_path / "token").write_text("from-a-file\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    async with serving({"/": Reply("x")}) as server:
        access = [{"url": server.url("/"), "bearer": "token"}]
        async with HttpClient(fetch_settings(access=access)) as client:
            await client.fetch(server.url("/"), max_bytes=ANY)
    assert server.headers_of("/")[0]["authorization"] == "Bearer from-a-file"


@pytest.mark.parametrize("value", [None, "", "two\nlines"])
def test_a_missing_or_malformed_credential_is_named_but_not_shown(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv("INGEST_CREDENTIAL_NO_SUCH", value)
    settings = fetch_settings(access=[{"url": "https://a.example/", "bearer": "no-such"}])
    with pytest.raises(ConfigError, match="no-such") as caught:
        HttpClient(settings)
    assert "two" not in str(caught.value)


@asynccontextmanager
async def proxy(answers: dict[str, str]) -> AsyncIterator[tuple[str, list[tuple[str, str | None]]]]:
    """A plain HTTP proxy that answers for the world; its URL and what it was asked."""
    asked: list[tuple[str, str | None]] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = head.split(" ")[1]
        login = next((line for line in head.split("\r\n") if line.lower().startswith("proxy-auth")), None)
        asked.append((target, login))
        body = answers.get(target, "").encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


async def test_behind_a_proxy_the_target_is_checked_first(credentials: None) -> None:
    names = Names(public_example=["93.184.216.34"], inner_example=["10.0.0.1"])
    async with proxy({"http://public.example/": "through"}) as (url, asked):
        settings = fetch_settings(allow_networks=(), proxy=url, proxy_login="login")
        async with HttpClient(settings, resolver=names) as client:
            page = await client.fetch("http://public.example/", max_bytes=ANY)
            assert page.body == b"through"
            assert await outcome_of(client, "http://inner.example/") is Outcome.BLOCKED_ADDRESS
            assert await outcome_of(client, "http://10.0.0.1/") is Outcome.BLOCKED_ADDRESS
            assert await outcome_of(client, "http://unknown.example/") is Outcome.DNS_ERROR
    assert asked == [("http://public.example/", "Proxy-Authorization: Basic dXNlcjpwYTU1")]


async def test_a_check_is_asked_before_every_hop() -> None:
    seen = []

    async def check(url: str) -> None:
        seen.append(url)
        if url.endswith("/forbidden"):
            raise FetchError(Outcome.BLOCKED_ROBOTS, "no", url=url)

    async with serving({"/": redirect("/forbidden"), "/forbidden": Reply("x")}) as server:
        async with HttpClient(fetch_settings()) as client:
            assert await outcome_of(client, server.url("/"), check=check) is Outcome.BLOCKED_ROBOTS
    assert server.paths == ["/"]
    assert seen == [server.url("/"), server.url("/forbidden")]


async def test_interim_answers_are_counted() -> None:
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    for code in (b"100 Continue", b"102 Processing", b"103 Early Hints\r\nLink: </a>; rel=preload"):
        few = (b"HTTP/1.1 " + code + b"\r\n\r\n") * 3 + final
        many = (b"HTTP/1.1 " + code + b"\r\n\r\n") * 20_000 + final
        async with saying(few) as url, HttpClient(fetch_settings()) as client:
            assert (await client.fetch(url, max_bytes=ANY)).body == b"ok"
        async with saying(many) as url, HttpClient(fetch_settings()) as client:
            assert await outcome_of(client, url) is Outcome.BAD_HTTP


HOSTILE_URLS = (
    "http://[::1", "http://[", "http://]", "http://[::1]x/", "http://a.example:99999/", "http://a.example:0/",
    "http://a.example:x/", "http://:80/", "http://@/", "http://a@/", "http://.../", "http://.a.example/",
    "http://a..example/", "http://" + "a" * 64 + ".example/", "http://" + "a." * 130 + "example/", "http://xn--/",
    "http://xn--a.example/", "http://xn--\u00fc.example/", "http://\u3002/", "http://a\u3002example/",
    "http://\u202ea.example/", "http://a.example\\@b.example/", "http://%00/", "http://%zz/", "http://%/", "http://1/",
    "http://0x7f.1/", "http://[fe80::1%25eth0]/", "http://[v1.x]/", "http://a_b.example/", "http://-a.example/",
    "http://\u00df.example/", "http://\ud83d\ude00.example/", "http://a.example/%", "http://a.example/\u2028", "http:///x",
    "http:a.example", "http:/a.example", "http://a.example:80:80/", "http://a b.example/", "http://a.example/a b",
    "http://\u0660.example/", "http://a.example?\u00fc#\u00fc", "http://\uff0fa.example/", "http://a\uff1a80.example/",
)  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE_URLS)
async def test_a_url_that_is_none_ends_in_a_named_outcome(url: str) -> None:
    """Wherever it comes from: as a link, a hub, a list or the target of a redirect."""
    names = Names(a_example=["93.184.215.14"])
    async with (
        serving({"/r": Reply(status=302, headers={})}) as server,
        HttpClient(fetch_settings(), resolver=names) as client,
    ):
        with suppress(FetchError):
            await asyncio.wait_for(client.fetch(url, max_bytes=ANY), 5)
        with suppress(FetchError):
            await asyncio.wait_for(client.post(url, {"a": "b"}), 5)
        server.replies["/r"] = Reply(status=302, headers={"Location": url.encode("utf-8", "replace").decode("latin-1")})
        with suppress(FetchError):
            await asyncio.wait_for(client.fetch(server.url("/r"), max_bytes=ANY), 5)
        for part in (url, url.encode("utf-8", "replace").decode("utf-8")):
            page_url(part)
            site_of(part)
            host_of(part)
            assert parts_of(part).scheme in ("http", "")


async def test_what_a_feeds_links_meet_costs_the_hosts_own_feed_nothing() -> None:
    replies = {f"/{n}": Reply(status=429, headers={"Retry-After": "3000"}) for n in range(STRIKES)} | {
        "/feed": Reply("x")
    }
    async with serving(replies) as server, HttpClient(fetch_settings()) as client:
        pages = PageFetcher(client, fetch_settings(robots=False))
        for n in range(STRIKES):
            with pytest.raises(FetchError):
                await pages.fetch(server.url(f"/{n}"), asker="feed 1")
        with pytest.raises(HostBusyError):
            await pages.fetch(server.url("/feed"), asker="feed 1")
        assert (await pages.fetch(server.url("/feed"), asker="feed 2")).body == b"x"
        assert (await client.fetch(server.url("/feed"), max_bytes=ANY)).body == b"x"
