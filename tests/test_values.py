"""The cellar: times, URLs, points."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ingest.times import from_text, to_text
from ingest.urls import is_web_url, site_of


def test_a_time_is_stored_as_utc_text_and_read_back() -> None:
    paris = timezone(timedelta(hours=2))
    assert to_text(datetime(2026, 7, 1, 1, 30, 5, 999, tzinfo=paris)) == "2026-06-30T23:30:05Z"
    assert from_text("2026-06-30T23:30:05Z") == datetime(2026, 6, 30, 23, 30, 5, tzinfo=UTC)
    assert to_text(datetime(787, 1, 1, tzinfo=UTC)) == "0787-01-01T00:00:00Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_text(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news/1", "bbc.co.uk"),
        ("https://news.yahoo.com/x", "yahoo.com"),
        ("http://me.blogspot.com/", "me.blogspot.com"),
        ("http://127.0.0.3:8080/a", "127.0.0.3"),
        ("http://[::1]:80/", "::1"),
        ("http://LOCALHOST/", "localhost"),
        ("https://WWW.Example.COM./", "example.com"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("not a url", ""),
        ("http://[::1", ""),
    ],
)
def test_the_site_of_a_url(url: str, site: str) -> None:
    assert site_of(url) == site


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/a",
        "ftp://a/",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://[::1",
        "http://a:99999/",
        "http://a/" + "x" * 3000,
        "http://a/\ud800",
        "http://a/\x1b[2J",
        "http://a/\x9b2J",
        "http://a/one\ntwo",
    ],
)
def test_what_is_no_web_url(url: str) -> None:
    assert not is_web_url(url)
