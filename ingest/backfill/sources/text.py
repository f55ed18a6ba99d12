"""Seed documents (`--format text`): title, date YYYYMMDD, URL, then one sentence a line in no particular order."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.addresses import page_url
from ingest.backfill.sources.parse import text_document
from ingest.backfill.sources.record import read_whole as read
from ingest.dates import read_date
from ingest.errors import ParseError
from ingest.model import Document, Outcome, Precision
from ingest.settings import ExtractSettings
from ingest.urls import is_web_url

__all__ = ["SUFFIXES", "parse", "read"]

SUFFIXES = (".txt", ".txt.gz")


def parse(
    payload: bytes, source: str, settings: ExtractSettings, mapping: Mapping[str, str] | None = None
) -> tuple[Document, str | None]:
    """The document of a seed file.

    Raises:
        ParseError: naming the line that is not what the format asks for.
    """
    try:
        lines = [line.strip() for line in payload.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        line = payload[: error.start].count(b"\n") + 1
        raise ParseError(Outcome.INVALID_RECORD, f"line {line}: not UTF-8: {error.reason}") from error
    title, date, url = [*lines, "", "", ""][:3]
    if not title:
        raise ParseError(Outcome.INVALID_RECORD, "line 1: no title")
    stated = read_date(date)
    if stated is None or stated.precision is not Precision.DAY or stated.zoneless:
        raise ParseError(Outcome.INVALID_RECORD, f"line 2: not a date YYYYMMDD: {date[:80]!r}")
    if not is_web_url(url := page_url(url)):
        raise ParseError(Outcome.INVALID_RECORD, f"line 3: not an absolute http(s) URL: {url[:80]!r}")
    sentences = "\n".join(line for line in lines[3:] if line)
    document = text_document(url, sentences, title=title, published_at=stated.moment, published_precision=Precision.DAY)
    return document, None
