"""One poll at a time against a loopback server: what good feed readers are expected to do.

The first half re-creates the behaviour that public feed-reader tests look at: conditional requests,
validators kept byte for byte, cookies off, an honest name, back-off, cache lifetimes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from ingest.acquire.http import HttpClient
from ingest.acquire.moves import SIGHTINGS
from ingest.acquire.poll import MIN_REMEMBERED, known_marks, parse_in_thread, poll_feed
from ingest.acquire.push import pushed
from ingest.model import DateFlag, FeedState, FeedStatus, Outcome, PollResult
from ingest.settings import PollSettings, Settings
from tests.acquire.build import feed_state, item, rss, settings
from tests.acquire.server import Reply, Server, serving

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Reader:
    """A feed, polled again and again at times of our choosing."""

    def __init__(self, server: Server, client: HttpClient, config: Settings) -> None:
        self.server = server
        self.client = client
        self.config = config
        self.feed: FeedState = feed_state(server.url("/feed"))
        self.now = NOW

    async def poll(self, after: timedelta = HOUR) -> PollResult:
        result = await poll_feed(self.client, self.feed, now=self.now, settings=self.config)
        self.feed = result.after
        self.now += after
        return result

    def serve(self, body: bytes | str = b"", status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.server.replies["/feed"] = Reply(body, status, named)

    @property
    def sent(self) -> dict[str, str]:
        return self.server.headers_of("/feed")[-1]


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    config = settings()
    async with serving() as server, HttpClient(config.fetch) as client:
        yield Reader(server, client, config)


async def test_a_first_poll_asks_without_conditions(reader: Reader) -> None:
    reader.serve(rss([item(1)]), ETag='"1"')
    result = await reader.poll()
    assert (result.outcome, result.status, len(result.entries)) == (Outcome.OK, 200, 1)
    assert not {"if-none-match", "if-modified-since", "cookie"} & reader.sent.keys()
    assert "application/rss+xml" in reader.sent["accept"]


@pytest.mark.parametrize(
    ("etag", "modified"),
    [
        ('"abc"', None),
        ('W/"weak"', None),
        ("unquoted", None),
        ('"with, comma"', "Sun, 01 Mar 2026 10:00:00 GMT"),
        (None, "Sun, 01 Mar 2026 10:00:00 GMT"),
        (None, "sunday morning"),  # sent back as it came: only the server reads it
        (None, "Thu, 01 Jan 1970 00:00:00 GMT"),
    ],
)
async def test_validators_are_sent_back_byte_for_byte(reader: Reader, etag: str | None, modified: str | None) -> None:
    given = {"ETag": etag, "Last_Modified": modified}
    reader.serve(rss([item(1)]), **{name: value for name, value in given.items() if value})
    await reader.poll()
    await reader.poll()
    assert reader.sent.get("if-none-match") == etag
    assert reader.sent.get("if-modified-since") == modified


async def test_a_304_keeps_new_validators_and_the_old_ones_it_does_not_name(reader: Reader) -> None:
    reader.serve(rss([item(1)]), ETag='"1"', Last_Modified="Sun, 01 Mar 2026 10:00:00 GMT")
    await reader.poll()
    reader.serve(status=304, ETag='"2"')
    result = await reader.poll()
    assert (result.outcome, result.status, result.entries) == (Outcome.NOT_MODIFIED, 304, ())
    await reader.poll()
    assert reader.sent["if-none-match"] == '"2"'
    assert reader.sent["if-modified-since"] == "Sun, 01 Mar 2026 10:00:00 GMT"


async def test_an_unchanged_body_keeps_new_validators_and_is_not_parsed(reader: Reader) -> None:
    reader.serve(rss([item(1)]), ETag='"1"')
    await reader.poll()
    reader.serve(rss([item(1)]), ETag='"2"')
    result = await reader.poll()
    assert (result.outcome, result.status, result.entries) == (Outcome.NOT_MODIFIED, 200, ())
    await reader.poll()
    assert reader.sent["if-none-match"] == '"2"'


async def test_a_full_answer_without_validators_forgets_the_old_ones(reader: Reader) -> None:
    reader.serve(rss([item(1)]), ETag='"1"')
    await reader.poll()
    reader.serve(rss([item(2)]))
    await reader.poll()
    await reader.poll()
    assert "if-none-match" not in reader.sent


async def test_a_failure_keeps_the_validators(reader: Reader) -> None:
    reader.serve(rss([item(1)]), ETag='"1"')
    await reader.poll()
    reader.serve(status=500)
    await reader.poll()
    reader.serve(b"<html>maintenance</html>", ETag='"other"')
    assert (await reader.poll()).outcome is Outcome.NOT_A_FEED
    await reader.poll()
    assert reader.sent["if-none-match"] == '"1"'


async def test_once_a_day_it_asks_without_conditions(reader: Reader) -> None:
    reader.serve(rss([item(1)]), ETag='"1"')
    await reader.poll()
    reader.serve(status=304)
    conditional = []
    for _ in range(26):
        await reader.poll()
        conditional.append("if-none-match" in reader.sent)
        reader.serve(rss([item(1)]), ETag='"1"') if len(conditional) == 23 else reader.serve(status=304)
    assert conditional.count(False) == 1


async def test_another_url_or_another_name_gets_no_old_validators(reader: Reader) -> None:
    reader.serve(rss([item(1)]), ETag='"1"')
    reader.server.replies["/moved"] = Reply(rss([item(1)]))
    await reader.poll()
    reader.feed = replace(reader.feed, url=reader.server.url("/moved"))
    await reader.poll()
    assert "if-none-match" not in reader.server.headers_of("/moved")[-1]


async def test_a_304_that_nobody_asked_for_is_an_error(reader: Reader) -> None:
    reader.serve(status=304)
    assert (await reader.poll()).outcome is Outcome.BAD_HTTP


async def test_a_delta_is_asked_for_and_is_no_sign_of_lost_entries(reader: Reader) -> None:
    reader.serve(rss(item(n) for n in range(20)), ETag='"1"')
    await reader.poll()
    reader.serve(rss([item(20), item(21)]), status=226, ETag='"2"', IM="feed")
    result = await reader.poll()
    assert reader.sent["a-im"] == "feed"
    assert (result.outcome, len(result.entries), result.missed) == (Outcome.OK, 2, 0)
    assert reader.feed.window == 20


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 502, 503])
@pytest.mark.parametrize("wait", ["7200", "Sun, 01 Mar 2026 14:00:00 GMT"])
async def test_retry_after_is_obeyed_on_every_error(reader: Reader, status: int, wait: str) -> None:
    reader.client._clock = lambda: reader.now
    reader.serve(status=status, Retry_After=wait)
    result = await reader.poll()
    assert result.after.next_poll_at is not None
    assert result.after.next_poll_at - NOW >= 2 * HOUR


async def test_errors_are_counted_and_the_next_poll_comes_later_each_time(reader: Reader) -> None:
    reader.serve(status=500)
    pauses = []
    for _ in range(8):
        before = reader.now
        result = await reader.poll()
        assert result.after.next_poll_at is not None
        pauses.append((result.after.next_poll_at - before).total_seconds())
    assert pauses[-1] > 4 * pauses[0]
    assert (reader.feed.errors, reader.feed.failing_since) == (8, NOW)
    reader.serve(rss([item(1)]))
    await reader.poll()
    assert (reader.feed.errors, reader.feed.trouble, reader.feed.failing_since) == (0, 0.0, None)


@pytest.mark.parametrize("headers", [{"Cache_Control": "max-age=10800"}, {"Expires": "Sun, 01 Mar 2026 15:00:00 GMT"}])
async def test_the_cache_lifetime_is_waited_out_on_200_and_304(reader: Reader, headers: dict[str, str]) -> None:
    reader.serve(rss([item(1)]), ETag='"1"', Date="Sun, 01 Mar 2026 12:00:00 GMT", **headers)
    result = await reader.poll()
    assert result.after.next_poll_at is not None
    assert result.after.next_poll_at - NOW >= 2.6 * HOUR
    reader.serve(status=304, Date="Sun, 01 Mar 2026 12:00:00 GMT", **headers)
    before = reader.now
    result = await reader.poll()
    assert result.after.next_poll_at is not None
    assert result.after.next_poll_at - before >= 2.6 * HOUR


async def test_a_feeds_own_hints_count_on_unchanged_polls_too(reader: Reader) -> None:
    reader.serve(rss([item(1)], channel="<ttl>360</ttl>"), ETag='"1"')
    await reader.poll()
    reader.serve(status=304)
    before = reader.now
    result = await reader.poll()
    assert result.after.next_poll_at is not None
    assert result.after.next_poll_at - before > 5 * HOUR


async def test_a_feed_that_fails_for_long_is_parked_with_its_reason_and_comes_back(reader: Reader) -> None:
    reader.serve(status=404)
    while reader.feed.status is FeedStatus.ACTIVE:
        await reader.poll(timedelta(days=1))
        assert reader.now - NOW < timedelta(days=40)
    assert reader.now - NOW >= timedelta(days=14)
    assert "http_error for 14 days" in (reader.feed.reason or "")
    assert reader.feed.next_poll_at is not None
    assert reader.feed.next_poll_at - reader.now > timedelta(days=25)
    reader.serve(rss([item(1)]))
    await reader.poll()
    assert (reader.feed.status, reader.feed.reason) == (FeedStatus.ACTIVE, None)


async def test_a_permanent_redirect_is_followed_at_once_and_believed_late(reader: Reader) -> None:
    reader.serve(rss(item(n) for n in range(5)))
    await reader.poll()
    reader.server.replies["/new"] = Reply(rss(item(n) for n in range(1, 6)))
    reader.serve(status=301, Location="/new")
    result = await reader.poll()
    assert (result.outcome, len(result.entries), result.moved) == (Outcome.OK, 5, None)
    for _ in range(SIGHTINGS):
        result = await reader.poll(timedelta(days=1))
        if result.moved:
            break
    assert result.moved == reader.server.url("/new")


async def test_a_redirect_to_a_maintenance_page_is_never_believed(reader: Reader) -> None:
    reader.serve(rss([item(1)]))
    await reader.poll()
    reader.server.replies["/down"] = Reply("<html>back soon</html>")
    reader.serve(status=301, Location="/down")
    for _ in range(SIGHTINGS * 2):
        result = await reader.poll(timedelta(days=1))
        assert (result.outcome, result.moved) == (Outcome.NOT_A_FEED, None)


async def test_dates_are_clamped_to_the_first_sighting(reader: Reader) -> None:
    reader.serve(rss([item(1, extra="<pubDate>Fri, 01 Jan 2038 00:00:00 GMT</pubDate>"), item(2)]))
    future, missing = (await reader.poll()).entries
    assert (future.published_at, future.published_flag) == (NOW, DateFlag.FUTURE)
    assert (missing.published_at, missing.published_flag) == (NOW, DateFlag.MISSING)


async def test_new_ids_over_known_entries_are_not_taken_for_news(reader: Reader) -> None:
    reader.serve(rss(item(n) for n in range(10)))
    await reader.poll()
    new_at = reader.feed.last_new_at
    reader.serve(rss(item(f"new-{n}", link=f"/story/{n}", title=f"Story {n}") for n in range(10)))
    result = await reader.poll()
    assert len(result.entries) == 10, "the store decides what to do with them"
    assert result.missed == 0
    assert reader.feed.last_new_at == new_at


async def test_an_entry_listed_twice_is_one_and_a_long_list_is_cut_and_said(reader: Reader) -> None:
    reader.config = settings(PollSettings(max_entries=5))
    reader.serve(rss([item(0), item(0), *(item(n) for n in range(1, 9))]))
    result = await reader.poll()
    assert [entry.key for entry in result.entries] == [f"id-{n}" for n in range(5)]
    assert any("poll.max_entries" in problem for problem in result.problems)


async def test_what_is_remembered_of_a_feed_is_bounded(reader: Reader) -> None:
    for round_ in range(30):
        reader.serve(rss(item(f"{round_}-{n}") for n in range(20)))
        await reader.poll()
    assert len(known_marks(reader.feed.listed)) <= 2 * MIN_REMEMBERED


async def test_a_feed_that_flickers_between_two_machines_brings_nothing_new(reader: Reader) -> None:
    for round_ in range(6):
        reader.serve(rss(item(n) for n in range(round_ % 2, 10 + round_ % 2)))
        await reader.poll()
    assert reader.feed.last_new_at == NOW + HOUR


async def test_a_host_at_rest_is_no_fault_of_the_feed(reader: Reader) -> None:
    for path in ("/a", "/b", "/c"):
        reader.server.replies[path] = Reply(status=429, headers={"Retry-After": "600"})
        other = feed_state(reader.server.url(path))
        assert (await poll_feed(reader.client, other, now=NOW, settings=reader.config)).after.errors == 1
    result = await reader.poll()
    assert (result.outcome, result.after.errors, result.after.trouble) == (Outcome.HOST_BUSY, 0, 0.0)
    assert result.after.next_poll_at is not None
    assert timedelta(minutes=9) < result.after.next_poll_at - NOW < timedelta(minutes=15)
    assert "/feed" not in reader.server.paths


async def test_while_a_hub_pushes_polls_are_rare_and_then_as_before(reader: Reader) -> None:
    reader.serve(rss([item(1)]), ETag='"1"')
    await reader.poll()

    result = await pushed(
        reader.feed, rss([item(2)]), "", now=reader.now, settings=reader.config.poll, parse=parse_in_thread
    )
    assert [entry.key for entry in result.entries] == ["id-2"]
    assert result.after.etag == '"1"', "a push says nothing of the document"
    assert result.after.next_poll_at is not None
    assert result.after.next_poll_at - reader.now > 8 * HOUR
    reader.feed = result.after
    reader.serve(status=304)
    before = reader.now
    assert ((await reader.poll()).after.next_poll_at or before) - before > 8 * HOUR
    reader.now = before + timedelta(days=2)
    before = reader.now
    reader.serve(rss([item(1), item(2)]), ETag='"2"')
    assert ((await reader.poll()).after.next_poll_at or before) - before < 8 * HOUR


async def test_a_hub_that_pushes_all_the_time_puts_no_poll_off_for_ever() -> None:
    feed = FeedState(1, "https://a.example/feed", next_poll_at=NOW)
    now, planned = NOW, None
    for _ in range(30):
        result = await pushed(feed, rss([]), "", now=now, settings=PollSettings(), parse=parse_in_thread)
        feed, now = result.after, now + timedelta(minutes=50)
        planned = planned or feed.next_poll_at
        assert feed.next_poll_at == planned


async def test_a_push_that_is_no_feed_makes_the_feed_due(reader: Reader) -> None:
    feed = replace(reader.feed, next_poll_at=NOW + HOUR)
    result = await pushed(feed, b"ping", "text/plain", now=NOW, settings=PollSettings(), parse=parse_in_thread)
    assert (result.outcome, result.after.next_poll_at) == (Outcome.NOT_A_FEED, NOW)


async def test_an_answer_that_breaks_off_is_named(reader: Reader) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"<rss>")
        assert request.transport is not None
        request.transport.close()
        return response

    reader.server.replies["/feed"] = cut
    assert (await reader.poll()).outcome is Outcome.BAD_ENCODING
