"""What a site repeats: learned from distinct pages, remembered, forgotten."""

from __future__ import annotations

import sqlite3

from ingest.dedup import boilerplate
from ingest.dedup.boilerplate import repeated_sentences
from tests.dedup.builders import LOCAL, NOVEL, OTHER_STORY, RECIPE, STORY, ready, text

FRAME = LOCAL[:2]


def page(*sentences: str) -> str:
    return text(FRAME[0], *sentences, FRAME[1])


def test_a_frame_around_distinct_stories_is_boilerplate() -> None:
    pages = [ready(page(*story)) for story in (OTHER_STORY, NOVEL, RECIPE)]
    assert repeated_sentences(ready(page(*STORY)), pages, frozenset()) == frozenset(ready(text(*FRAME)).keys)


def test_two_other_pages_are_too_few() -> None:
    pages = [ready(page(*story)) for story in (OTHER_STORY, NOVEL)]
    assert repeated_sentences(ready(page(*STORY)), pages, frozenset()) == frozenset()


def test_re_issues_of_one_text_are_not_distinct() -> None:
    pages = [ready(page(*STORY[start:])) for start in range(4)]
    assert repeated_sentences(ready(page(*STORY)), pages, frozenset()) == frozenset()


def test_what_is_known_is_not_learned_again() -> None:
    known = frozenset(ready(FRAME[0]).keys)
    pages = [ready(page(*story)) for story in (OTHER_STORY, NOVEL, RECIPE)]
    assert repeated_sentences(ready(page(*STORY)), pages, known) == frozenset(ready(FRAME[1]).keys)


def test_what_is_learned_stays_until_no_page_shows_it(db: sqlite3.Connection) -> None:
    boilerplate.learn(db, "paper.example", [1, 2], "2026-01-01T00:00:00Z")
    boilerplate.learn(db, "other.example", [3], "2026-01-01T00:00:00Z")
    boilerplate.seen(db, "paper.example", [1], "2026-04-01T00:00:00Z")
    assert boilerplate.known(db, "paper.example") == {1, 2}
    assert boilerplate.forget(db, "2026-03-01T00:00:00Z") == 2
    assert boilerplate.known(db, "paper.example") == {1}
    assert boilerplate.known(db, "other.example") == frozenset()


def test_a_sighting_is_written_once_a_day(db: sqlite3.Connection) -> None:
    boilerplate.learn(db, "paper.example", [1], "2026-01-01T08:00:00Z")
    boilerplate.seen(db, "paper.example", [1], "2026-01-01T20:00:00Z")
    assert db.execute("SELECT last_seen_at FROM boilerplate").fetchone()[0] == "2026-01-01T08:00:00Z"
