"""JSON Lines (`--format jsonl`, gz too): one object a line; read as lines here, parsed in the workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.addresses import page_url
from ingest.backfill.sources.parse import storable, text_document
from ingest.backfill.sources.record import MAX_RECORD_BYTES, READ_ERRORS, Record, describe, open_source
from ingest.dates import read_date
from ingest.errors import ExtractError, ParseError
from ingest.extract.plain import MAX_FACT_CHARS
from ingest.model import Document, Outcome, Precision
from ingest.settings import GIB, MIB, ExtractSettings
from ingest.texts import one_line
from ingest.urls import is_web_url

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")

MAX_SKIPPED_BYTES = 1 * GIB  # of one line: beyond it is no JSON Lines, but what a few bytes of gzip unfold to

_TEXT_KEYS = ("title", "site", "author", "language", "agency", "section")
MAX_TAGS = 50


def read(path: Path) -> Iterator[Record]:
    """The lines of a file; blank ones count as lines and are no records."""
    position = 0
    try:
        with open_source(path) as (stream, raw):
            while line := stream.readline(MAX_RECORD_BYTES + 1):
                position += 1
                if len(line) > MAX_RECORD_BYTES:
                    skipped = len(line)
                    while not line.endswith(b"\n") and line:  # skip the rest of it
                        if skipped > MAX_SKIPPED_BYTES:
                            error = f"a line over {MAX_SKIPPED_BYTES // GIB} GiB: the file is not read on"
                            yield Record(position, b"", raw.tell(), error)
                            return
                        line = stream.readline(MAX_RECORD_BYTES)
                        skipped += len(line)
                    yield Record(position, b"", raw.tell(), f"a line over {MAX_RECORD_BYTES // MIB} MiB")
                elif payload := line.strip():
                    yield Record(position, payload, raw.tell())
    except READ_ERRORS as error:
        yield Record(position + 1, b"", 0, f"cannot be read on: {describe(error)}")


def parse(payload: bytes, source: str, settings: ExtractSettings) -> tuple[Document, str | None]:
    """The document of one line, and a note on what of it could not be used.

    Raises:
        ParseError: when it is no object with a usable `url` and `text` or `html`.
        ExtractError: when its `html` holds no text.
    """
    record = _load(payload)
    stated = record.get("url")
    url = page_url(stated.strip()) if isinstance(stated, str) else ""
    if not is_web_url(url):
        raise ParseError(Outcome.INVALID_RECORD, f"`url` is not an absolute http(s) URL: {_quote(stated)}")
    try:
        return _document(record, url, settings)
    except (ParseError, ExtractError) as error:
        error.url = url
        raise


def _document(record: dict[str, Any], url: str, settings: ExtractSettings) -> tuple[Document, str | None]:
    facts = {key: storable(record[key]) for key in _TEXT_KEYS if isinstance(record.get(key), str)}
    tags = _tags(record.get("tags"))
    published, precision, note = _published(record)
    text, html = record.get("text"), record.get("html")
    if isinstance(text, str):
        document = text_document(url, text, published_at=published, published_precision=precision, tags=tags, **facts)
        return document, note
    if isinstance(html, str):
        from ingest.extract.page import Hints, document_from_html  # only where there is a page: see pipeline.work

        hints = Hints(
            url=url,
            title=facts.get("title"),
            author=facts.get("author"),
            published_at=published,
            published_precision=precision,
            language=facts.get("language"),
        )
        document = document_from_html(html.encode("utf-8", "replace"), hints, settings)
        return replace(document, tags=tags, section=document.section or facts.get("section")), note
    raise ParseError(Outcome.INVALID_RECORD, "neither `text` nor `html` is a string")


def _tags(stated: object) -> tuple[str, ...]:
    """A list of keywords, or one text with commas between them."""
    listed = stated.split(",") if isinstance(stated, str) else stated if isinstance(stated, list) else []
    tags = (one_line(storable(tag), MAX_FACT_CHARS) for tag in listed if isinstance(tag, str))
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:MAX_TAGS]


def _load(payload: bytes) -> dict[str, Any]:
    try:
        record = json.loads(payload)
    except UnicodeDecodeError as error:
        raise ParseError(Outcome.INVALID_RECORD, f"not UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise ParseError(Outcome.INVALID_RECORD, f"not JSON: {error}") from error
    if not isinstance(record, dict):
        raise ParseError(Outcome.INVALID_RECORD, f"a JSON {type(record).__name__}, not an object")
    return record


def _published(record: dict[str, Any]) -> tuple[Any, Precision, str | None]:
    value = record.get("published") or record.get("date")
    if value is None:
        return None, Precision.SECOND, None
    stated = read_date(value)
    if stated is None:
        # The text is worth more than its date: it is kept, and the row says what was wrong.
        return None, Precision.SECOND, f"the date {_quote(value)} cannot be read, or may be two; stored without one"
    note = f"the time {_quote(value)} has no zone: only its day is believed" if stated.zoneless else None
    return stated.moment, stated.precision, note


def _quote(value: object) -> str:
    return repr(value)[:80]
