"""What `explain` says of two stored texts."""

from __future__ import annotations

import sqlite3

import pytest

from ingest.errors import StoreError
from ingest.pipeline.corrections import split
from ingest.pipeline.explain import explain
from ingest.settings import DedupSettings
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, ready, text
from tests.pipeline.builders import NOW, document, store

SETTINGS = DedupSettings()


def test_a_copy_is_explained_by_figures_rule_and_sentences(db: sqlite3.Connection) -> None:
    edited = text(STORY[0], STORY[2].replace("said", "told reporters"), *STORY[3:9], LOCAL[0])
    store(db, document("first", text(*STORY)), document("copy", edited, hours=2))
    said = explain(db, "https://first.example/first", "doc:2", SETTINGS)
    assert (said["one_article"], said["verdict"]["kind"]) == (True, "copy")
    assert said["verdict"]["says"]
    assert 0 < said["verdict"]["features"]["jaccard"] < 1
    statuses = [row["status"] for row in said["sentences"]]
    assert (statuses.count("same"), statuses.count("edited")) == (7, 1)
    assert [row["b"] for row in said["sentences"] if row["status"] == "only_b"] == [LOCAL[0]]
    assert [row["a"] for row in said["sentences"] if row["status"] == "only_a"] == [STORY[1], *STORY[9:]]
    assert said["decided"][0]["kind"] == "copy"


def test_two_stories_are_explained_too(db: sqlite3.Connection) -> None:
    store(db, document("first", text(*STORY)), document("boats", text(*OTHER_STORY), hours=2))
    said = explain(db, "1", "2", SETTINGS)
    assert (said["one_article"], said["verdict"]["kind"], said["verdict"]["rule"]) == (
        False,
        "different",
        "little_shared",
    )
    assert {"jaccard", "containment"} <= set(said["verdict"]["features"])
    assert "coverage_smaller" not in said["verdict"]["features"]  # too little is shared to be aligned


def test_a_persons_word_is_the_reason(db: sqlite3.Connection) -> None:
    store(db, document("first", text(*STORY)), document("second", text(*STORY), hours=2))
    split(db, "doc:2", SETTINGS, NOW)
    said = explain(db, "doc:1", "doc:2", SETTINGS)
    assert (said["verdict"]["rule"], said["one_article"]) == ("split_by_hand", False)


def test_boilerplate_is_shown_as_set_aside(db: sqlite3.Connection) -> None:
    store(db, document("first", text(*STORY)), document("second", text(*STORY, *LOCAL), hours=2))
    (key,) = ready(LOCAL[0]).keys
    db.execute(
        "INSERT INTO boilerplate VALUES ('second.example', ?, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')", (key,)
    )
    said = explain(db, "doc:1", "doc:2", SETTINGS)
    assert len(said["aside"]["b"]) == 1
    assert said["aside"]["b"][0] in LOCAL
    assert said["aside"]["b"][0] not in {row["b"] for row in said["sentences"]}


@pytest.mark.parametrize("name", ["doc:9", "9", "https://nowhere.example/"])
def test_what_is_not_stored_is_named(db: sqlite3.Connection, name: str) -> None:
    store(db, document("first", text(*STORY)))
    with pytest.raises(StoreError, match="no such text"):
        explain(db, "1", name, SETTINGS)


def test_a_text_is_not_explained_against_itself(db: sqlite3.Connection) -> None:
    store(db, document("first", text(*STORY)))
    with pytest.raises(StoreError, match="one stored text"):
        explain(db, "1", "https://first.example/first", SETTINGS)
