"""What a worker process does with a page or record: pure functions, no database, no network.

The libraries of extraction are imported where a page is at hand: records of plain text do without, and start
a second earlier.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.dedup.fingerprint import fingerprint
from ingest.model import Document, Fingerprint, Page
from ingest.settings import ExtractSettings

if TYPE_CHECKING:
    from ingest.extract.page import Hints
    from ingest.store.pages import PackedPage


@dataclass(frozen=True, slots=True)
class Worked:
    """A document ready for the writer.

    Attributes:
        seconds: time that the worker took to make it of a page; 0 where it was not measured.
        wanted: URLs of further pages of the article, which would make it whole.
        packed: the raw page, where it is to be kept.
    """

    document: Document
    fingerprint: Fingerprint
    seconds: float = 0.0
    wanted: tuple[str, ...] = ()
    packed: PackedPage | None = None


def work_page(
    page: Page, hints: Hints, settings: ExtractSettings, further: Sequence[Page] = (), *, keep: bool = False
) -> Worked:
    """Extract a page's document and fingerprint it.

    Args:
        page: the page.
        hints: what the feed says of it.
        settings: limits.
        further: pages that earlier calls wanted.
        keep: whether to pack the raw page too.

    Raises:
        ExtractError: with the outcome that the entry ends in.
    """
    from ingest.extract.page import extract
    from ingest.store.pages import pack_page

    started = time.perf_counter()
    extraction = extract(page, hints, settings, further)
    return replace(
        fingerprinted(extraction.document),
        wanted=extraction.wanted,
        packed=pack_page(page) if keep else None,
        seconds=time.perf_counter() - started,
    )


def work_feed_content(hints: Hints, settings: ExtractSettings) -> Worked:
    """Make a document of the feed's own full content and fingerprint it.

    Raises:
        ExtractError: when the content holds no text worth keeping.
    """
    from ingest.extract.page import document_from_feed

    return fingerprinted(document_from_feed(hints, settings))


def fingerprinted(document: Document) -> Worked:
    """A document with its fingerprint."""
    return Worked(document, fingerprint(document.text, document.language))
