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
    REDIRECT_LOOP = "redirect_loop"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"  # truncated or corrupt gzip, br, zstd; wrong length
    BAD_HTTP = "bad_http"  # the peer does not speak HTTP

    # It was had, and no article came of it.
    NOT_HTML = "not_html"
    NOT_A_FEED = "not_a_feed"
    EMPTY_BODY = "empty_body"
    TOO_SHORT = "too_short"
    PAYWALL = "paywall"
    NOARCHIVE = "noarchive"  # the publisher asked that no copy be kept
    EXTRACT_FAILED = "extract_failed"
    WORKER_TIMEOUT = "worker_timeout"
    WORKER_CRASHED = "worker_crashed"
    INVALID_RECORD = "invalid_record"  # a backfilled record that is malformed
    UNREADABLE = "unreadable"  # a backfilled file or archive that cannot be read (on)
    PRUNED = "pruned"  # taken out by `ingest prune`; never returns


class Relation(StrEnum):
    """How a stored text relates to the canonical text of its article."""

    CANONICAL = "canonical"
    EXACT = "exact"  # the same normalised text
    NEAR = "near"  # nearly the same text
    EXCERPT = "excerpt"  # a part of the canonical text
    EXTENDED = "extended"  # holds the canonical text and more of its own


class LinkKind(StrEnum):
    """How two articles that are not one text belong together (`links.kind`)."""

    UPDATE = "update"
    PART_OF = "part_of"


class Precision(StrEnum):
    """How exact a publication time is; a day never beats a second on that day."""

    SECOND = "second"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as a feed lists it.

    Attributes:
        key: identity within its feed: guid, else link, else a hash of title and content.
        url: absolute link to the entry's page, or None where the feed gives none.
        content: the feed's own full content as HTML, if it gives any.
        summary: the feed's own short description as HTML.
    """

    key: str
    url: str | None
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    published_precision: Precision = Precision.SECOND
    updated_at: datetime | None = None
    language: str | None = None
    content: str | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """An HTTP answer, its body decompressed and within the cap.

    Attributes:
        url: the URL asked for; `final_url` the one that answered, after redirects.
        headers: lower-case names; the last value where a name repeats.
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
class Document:
    """A text with its facts: what extraction makes of a page, or a backfill of a record.

    Attributes:
        url: the canonical URL of the publication (absolute, tracking removed).
        text: body text, paragraphs separated by newlines; never empty.
        site: registrable domain, unless the source names a site of its own.
        author: the byline's names as printed, joined by "; ".
        agency: the wire's code, lower case ("ap", "reuters", "afp" …).
        published_at: aware, UTC.
        provenance: fact → where it was found ("json-ld", "og", "feed", …).
    """

    url: str
    text: str
    title: str | None = None
    site: str | None = None
    author: str | None = None
    agency: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    published_precision: Precision = Precision.SECOND
    modified_at: datetime | None = None
    section: str | None = None
    image: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)
