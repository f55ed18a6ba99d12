"""A fault of ingest itself in placing a text: it costs that text only, is named, and is tried again."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest

from ingest.dedup import plan as planning
from ingest.dedup.corpus import Text
from ingest.dedup.draft import Draft
from ingest.dedup.fingerprint import fingerprint
from ingest.dedup.nodes import Changes
from ingest.errors import MatchError
from ingest.model import Outcome
from ingest.pipeline.identify import Arrival
from ingest.pipeline.match import Matcher
from ingest.pipeline.rededup import rededup
from ingest.settings import DedupSettings
from ingest.store.database import transaction
from ingest.store.entries import Item, done_items, record_items, retry_after_upgrade, retry_entries
from tests.dedup.builders import OTHER_STORY, STORY, text
from tests.pipeline.builders import NOW, document, groups, store
from tests.running import ingest, rows

BAD = "bad"


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault after the text was written, in one text's placing: no input that we know of still brings one."""
    place, place_anew = planning.place, planning.place_anew

    def fail(draft: Draft, text: Text, changes: Changes) -> None:
        place(draft, text, changes)
        if text.facts.url.endswith(f"/{BAD}"):
            raise KeyError("a fault")

    def fail_again(draft: Draft, text: Text, changes: Changes, *, stale: bool) -> None:
        place_anew(draft, text, changes, stale=stale)
        if text.facts.url.endswith(f"/{BAD}"):
            raise KeyError("a fault")

    monkeypatch.setattr(planning, "place", fail)
    monkeypatch.setattr(planning, "place_anew", fail_again)


def state(db: sqlite3.Connection) -> list[object]:
    tables = ("articles", "copies", "fingerprints", "postings", "unsettled", "links", "pairs")
    return [[tuple(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")] for table in tables]


@pytest.mark.usefixtures("faulty")
def test_a_fault_costs_one_text_and_the_transaction_goes_on(
    db: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    matcher = Matcher(DedupSettings())
    good, bad, other = (
        document("good", text(*STORY)),
        document(BAD, text(*STORY), hours=1),
        document("other", text(*OTHER_STORY)),
    )
    prints = {each.url: fingerprint(each.text) for each in (good, bad, other)}
    with transaction(db):
        matcher.store(db, good, prints[good.url], now=NOW)
        before = state(db)
        with pytest.raises(MatchError, match="a fault"), caplog.at_level(logging.ERROR):
            matcher.store(db, bad, prints[bad.url], now=NOW)
        assert state(db) == before
        matcher.store(db, other, prints[other.url], now=NOW)
    assert groups(db) == {frozenset({"good"}), frozenset({"other"})}
    (record,) = caplog.records
    assert bad.url in record.getMessage()
    assert record.exc_info is not None


@pytest.mark.usefixtures("faulty")
def test_a_batch_is_halved_until_the_fault_is_alone(db: sqlite3.Connection, caplog: pytest.LogCaptureFixture) -> None:
    batch = [document(f"good{n}", f"{n} {text(*STORY)}", hours=n) for n in range(5)]
    batch.insert(3, document(BAD, text(*OTHER_STORY)))
    arrivals = [Arrival(each, fingerprint(each.text)) for each in batch]
    with transaction(db):
        stored = Matcher(DedupSettings()).store_many(db, arrivals, now=NOW)
    assert [isinstance(each, MatchError) for each in stored] == [False, False, False, True, False, False]
    assert groups(db) == {frozenset(f"good{n}" for n in range(5))}


def test_a_rededup_keeps_what_fails_where_it_stood(db: sqlite3.Connection, request: pytest.FixtureRequest) -> None:
    store(db, document("good", text(*STORY)), document(BAD, text(*STORY), hours=1), document("o", text(*OTHER_STORY)))
    before = groups(db)
    request.getfixturevalue("faulty")
    report = rededup(db, DedupSettings(), NOW, lambda step, done, texts: None)
    assert report.failed == 1
    assert groups(db) == before


def test_what_failed_is_tried_again(db: sqlite3.Connection) -> None:
    items = [Item("/archive", 1, "a", Outcome.CANONICAL, doc=1), Item("/archive", 2, "b", Outcome.MATCH_FAILED)]
    with transaction(db):
        record_items(db, items, NOW)
    assert done_items(db, "/archive", 1, 2) == {1: "a"}
    assert retry_after_upgrade(db, "1.0", NOW) == 1
    with transaction(db):
        record_items(db, items, NOW)
    assert retry_after_upgrade(db, "1.0", NOW) == 0
    assert retry_entries(db, [Outcome.MATCH_FAILED], NOW) == 1
    assert retry_after_upgrade(db, "1.1", NOW) == 0


@pytest.mark.shared
def test_no_backfill_dies_of_merging_articles(shared: Path, tmp_path: Path) -> None:
    source, db = shared / "data" / "real" / "nexis.jsonl.gz", tmp_path / "n.db"
    ingest("backfill", source, "--db", db, within=280)  # speed is the benches' matter
    assert rows(db, "SELECT count(*) FROM entries WHERE outcome IN ('pending', 'match_failed')") == [(0,)]
    assert rows(db, "SELECT count(*) > 4000 FROM publications") == [(1,)]
