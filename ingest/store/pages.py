"""Raw pages kept beside their texts, zstd in the database or in a folder, within a budget and an age.

`keep_page` and `improve_facts` are called inside the caller's transaction; a file is there before its row is.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ingest.errors import PagesError, StoreError
from ingest.model import Document, Page
from ingest.settings import PagesSettings
from ingest.store.articles import attribute
from ingest.store.database import transaction
from ingest.times import from_text, optional_text, to_text

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORGET_BATCH = 200  # pages a transaction: other writers wait 200 ms at most
PROBE_BYTES = 256 * 1024  # more than most pages take: what is gained by opening up for less is lost at the next page
LEVEL = 6  # 160 kB of HTML → 28 kB in 2 ms; level 19 saves a tenth more and takes 40 ms
MAX_BODY_BYTES = 256 * 1024 * 1024  # no page that was taken is larger; guards against a bomb in a copied database


@dataclass(frozen=True, slots=True)
class PackedPage:
    """A page ready to be kept; made in a worker, where its compression costs the writer nothing."""

    fetched_url: str
    content_type: str
    fetched_at: str
    body: bytes


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A kept page and the URL of the text that was made of it."""

    url: str
    packed: PackedPage


def pack_page(page: Page) -> PackedPage:
    """Compress a page."""
    stated = page.headers.get("content-type", "")
    return PackedPage(page.final_url or page.url, stated, to_text(page.fetched_at), zstd.compress(page.body, LEVEL))


def unpack_page(packed: PackedPage) -> Page:
    """The page as it was fetched.

    Raises:
        StoreError: when what was kept is damaged.
    """
    try:
        decompressor = zstd.ZstdDecompressor()
        body = decompressor.decompress(packed.body, MAX_BODY_BYTES)
    except zstd.ZstdError as error:
        raise StoreError(f"{packed.fetched_url}: the kept page is damaged: {error}") from error
    if not decompressor.eof:
        raise StoreError(f"{packed.fetched_url}: the kept page is cut short, or over {MAX_BODY_BYTES} bytes")
    return Page(
        url=packed.fetched_url,
        final_url=packed.fetched_url,
        status=200,
        headers={"content-type": packed.content_type} if packed.content_type else {},
        body=body,
        fetched_at=from_text(packed.fetched_at),
    )


def keep_page(connection: sqlite3.Connection, url: str, packed: PackedPage, folder: Path | None) -> None:
    """Keep the page that a stored text was made of, in place of an earlier one.

    Args:
        url: of the stored text.
        folder: where bodies go as files; None: into the database.

    Raises:
        PagesError: when the folder cannot be written.
    """
    name = None
    if folder is not None:
        name = f"{hashlib.sha256(url.encode()).hexdigest()}.html.zst"
        _write(_path_of(folder, name), packed.body)
    connection.execute(
        "INSERT OR REPLACE INTO pages (url, fetched_url, content_type, fetched_at, size, file, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            url,
            packed.fetched_url,
            packed.content_type,
            packed.fetched_at,
            len(packed.body),
            name,
            None if name else packed.body,
        ),
    )


def try_keeping(folder: Path) -> None:
    """Write a file where pages are kept, and remove it.

    Raises:
        PagesError: where none can be written.
    """
    probe = folder / "probe"
    _write(probe, b"\0" * PROBE_BYTES)
    with _named(probe):
        probe.unlink(missing_ok=True)


def kept_pages(connection: sqlite3.Connection, folder: Path | None, *, after: str = "") -> Iterator[KeptPage]:
    """Kept pages in the order of their URLs, from the one after `after`; a file that is gone is passed over."""
    while True:
        row = connection.execute("SELECT * FROM pages WHERE url > ? ORDER BY url LIMIT 1", (after,)).fetchone()
        if row is None:
            return
        after = row["url"]
        if (packed := _packed(row, folder)) is not None:
            yield KeptPage(after, packed)


def page_of(connection: sqlite3.Connection, url: str, folder: Path | None) -> bytes:
    """The body of the page that is kept of a publication, as it was fetched.

    Raises:
        StoreError: when none is kept, its file is gone, or it is damaged.
    """
    row = connection.execute("SELECT * FROM pages WHERE url = ?", (url,)).fetchone()
    if row is None:
        raise StoreError(f"{url}: no page of it is kept; `pages.keep` in the settings says which are from now on")
    packed = _packed(row, folder)
    if packed is None:
        kept = _path_of(folder, row["file"]) if folder is not None else row["file"]
        raise StoreError(f"{url}: its page was kept as {kept}, which is gone")
    return unpack_page(packed).body


def _packed(row: sqlite3.Row, folder: Path | None) -> PackedPage | None:
    """A kept page by its row; None where its file is gone."""
    body = row["body"]
    if row["file"] is not None:
        path = _path_of(folder, row["file"]) if folder is not None else None
        body = path.read_bytes() if path is not None and path.exists() else None
    return PackedPage(row["fetched_url"], row["content_type"], row["fetched_at"], body) if body is not None else None


def count_pages(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many pages are kept, and their bytes."""
    row = connection.execute("SELECT count(*), coalesce(sum(size), 0) FROM pages").fetchone()
    return int(row[0]), int(row[1])


def forget_pruned(connection: sqlite3.Connection, folder: Path | None) -> int:
    """Take out the pages of texts that were pruned or taken down, in transactions of its own; how many there were."""
    return _forget(connection, _urls(connection, "WHERE url IN (SELECT url FROM tombstones)", ()), folder)


def limit_pages(connection: sqlite3.Connection, settings: PagesSettings, folder: Path | None, now: datetime) -> int:
    """Take out what is pruned or over age, then the oldest over the budget, in transactions of its own.

    Returns:
        the number of pages taken out.
    """
    gone = forget_pruned(connection, folder)
    if settings.max_age:
        oldest = to_text(now - timedelta(seconds=settings.max_age))
        gone += _forget(connection, _urls(connection, "WHERE fetched_at < ?", (oldest,)), folder)
    _, size = count_pages(connection)
    if settings.budget and size > settings.budget:
        over: list[str] = []
        for row in connection.execute("SELECT url, size FROM pages ORDER BY fetched_at, url"):
            if size <= settings.budget:
                break
            over.append(row["url"])
            size -= row["size"]
        gone += _forget(connection, over, folder)
    return gone


def improve_facts(connection: sqlite3.Connection, doc: int, document: Document) -> None:
    """Give a stored text the facts of a better extraction; what that lacks is kept, and the text is not touched."""
    facts = (
        document.title,
        document.author,
        document.agency,
        document.language,
        document.section,
        document.image,
        optional_text(document.modified_at),
        doc,
    )
    for table in ("articles", "copies"):
        connection.execute(
            f"UPDATE {table} SET title = coalesce(?, title), author = coalesce(?, author),"  # noqa: S608 - two literals
            " agency = coalesce(?, agency), language = coalesce(?, language), section = coalesce(?, section),"
            " image = coalesce(?, image), modified_at = coalesce(?, modified_at) WHERE doc = ?",
            facts,
        )
    attribute(connection, doc, document)


def _urls(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[str]:
    return [row["url"] for row in connection.execute(f"SELECT url FROM pages {where}", values)]  # noqa: S608


def _forget(connection: sqlite3.Connection, urls: list[str], folder: Path | None) -> int:
    for start in range(0, len(urls), FORGET_BATCH):
        with transaction(connection):
            for url in urls[start : start + FORGET_BATCH]:
                row = connection.execute("DELETE FROM pages WHERE url = ? RETURNING file", (url,)).fetchone()
                if row is not None and row["file"] is not None and folder is not None:
                    path = _path_of(folder, row["file"])
                    with _named(path):
                        path.unlink(missing_ok=True)
    return len(urls)


def _write(path: Path, body: bytes) -> None:
    """Put a file in its place, whole or not at all."""
    partial = path.with_suffix(".part")
    with _named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(body)
            partial.replace(path)
        except OSError:
            with suppress(OSError):
                partial.unlink(missing_ok=True)  # half a page would keep the disk full
            raise


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PagesError(path, error) from error


def _path_of(folder: Path, name: str) -> Path:
    # 256 folders: a million files in one is slow to list.
    return folder / name[:2] / name
