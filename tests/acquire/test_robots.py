"""What is kept and read of robots.txt: what concerns us, within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from ingest.acquire import robots
from ingest.acquire.http import HttpClient
from ingest.acquire.robots import HOST_BYTES, LONG_BYTES, PRODUCT, Robots, of_us, parsed
from tests.acquire.build import fetch_settings
from tests.acquire.server import Reply, serving

AGENTS = ["*", "ingest", "Ingest", "ing", "ingest*", "*ingest", "ingester", "otherbot", "gest", "in gest", ""]
RULES = ["Disallow: /a", "Allow: /a/b", "Disallow: /*.html$", "Disallow:", "crawl-delay: 3", "Request-rate: 1/5"]
LINES = st.one_of(
    st.sampled_from(AGENTS).map("User-agent: {}".format),
    st.sampled_from(["useragent *", "USER AGENT: ingest", "user-agent ingest # us"]),
    st.sampled_from(RULES),
    st.sampled_from(["", "# said", "Sitemap: http://a.example/s.xml", "Host: a.example", "Noindex: /a"]),
)


@given(st.lists(LINES, max_size=14).map("\n".join))
def test_what_concerns_us_says_the_same_as_the_whole(text: str) -> None:
    whole, ours = Protego.parse(text), parsed(text.encode())
    for path in ("/", "/a", "/a/b", "/a/b/c.html", "/x.html"):
        url = f"http://a.example{path}"
        assert ours.can_fetch(url, PRODUCT) == whole.can_fetch(url, PRODUCT), path
    assert ours.crawl_delay(PRODUCT) == whole.crawl_delay(PRODUCT)
    assert ours.request_rate(PRODUCT) == whole.request_rate(PRODUCT)
    assert list(ours.sitemaps) == list(whole.sitemaps)


def test_rules_do_not_count_once_for_each_agent_of_their_group() -> None:
    agents = "".join(f"User-agent: bot{number}\n" for number in range(8000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(8000))  # took minutes and gigabytes
    assert of_us((agents + rules).encode()) == b""
    kept = of_us((agents + "User-agent: *\n" + agents + rules).encode())
    assert kept.count(b"user-agent") == 1
    assert not parsed(kept).can_fetch("http://a.example/77", PRODUCT)


async def test_so_much_is_kept_of_all_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "User-agent: *\n" + "Disallow: /private/\n" * 2000
    assert len(text) > LONG_BYTES
    monkeypatch.setattr(robots, "MAX_KEPT_BYTES", 2 * (len(of_us(text.encode())) + HOST_BYTES))
    async with serving({"/robots.txt": Reply(text)}) as server, HttpClient(fetch_settings()) as client:
        asked = Robots(client, lambda: 0.0)
        hosts = [server.url("/private/story", host=f"127.0.0.{number}") for number in (1, 2, 3)]
        for url in hosts:
            assert not (await asked.rules_for(url)).allows(url)
        await asked.rules_for(hosts[2])
        assert server.paths.count("/robots.txt") == 3
        await asked.rules_for(hosts[0])  # went first
        assert server.paths.count("/robots.txt") == 4
