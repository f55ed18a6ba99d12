"""The newsroom is one that any feed reader could read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import aiohttp
import feedparser
import pytest

from ingest.demo.newsroom import Newsroom


@dataclass
class SteppedClock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def newsroom(now: datetime) -> AsyncIterator[Newsroom]:
    async with Newsroom(now) as newsroom:
        yield newsroom


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def links_of(http: aiohttp.ClientSession, feed: str) -> list[str]:
    async with http.get(feed) as answer:
        assert answer.status == 200
        body = await answer.read()
    if answer.content_type == "application/feed+json":
        return [item["url"] for item in json.loads(body)["items"]]
    parsed = feedparser.parse(body)
    assert not parsed.bozo, parsed.bozo_exception
    return [entry.link for entry in parsed.entries]


async def test_the_feeds_list_every_page_of_the_truth_once(newsroom: Newsroom, http: aiohttp.ClientSession) -> None:
    listed = [link for feed in newsroom.feeds for link in await links_of(http, feed)]
    assert sorted(listed) == sorted(newsroom.truth)


async def test_the_feeds_come_in_rss_atom_and_json(newsroom: Newsroom, http: aiohttp.ClientSession) -> None:
    kinds = Counter()
    for feed in newsroom.feeds:
        async with http.get(feed) as answer:
            kinds[answer.content_type] += 1
    assert set(kinds) == {"application/rss+xml", "application/atom+xml", "application/feed+json"}


async def test_every_page_holds_its_paragraphs(newsroom: Newsroom, http: aiohttp.ClientSession) -> None:
    first = {story.id: story.publications[0].paragraphs[-1] for story in newsroom.stories}
    for url, story in newsroom.truth.items():
        async with http.get(url) as answer:
            assert answer.status == 200
            text = await answer.text()
        assert "<h1" in text
        if url.startswith("http://127.0.77.1"):  # the agency prints every story whole
            assert first[story].split('"')[0] in text


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
async def test_an_unchanged_feed_answers_304(newsroom: Newsroom, http: aiohttp.ClientSession, header: str) -> None:
    asked = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[header]
    for feed in newsroom.feeds:
        async with http.get(feed) as answer:
            validator = answer.headers[header]
        async with http.get(feed, headers={asked: validator}) as again:
            assert again.status == 304
            assert await again.read() == b""


async def test_an_old_tag_outranks_a_fresh_date(newsroom: Newsroom, http: aiohttp.ClientSession) -> None:
    async with http.get(newsroom.feeds[0]) as answer:
        date = answer.headers["Last-Modified"]
    headers = {"If-None-Match": '"of-yesterday"', "If-Modified-Since": date}
    async with http.get(newsroom.feeds[0], headers=headers) as again:
        assert again.status == 200


async def test_pages_appear_as_the_morning_goes_on(now: datetime, http: aiohttp.ClientSession) -> None:
    clock = SteppedClock()
    async with Newsroom(now, minutes_per_second=10, clock=clock) as newsroom:
        counts = []
        for clock.seconds in (0.0, newsroom.length / 2, newsroom.length):
            links = [link for feed in newsroom.feeds for link in await links_of(http, feed)]
            assert set(links) <= set(newsroom.truth)
            assert len(links) == newsroom.listed
            counts.append(len(links))
        assert counts[0] == 1
        assert counts[0] < counts[1] < counts[2] == len(newsroom.truth)


async def test_a_page_is_not_there_before_it_is_listed(now: datetime, http: aiohttp.ClientSession) -> None:
    async with Newsroom(now, minutes_per_second=10, clock=SteppedClock()) as newsroom:
        answers = [(await http.get(url)).status for url in newsroom.truth]
    assert Counter(answers) == {200: 1, 404: len(newsroom.truth) - 1}


async def test_a_feed_that_grew_has_new_validators(now: datetime, http: aiohttp.ClientSession) -> None:
    clock = SteppedClock()
    async with Newsroom(now, minutes_per_second=10, clock=clock) as newsroom:
        tags = set()
        for clock.seconds in (0.0, newsroom.length):
            async with http.get(newsroom.feeds[0]) as answer:
                tags.add((answer.headers["ETag"], answer.headers["Last-Modified"]))
    assert len({tag for tag, _ in tags}) == len({date for _, date in tags}) == 2


async def test_no_story_is_dated_in_the_future(newsroom: Newsroom, http: aiohttp.ClientSession, now: datetime) -> None:
    for feed in newsroom.feeds:
        async with http.get(feed) as answer:
            dates = [entry.published_parsed[:6] for entry in feedparser.parse(await answer.read()).entries]
        assert all(now - timedelta(days=2) < datetime(*date, tzinfo=now.tzinfo) <= now for date in dates)


async def test_every_site_has_an_address_and_a_front_page(newsroom: Newsroom, http: aiohttp.ClientSession) -> None:
    assert {urlsplit(url).hostname for url in newsroom.truth} == set(newsroom.sites)
    for feed in newsroom.feeds:
        parts = urlsplit(feed)
        async with http.get(f"{parts.scheme}://{parts.netloc}/") as answer:
            text = await answer.text()
        assert newsroom.sites[parts.hostname or ""] in text
        assert feed in text


async def test_two_newsrooms_on_one_port_are_alike(now: datetime) -> None:
    async with Newsroom(now) as first:
        port = urlsplit(first.feeds[0]).port or 0
    async with Newsroom(now, port=port) as second:
        assert first.truth == second.truth
        assert first.feeds == second.feeds
