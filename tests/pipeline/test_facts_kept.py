"""What feeds, pages and records say of a text beside its words is kept, and can be asked for."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from ingest.acquire.parse import parse_feed
from ingest.extract.page import Hints, document_from_html
from ingest.model import Entry
from ingest.settings import ExtractSettings
from ingest.store.arrivals import store_entries
from tests.backfill.test_run import archive, article
from tests.dedup.builders import STORY, text
from tests.pipeline.builders import store
from tests.running import ingest, rows

PAGE = f"""<html lang="en"><head><title>Landslide cuts off Velmar</title>
<meta property="og:image" content="https://paper.example/velmar.jpg">
<meta property="article:section" content="World">
<meta property="article:published_time" content="2026-03-01T08:00:00Z">
<meta property="article:modified_time" content="2026-03-01T11:30:00Z">
</head><body><article><h1>Landslide cuts off Velmar</h1>
{"".join(f"<p>{line}</p>" for line in STORY)}</article></body></html>
"""


def test_section_picture_and_time_of_change_of_a_page_are_stored(db: sqlite3.Connection) -> None:
    document = document_from_html(PAGE.encode(), Hints("https://paper.example/velmar"), ExtractSettings())
    store(db, document)
    row = db.execute("SELECT section, image, modified_at, provenance FROM articles").fetchone()
    assert tuple(row)[:3] == ("World", "https://paper.example/velmar.jpg", "2026-03-01T11:30:00Z")
    assert json.loads(row[3])["section"] == "meta"
    assert tuple(db.execute("SELECT section, image, modified_at FROM publications").fetchone()) == tuple(row)[:3]


def test_a_copy_keeps_its_own(db: sqlite3.Connection) -> None:
    for name in ("a", "b"):
        page = PAGE.replace("World", f"Section {name}").encode()
        store(db, document_from_html(page, Hints(f"https://{name}.example/velmar"), ExtractSettings()))
    assert {tuple(row) for row in db.execute("SELECT url, section FROM publications")} == {
        ("https://a.example/velmar", "Section a"),
        ("https://b.example/velmar", "Section b"),
    }


def test_categories_of_an_entry_and_what_else_its_feed_says_are_read() -> None:
    body = b"""<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/">
    <channel><title>T</title><item><guid>1</guid><link>http://a.example/1</link><title>One</title>
    <category>World</category><category>World</category><category domain="x">  Slides &amp; floods </category>
    <dc:rights>Paper 2026</dc:rights><comments>http://a.example/1#comments</comments></item></channel></rss>"""
    (entry,) = parse_feed(body, url="http://a.example/feed").entries
    assert entry.tags == ("World", "Slides & floods")
    assert entry.extra["comments"] == "http://a.example/1#comments"
    assert entry.extra["rights"] == "Paper 2026"
    assert not {"title", "link", "id", "summary"} & set(entry.extra)


def test_records_keep_section_and_tags_and_are_told_their_language(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    german = "\n".join(
        "Die Stadt hat am Montag beschlossen, dass die alte Brücke über den Fluss nicht mehr befahren werden darf."
        for _ in range(3)
    )
    records = [
        article(1) | {"text": text(*STORY), "section": "World", "tags": ["slide", "road", "slide", 7]},
        article(2) | {"text": german, "tags": "Brücke, Verkehr"},
        article(3) | {"text": "Too short."},
        {"url": "https://a.example/none"},
    ]
    ingest("backfill", archive(tmp_path / "a.jsonl", records), "--db", db, check=3)
    assert rows(db, "SELECT language, section FROM articles ORDER BY id") == [("en", "World"), ("de", None)]
    found = rows(db, "SELECT tags, url, outcome FROM entries ORDER BY position")
    assert [json.loads(tags) if tags else None for tags, _, _ in found] == [
        ["slide", "road"], ["Brücke", "Verkehr"], None, None,
    ]  # fmt: skip
    assert [url for _, url, _ in found[2:]] == [records[2]["url"], "https://a.example/none"], "of refused records too"


def test_tags_of_an_entry_are_a_column(db: sqlite3.Connection) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    url = "http://a.example/f"
    db.execute("INSERT INTO feeds (id, url, source, added_at) VALUES (1, ?, 'cli', '2026')", (url,))
    store_entries(db, 1, url, [Entry("1", "http://a.example/1", tags=("World",), extra={"rights": "P"})], now)
    assert tuple(db.execute("SELECT tags, extra FROM entries").fetchone()) == ('["World"]', '{"rights": "P"}')
