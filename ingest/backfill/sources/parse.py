"""What the kinds of source share in parsing: text that SQLite can hold, a document from given text."""

from __future__ import annotations

import re
from datetime import datetime

from ingest.agencies.table import load_sources
from ingest.errors import ParseError
from ingest.extract.agency import agency_of_text
from ingest.extract.language import language_of
from ingest.extract.plain import plain_facts
from ingest.model import Document, Evidence, Outcome, Precision
from ingest.texts import plain_text
from ingest.urls import site_of

MIN_RECORD_WORDS = 5  # fewer hold not one 5-word shingle, so nothing could be compared

# U+0000 ends strings in many tools that read the database; lone surrogates cannot be stored at all.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with characters that SQLite cannot hold replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def text_document(
    url: str,
    text: str,
    *,
    title: str | None = None,
    site: str | None = None,
    author: str | None = None,
    agency: str | None = None,
    language: str | None = None,
    section: str | None = None,
    tags: tuple[str, ...] = (),
    published_at: datetime | None = None,
    published_precision: Precision = Precision.SECOND,
) -> Document:
    """A document whose text is given, not extracted; its agency is looked for in the text where none is named.

    Raises:
        ParseError: `too_short` when the text has fewer than `MIN_RECORD_WORDS` words.
    """
    text = plain_text(storable(text)).strip()
    words = len(text.split())
    # Scripts without spaces have no words to count here: a long run of characters is text too.
    if words < MIN_RECORD_WORDS and len(text) < MIN_RECORD_WORDS * 4:
        raise ParseError(Outcome.TOO_SHORT, f"only {words} words of text")
    site = site or site_of(url)
    code, evidence = _agency(agency)
    if code is None and (found := agency_of_text(text, author=author, site=site)):
        code, evidence = found.code, found.as_evidence
    document = Document(
        url=url,
        text=text,
        title=title or None,
        site=site,
        author=author or None,
        agency=code,
        evidence=evidence,
        language=language_of(text, (language,)),
        section=section or None,
        tags=tags,
        published_at=published_at,
        published_precision=published_precision,
    )
    return plain_facts(document)


def _agency(named: str | None) -> tuple[str | None, Evidence | None]:
    """The code of an agency that a record names, in whatever form, and that as evidence."""
    name = (named or "").strip()
    if not name:
        return None, None
    table = load_sources()
    source = table.of_code(name.lower()) or table.named(name) or table.tagged(name)
    return source.code if source else name.lower(), Evidence("source", 1.0, name)
