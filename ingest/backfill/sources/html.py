"""Saved pages (`--format html`, gz too): one page a file; facts and URL from the page itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path

from ingest.addresses import page_url
from ingest.backfill.sources.record import read_whole as read
from ingest.model import Document
from ingest.settings import ExtractSettings
from ingest.urls import is_web_url

__all__ = ["SUFFIXES", "parse", "read"]

BEGINNING_BYTES = 16 * 1024
_MARKS = (
    re.compile(r"<!--\s*saved from url=\(\d{1,6}\)(?P<url>\S{1,2048}?)\s*-->", re.IGNORECASE),
    re.compile(r"<!--[^>]{0,200}?SingleFile[^>]{0,200}?\burl:\s*(?P<url>https?://\S{1,2048})", re.IGNORECASE),
    re.compile(r"<!--\s*Mirrored from (?P<url>\S{1,2048}) by HTTrack\b", re.IGNORECASE),
)

SUFFIXES = (".html", ".htm", ".xhtml", ".html.gz", ".htm.gz", ".xhtml.gz")


def parse(
    payload: bytes, source: str, settings: ExtractSettings, mapping: Mapping[str, str] | None = None
) -> tuple[Document, str | None]:
    """The document of a saved page, under the canonical URL that the page states, or the one it was saved from.

    Many saved pages state none: those are kept under their file's own URI, so that nothing is lost.

    Raises:
        ExtractError: when there is no text.
    """
    from ingest.extract.page import Hints, document_from_html

    url = saved_from(payload) or Path(source).as_uri()
    return document_from_html(payload, Hints(url=url), settings), None


def saved_from(payload: bytes) -> str | None:
    """The URL that a program wrote into a page when it saved it; None where none did.

    Browsers write the "mark of the web" (https://learn.microsoft.com/previous-versions/windows/internet-explorer/
    ie-developer/compatibility/ms537628(v=vs.85)), SingleFile and HTTrack comments of their own.
    """
    beginning = payload[:BEGINNING_BYTES].decode("utf-8", "replace")
    for mark in _MARKS:
        if (found := mark.search(beginning)) and is_web_url(url := _whole(unescape(found["url"]))):
            return page_url(url)
    return None


def _whole(url: str) -> str:
    return url if "://" in url else f"https://{url}"
