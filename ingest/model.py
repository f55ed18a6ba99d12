"""The frozen values that travel between the rooms. No behaviour beyond what a value says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """Where an entry stands. Every entry ends in exactly one outcome other than `pending`.

    The values are written to `entries.outcome` and `polls.outcome`: a public interface.
    """

    PENDING = "pending"  # waits for its page, or for another attempt

    # A text was stored, or is stored already.
    CANONICAL = "canonical"
    COPY = "copy"
    REVISION = "revision"
    SAME_URL = "same_url"  # this URL's text is stored and has not changed

    # A poll (never an entry) went well.
    OK = "ok"
    NOT_MODIFIED = "not_modified"

    # The page or feed was not taken.
    BLOCKED_ROBOTS = "blocked_robots"
    BLOCKED_ADDRESS = "blocked_address"  # private, loopback, link-local, multicast, reserved
    BAD_URL = "bad_url"  # no URL, not http(s), or malformed
    DNS_ERROR = "dns_error"
    CONNECT_ERROR = "connect_error"
    TLS_ERROR = "tls_error"
    TIMEOUT = "timeout"
    HTTP_ERROR = "http_error"  # a 4xx or 5xx status
    GONE = "gone"  # 410
    RATE_LIMITED = "rate_limited"  # 429
    CHALLENGE = "challenge"  # a bot check stands before the page (Cloudflare and its like)
    HOST_BUSY = "host_busy"  # its host rests after refusals, or many wait for it: not asked, tried again
    MACHINE_BUSY = "machine_busy"  # this machine had no file descriptor or memory for it: not asked, tried again
    REDIRECT_LOOP = "redirect_loop"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"  # truncated or corrupt gzip, br, zstd; wrong length
    BAD_HTTP = "bad_http"  # the peer does not speak HTTP

    # It was had, and no article came of it.
    NOT_HTML = "not_html"
    NOT_A_FEED = "not_a_feed"
    BROKEN_FEED = "broken_feed"  # it means to be one, and nothing of it can be read
    EMPTY_BODY = "empty_body"
    TOO_SHORT = "too_short"
    DEAD_LINK = "dead_link"  # the link ends at a front page, a section, a login, or a page that says it is not there
    TEASER = "teaser"  # only the beginning of an article: kept as that (`teasers`)
    PAYWALL = "paywall"  # the lead that is shown is kept alike
    CONSENT_WALL = "consent_wall"  # the page asks for consent to cookies before it shows anything
    NOARCHIVE = "noarchive"  # the publisher asked that no copy be kept
    EXTRACT_FAILED = "extract_failed"
    WORKER_TIMEOUT = "worker_timeout"
    WORKER_CRASHED = "worker_crashed"
    MATCH_FAILED = (
        "match_failed"  # it was had, and a fault of ingest kept it from its place; taken up again by an upgrade
    )
    INVALID_RECORD = "invalid_record"  # a backfilled record that is malformed
    UNREADABLE = "unreadable"  # a backfilled file or archive that cannot be read (on)
    PRUNED = "pruned"  # taken out by `ingest prune`; never returns


# What is said where nothing was asked: no attempt, so no failure either (`NotAskedError`).
NOT_ASKED = (Outcome.HOST_BUSY, Outcome.MACHINE_BUSY)


class Relation(StrEnum):
    """How a stored text relates to the canonical text of its article."""

    CANONICAL = "canonical"
    EXACT = "exact"  # the same sentences
    NEAR = "near"  # nearly all of it, and little of its own
    EXCERPT = "excerpt"  # a part of it, and little of its own
    EXTENDED = "extended"  # nearly all of it, and more of its own
    ADAPTED = "adapted"  # a part of it, and more of its own


class LinkKind(StrEnum):
    """How two articles that are not one text belong together (`links.kind`)."""

    UPDATE = "update"
    PART_OF = "part_of"


class Precision(StrEnum):
    """How exact a publication time is; a day never beats a second on that day."""

    SECOND = "second"
    DAY = "day"


class DateFlag(StrEnum):
    """What is wrong with a publication time as a feed gives it (`entries.published_flag`)."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    ZONELESS = "zoneless"  # only its day is believed
    ANCIENT = "ancient"  # before feeds existed: 1970 and its like; clamped to the first sighting
    FUTURE = "future"  # ahead of the clock; clamped to the first sighting


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as a feed lists it.

    Attributes:
        key: identity within its feed: guid, else link, else a hash of title and content.
        url: absolute link to the entry's page, or None where the feed gives none.
        published_flag: why `published_at` is not to be trusted, if it is not.
        content: the feed's own full content as HTML, if it gives any.
        summary: the feed's own short description as HTML.
        tags: its categories.
        extra: whatever else the feed says of it in plain words, by feedparser's names of the elements.
    """

    key: str
    url: str | None
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    published_precision: Precision = Precision.SECOND
    published_flag: DateFlag | None = None
    updated_at: datetime | None = None
    language: str | None = None
    content: str | None = None
    summary: str | None = None
    tags: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


class FeedStatus(StrEnum):
    """Whether a feed is polled (`feeds.status`)."""

    ACTIVE = "active"
    PAUSED = "paused"  # by a person, or no longer listed
    PARKED = "parked"  # failing for long: still tried, monthly


@dataclass(frozen=True, slots=True)
class FeedHints:
    """When a feed asks to be polled.

    Attributes:
        ttl_s: RSS 2.0 `ttl` in seconds.
        period_s: `sy:updatePeriod` over `sy:updateFrequency` in seconds.
        skip_hours: hours of the day, UTC, 0–23, without changes.
        skip_days: weekdays without changes; Monday is 0.
    """

    ttl_s: float | None = None
    period_s: float | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed with all that the next poll must know; `PollResult.after` is the state that a poll leaves.

    Attributes:
        validators_for: hash of URL and request headers that the validators answer to.
        interval_s: the pause that its rhythm asks for, before hints, jitter and trouble.
        gap_s: usual time between two new entries.
        window: entries that it lists at a time.
        last_full_at: the last fetch without validators (some servers answer false 304s).
        last_new_at: the last poll that brought an entry not listed before.
        failing_since: the first of the failed polls in a row.
        errors: failed polls in a row; `trouble` the same, weighed by how lasting each is.
        listed: 8-byte marks of the entries that the latest polls listed.
        moved_to: where permanent redirects lead; `moved_count` polls in a row have seen it since
            `moved_since`, `moved_overlap` of its entries were known when it was first seen.
        missed: estimated entries that came and went between two polls, all time.
        hints: what the feed itself says of its rhythm.
        hub: the feed's WebSub hub, `topic` the URL it calls itself.
        pushed_until: while pushes arrive, polling may be slow until then.
    """

    id: int
    url: str
    title: str | None = None
    status: FeedStatus = FeedStatus.ACTIVE
    reason: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    validators_for: str | None = None
    body_hash: str | None = None
    interval_s: float | None = None
    gap_s: float | None = None
    window: int = 0
    next_poll_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_full_at: datetime | None = None
    last_ok_at: datetime | None = None
    failing_since: datetime | None = None
    last_new_at: datetime | None = None
    errors: int = 0
    trouble: float = 0.0
    listed: bytes = b""
    moved_to: str | None = None
    moved_count: int = 0
    moved_since: datetime | None = None
    moved_overlap: float | None = None
    missed: int = 0
    hints: FeedHints = FeedHints()
    hub: str | None = None
    topic: str | None = None
    pushed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll of a feed found.

    Attributes:
        status: HTTP status, where there was an answer.
        entries: all that the feed lists now; none where it has not changed.
        bytes: size of the body, decoded.
        missed: entries estimated to have been missed before this poll.
        problems: what was wrong with the document and could be mended.
        after: the feed's state from now on, its next poll included.
        moved: the URL that the feed is to have from now on, if it has moved for good.
    """

    feed_id: int
    outcome: Outcome
    started_at: datetime
    duration_ms: int
    after: FeedState
    status: int | None = None
    entries: tuple[Entry, ...] = ()
    bytes: int = 0
    missed: int = 0
    error: str | None = None
    problems: tuple[str, ...] = ()
    moved: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """An HTTP answer, its body decompressed and within the cap.

    Attributes:
        url: the URL asked for; `final_url` the one that answered, after redirects.
        headers: lower-case names; where a name repeats, lists are joined by commas, else the last value.
        body: bytes as sent, content codings removed; never decoded to text here.
        permanent_url: where a chain of only permanent redirects (301, 308) led, else None.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    permanent_url: str | None = None

    @property
    def content_type(self) -> str:
        """Media type, lower case, without parameters; '' where the server gave none."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a text's agency.

    Attributes:
        place: where the agency is named: dateline, byline, credit … (`ingest.extract.agency.Place`), or `source` where
            the record itself names it.
        confidence: 0 to 1.
        words: as they stand there.
    """

    place: str
    confidence: float
    words: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its facts: what extraction makes of a page, or a backfill of a record.

    Attributes:
        url: the canonical URL of the publication (absolute, tracking removed).
        fetched_url: the URL that answered, tidied alike, where the page names another as its own.
        text: body text, paragraphs separated by newlines; never empty.
        site: registrable domain, unless the source names a site of its own.
        author: the byline's names as printed, joined by "; ".
        agency: whose text it says it is, by its code (`ingest/agencies/agencies.yaml`: "ap", "reuters" …).
        evidence: what speaks for that.
        published_at: aware, UTC.
        section: of the site, as the page names it.
        image: URL of the picture that stands for it.
        tags: keywords, where the source gives any.
        provenance: fact → where it was found ("json-ld", "og", "feed", …).
    """

    url: str
    text: str
    title: str | None = None
    site: str | None = None
    author: str | None = None
    agency: str | None = None
    evidence: Evidence | None = None
    language: str | None = None
    published_at: datetime | None = None
    published_precision: Precision = Precision.SECOND
    modified_at: datetime | None = None
    section: str | None = None
    image: str | None = None
    tags: tuple[str, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    fetched_url: str | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What deduplication needs of a text, made once in a worker: a pure function of the text.

    Arrays are little-endian bytes, so that the value is small to pickle and cheap to read.

    Attributes:
        parameters: version of the parameters that made it; values of different versions never mix.
        signature: MinHash values, uint32 each (datasketch's scheme "affine32").
        bands: one bucket key a band, int64 each.
        sentences: one key a sentence, in the text's order, int64 each.
        lengths: how many words each sentence has, uint32 each.
        counts: how many shingles each sentence has, uint32 each.
        shingles: 32-bit hashes of the shingles, sentence after sentence, uint32 each.
        words: 32-bit hashes of the words, sentence after sentence, uint32 each.
        flags: what each word is (see `ingest.dedup.fingerprint`), uint8 each.
        text_key: the same for texts of the same sentences in any order.
        word_count: words; in scripts without spaces, half the letters.
        items: how many items the text marks as a list or live blog does.
    """

    parameters: int
    signature: bytes
    bands: bytes
    sentences: bytes
    lengths: bytes
    counts: bytes
    shingles: bytes
    words: bytes
    flags: bytes
    text_key: int
    word_count: int
    items: int
