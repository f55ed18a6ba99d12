"""One poll of one feed: a conditional request, its answer read, the feed's next state decided.

Values in, a value out; no database. Every failure ends in the result, with its outcome.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import xxhash

from ingest.acquire import answers, cadence, moves
from ingest.acquire.dates import Stamp, settle
from ingest.acquire.http import ACCEPT_FEED, HttpClient
from ingest.acquire.parse import ParsedFeed, ParseFailure, parse_feed, try_parse
from ingest.errors import ExtractError, FetchError, NotAskedError, ParseError
from ingest.model import Entry, FeedState, FeedStatus, Outcome, Page, PollResult
from ingest.settings import PollSettings, Settings

MARK_BYTES = 8
MAX_VALIDATOR_CHARS = 2048  # longer ones would come back as a header that servers refuse
REMEMBERED = 3  # times the length of the list: a feed served by unequal machines flickers
MIN_REMEMBERED = 100

Parse = Callable[[bytes, str, str], Awaitable[ParsedFeed]]
Submit = Callable[..., "Future[ParsedFeed | ParseFailure]"]


def parser_in(submit: Submit) -> Parse:
    """A parser in worker processes: feedparser has quadratic corners, and a document made for them costs a worker.

    Args:
        submit: queues a function with its arguments in a process pool that kills what takes too long.
    """

    async def parse(body: bytes, url: str, content_type: str) -> ParsedFeed:
        answer = await asyncio.wrap_future(submit(try_parse, body, url, content_type))
        if isinstance(answer, ParseFailure):
            raise ParseError(answer.outcome, answer.message)
        return answer

    return parse


async def parse_in_thread(body: bytes, url: str, content_type: str) -> ParsedFeed:
    """Parse beside the event loop: for one feed at a time, where no worker processes are at hand."""
    return await asyncio.to_thread(parse_feed, body, url=url, content_type=content_type)


async def poll_feed(
    client: HttpClient, feed: FeedState, *, now: datetime, settings: Settings, parse: Parse = parse_in_thread
) -> PollResult:
    """Poll a feed.

    Args:
        now: the moment of the poll; the next one is planned from here.
        parse: turns a body, its URL and its content type into a feed.

    Returns:
        the entries, the outcome and the state to store. Network and document errors do not raise.
    """
    started = time.monotonic()
    try:
        headers = request_headers(feed, now, settings.poll, client.user_agent)
        page = await client.fetch(
            feed.url, max_bytes=settings.fetch.max_feed_bytes, accept=ACCEPT_FEED, headers=headers
        )
        if page.status == 304 and not headers:
            raise FetchError(
                Outcome.BAD_HTTP, f"{feed.url}: says 304 though nothing was known of it", url=feed.url, status=304
            )
        result = await _answered(feed, page, now, settings, parse, client.user_agent)
    except NotAskedError as error:
        result = put_off(feed, error, now)
    except FetchError as error:
        result = failed(
            feed, error.outcome, str(error), now, settings.poll, status=error.status, retry_after_s=error.retry_after
        )
    except (ParseError, ExtractError) as error:  # the latter: its worker was killed
        result = failed(feed, error.outcome, str(error), now, settings.poll, status=200)
    return replace(result, duration_ms=round((time.monotonic() - started) * 1000))


def request_headers(feed: FeedState, now: datetime, settings: PollSettings, agent: str) -> dict[str, str]:
    """The headers of a conditional request; without validators where there are none to trust.

    Validators are sent back byte for byte, both of them, and compared by nobody but the server. Once
    a day they are left out: some servers answer 304 for ever. `A-IM: feed` (RFC 3229) lets a server
    that can send only what is new.
    """
    stale = feed.last_full_at is None or now - feed.last_full_at >= timedelta(seconds=settings.full_fetch)
    if stale or feed.validators_for != validators_for(feed.url, agent):
        return {}
    headers = {}
    if feed.etag:
        headers["If-None-Match"] = feed.etag
        headers["A-IM"] = "feed"
    if feed.last_modified:
        headers["If-Modified-Since"] = feed.last_modified
    return headers


def validators_for(url: str, agent: str) -> str:
    """Hash of the request that validators answer to: another URL or other headers get another document."""
    return xxhash.xxh3_64_hexdigest(f"{url}\n{agent}\n{ACCEPT_FEED}".encode("utf-8", "replace"))


def failed(
    feed: FeedState,
    outcome: Outcome,
    message: str,
    now: datetime,
    settings: PollSettings,
    *,
    status: int | None = None,
    retry_after_s: float | None = None,
) -> PollResult:
    """The result of a poll that brought nothing: counted, the next poll later, parked when it lasts."""
    trouble = feed.trouble + cadence.weight(outcome)
    after = replace(
        feed,
        errors=feed.errors + 1,
        trouble=trouble,
        last_polled_at=now,
        failing_since=feed.failing_since or now,
    )
    reason = _parking_reason(feed, after, outcome, now, settings)
    if reason:
        after = replace(
            after, status=FeedStatus.PARKED, reason=reason, next_poll_at=cadence.parked_until(feed, now, settings)
        )
    else:
        due = cadence.after_failure(feed, trouble, now, settings, retry_after_s=retry_after_s)
        after = replace(after, next_poll_at=due)
    return PollResult(
        feed_id=feed.id, outcome=outcome, started_at=now, duration_ms=0, after=after, status=status, error=message
    )


def put_off(feed: FeedState, error: NotAskedError, now: datetime) -> PollResult:
    """The result of a poll that was not made, as its host rests or this machine is short: no fault of the feed."""
    due = now + timedelta(seconds=(error.retry_after or 0.0) * (1 + cadence.JITTER * cadence.spread(feed, now)))
    return PollResult(
        feed_id=feed.id,
        outcome=error.outcome,
        started_at=now,
        duration_ms=0,
        after=replace(feed, next_poll_at=due),
        error=str(error),
    )


def _parking_reason(
    feed: FeedState, after: FeedState, outcome: Outcome, now: datetime, settings: PollSettings
) -> str | None:
    """Why a feed is tried only monthly from now on; None while there is hope."""
    if feed.status is FeedStatus.PARKED:
        return feed.reason or f"failing: {outcome}"
    since = after.failing_since or now
    if after.errors < settings.park_errors or (now - since).total_seconds() < settings.park_after:
        return None
    days = (now - since).days
    return f"{outcome} for {days} days ({after.errors} polls); tried monthly from now on"


async def _answered(
    feed: FeedState, page: Page, now: datetime, settings: Settings, parse: Parse, agent: str
) -> PollResult:
    answer = _Answer(page, answers.fresh_for(page.headers, now), validators_for(feed.url, agent))
    digest = xxhash.xxh3_128_hexdigest(page.body)
    if page.status == 304 or (digest == feed.body_hash and page.body):
        return _unchanged(feed, answer, now, settings.poll)
    parsed = await parse(page.body, page.final_url, page.headers.get("content-type", ""))
    return _changed(feed, answer, digest, parsed, now, settings.poll)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A good answer, with what follows from its headers."""

    page: Page
    fresh_s: float
    validators_for: str

    @property
    def is_delta(self) -> bool:
        """Whether only what is new was sent (RFC 3229)."""
        return self.page.status == 226


def _unchanged(feed: FeedState, answer: _Answer, now: datetime, settings: PollSettings) -> PollResult:
    plan = cadence.after_success(feed, cadence.Seen(0, 0), now, settings, hints=feed.hints, fresh_s=answer.fresh_s)
    after = _good(feed, answer, plan, now)
    moved = moves.follow(feed, answer.page.permanent_url, None, now)
    return PollResult(
        feed_id=feed.id,
        outcome=Outcome.NOT_MODIFIED,
        started_at=now,
        duration_ms=0,
        after=moves.noted(after, moved),
        status=answer.page.status,
        bytes=len(answer.page.body),
        moved=moved.settled,
    )


def _changed(
    feed: FeedState, answer: _Answer, digest: str, parsed: ParsedFeed, now: datetime, settings: PollSettings
) -> PollResult:
    entries, problems = bounded(parsed.entries, settings.max_entries)
    marks = [marks_of(entry) for entry in entries]
    before = known_marks(feed.listed)
    new = sum(before.isdisjoint(some) for some in marks)
    dated = [entry.published_at for entry in entries if entry.published_at and entry.published_flag is None]
    first = feed.last_ok_at is None
    # A delta lists only what is new: its share says nothing of the window, its count does.
    seen = cadence.Seen(
        listed=max(len(marks), feed.window) if answer.is_delta else len(marks),
        new=new,
        span_s=cadence.span_of(dated),
        first=first,
    )
    plan = cadence.after_success(feed, seen, now, settings, hints=parsed.hints, fresh_s=answer.fresh_s)
    missed = 0 if answer.is_delta else cadence.estimate_missed(feed, seen, now)
    overlap = None if first or not before or not marks else 1 - new / len(marks)
    moved = moves.follow(feed, answer.page.permanent_url, overlap, now)
    after = replace(
        _good(feed, answer, plan, now),
        title=feed.title or parsed.title,
        body_hash=digest,
        window=feed.window if answer.is_delta else len(marks),
        last_new_at=now if new else feed.last_new_at,
        listed=remember(marks, feed.listed),
        missed=feed.missed + missed,
        hints=parsed.hints,
        hub=parsed.links.get("hub"),
        topic=parsed.links.get("self"),
    )
    return PollResult(
        feed_id=feed.id,
        outcome=Outcome.OK,
        started_at=now,
        duration_ms=0,
        after=moves.noted(after, moved),
        status=answer.page.status,
        entries=tuple(settled(entry, now) for entry in entries),
        bytes=len(answer.page.body),
        missed=missed,
        problems=parsed.problems + problems,
        moved=moved.settled,
    )


def _good(feed: FeedState, answer: _Answer, plan: cadence.Plan, now: datetime) -> FeedState:
    headers = answer.page.headers
    full = answer.page.status == 200
    return replace(
        feed,
        status=FeedStatus.ACTIVE if feed.status is FeedStatus.PARKED else feed.status,
        reason=None if feed.status is FeedStatus.PARKED else feed.reason,
        etag=validator(headers, "etag", None if full else feed.etag),
        last_modified=validator(headers, "last-modified", None if full else feed.last_modified),
        validators_for=answer.validators_for,
        interval_s=plan.interval_s,
        gap_s=plan.gap_s,
        next_poll_at=plan.next_poll_at,
        last_polled_at=now,
        last_full_at=now if full else feed.last_full_at,
        last_ok_at=now,
        failing_since=None,
        errors=0,
        trouble=0.0,
    )


def validator(headers: Mapping[str, str], name: str, else_: str | None) -> str | None:
    """A validator as the newest answer gives it, kept byte for byte; a 304 may leave it out."""
    value = headers.get(name)
    if not value or len(value) > MAX_VALIDATOR_CHARS or not value.isascii() or not value.isprintable():
        return else_
    return value


def bounded(listed: tuple[Entry, ...], most: int) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """The entries that a feed lists, each once, at most so many: the newest, else the first; and what is left out."""
    entries = tuple({entry.key: entry for entry in reversed(listed)}.values())[::-1]  # an entry listed twice is one
    if len(entries) <= most:
        return entries, ()
    dated = [entry for entry in entries if entry.published_at and entry.published_flag is None]
    if 2 * len(dated) < len(entries):
        return entries[:most], (f"lists {len(entries)} entries; the first {most} are taken (poll.max_entries)",)
    # Some lists begin with their oldest entry; one without a date stands where the one before it does.
    times: list[datetime] = []
    for entry in entries:
        own = entry.published_at if entry.published_flag is None else None
        times.append(own or (times[-1] if times else dated[0].published_at or datetime.min.replace(tzinfo=UTC)))
    newest = sorted(sorted(range(len(entries)), key=lambda at: (times[at], -at), reverse=True)[:most])
    said = f"lists {len(entries)} entries; the newest {most} are taken (poll.max_entries)"
    return tuple(entries[at] for at in newest), (said,)


def settled(entry: Entry, first_seen: datetime) -> Entry:
    """An entry whose date can be stored: clamped to its first sighting where it cannot be true."""
    stamp = settle(Stamp(entry.published_at, entry.published_precision, entry.published_flag), first_seen)
    return replace(entry, published_at=stamp.moment, published_precision=stamp.precision, published_flag=stamp.flag)


def marks_of(entry: Entry) -> tuple[bytes, bytes]:
    """Two hashes by which an entry is known again: of its key, and (ids may all change) of its link and title."""
    return _mark(entry.key), _mark(f"{entry.url}\x1f{entry.title}")


def known_marks(listed: bytes) -> frozenset[bytes]:
    """The marks of what the latest polls listed."""
    return frozenset(listed[start : start + MARK_BYTES] for start in range(0, len(listed), MARK_BYTES))


def remember(marks: list[tuple[bytes, bytes]], listed: bytes) -> bytes:
    """The marks of what is listed now, then earlier ones up to a bound."""
    now = [mark for both in marks for mark in both]
    most = 2 * max(MIN_REMEMBERED, REMEMBERED * len(marks))
    earlier = [listed[start : start + MARK_BYTES] for start in range(0, len(listed), MARK_BYTES)]
    return b"".join(list(dict.fromkeys([*now, *earlier]))[:most])


def _mark(text: str) -> bytes:
    return xxhash.xxh3_64_digest(text.encode("utf-8", "replace"))
