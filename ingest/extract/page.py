"""A page, or what stands for one, → its document. Pure functions of the page; run in worker processes."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import py3langid
from courlan import clean_url
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from ingest.errors import ExtractError
from ingest.extract.html import page_tree, tree_of
from ingest.model import Document, Outcome, Page, Precision
from ingest.settings import ExtractSettings
from ingest.urls import is_web_url, site_of


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a page before it is read: the feed entry, or the backfilled record.

    Attributes:
        url: the page's URL; a `file:` URI where a saved page states none.
        content: the feed's own full content as HTML.
    """

    url: str
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    published_precision: Precision = Precision.SECOND
    language: str | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """What came of a page."""

    document: Document


def extract(page: Page, hints: Hints, settings: ExtractSettings) -> Extraction:
    """The document of a fetched page.

    Raises:
        ExtractError: with the outcome that the entry ends in.
    """
    url = page.final_url or hints.url
    return Extraction(_document(page_tree(page), replace(hints, url=url), settings))


def document_from_html(body: bytes, hints: Hints, settings: ExtractSettings) -> Document:
    """The document of a saved page; charset and canonical URL as the page states them.

    Raises:
        ExtractError: as `extract`.
    """
    return _document(tree_of(body), hints, settings)


def document_from_feed(hints: Hints, settings: ExtractSettings) -> Document:
    """The document of the feed's own full content, for an entry whose page cannot be had.

    Raises:
        ExtractError: `empty_body` or `too_short` when the feed gives a teaser only.
    """
    if not hints.content:
        raise ExtractError(Outcome.EMPTY_BODY, "the feed gives no content of its own")
    title = html.escape(hints.title or "")
    body = f"<html><head><title>{title}</title></head><body><article>{hints.content}</article></body></html>"
    return _document(tree_of(body.encode("utf-8", "replace"), "utf-8"), hints, settings)


def _document(tree: HtmlElement, hints: Hints, settings: ExtractSettings) -> Document:
    found: Any = bare_extraction(tree, url=hints.url, with_metadata=True, include_comments=False)
    text = (found.text or "").strip() if found else ""
    words = len(text.split())
    if words < settings.min_words and len(text) < settings.min_words * 4:
        raise ExtractError(Outcome.TOO_SHORT, f"only {words} words of text (extract.min_words: {settings.min_words})")
    url = _canonical_url(found.url, hints.url)
    published, precision = hints.published_at, hints.published_precision
    if published is None and found.date:
        published, precision = datetime.fromisoformat(found.date).replace(tzinfo=UTC), Precision.DAY
    return Document(
        url=url,
        text=text,
        title=found.title or hints.title,
        site=site_of(url) or None,
        author=found.author or hints.author,
        language=_language(tree, text, hints),
        published_at=published,
        published_precision=precision,
    )


def _canonical_url(stated: str | None, asked: str) -> str:
    """The page's own idea of its URL, believed only on the same site and when it is no front page."""
    own = clean_url(asked) or asked
    if not stated:
        return own
    candidate = clean_url(urljoin(asked, stated)) or ""
    if not is_web_url(candidate):
        return own
    if not is_web_url(asked):
        return candidate
    front = urlsplit(candidate).path in ("", "/") and not urlsplit(candidate).query
    return own if front or site_of(candidate) != site_of(asked) else candidate


def _language(tree: HtmlElement, text: str, hints: Hints) -> str | None:
    declared = (tree.get("lang") or tree.get("xml:lang") or hints.language or "").split("-")[0].strip().lower()
    return declared if len(declared) == 2 else str(py3langid.classify(text[:2000])[0])
