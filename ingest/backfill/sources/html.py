"""Saved pages (`--format html`, gz too): one page a file; facts and URL from the page itself."""

from __future__ import annotations

from pathlib import Path

from ingest.backfill.sources.record import read_whole as read
from ingest.model import Document
from ingest.settings import ExtractSettings

__all__ = ["SUFFIXES", "parse", "read"]

SUFFIXES = (".html", ".htm", ".xhtml", ".html.gz", ".htm.gz", ".xhtml.gz")


def parse(payload: bytes, source: str, settings: ExtractSettings) -> tuple[Document, str | None]:
    """The document of a saved page, under the canonical URL that the page states.

    Many saved pages state none: those are kept under their file's own URI, so that nothing is lost.

    Raises:
        ExtractError: when there is no text.
    """
    from ingest.extract.page import Hints, document_from_html

    return document_from_html(payload, Hints(url=Path(source).as_uri()), settings), None
