"""A document as it may be stored and printed: facts of one line, no control characters. Pure."""

from __future__ import annotations

from dataclasses import replace

from ingest.model import Document
from ingest.texts import headline, one_line, plain_text

MAX_FACT_CHARS = 5000  # longer ones are whole documents put in the wrong place


def plain_document(document: Document) -> Document:
    """The document without what could steer the terminal of those who read it."""
    return plain_facts(replace(document, text=plain_text(document.text)))


def plain_facts(document: Document) -> Document:
    """The document, whose text is plain already, with plain facts; every Document goes through here."""
    return replace(
        document,
        title=headline(document.title, MAX_FACT_CHARS),
        site=one_line(document.site, MAX_FACT_CHARS),
        author=one_line(document.author, MAX_FACT_CHARS),
        agency=one_line(document.agency, MAX_FACT_CHARS),
        evidence=replace(document.evidence, words=one_line(document.evidence.words, MAX_FACT_CHARS) or "")
        if document.evidence
        else None,
        language=one_line(document.language, MAX_FACT_CHARS),
        section=one_line(document.section, MAX_FACT_CHARS),
    )
