"""The two indexes of candidates."""

from __future__ import annotations

import sqlite3

import numpy as np

from ingest.dedup import bands
from ingest.dedup.bands import MAX_BUCKET, MAX_RARE, Keys
from ingest.dedup.fingerprint import fingerprint
from ingest.store.invariants import broken_invariants
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, text


def index(db: sqlite3.Connection, body: str, article: tuple[int, ...] = ()) -> int:
    made = fingerprint(body)
    doc = bands.add_signature(db, made)
    keys = bands.keys_of(made)
    bands.add(db, doc, keys, bands.find(db, keys), article)
    return doc


def found(db: sqlite3.Connection, body: str) -> list[int]:
    return bands.find(db, bands.keys_of(fingerprint(body))).docs()


def test_an_edited_copy_is_found(db: sqlite3.Connection) -> None:
    doc = index(db, text(*STORY))
    index(db, text(*OTHER_STORY))
    assert found(db, text(*(sentence.replace(" the ", " its ") for sentence in STORY)))[:1] == [doc]


def test_an_excerpt_of_a_fifth_is_found_by_its_sentences(db: sqlite3.Connection) -> None:
    doc = index(db, text(*STORY, *OTHER_STORY))
    assert found(db, text(*STORY[4:8])) == [doc]


def test_a_row_of_the_index_without_a_fingerprint_is_no_candidate(db: sqlite3.Connection) -> None:
    lost, doc = index(db, text(*STORY)), index(db, text(*STORY[:9]))
    made = fingerprint(text(*STORY))
    signature = np.frombuffer(made.signature, dtype=np.uint32)
    db.execute("DELETE FROM fingerprints WHERE doc = ?", (lost,))
    hits = bands.find(db, bands.keys_of(made))
    assert set(hits.docs()) == {lost, doc}
    assert bands.likely(db, signature, hits) == [doc]
    db.execute("DELETE FROM fingerprints")
    assert bands.likely(db, signature, hits) == []
    assert {broken.rule: broken.samples for broken in broken_invariants(db)} == {
        "bands and sentences name stored texts only": (str(lost), str(doc))
    }


def test_another_story_is_not_found(db: sqlite3.Connection) -> None:
    index(db, text(*STORY))
    assert found(db, text(*OTHER_STORY)) == []


def test_a_copy_adds_only_what_its_article_does_not_have(db: sqlite3.Connection) -> None:
    doc = index(db, text(*STORY))
    before = db.execute("SELECT (SELECT count(*) FROM lsh) + (SELECT count(*) FROM sentences)").fetchone()[0]
    index(db, text(*STORY), article=(doc,))
    assert db.execute("SELECT (SELECT count(*) FROM lsh) + (SELECT count(*) FROM sentences)").fetchone()[0] == before
    extended = index(db, text(*STORY, *LOCAL), article=(doc,))
    assert found(db, LOCAL[0]) == [extended]


def test_a_full_bucket_keeps_its_newest_texts(db: sqlite3.Connection) -> None:
    keys = Keys(tuple(range(bands.BANDING.bands)), ())
    for doc in range(1, MAX_BUCKET + 11):
        bands.add(db, doc, keys, bands.find(db, keys))
    docs = [row[0] for row in db.execute("SELECT doc FROM lsh WHERE bucket = 3 ORDER BY doc")]
    assert docs == list(range(11, MAX_BUCKET + 11))


def test_no_site_crowds_out_of_a_bucket_what_others_published(db: sqlite3.Connection) -> None:
    keys = Keys(tuple(range(bands.BANDING.bands)), ())
    for doc in range(1, 3 * MAX_BUCKET):
        site = f"{doc}.example" if doc in (1, 2, 40) else "decoys.example"
        db.execute(
            "INSERT INTO articles (doc, url, site, first_seen_at, text, word_count) VALUES (?, ?, ?, '', '', 0)",
            (doc, f"http://{site}/{doc}", site),
        )
        bands.add(db, doc, keys, bands.find(db, keys))
    docs = [row[0] for row in db.execute("SELECT doc FROM lsh WHERE bucket = 3 ORDER BY doc")]
    assert len(docs) == MAX_BUCKET
    assert docs[:4] == [1, 2, 40, 2 * MAX_BUCKET + 3]


def test_a_sentence_in_many_articles_tells_nothing(db: sqlite3.Connection) -> None:
    keys = Keys(tuple(range(bands.BANDING.bands)), (7,))
    for doc in range(1, MAX_RARE + 5):
        own = Keys(tuple(range(doc * 1000, doc * 1000 + bands.BANDING.bands)), (7,))
        bands.add(db, doc, own, bands.find(db, own))
    assert db.execute("SELECT count(*) FROM sentences WHERE key = 7").fetchone()[0] == MAX_RARE
    assert bands.find(db, keys).docs() == []


def test_boilerplate_is_no_key(db: sqlite3.Connection) -> None:
    index(db, LOCAL[0])
    made = fingerprint(text(*STORY, LOCAL[0]))
    frame = [int(key) for key in np.frombuffer(fingerprint(LOCAL[0]).sentences, dtype=np.int64)]
    assert bands.find(db, bands.keys_of(made)).docs() != []
    assert bands.find(db, bands.keys_of(made, frame)).docs() == []


def test_what_is_removed_is_not_found(db: sqlite3.Connection) -> None:
    doc = index(db, text(*STORY))
    bands.remove(db, doc, fingerprint(text(*STORY)))
    assert found(db, text(*STORY)) == []


def test_strangers_are_told_by_their_signatures(db: sqlite3.Connection) -> None:
    rooms = (f"Room {n} of hotel {n * 7} on street {n * 3} has {n * 11} windows and no lift." for n in range(200))
    stranger = index(db, text(*rooms, STORY[5]))
    copy = index(db, text(*STORY[:8]))
    made = fingerprint(text(*STORY))
    hits = bands.find(db, bands.keys_of(made))
    assert set(hits.docs()) == {stranger, copy}
    assert bands.likely(db, np.frombuffer(made.signature, dtype=np.uint32), hits) == [copy]


def test_values_that_do_not_count_make_no_candidate(db: sqlite3.Connection) -> None:
    frame = [f"Subscribers of plan {n} read page {n * 3} of the paper on any device they own." for n in range(12)]
    stranger = index(db, text(*OTHER_STORY, *frame))
    copy = index(db, text(*STORY[:8], *frame))
    made = fingerprint(text(*STORY, *frame))
    hits, signature = bands.find(db, bands.keys_of(made)), np.frombuffer(made.signature, dtype=np.uint32)
    story = np.frombuffer(fingerprint(text(*STORY)).signature, dtype=np.uint32)
    assert set(bands.likely(db, signature, hits)) == {stranger, copy}
    assert bands.likely(db, signature, hits, signature == story) == [copy]
