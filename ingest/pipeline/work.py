"""What a worker process does with a page or record: pure functions, no database, no network."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from ingest.dedup.fingerprint import fingerprint
from ingest.extract.page import Hints, document_from_feed, extract
from ingest.model import Document, Fingerprint, Page
from ingest.settings import ExtractSettings


@dataclass(frozen=True, slots=True)
class Worked:
    """A document ready for the writer.

    Attributes:
        seconds: time that the worker took to make it of a page; 0 where it was not measured.
    """

    document: Document
    fingerprint: Fingerprint
    seconds: float = 0.0


def work_page(page: Page, hints: Hints, settings: ExtractSettings) -> Worked:
    """Extract a page's document and fingerprint it.

    Raises:
        ExtractError: with the outcome that the entry ends in.
    """
    started = time.perf_counter()
    worked = fingerprinted(extract(page, hints, settings).document)
    return replace(worked, seconds=time.perf_counter() - started)


def work_feed_content(hints: Hints, settings: ExtractSettings) -> Worked:
    """Make a document of the feed's own full content and fingerprint it.

    Raises:
        ExtractError: when the content holds no text worth keeping.
    """
    return fingerprinted(document_from_feed(hints, settings))


def fingerprinted(document: Document) -> Worked:
    """A document with its fingerprint."""
    return Worked(document, fingerprint(document.text, document.language))
