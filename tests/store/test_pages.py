"""Raw pages kept, limited, and extracted again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.backfill.reextract import Reextraction, Report
from ingest.dedup.fingerprint import fingerprint
from ingest.errors import PagesError, StoreError
from ingest.extract.pool import WorkerPool
from ingest.model import Document
from ingest.pipeline.match import Matcher
from ingest.settings import ExtractSettings, PagesSettings, Settings
from ingest.store.database import transaction
from ingest.store.pages import (
    count_pages,
    forget_pruned,
    keep_page,
    kept_pages,
    limit_pages,
    pack_page,
    try_keeping,
    unpack_page,
)
from ingest.store.trouble import Trouble, trouble_of
from tests.extract.pages import SENTENCES, URL, html, json_ld, page
from tests.starving import no_descriptor_free

Folder = Callable[[Path], Path | None]
IN_DATABASE: Folder = lambda path: None  # noqa: E731
IN_FOLDER: Folder = lambda path: path / "pages"  # noqa: E731


def keep(db: sqlite3.Connection, url: str, text: str, folder: Path | None) -> None:
    with transaction(db):
        keep_page(db, url, pack_page(page(text, url)), folder)


@pytest.mark.parametrize("place", [IN_DATABASE, IN_FOLDER], ids=["database", "folder"])
def test_a_page_comes_back_as_it_was(db: sqlite3.Connection, tmp_path: Path, place: Folder) -> None:
    folder = place(tmp_path)
    keep(db, URL, html(), folder)
    (kept,) = kept_pages(db, folder)
    assert kept.url == URL
    assert unpack_page(kept.packed) == page(html(), URL)
    assert count_pages(db)[0] == 1
    db.execute("INSERT INTO tombstones (url, pruned_at, reason) VALUES (?, '2026-01-01T00:00:00Z', 'takedown')", (URL,))
    assert forget_pruned(db, folder) == 1
    assert list(kept_pages(db, folder)) == []
    assert not any(path.is_file() for path in tmp_path.rglob("*.zst"))


@pytest.mark.parametrize("place", [IN_DATABASE, IN_FOLDER], ids=["database", "folder"])
def test_age_and_budget_take_out_the_oldest(db: sqlite3.Connection, tmp_path: Path, place: Folder) -> None:
    folder = place(tmp_path)
    for number in range(4):
        keep(db, f"{URL}-{number}", html() + str(number), folder)
        db.execute(
            "UPDATE pages SET fetched_at = ? WHERE url = ?", (f"2026-03-0{number + 1}T00:00:00Z", f"{URL}-{number}")
        )
    now = datetime(2026, 3, 4, tzinfo=UTC)
    size = count_pages(db)[1] // 4
    gone = limit_pages(db, PagesSettings(max_age=timedelta(days=2.5).total_seconds(), budget=2 * size), folder, now)
    assert gone == 2
    assert [kept.url for kept in kept_pages(db, folder)] == [f"{URL}-2", f"{URL}-3"]


def test_a_page_that_cannot_be_opened_for_want_of_a_descriptor_is_no_fault_of_the_disk(tmp_path: Path) -> None:
    with no_descriptor_free(), pytest.raises(PagesError) as caught:
        try_keeping(tmp_path)
    trouble = trouble_of(caught.value)
    assert trouble is Trouble.NO_DESCRIPTOR
    assert trouble.passes
    assert "LimitNOFILE" in trouble.advice


def test_a_damaged_page_is_named() -> None:
    packed = pack_page(page(html()))
    with pytest.raises(StoreError, match=r"damaged|cut short"):
        unpack_page(type(packed)(packed.fetched_url, packed.content_type, packed.fetched_at, packed.body[:-10]))
    with pytest.raises(StoreError, match="damaged"):
        unpack_page(type(packed)(packed.fetched_url, packed.content_type, packed.fetched_at, b"no zstd"))


def run(db: sqlite3.Connection, now: datetime, *, dry_run: bool) -> Report:
    settings = Settings(extract=ExtractSettings(workers=1))
    pool = WorkerPool(settings.extract)
    try:
        work = Reextraction(db, settings, pool, folder=None, clock=lambda: now, dry_run=dry_run)
        return work.run(lambda report: None)
    finally:
        pool.close()


def test_reextraction_improves_old_texts_and_a_second_run_changes_nothing(
    db: sqlite3.Connection, now: datetime
) -> None:
    old = Document(URL, "\n".join(SENTENCES[:3]), title="Wall", site="paper.example")
    with transaction(db):
        Matcher(Settings().dedup).store(db, old, fingerprint(old.text), now=now)
    keep(db, URL, html(head=json_ld(headline="Wall", author={"name": "Ann Lee"})), None)
    keep(db, f"{URL}-gone", html(), None)  # its text was taken out meanwhile

    planned = run(db, now, dry_run=True)
    assert (planned.pages, planned.texts, planned.facts["author"]) == (1, 1, 1)
    assert planned.words_after > planned.words_before
    assert db.execute("SELECT text FROM articles").fetchone()[0] == old.text

    run(db, now, dry_run=False)
    row = db.execute("SELECT text, author FROM articles").fetchone()
    assert tuple(row) == ("\n".join(SENTENCES), "Ann Lee")
    assert db.execute("SELECT text FROM revisions").fetchone()[0] == old.text

    again = run(db, now, dry_run=False)
    assert (again.pages, again.texts, again.unchanged) == (1, 0, 1)
