"""What an HTTP answer means, as pure functions of its status, headers and first bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ingest.model import Outcome

MAX_RETRY_AFTER_S = 7 * 86_400  # a longer wish is a mistake (dates in 2099 are seen); the feed is asked again then
MAX_LIFETIME_S = 31 * 86_400  # RFC 9111 has no bound; a month of silence is the longest that reader obeys too

# Headers by which bot checks name themselves, whatever the status.
_CHALLENGE_HEADERS = {
    "cf-mitigated": re.compile("challenge", re.IGNORECASE),  # Cloudflare, documented
    "x-amzn-waf-action": re.compile("challenge|captcha", re.IGNORECASE),  # AWS WAF, documented
    "x-datadome": re.compile("."),
    "x-dd-b": re.compile("."),
}
# Statuses that bot checks come with; a page of news never does.
_CHALLENGE_STATUSES = frozenset({202, 401, 403, 405, 406, 429, 503})
_CHALLENGE_BODY = re.compile(
    rb"<title>Just a moment\.\.\.</title>|/cdn-cgi/challenge-platform/|cf-browser-verification"
    rb"|_Incapsula_Resource|captcha-delivery\.com|px-captcha|/_sec/cp_challenge|sucuri_cloudproxy_js"
    rb"|ddos-guard|awswaf\.com|id=\"anubis_challenge\"|g-recaptcha|h-captcha",
    re.IGNORECASE,
)


def failure(status: int, headers: Mapping[str, str], beginning: bytes) -> Outcome | None:
    """The outcome that an answer's status and first bytes mean; None where it is a good answer.

    Args:
        headers: lower-case names.
        beginning: the first KiB of the body, codings removed.
    """
    if any((value := headers.get(name)) and mark.search(value) for name, mark in _CHALLENGE_HEADERS.items()) and (
        status >= 400 or status in _CHALLENGE_STATUSES
    ):
        return Outcome.CHALLENGE
    if status in _CHALLENGE_STATUSES and _CHALLENGE_BODY.search(beginning):
        return Outcome.CHALLENGE
    if status == 429:
        return Outcome.RATE_LIMITED
    if status == 410:
        return Outcome.GONE
    if status >= 400:
        return Outcome.HTTP_ERROR
    return None


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header (RFC 9110 §10.2.3) asks to wait, capped; None for none and nonsense."""
    if not value:
        return None
    text = value.strip()
    if re.fullmatch(r"\d{1,12}(\.\d*)?", text):
        return min(float(text), MAX_RETRY_AFTER_S)
    moment = http_date(text)
    if moment is None:
        return None
    return min(max((moment - now).total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def http_date(value: str | None) -> datetime | None:
    """An HTTP date as an aware datetime; None where it is none (`Expires: 0` and `-1` are common)."""
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def cache_directives(headers: Mapping[str, str]) -> dict[str, str]:
    """`Cache-Control` as name → value ('' where it has none), lower-case names (RFC 9111 §5.2)."""
    found: dict[str, str] = {}
    for part in headers.get("cache-control", "").split(","):
        name, _, value = part.strip().partition("=")
        if name:
            found.setdefault(name.strip().lower(), value.strip().strip('"'))
    return found


def fresh_for(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds for which an answer says that asking again is pointless (RFC 9111 §4.2.1); 0 for none.

    `max-age` beats `Expires`; `Age` is taken off; `no-cache` and `no-store` mean 0. `s-maxage` is
    for shared caches and does not count.
    """
    directives = cache_directives(headers)
    if "no-cache" in directives or "no-store" in directives:
        return 0.0
    if "max-age" in directives:
        lifetime = _seconds(directives["max-age"])
        return _bounded(lifetime - _seconds(headers.get("age", "0")))
    expires = http_date(headers.get("expires"))
    if expires is None:
        return 0.0
    # The server's own clock, where it tells it: only the difference counts, not whose clock is right.
    served = http_date(headers.get("date")) or now
    return _bounded((expires - served).total_seconds() - _seconds(headers.get("age", "0")))


def _seconds(text: str) -> float:
    return float(text) if re.fullmatch(r"\d{1,12}", text.strip()) else 0.0


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_LIFETIME_S)
