"""What answers mean: challenges, waits, lifetimes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.acquire.answers import MAX_LIFETIME_S, MAX_RETRY_AFTER_S, failure, fresh_for, retry_after
from ingest.model import Outcome

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "body", "outcome"),
    [
        (200, {}, b"", None),
        (304, {}, b"", None),
        (404, {}, b"", Outcome.HTTP_ERROR),
        (500, {}, b"", Outcome.HTTP_ERROR),
        (410, {}, b"", Outcome.GONE),
        (429, {}, b"", Outcome.RATE_LIMITED),
        (403, {"cf-mitigated": "challenge"}, b"", Outcome.CHALLENGE),
        (503, {}, b"<title>Just a moment...</title>", Outcome.CHALLENGE),
        (429, {}, b"<script src='/cdn-cgi/challenge-platform/x'>", Outcome.CHALLENGE),
        (202, {"x-amzn-waf-action": "challenge"}, b"", Outcome.CHALLENGE),
        (403, {"x-datadome": "protected"}, b"", Outcome.CHALLENGE),
        (200, {"x-datadome": "protected"}, b"", None),  # it stands on good answers too
        (200, {}, b"<p>How captcha-delivery.com works</p>", None),
        (403, {}, b"Forbidden", Outcome.HTTP_ERROR),
    ],
)
def test_an_answer_means(status: int, headers: dict[str, str], body: bytes, outcome: Outcome | None) -> None:
    assert failure(status, headers, body) is outcome


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("1.5", 1.5),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120),
        ("Sunday, 01-Mar-26 12:02:00 GMT", 120),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Fri, 01 Jan 2099 00:00:00 GMT", MAX_RETRY_AFTER_S),
        ("99999999999", MAX_RETRY_AFTER_S),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_capped(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": 'public, Max-Age="600"'}, 600),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600, no-cache"}, 0),
        ({"cache-control": "no-store", "expires": "Sun, 01 Mar 2026 13:00:00 GMT"}, 0),
        ({"cache-control": "s-maxage=900"}, 0),
        ({"cache-control": "max-age=junk"}, 0),
        ({"cache-control": "max-age=999999999999"}, MAX_LIFETIME_S),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT"}, 3600),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT", "date": "Sun, 01 Mar 2026 12:30:00 GMT"}, 1800),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT", "cache-control": "max-age=60"}, 60),
        ({"expires": "0"}, 0),
        ({"expires": "-1"}, 0),
        ({"expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
    ],
)
def test_an_answer_stays_fresh_for(headers: dict[str, str], seconds: float) -> None:
    assert fresh_for(headers, NOW) == seconds
