"""What a site repeats: learned from distinct pages, remembered, forgotten."""

from __future__ import annotations

import sqlite3

from ingest.dedup.boilerplate import are_distinct, is_repeated
from ingest.dedup.comparable import Comparable
from ingest.store import boilerplate
from tests.dedup.builders import LOCAL, NOVEL, ORCHARD, OTHER_STORY, RACE, RECIPE, STORY, ready, text

FRAME = LOCAL[:2]


def page(*sentences: str) -> str:
    return text(FRAME[0], *sentences, FRAME[1])


def repeated(*pages: Comparable) -> frozenset[int]:
    """The sentences that so many of the pages which have them make furniture."""

    def distinct(a: Comparable, b: Comparable) -> bool:
        return are_distinct(a, b, a.key_set & b.key_set)

    keys = frozenset[int]().union(*(page.key_set for page in pages))
    return frozenset(key for key in keys if is_repeated([page for page in pages if key in page.key_set], distinct))


def test_a_frame_around_distinct_stories_is_boilerplate() -> None:
    pages = [ready(page(*story)) for story in (STORY, OTHER_STORY, NOVEL, RECIPE)]
    assert repeated(*pages) == frozenset(ready(text(*FRAME)).keys)


def test_two_other_pages_are_too_few() -> None:
    assert repeated(*[ready(page(*story)) for story in (STORY, OTHER_STORY, NOVEL)]) == frozenset()


def test_re_issues_of_one_text_are_not_distinct() -> None:
    assert repeated(ready(page(*STORY)), *[ready(page(*STORY[start:])) for start in range(4)]) == frozenset()


def test_a_sentence_is_judged_by_the_pages_that_have_it() -> None:
    # Three more pages share one half of the frame; they say nothing about the other half.
    whole = [ready(page(*story)) for story in (STORY, OTHER_STORY, NOVEL)]
    half = [ready(text(FRAME[0], *story)) for story in (RECIPE, ORCHARD, RACE)]
    assert repeated(*whole, *half) == frozenset(ready(FRAME[0]).keys)


def test_what_is_learned_stays_until_no_page_shows_it(db: sqlite3.Connection) -> None:
    boilerplate.learn(db, "paper.example", {1, 2}, "2026-01-01T00:00:00Z")
    boilerplate.learn(db, "other.example", {3}, "2026-01-01T00:00:00Z")
    boilerplate.seen(db, "paper.example", [1], "2026-04-01T00:00:00Z")
    assert boilerplate.known(db, "paper.example") == {1, 2}
    assert boilerplate.changes(db) == 2
    assert [boilerplate.forget(db, "2026-03-01T00:00:00Z", 1) for _ in range(3)] == [1, 1, 0]
    assert boilerplate.changes(db) == 4
    assert boilerplate.known(db, "paper.example") == {1}
    assert boilerplate.known(db, "other.example") == frozenset()


def test_a_sighting_is_written_once_a_day(db: sqlite3.Connection) -> None:
    boilerplate.learn(db, "paper.example", {1}, "2026-01-01T08:00:00Z")
    boilerplate.seen(db, "paper.example", [1], "2026-01-01T20:00:00Z")
    assert db.execute("SELECT last_seen_at FROM boilerplate").fetchone()[0] == "2026-01-01T08:00:00Z"
