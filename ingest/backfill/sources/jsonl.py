"""JSON Lines (`--format jsonl`, gz too): one object a line; read as lines here, parsed in the workers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.addresses import page_url
from ingest.backfill.sources.layouts import keys_of, value_of
from ingest.backfill.sources.parse import storable, text_document
from ingest.backfill.sources.record import MAX_RECORD_BYTES, READ_ERRORS, Record, describe, open_source
from ingest.dates import read_date
from ingest.errors import ExtractError, ParseError
from ingest.extract.plain import MAX_FACT_CHARS
from ingest.model import Document, Outcome, Precision
from ingest.settings import GIB, MIB, ExtractSettings
from ingest.texts import one_line
from ingest.urls import is_web_url, site_of, site_of_host

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")

MAX_SKIPPED_BYTES = 1 * GIB  # of one line: beyond it is no JSON Lines, but what a few bytes of gzip unfold to

_TEXT_KEYS = ("title", "site", "author", "language", "agency", "section")
MAX_TAGS = 50
NO_MAPPING: Mapping[str, str] = {}
_HOST = re.compile(r"(?:[\w-]+\.)+[\w-]{2,}(?::\d+)?")
_MARKUP = re.compile(r"<(?:p|br|div)\b[^<>]{0,300}>", re.IGNORECASE)  # a body as HTML, under a name for text


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


def parse(
    payload: bytes, source: str, settings: ExtractSettings, mapping: Mapping[str, str] = NO_MAPPING
) -> tuple[Document, str | None]:
    """The document of one line, and a note on what of it could not be used.

    Args:
        mapping: field → name in the records, where the user gave one; others by the names that archives use.

    Raises:
        ParseError: when it is no object with a usable `url` and `text` or `html`.
        ExtractError: when its `html` holds no text.
    """
    record = load(payload)
    stated = value_of(record, "url", mapping)
    url = page_url(stated.strip()) if isinstance(stated, str) else ""
    if not is_web_url(url):
        raise ParseError(
            Outcome.INVALID_RECORD,
            f"`url` is not an absolute http(s) URL: {_quote(stated)}" if stated is not None else
            f"no `url`; the record has {keys_of(record)}: name the field with --map url=NAME",
        )  # fmt: skip
    try:
        return _document(record, url, settings, mapping)
    except (ParseError, ExtractError) as error:
        error.url = url
        raise


def _document(
    record: dict[str, Any], url: str, settings: ExtractSettings, mapping: Mapping[str, str]
) -> tuple[Document, str | None]:
    facts = {key: fact for key in _TEXT_KEYS if (fact := _fact(value_of(record, key, mapping)))}
    # A name that is no host's is taken from `site` alone: others name a paper, which its URL does better.
    stated_site = facts.pop("site", None)
    if site := _site(stated_site, any_name="site" in mapping or bool(record.get("site"))):
        facts["site"] = site
    tags = _tags(value_of(record, "tags", mapping))
    published, precision, note = _published(value_of(record, "published", mapping))
    text, html = value_of(record, "text", mapping, _is_text), value_of(record, "html", mapping, _is_text)
    if isinstance(text, list) and _is_text(text):
        text = "\n".join(text)  # paragraphs
    if isinstance(text, str) and text.strip():
        if _MARKUP.search(text):
            from ingest.extract.page import feed_text

            text = feed_text(text) or text
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
    raise ParseError(
        Outcome.INVALID_RECORD,
        f"neither `text` nor `html` is a string; the record has {keys_of(record)}: name the field with --map text=NAME",
    )


def _is_text(value: object) -> bool:
    """Whether a value is text, or paragraphs of it."""
    return bool(value) and (
        isinstance(value, str) or (isinstance(value, list) and all(isinstance(part, str) for part in value))
    )


def _fact(stated: object) -> str | None:
    """A fact in plain words: a string, names in a list, or the name of an object."""
    if isinstance(stated, str):
        return storable(stated)
    if isinstance(stated, dict):
        return _fact(stated.get("name"))
    if isinstance(stated, list):
        return "; ".join(part for each in stated if (part := _fact(each))) or None
    return None


def _site(stated: str | None, *, any_name: bool) -> str | None:
    """The site that a record names: of a host or URL its registrable domain, else the name as it stands."""
    if not stated:
        return None
    host = stated.strip().lower()
    if is_web_url(host):
        return site_of(host)
    if _HOST.fullmatch(host):
        return site_of_host(host.partition(":")[0])
    return stated if any_name else None


def _tags(stated: object) -> tuple[str, ...]:
    """A list of keywords, or one text with commas between them."""
    listed = stated.split(",") if isinstance(stated, str) else stated if isinstance(stated, list) else []
    tags = (one_line(storable(tag), MAX_FACT_CHARS) for tag in listed if isinstance(tag, str))
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:MAX_TAGS]


def load(payload: bytes) -> dict[str, Any]:
    """A line's object.

    Raises:
        ParseError: when it is none.
    """
    try:
        record = json.loads(payload)
    except UnicodeDecodeError as error:
        raise ParseError(Outcome.INVALID_RECORD, f"not UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise ParseError(Outcome.INVALID_RECORD, f"not JSON: {error}") from error
    if not isinstance(record, dict):
        raise ParseError(Outcome.INVALID_RECORD, f"a JSON {type(record).__name__}, not an object")
    return record


def _published(value: Any) -> tuple[Any, Precision, str | None]:
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
