"""Builders: settings for loopback, feeds and their states."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ingest.model import FeedState
from ingest.settings import FetchSettings, PollSettings, Settings


def fetch_settings(**values: Any) -> FetchSettings:
    return FetchSettings(**{"allow_networks": ("127.0.0.0/8",), "host_interval": 0, "timeout": 5} | values)


def settings(poll: PollSettings | None = None, **fetch: Any) -> Settings:
    return Settings(fetch=fetch_settings(**fetch), poll=poll or PollSettings())


def feed_state(url: str, **values: Any) -> FeedState:
    return FeedState(**{"id": 1, "url": url} | values)


def item(number: int | str, *, link: str | None = None, title: str | None = None, extra: str = "") -> str:
    return (
        f"<item><guid isPermaLink='false'>id-{number}</guid><link>{link or f'/story/{number}'}</link>"
        f"<title>{title or f'Story {number}'}</title><description>Text of {number}</description>{extra}</item>"
    )


def rss(items: Iterable[str] = (), *, channel: str = "") -> bytes:
    return f"<rss version='2.0'><channel><title>Wire</title>{channel}{''.join(items)}</channel></rss>".encode()
