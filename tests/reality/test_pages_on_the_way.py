"""What stands between a link and its page: cookies, refreshes, types that are none, pages that come later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from ingest.acquire.hops import Cookies, refresh_of
from tests.dedup.builders import STORY, text
from tests.loopback import HTML, Loopback, loopback, page, paragraphs

ARTICLE = text(*STORY)


def listed(site: Loopback, *paths: str) -> None:
    site.feed(*({"title": path, "guid": path, "link": path} for path in paths))


@pytest.mark.parametrize(
    "line",
    [
        "seen=1; Path=/; HttpOnly",
        "consent=yes; Max-Age=60; SameSite=Lax",
        'token="a b"; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT',
    ],
)
async def test_a_cookie_is_sent_back_within_its_fetch_and_then_forgotten(tmp_path: Path, line: str) -> None:
    sent: list[str | None] = []

    def gate(request: web.Request) -> web.StreamResponse:
        sent.append(request.headers.get("Cookie"))
        if request.headers.get("Cookie"):
            return web.Response(text=page("T", ARTICLE), content_type="text/html")
        return web.Response(status=302, headers={"Location": request.path, "Set-Cookie": line})

    async with loopback(tmp_path) as site:
        site.answers["/story-1"] = site.answers["/story-2"] = gate
        listed(site, "/story-1", "/story-2")
        await site.poll()
        assert site.rows("SELECT DISTINCT outcome FROM entries WHERE outcome <> 'copy'") == [("canonical",)]
        assert [bool(cookie) for cookie in sent].count(False) == 2, "each fetch begins without"


async def test_a_server_that_gives_a_new_cookie_each_time_is_left_at_the_cap(tmp_path: Path) -> None:
    count = 0

    def endless(request: web.Request) -> web.StreamResponse:
        nonlocal count
        count += 1
        return web.Response(status=302, headers={"Location": request.path, "Set-Cookie": f"n={count}"})

    async with loopback(tmp_path) as site:
        site.answers["/story-1"] = endless
        listed(site, "/story-1")
        await site.poll()
        assert site.outcomes() == {"/story-1": "redirect_loop"}
        assert count < 30


def test_cookies_go_to_their_own_host_or_site_only() -> None:
    cookies = Cookies()
    assert cookies.take("www.paper.example", ["own=1", "site=2; Domain=paper.example", "other=3; Domain=bank.example"])
    assert cookies.take("www.paper.example", ["all=4; Domain=example", "bad name=5", "x" * 9000])
    assert cookies.header("www.paper.example") == "own=1; site=2; other=3; all=4"
    assert cookies.header("m.paper.example") == "site=2"
    assert cookies.header("bank.example") is None
    assert cookies.header("notpaper.example") is None
    assert not cookies.take("www.paper.example", ["own=1"]), "nothing new"


REFRESHES = [
    '<html><head><meta http-equiv="refresh" content="0;url={}"></head><body>One moment</body></html>',
    "<meta http-equiv=refresh content='3; URL={}'><title>Redirect</title>",
    '<META CONTENT="1,{}" HTTP-EQUIV="Refresh"><script>var a = "long enough";</script>',
    '<html><head><noscript><meta http-equiv="refresh" content="0; url=\'{}\'"></noscript></head></html>',
]


@pytest.mark.parametrize("source", REFRESHES)
async def test_a_page_that_only_sends_on_is_followed(tmp_path: Path, source: str) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/go"] = source.format("/story-1")
        site.answers["/story-1"] = page("T", ARTICLE)
        listed(site, "/go")
        await site.poll()
        assert site.rows("SELECT url FROM articles") == [(site.url("/story-1"),)]


async def test_every_hop_of_a_refresh_is_checked_and_counted(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        meta = REFRESHES[0]
        site.answers["/inside"] = meta.format("http://10.0.0.1/admin")
        site.answers["/file"] = meta.format("file:///etc/passwd")
        site.answers["/robots.txt"] = "User-agent: *\nDisallow: /secret"
        site.answers["/barred"] = web.Response(text="", headers={"Refresh": "0; url=/secret", "Content-Type": HTML})
        for n in range(40):
            site.answers[f"/round{n}"] = meta.format(f"/round{n + 1}")
        site.answers["/self"] = meta.format("/self")
        listed(site, "/inside", "/file", "/barred", "/round0", "/self")
        await site.poll()
        assert site.outcomes() == {
            "/inside": "blocked_address",
            "/file": "too_short",
            "/barred": "blocked_robots",
            "/round0": "redirect_loop",
            "/self": "too_short",
        }


@pytest.mark.parametrize(
    ("headers", "body", "target"),
    [
        ({}, page("T", ARTICLE, head='<meta http-equiv="refresh" content="5;url=/live">'), None),  # it says more
        ({}, '<meta http-equiv="refresh" content="300;url=/again">', None),
        ({}, '<meta http-equiv="refresh" content="300">', None),
        ({}, '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">', None),
        ({"refresh": "0; url=/x?a=1&amp;b=2"}, "", "/x?a=1&b=2"),
        ({"refresh": "900"}, "", None),
        ({"refresh": "0; url=http://[::1"}, "", None),  # no URL: it raised where it was taken apart
        ({}, '<meta http-equiv="refresh" content="0;url=http://[x/">', None),
    ],
)
def test_what_is_no_refresh_is_left_alone(headers: dict[str, str], body: str, target: str | None) -> None:
    assert refresh_of(headers, body.encode()) == target


@given(st.binary(max_size=400), st.text(max_size=60))
def test_a_refresh_is_read_or_not_and_never_raises(body: bytes, header: str) -> None:
    refresh_of({"refresh": header}, body)
    Cookies().take("a.example", [header, body.decode("latin-1")])


@pytest.mark.parametrize(
    "kind",
    ["text/html;charset=utf-8, text/html", "htm", "utf-8", "application/x-html", "binary/octet-stream", "unknown/x"],
)
async def test_a_page_by_another_name_is_looked_behind(tmp_path: Path, kind: str) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/story-1"] = web.Response(body=page("T", ARTICLE).encode(), headers={"Content-Type": kind})
        listed(site, "/story-1")
        await site.poll()
        assert site.outcomes() == {"/story-1": "canonical"}


@pytest.mark.parametrize("kind", ["image/svg+xml", "application/pdf", "audio/mpeg", "application/json", "text/css"])
async def test_what_says_that_it_is_no_page_is_none(tmp_path: Path, kind: str) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/story-1"] = web.Response(body=page("T", ARTICLE).encode(), headers={"Content-Type": kind})
        listed(site, "/story-1")
        await site.poll()
        assert site.outcomes() == {"/story-1": "not_html"}


async def test_a_page_that_is_not_there_yet_is_asked_for_again_in_the_first_hour(tmp_path: Path) -> None:
    start = datetime.now(UTC)
    async with loopback(tmp_path) as site:
        listed(site, "/story-1", "/story-2")
        await site.poll(clock=start)
        assert set(site.outcomes().values()) == {"pending"}
        site.answers["/story-1"] = page("T", ARTICLE)
        await site.poll(clock=start + timedelta(minutes=20))
        assert site.outcomes() == {"/story-1": "canonical", "/story-2": "pending"}
        await site.poll(clock=start + timedelta(minutes=70))
        assert site.outcomes() == {"/story-1": "canonical", "/story-2": "http_error"}


async def test_what_the_feed_gives_in_full_does_not_wait_for_a_page(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        site.feed({"title": "T", "guid": "g", "link": "/story-1", "content": paragraphs(ARTICLE)})
        await site.poll()
        assert site.outcomes() == {"T": "canonical"}
