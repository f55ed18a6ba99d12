"""One file a kind of source: `SUFFIXES`, `read(path)` → raw records, `parse(payload)` → a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.backfill.sources import html, jsonl, text
from ingest.backfill.sources.record import Record
from ingest.model import Document
from ingest.settings import ExtractSettings

__all__ = ["FORMATS", "Format", "Record", "guess_format"]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of source.

    Attributes:
        preload: module that workers import beforehand.
        batch: records that make one task for a worker process.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Iterator[Record]]
    parse: Callable[[bytes, str, ExtractSettings, Mapping[str, str]], tuple[Document, str | None]]
    preload: str
    batch: int


# What extraction needs takes a second to import, and plain text does without.
_TEXTS, _PAGES = "ingest.backfill.preload", "ingest.extract.preload"

FORMATS = {
    "text": Format("text", text.SUFFIXES, text.read, text.parse, preload=_TEXTS, batch=128),
    "jsonl": Format("jsonl", jsonl.SUFFIXES, jsonl.read, jsonl.parse, preload=_TEXTS, batch=128),
    "html": Format("html", html.SUFFIXES, html.read, html.parse, preload=_PAGES, batch=4),
}


def guess_format(path: Path) -> Format | None:
    """The format that a file's name tells; None where it tells none."""
    name = path.name.lower()
    return next((known for known in FORMATS.values() if name.endswith(known.suffixes)), None)
