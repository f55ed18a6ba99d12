"""A document's way into the database: article, copy, revision; elections, links, evidence, rollback."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.dedup.fingerprint import fingerprint
from ingest.model import Document, Outcome, Precision, Relation
from ingest.pipeline.match import Matcher
from ingest.settings import DedupSettings
from ingest.store.database import transaction
from ingest.store.invariants import INVARIANTS
from tests.dedup.builders import LOCAL, NOVEL, ORCHARD, OTHER_STORY, RACE, RECIPE, STORY, text
from tests.pipeline.builders import FIRST, NOW, canonical, document, groups, links, store

WHOLE = text(*STORY)


@pytest.fixture(autouse=True)
def sound(db: sqlite3.Connection) -> Iterator[None]:
    """What must hold of every database holds at the end of every test."""
    yield
    broken = {each.rule: db.execute(each.violations).fetchall() for each in INVARIANTS}
    assert not any(broken.values()), broken


def test_a_new_text_is_an_article(db: sqlite3.Connection) -> None:
    (stored,) = store(db, document("first", WHOLE))
    assert (stored.outcome, stored.standing.relation) == (Outcome.CANONICAL, Relation.CANONICAL)
    row = db.execute("SELECT url, title, site, copies, sites, word_count FROM articles").fetchone()
    assert tuple(row) == ("https://first.example/first", "Title of first", "first.example", 0, 1, 204)


@pytest.mark.parametrize(
    ("what", "body", "relation"),
    [
        ("verbatim", WHOLE, Relation.EXACT),
        ("shuffled", text(*reversed(STORY)), Relation.EXACT),
        ("edited", WHOLE.replace(" said", " told us"), Relation.NEAR),
        ("trimmed", text(*STORY[:5]), Relation.EXCERPT),
        ("extended", text(*STORY, *LOCAL), Relation.EXTENDED),
        ("a few words of its own", text(*STORY, LOCAL[0]), Relation.NEAR),
        ("cut and extended", text(*STORY[:8], *LOCAL), Relation.ADAPTED),
    ],
)
def test_a_copy_stands_beside_its_canonical_text(
    db: sqlite3.Connection, what: str, body: str, relation: Relation
) -> None:
    _, copy = store(db, document("first", WHOLE), document("copy", body, hours=3))
    assert (copy.outcome, copy.standing.relation) == (Outcome.COPY, relation), what
    row = db.execute("SELECT a.copies, a.sites, c.relation, c.jaccard FROM articles a JOIN copies c").fetchone()
    assert tuple(row)[:3] == (1, 2, relation)
    assert row[3] == pytest.approx(copy.standing.jaccard, abs=1e-6)


def test_the_same_url_with_the_same_text_changes_nothing(db: sqlite3.Connection) -> None:
    first = document("first", WHOLE)
    store(db, first)
    again, respaced = store(db, first, replace(first, text=WHOLE.replace("\n", "  \n ").replace("'", "’")))
    assert again.outcome is respaced.outcome is Outcome.SAME_URL
    assert db.execute("SELECT count(*) FROM revisions").fetchone()[0] == 0


def test_a_changed_text_under_the_same_url_is_a_revision(db: sqlite3.Connection) -> None:
    (before,) = store(db, document("first", WHOLE))
    (after,) = store(db, document("first", text(*STORY, *LOCAL[:1])))
    assert (after.outcome, after.doc, after.article_id) == (Outcome.REVISION, before.doc, before.article_id)
    assert db.execute("SELECT text FROM revisions").fetchone()[0] == WHOLE
    assert LOCAL[0] in db.execute("SELECT text FROM articles").fetchone()[0]
    assert db.execute("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'clothing'").fetchone()[0] == 1


def test_a_revised_text_is_matched_again(db: sqlite3.Connection) -> None:
    store(db, document("first", WHOLE), document("other", text(*OTHER_STORY), hours=2))
    (revised,) = store(db, document("other", text(*STORY[:10]), hours=2))
    assert (revised.outcome, groups(db)) == (Outcome.REVISION, {frozenset({"first", "other"})})
    (parted,) = store(db, document("other", text(*OTHER_STORY), hours=2))
    assert groups(db) == {frozenset({"first"}), frozenset({"other"})}
    assert db.execute("SELECT count(*) FROM revisions WHERE doc = ?", (parted.doc,)).fetchone()[0] == 2


def test_the_same_feed_entry_at_another_url_is_a_revision(db: sqlite3.Connection) -> None:
    (before,) = store(db, document("first", WHOLE))
    (moved,) = store(db, document("moved", text(*STORY, LOCAL[0])), replaces=before.doc)
    assert (moved.outcome, moved.doc) == (Outcome.REVISION, before.doc)
    assert db.execute("SELECT url FROM articles").fetchone()[0] == "https://moved.example/moved"


def test_a_canonical_text_that_is_revised_leaves_its_copies_an_heir(db: sqlite3.Connection) -> None:
    stored = store(db, *(document(name, WHOLE, hours=n) for n, name in enumerate(["first", "second", "third"])))
    store(db, document("first", text(*OTHER_STORY)))
    assert groups(db) == {frozenset({"first"}), frozenset({"second", "third"})}
    assert canonical(db, "third") == "second"
    assert db.execute("SELECT id FROM articles WHERE url LIKE '%/second'").fetchone()[0] == stored[0].article_id


def test_an_earlier_text_that_comes_late_is_elected_and_the_id_stays(db: sqlite3.Connection) -> None:
    late, early = store(db, document("late", WHOLE, hours=5), document("early", WHOLE, hours=1))
    assert (early.outcome, early.article_id) == (Outcome.CANONICAL, late.article_id)
    assert canonical(db, "late") == "early"
    assert db.execute("SELECT doc FROM copies").fetchone()[0] == late.doc


def test_figures_follow_the_election(db: sqlite3.Connection) -> None:
    store(db, document("trim", text(*STORY[:5]), hours=5), document("trim2", text(*STORY[:4]), hours=6))
    store(db, document("whole", WHOLE, hours=9))
    rows = {row[0].rsplit("/", 1)[1]: row for row in db.execute("SELECT url, relation, containment FROM copies")}
    assert canonical(db, "trim2") == "whole"
    assert {name: (row[1], row[2]) for name, row in rows.items()} == {
        "trim": ("excerpt", 1.0),
        "trim2": ("excerpt", 1.0),
    }


def test_two_articles_that_turn_out_one_leave_a_redirect(db: sqlite3.Connection) -> None:
    first, second = store(db, document("head", text(*STORY[:5]), hours=5), document("tail", text(*STORY[7:]), hours=6))
    (whole,) = store(db, document("whole", WHOLE, hours=7))
    assert groups(db) == {frozenset({"head", "tail", "whole"})}
    assert whole.article_id == first.article_id
    assert tuple(db.execute("SELECT old_id, article_id FROM redirects").fetchone()) == (
        second.article_id,
        first.article_id,
    )


def test_a_chain_does_not_become_one_article(db: sqlite3.Connection) -> None:
    pool = STORY + OTHER_STORY + LOCAL
    # Each shares three fifths of its sentences with the next, and the first little with the last.
    chain = [text(*pool[start : start + 10]) for start in range(0, 16, 4)]
    store(db, *(document(f"link{n}", body, hours=n) for n, body in enumerate(chain)))
    assert len(groups(db)) >= 2
    assert not any({"link0", "link3"} <= group for group in groups(db))


def test_an_update_is_an_article_of_its_own_and_linked(db: sqlite3.Connection) -> None:
    update = text(*OTHER_STORY[:4], *STORY[4:])
    store(db, document("first", WHOLE), document("update", update, hours=3))
    assert groups(db) == {frozenset({"first"}), frozenset({"update"})}
    assert links(db) == {("update", "update", "first")}


def test_items_of_a_live_blog_are_linked_as_parts_whichever_comes_first(db: sqlite3.Connection) -> None:
    items = [STORY[start : start + 4] for start in (0, 4, 8)] + [OTHER_STORY[:4], OTHER_STORY[4:8]]
    blog = "\n".join(f"{hour}:15 a.m.\n{text(*item)}" for hour, item in enumerate(items, 6))
    store(db, document("one", text(*items[0])), document("two", text(*items[1]), hours=1))
    store(db, document("blog", blog, hours=9), document("late", text(*items[3])), document("last", text(*items[4])))
    assert links(db) == {("blog", "part_of", name) for name in ("one", "two", "late", "last")}


def test_a_round_up_is_known_by_the_articles_it_holds(db: sqlite3.Connection) -> None:
    stories = {"slide": STORY, "boats": OTHER_STORY, "frost": ORCHARD}
    roundup = text(*(sentence for story in stories.values() for sentence in story[:4]))
    store(db, *(document(name, text(*story[:5]), hours=n) for n, (name, story) in enumerate(stories.items())))
    store(db, document("roundup", roundup, hours=20))
    assert groups(db) == {frozenset({name}) for name in (*stories, "roundup")}


def test_a_frame_that_a_site_repeats_is_learned_and_what_it_hid_is_found(db: sqlite3.Connection) -> None:
    frame = [f"Line {n} of the frame that the Herald prints around all of its many pages." for n in range(12)]
    herald = {"site": "herald.example"}
    pages = [
        document(f"page{n}", text(*body, *frame), hours=n, **herald)
        for n, body in enumerate((NOVEL, RECIPE, ORCHARD, RACE))
    ]
    store(db, document("wire", text(*STORY[:5])), document("carried", text(*STORY[:3], *frame), hours=1, **herald))
    store(db, *pages)
    assert db.execute("SELECT count(*) FROM boilerplate WHERE site = 'herald.example'").fetchone()[0] == len(frame)
    assert frozenset({"wire", "carried"}) in groups(db)


def test_pages_that_share_no_more_than_their_sites_frame_stay_apart(db: sqlite3.Connection) -> None:
    herald = {"site": "herald.example"}
    pages = [
        document(f"page{n}", text(*body, *LOCAL), hours=n, **herald)
        for n, body in enumerate((NOVEL, RECIPE, ORCHARD, RACE))
    ]
    later = [
        document(f"later{n}", text(*body, *LOCAL), hours=9 + n, **herald)
        for n, body in enumerate((STORY[:6], STORY[6:], OTHER_STORY[:5], OTHER_STORY[5:]))
    ]
    store(db, *pages)
    assert db.execute("SELECT count(*) FROM boilerplate").fetchone()[0] == len(LOCAL)
    store(db, *later)
    assert len(groups(db)) == len(pages) + len(later)
    store(db, document("wire", text(*STORY[:6]), hours=20))
    assert frozenset({"later0", "wire"}) in groups(db)


def test_a_brief_in_a_large_frame_finds_its_copies(db: sqlite3.Connection) -> None:
    frame = [f"Plan {n} lets {n * 7} readers open page {n * 3} of the paper on {n * 5} devices." for n in range(40)]
    herald = {"site": "herald.example"}
    long = [text(*(" ".join(f"{name}{n}{k}" for k in "abcdefgh") + "." for n in range(60))) for name in "ABCD"]
    store(db, *(document(f"page{n}", text(body, *frame), hours=n, **herald) for n, body in enumerate(long)))
    assert db.execute("SELECT count(*) FROM boilerplate").fetchone()[0] == len(frame)
    for n, sentence in enumerate((*STORY, *OTHER_STORY)):
        brief = text(sentence, ORCHARD[n % 10], LOCAL[n % 5], *frame)
        first, second = store(
            db, document(f"brief{n}", brief, hours=9, **herald), document(f"again{n}", brief, hours=10, **herald)
        )
        assert first.article_id == second.article_id


def test_articles_learn_their_agency_from_a_copy(db: sqlite3.Connection) -> None:
    store(db, document("first", WHOLE), document("second", WHOLE, hours=2, agency="afp"))
    assert db.execute("SELECT DISTINCT agency FROM origins").fetchall()[0][0] == "afp"


def test_the_agencys_own_page_is_canonical_though_it_comes_last(db: sqlite3.Connection) -> None:
    store(db, document("client", WHOLE, hours=0, agency="ap"))
    store(db, document("own", WHOLE, hours=4, site="apnews.com", agency="ap"))
    assert canonical(db, "client") == "own"


def test_a_bare_day_does_not_beat_a_second_on_it(db: sqlite3.Connection) -> None:
    day = FIRST.replace(hour=0)
    bare = replace(document("bare", WHOLE), published_at=day, published_precision=Precision.DAY)
    store(db, bare, document("exact", WHOLE, hours=2))
    assert canonical(db, "bare") == "exact"


def test_a_window_keeps_apart_what_is_years_apart(db: sqlite3.Connection) -> None:
    matcher = Matcher(DedupSettings(window="7d"))
    old = replace(document("old", WHOLE), published_at=FIRST - timedelta(days=400))
    store(db, old, document("new", WHOLE), document("next", WHOLE, hours=30), matcher=matcher)
    assert groups(db) == {frozenset({"old"}), frozenset({"new", "next"})}


def test_every_comparison_leaves_its_evidence(db: sqlite3.Connection) -> None:
    store(db, document("first", WHOLE), document("copy", text(*STORY[:5]), hours=1))
    (pair,) = db.execute("SELECT a, b, kind, score, rule, larger, features FROM pairs")
    assert tuple(pair)[:3] == (1, 2, "copy")
    assert pair["score"] > 0
    assert pair["larger"] == 1
    assert json.loads(pair["features"])["containment"] == 1.0


def test_a_rolled_back_document_leaves_no_trace_in_the_matcher(db: sqlite3.Connection) -> None:
    matcher = Matcher(DedupSettings())

    def fail() -> None:
        with transaction(db):
            matcher.store(db, document("lost", WHOLE), fingerprint(WHOLE), now=NOW)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    matcher.forget()
    other = text(*OTHER_STORY)
    store(db, document("other", other), document("copy", other, hours=1), document("first", WHOLE), matcher=matcher)
    assert groups(db) == {frozenset({"other", "copy"}), frozenset({"first"})}


def test_a_brief_is_one_text_only_with_the_same_particulars(db: sqlite3.Connection) -> None:
    brief = "Quarterly dividend {} cents against {} cents before. Payable May {}. Record March {}."
    store(db, document("mem", brief.format(15, 12, 11, 31)), document("entex", brief.format(24, 20, 29, 4), hours=1))
    store(db, document("again", brief.format(15, 12, 11, 31), hours=2))
    assert groups(db) == {frozenset({"mem", "again"}), frozenset({"entex"})}


def test_every_article_stays_findable_when_a_text_leaves_it(db: sqlite3.Connection) -> None:
    store(
        db,
        document("first", WHOLE),
        document("copy", WHOLE, hours=1),
        document("edit", WHOLE.replace(" said", " told us"), hours=2),
    )
    store(db, document("first", text(*OTHER_STORY)))
    store(db, document("late", WHOLE, hours=9))
    assert groups(db) == {frozenset({"first"}), frozenset({"copy", "edit", "late"})}


def test_the_newest_document_of_a_url_without_a_date_keeps_the_old_date(db: sqlite3.Connection) -> None:
    store(db, document("first", WHOLE, hours=4))
    changed: Document = replace(document("first", text(*STORY, LOCAL[0])), published_at=None)
    store(db, changed)
    assert db.execute("SELECT published_at FROM articles").fetchone()[0] == "2026-03-01T12:00:00Z"


def figures(db: sqlite3.Connection, name: str) -> tuple[str, float, int]:
    row = db.execute("SELECT relation, carried, own_words FROM copies WHERE url LIKE '%/' || ?", (name,)).fetchone()
    return row[0], row[1], row[2]


def test_what_a_copy_carries_follows_either_text(db: sqlite3.Connection) -> None:
    words = [len(sentence.split()) for sentence in (*STORY, *LOCAL)]
    story, half = sum(words[:12]), sum(words[:6])
    store(db, document("first", WHOLE), document("copy", text(*STORY[:6]), hours=3))
    assert figures(db, "copy") == (Relation.EXCERPT, pytest.approx(half / story, abs=0.01), 0)
    store(db, document("copy", text(*STORY[:6], *LOCAL[:3]), hours=3))
    assert figures(db, "copy") == (
        Relation.ADAPTED,
        pytest.approx(half / story, abs=0.01),
        pytest.approx(sum(words[12:15]), abs=2),
    )
    store(db, document("first", text(*STORY[:7])))
    carried = half / sum(words[:7])
    assert figures(db, "copy") == (
        Relation.EXTENDED,
        pytest.approx(carried, abs=0.01),
        pytest.approx(sum(words[12:15]), abs=2),
    )


def test_what_a_copy_carries_follows_an_election(db: sqlite3.Connection) -> None:
    store(db, document("late", text(*STORY[:10]), hours=9), document("cut", text(*STORY[:7]), hours=12))
    before = figures(db, "cut")
    store(db, document("early", WHOLE, hours=1))
    assert canonical(db, "cut") == "early"
    assert figures(db, "cut")[1] < before[1]
    assert figures(db, "late") == (Relation.NEAR, pytest.approx(0.83, abs=0.02), 0)
