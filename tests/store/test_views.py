"""The views' rows, on an archive whose answers are known."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ingest.model import Document, Evidence, Precision
from ingest.store.database import transaction
from tests.dedup.builders import NOVEL, ORCHARD, OTHER_STORY, RACE, STORY, text
from tests.pipeline.builders import FIRST, document, store

DAY = {"published_at": FIRST.replace(hour=0), "published_precision": Precision.DAY}


def wire(made: Document, agency: str) -> Document:
    return replace(made, agency=agency, evidence=Evidence("dateline", 0.97, f"({agency.upper()})"))


@pytest.fixture
def archive(db: sqlite3.Connection) -> sqlite3.Connection:
    """A wire story on five sites, a paper's own story on two, a story of its own, an event in two articles."""
    store(
        db,
        wire(document("ferry", text(*STORY), hours=1, site="afp.com"), "afp"),
        wire(document("ferry", text(*STORY[:8]), hours=1.5, site="herald.example"), "afp"),
        document("ferry", text(*STORY[:9]), hours=3, site="echo.example"),
        replace(document("ferry", text(*STORY), site="post.example"), **DAY),
        document("ferry", text(*STORY[:10]), hours=None, site="star.example"),
        document("herring", text(*OTHER_STORY), hours=2, site="herald.example"),
        document("herring", text(*OTHER_STORY[:7]), hours=26, site="echo.example"),
        document("novel", text(*NOVEL), hours=4, site="echo.example"),
        document("race", text(*RACE), hours=5, site="echo.example"),
        document("orchard", text(*ORCHARD), hours=8, site="post.example"),
    )
    race, orchard = (db.execute("SELECT id, doc FROM articles WHERE url LIKE ?", (f"%/{name}",)).fetchone()
                     for name in ("race", "orchard"))  # fmt: skip
    with transaction(db):
        db.execute(
            "INSERT INTO links (article_id, other_id, kind, doc, other_doc, jaccard, containment, first_seen_at)"
            " VALUES (?, ?, 'update', ?, ?, 0.3, 0.5, '2026-03-09T12:00:00Z')",
            (orchard[0], race[0], orchard[1], race[1]),
        )
    return db


def rows(db: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    return list(map(tuple, db.execute(query)))


def test_spread_ranks_and_tells_which_delays_are_certain(archive: sqlite3.Connection) -> None:
    found = rows(
        archive, "SELECT site, rank, lag_s, lag_certain FROM spread WHERE url LIKE '%/ferry' ORDER BY rank, site"
    )
    assert found[:4] == [
        ("afp.com", 1, 0, 1),
        ("herald.example", 2, 1800, 1),
        ("echo.example", 3, 7200, 1),
        ("post.example", 4, 0, 0),  # that day, nobody knows when
    ]
    site, rank, lag, certain = found[4]
    assert (site, rank, certain) == ("star.example", 5, 0), "no time but when it was seen"
    assert lag == 8 * 86_400


def test_a_day_alone_is_first_and_uncertain(db: sqlite3.Connection) -> None:
    store(
        db,
        replace(document("a", text(*STORY)), **DAY),
        document("b", text(*STORY[:9]), hours=30),
        document("c", text(*STORY[:8]), hours=30),
    )
    assert rows(db, "SELECT site, rank, lag_s, lag_certain FROM spread ORDER BY site") == [
        ("a.example", 1, 0, 0),
        ("b.example", 2, 86_400, 0),
        ("c.example", 2, 86_400, 0),
    ]


def test_a_time_after_the_text_was_seen_is_not_believed(db: sqlite3.Connection) -> None:
    store(db, document("a", text(*STORY), hours=24 * 300))
    assert rows(db, "SELECT at, certain FROM moments") == [("2026-03-09T12:00:00Z", 0)]


def test_wire_share_leaves_out_a_papers_own_story_and_the_agencys_own_site(archive: sqlite3.Connection) -> None:
    assert rows(archive, "SELECT * FROM site_wire_share ORDER BY site") == [
        ("afp.com", 1, 0, 0.0),
        ("echo.example", 4, 1, 0.25),
        ("herald.example", 2, 1, 0.5),
        ("post.example", 2, 1, 0.5),
        ("star.example", 1, 1, 1.0),
    ]


def test_agencies_reach_sites(archive: sqlite3.Connection) -> None:
    assert rows(archive, "SELECT agency, kind, site, own_site, publications FROM agency_reach ORDER BY site") == [
        ("afp", "wire", "afp.com", 1, 1),
        ("afp", "wire", "echo.example", 0, 1),
        ("afp", "wire", "herald.example", 0, 1),
        ("afp", "wire", "post.example", 0, 1),
        ("afp", "wire", "star.example", 0, 1),
    ]


def test_delays_count_where_both_ends_are_known_to_the_second(archive: sqlite3.Connection) -> None:
    assert rows(archive, "SELECT site, copies, least_s, median_s, most_s FROM copy_delays ORDER BY site") == [
        ("echo.example", 2, 7200, 7200, 86_400),
        ("herald.example", 1, 1800, 1800, 1800),
    ]


def test_original_reporting_is_what_no_agency_made(archive: sqlite3.Connection) -> None:
    found = rows(archive, "SELECT site, url, carried_by FROM original_reporting ORDER BY url")
    assert found == [
        ("afp.com", "https://afp.com/ferry", 4),
        ("echo.example", "https://echo.example/novel", 0),
        ("echo.example", "https://echo.example/race", 0),
        ("herald.example", "https://herald.example/herring", 1),
        ("post.example", "https://post.example/orchard", 0),
    ]


def test_most_copied_has_what_others_carry(archive: sqlite3.Connection) -> None:
    assert rows(archive, "SELECT url, copies, sites FROM most_copied ORDER BY sites DESC") == [
        ("https://afp.com/ferry", 4, 5),
        ("https://herald.example/herring", 1, 2),
    ]


def test_articles_of_one_event_are_one_story(archive: sqlite3.Connection) -> None:
    ids = [row[0] for row in rows(archive, "SELECT id FROM articles WHERE url LIKE '%/race' OR url LIKE '%/orchard'")]
    assert rows(archive, "SELECT DISTINCT story_id, first_at, last_at FROM stories") == [
        (min(ids), "2026-03-01T13:00:00Z", "2026-03-01T16:00:00Z")
    ]
    assert rows(archive, "SELECT texts, sources, copies FROM independent_sources") == [(2, 2, 0)]


def test_versions_hold_every_text_the_current_one_last(archive: sqlite3.Connection) -> None:
    store(archive, document("race", text(*RACE, NOVEL[0]), site="echo.example", hours=5))
    found = rows(
        archive, "SELECT version, is_current, until_at IS NULL, word_count FROM versions WHERE url LIKE '%/race'"
    )
    assert [each[:3] for each in sorted(found)] == [(1, 0, 0), (2, 1, 1)]
    assert sorted(found)[0][3] < sorted(found)[1][3]


def test_feeds_tell_what_comes_of_them_and_what_was_missed(db: sqlite3.Connection) -> None:
    with transaction(db):
        db.execute("INSERT INTO feeds (id, url, source, added_at, missed) VALUES (1, 'http://a/f', 'cli', '2026', 3)")
        db.executemany(
            "INSERT INTO entries (feed_id, source, key, first_seen_at, outcome, doc, next_attempt_at)"
            " VALUES (1, 'http://a/f', ?1, '2026', ?2, ?3, ?4)",
            [(1, "canonical", 1, None), (2, "copy", 2, None), (3, "timeout", None, None), (4, "pending", None, "2026")],
        )
        db.execute(
            "INSERT INTO polls (feed_id, started_at, duration_ms, outcome, missed)"
            " VALUES (1, '2026-03-01T00:00:00Z', 5, 'ok', 3)"
        )
    assert rows(db, "SELECT feed_id, entries, articles, copies, pending, failed, missed FROM feed_health") == [
        (1, 4, 1, 1, 1, 1, 3)
    ]
    assert rows(db, "SELECT url, noticed_at, missed FROM missed_entries") == [("http://a/f", "2026-03-01T00:00:00Z", 3)]


def test_lags_are_the_same_however_late_the_archive_saw_them(archive: sqlite3.Connection) -> None:
    before = rows(archive, "SELECT site, lag_s FROM spread WHERE lag_certain ORDER BY 1, 2")
    with transaction(archive):
        later = (FIRST + timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
        archive.execute("UPDATE articles SET first_seen_at = ?", (later,))
    assert rows(archive, "SELECT site, lag_s FROM spread WHERE lag_certain ORDER BY 1, 2") == before
