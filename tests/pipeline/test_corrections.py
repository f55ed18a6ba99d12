"""A person's split and merge, heeded at once and for good."""

from __future__ import annotations

import sqlite3

import pytest

from ingest.errors import StoreError
from ingest.pipeline.corrections import merge, split
from ingest.pipeline.rededup import rededup
from ingest.settings import DedupSettings
from tests.dedup.builders import OTHER_STORY, STORY, text
from tests.pipeline.builders import NOW, canonical, document, groups, store

WHOLE = text(*STORY)
SETTINGS = DedupSettings()


def again(db: sqlite3.Connection) -> None:
    rededup(db, SETTINGS, NOW, lambda step, done, texts: None)


def test_a_split_text_stands_apart_and_stays_so(db: sqlite3.Connection) -> None:
    store(db, *(document(name, WHOLE, hours=n) for n, name in enumerate(["first", "second", "third"])))
    done = split(db, "https://second.example/second", SETTINGS, NOW, "another match")
    apart = {frozenset({"first", "third"}), frozenset({"second"})}
    assert (len(done.others), groups(db)) == (2, apart)
    again(db)
    assert groups(db) == apart
    assert {row[0] for row in db.execute("SELECT note FROM corrections")} == {"another match"}


def test_a_split_holds_against_copies_that_come_later(db: sqlite3.Connection) -> None:
    store(db, document("first", WHOLE, hours=2), document("second", WHOLE, hours=3))
    split(db, "https://second.example/second", SETTINGS, NOW)
    store(db, document("earliest", WHOLE, hours=0), document("last", WHOLE, hours=9))
    assert not any({"first", "second"} <= group for group in groups(db))
    assert sum(map(len, groups(db))) == 4


def test_the_canonical_text_can_be_split_off(db: sqlite3.Connection) -> None:
    first, _ = store(db, document("first", WHOLE), document("second", WHOLE, hours=3))
    done = split(db, str(first.article_id), SETTINGS, NOW)
    assert done.doc == first.doc
    assert groups(db) == {frozenset({"first"}), frozenset({"second"})}
    assert db.execute("SELECT url FROM articles WHERE id = ?", (first.article_id,)).fetchone()[0].endswith("/second")


def test_a_text_that_stands_alone_cannot_be_split(db: sqlite3.Connection) -> None:
    store(db, document("first", WHOLE))
    with pytest.raises(StoreError, match="stands alone"):
        split(db, "1", SETTINGS, NOW)
    with pytest.raises(StoreError, match="no such text"):
        split(db, "https://nowhere.example/", SETTINGS, NOW)


def test_merged_articles_are_one_and_stay_so(db: sqlite3.Connection) -> None:
    one, *_, other = store(
        db,
        document("first", WHOLE),
        document("second", WHOLE, hours=1),
        document("boats", text(*OTHER_STORY), hours=2),
        document("boats2", text(*OTHER_STORY), hours=3),
    )
    done = merge(db, f"doc:{other.doc}", str(one.article_id), SETTINGS, NOW)
    everything = {frozenset({"first", "second", "boats", "boats2"})}
    assert (done.was_in, done.is_in, groups(db)) == (other.article_id, one.article_id, everything)
    assert canonical(db, "boats2") == "first"
    again(db)
    assert groups(db) == everything
    assert tuple(db.execute("SELECT old_id, article_id FROM redirects").fetchone()) == (
        other.article_id,
        one.article_id,
    )


def test_a_merge_says_which_id_stays_and_keeps_the_figures_measured(db: sqlite3.Connection) -> None:
    earlier, _, later = store(
        db,
        document("first", WHOLE),
        document("second", WHOLE, hours=1),
        document("boats", text(*OTHER_STORY, *STORY[:1]), hours=2),
    )
    done = merge(db, str(earlier.article_id), str(later.article_id), SETTINGS, NOW)
    assert {done.is_in, *done.gone} == {earlier.article_id, later.article_id}
    assert tuple(db.execute("SELECT old_id, article_id FROM redirects").fetchone()) == (*done.gone, done.is_in)
    ((jaccard, containment),) = db.execute("SELECT jaccard, containment FROM copies WHERE url LIKE '%boats'").fetchall()
    assert 0 < jaccard < containment < 0.5


def test_a_merge_outlasts_an_election(db: sqlite3.Connection) -> None:
    store(db, document("first", WHOLE, hours=5), document("boats", text(*OTHER_STORY), hours=6))
    merge(db, "https://boats.example/boats", "https://first.example/first", SETTINGS, NOW)
    store(db, document("earliest", WHOLE, hours=0))
    assert groups(db) == {frozenset({"first", "boats", "earliest"})}
    assert canonical(db, "boats") == "earliest"


def test_the_last_word_counts(db: sqlite3.Connection) -> None:
    store(db, document("first", WHOLE), document("second", WHOLE, hours=3))
    split(db, "https://second.example/second", SETTINGS, NOW)
    merge(db, "https://second.example/second", "https://first.example/first", SETTINGS, NOW)
    assert groups(db) == {frozenset({"first", "second"})}
    with pytest.raises(StoreError, match="in one article already"):
        merge(db, "https://second.example/second", "https://first.example/first", SETTINGS, NOW)
    split(db, "https://second.example/second", SETTINGS, NOW)
    again(db)
    assert groups(db) == {frozenset({"first"}), frozenset({"second"})}
