"""The cache of texts made ready to be compared: bounded by their number and by their words."""

from __future__ import annotations

import sqlite3

import pytest

from ingest.dedup.fingerprint import fingerprint
from ingest.pipeline import comparing
from ingest.pipeline.comparing import Cache
from ingest.pipeline.match import Matcher
from ingest.settings import DedupSettings
from ingest.store.articles import Publication
from tests.bench.invented import records
from tests.dedup.builders import LOCAL, NOVEL, ORCHARD, OTHER_STORY, RACE, RECIPE, STORY, text
from tests.pipeline.builders import document, groups, store

TEXTS = [fingerprint(record["text"]) for record in records(30)]


def publication(doc: int, body: str = "") -> Publication:
    return Publication(doc, "", None, None, None, None, None, None, None, "2026-03-01T12:00:00Z", body, 0)


def held(cache: Cache) -> list[int]:
    return list(cache._texts)


def test_the_latest_used_texts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MAX_CACHED_TEXTS", 10)
    cache = Cache()
    for doc, made in enumerate(TEXTS):
        cache.put(publication(doc), made)
    assert held(cache) == list(range(20, 30))


def test_long_texts_take_no_more_room_than_the_usual_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MAX_CACHED_WORDS", 4000)
    cache = Cache()
    for doc, made in enumerate(TEXTS):
        cache.put(publication(doc), made)
        assert sum(len(text.words) for _, text in cache._texts.values()) == cache._words <= 4000
    assert 3 < len(held(cache)) < 20


def test_a_text_that_is_put_again_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MAX_CACHED_WORDS", 4000)
    cache = Cache()
    for number in range(30):
        cache.put(publication(number % 2), TEXTS[number])
    assert held(cache) == [0, 1]
    assert cache._words == sum(len(text.words) for _, text in cache._texts.values())


def test_a_text_that_another_process_has_revised_is_made_ready_anew() -> None:
    cache = Cache()
    cache.put(publication(1, text(*STORY)), fingerprint(text(*STORY)))
    assert cache.get(publication(1, text(*STORY))).text_key == fingerprint(text(*STORY)).text_key
    assert cache.get(publication(1, text(*OTHER_STORY))).text_key == fingerprint(text(*OTHER_STORY)).text_key
    assert cache._words == fingerprint(text(*OTHER_STORY)).word_count


def test_what_another_process_learns_and_revises_counts_at_once(db: sqlite3.Connection) -> None:
    ours, theirs = Matcher(DedupSettings()), Matcher(DedupSettings())
    herald = {"site": "herald.example"}
    store(db, document("first", text(*STORY, *LOCAL), **herald), matcher=ours)
    store(db, document("first", text(*OTHER_STORY, *LOCAL), **herald), matcher=theirs)
    store(db, document("copy", text(*OTHER_STORY), hours=1), document("old", text(*STORY), hours=2), matcher=ours)
    assert groups(db) == {frozenset({"first", "copy"}), frozenset({"old"})}
    pages = [
        document(f"page{n}", text(*body, *LOCAL), hours=n, **herald) for n, body in enumerate((NOVEL, RECIPE, RACE))
    ]
    store(db, *pages, matcher=theirs)
    assert db.execute("SELECT count(*) FROM boilerplate").fetchone()[0] == len(LOCAL)
    briefs = [document(f"brief{n}", text(*ORCHARD[n : n + 2], *LOCAL), hours=5, **herald) for n in (0, 2)]
    store(db, *briefs, matcher=ours)
    assert {frozenset({"brief0"}), frozenset({"brief2"})} <= groups(db)
