"""What every kind of source yields: raw records with their position, cheap to make and to hand to a worker."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import xxhash

from ingest.settings import MIB
from ingest.streams import open_regular

MAX_RECORD_BYTES = 32 * MIB  # a text of 5 million words, or a page with its images inlined

# What reading a damaged file raises: the disk's errors, a truncated or corrupt gzip stream.
READ_ERRORS = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Record:
    """One raw item of a source, or what stands where it could not be read.

    Attributes:
        position: line or item within the source, 1-based.
        payload: the raw bytes; empty where `error` is set.
        offset: bytes of the file on disk read so far, for the progress bar.
        error: why there is no payload.
    """

    position: int
    payload: bytes
    offset: int
    error: str | None = None

    @property
    def key(self) -> str:
        """Identity of the content: a record that changed is taken up again."""
        return xxhash.xxh3_64_hexdigest(self.payload)


@contextmanager
def open_source(path: Path) -> Iterator[tuple[BinaryIO | IO[bytes], BinaryIO]]:
    """Open a file, through gzip where its first bytes say so (whatever its name).

    Yields:
        the decompressed stream, and the raw file (whose `tell()` is the progress).
    """
    with open(path, "rb", opener=open_regular) as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"  # RFC 1952 §2.3.1
        raw.seek(0)
        if is_gzip:
            with gzip.open(raw) as stream:
                yield stream, raw  # type: ignore[misc]  # typeshed: GzipFile is no IO[bytes]
        else:
            yield raw, raw


def read_whole(path: Path) -> Iterator[Record]:
    """A file as one record (seed documents, HTML pages)."""
    try:
        with open_source(path) as (stream, raw):
            payload = stream.read(MAX_RECORD_BYTES + 1)
            offset = raw.tell()
    except READ_ERRORS as error:
        yield Record(1, b"", 0, f"cannot be read: {describe(error)}")
        return
    if len(payload) > MAX_RECORD_BYTES:
        yield Record(1, b"", offset, f"larger than {MAX_RECORD_BYTES // MIB} MiB")
        return
    yield Record(1, payload, offset)


def describe(error: BaseException) -> str:
    """An error of the disk or of gzip in words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, EOFError):
        return "the compressed file ends early (truncated)"
    return str(error) or type(error).__name__
