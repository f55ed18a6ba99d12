"""The cache of texts made ready to be compared: bounded by their number and by their words."""

from __future__ import annotations

import pytest

from ingest.dedup.fingerprint import fingerprint
from ingest.pipeline import comparing
from ingest.pipeline.comparing import Cache
from tests.bench.invented import records

TEXTS = [fingerprint(record["text"]) for record in records(30)]


def held(cache: Cache) -> list[int]:
    return list(cache._texts)


def test_the_latest_used_texts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MAX_CACHED_TEXTS", 10)
    cache = Cache()
    for doc, made in enumerate(TEXTS):
        cache.put(doc, made)
    assert held(cache) == list(range(20, 30))


def test_long_texts_take_no_more_room_than_the_usual_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MAX_CACHED_WORDS", 4000)
    cache = Cache()
    for doc, made in enumerate(TEXTS):
        cache.put(doc, made)
        assert sum(len(text.words) for text in cache._texts.values()) == cache._words <= 4000
    assert 3 < len(held(cache)) < 20


def test_a_text_that_is_put_again_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MAX_CACHED_WORDS", 4000)
    cache = Cache()
    for number in range(30):
        cache.put(number % 2, TEXTS[number])
    assert held(cache) == [0, 1]
    assert cache._words == sum(len(text.words) for text in cache._texts.values())
