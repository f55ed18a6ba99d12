"""The rows of articles, copies, links, redirects and revisions."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import replace

import pytest

from ingest.dedup.placement import Link, Standing
from ingest.errors import StoreError
from ingest.model import LinkKind, Relation
from ingest.store import articles, searchable
from ingest.store.articles import Placed, Publication
from ingest.store.database import transaction
from ingest.store.invariants import broken_invariants

NOW = "2026-03-01T12:00:00Z"


def publication(doc: int, *, site: str = "paper.example", agency: str | None = None) -> Publication:
    url = f"https://{site}/{doc}"
    return Publication(
        doc, url, f"Title {doc}", site, None, agency, "en", NOW, "second", NOW, f"Body of text {doc}.", 4
    )


def copy(doc: int, article_id: int, *, site: str = "paper.example", agency: str | None = None) -> Placed:
    return Placed(publication(doc, site=site, agency=agency), article_id, Standing(Relation.NEAR, 0.8, 0.9))


def test_a_text_is_found_by_its_url_wherever_it_stands(db: sqlite3.Connection) -> None:
    article_id = articles.add_article(db, publication(1))
    articles.add_copy(db, copy(2, article_id))
    assert articles.doc_of_url(db, "https://paper.example/1") == 1
    assert articles.doc_of_url(db, "https://paper.example/2") == 2
    assert articles.doc_of_url(db, "https://paper.example/3") is None


def test_places_tell_canonical_from_copy(db: sqlite3.Connection) -> None:
    article_id = articles.add_article(db, publication(1))
    articles.add_copy(db, copy(2, article_id))
    places = articles.places_of(db, [1, 2, 3])
    assert {doc: place.relation for doc, place in places.items()} == {1: Relation.CANONICAL, 2: Relation.NEAR}
    assert places[1].publication == publication(1)
    assert places[2] == copy(2, article_id)
    assert [place.doc for place in articles.members_of(db, [article_id])] == [1, 2]


def test_another_canonical_text_keeps_the_id_and_the_search_follows(db: sqlite3.Connection) -> None:
    with transaction(db):
        article_id = articles.add_article(db, publication(1))
    with transaction(db):
        articles.set_canonical(db, article_id, publication(7))
    assert tuple(db.execute("SELECT id, doc, text FROM articles").fetchone()) == (article_id, 7, "Body of text 7.")
    found = db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH '\"text 7\"'").fetchall()
    assert [row[0] for row in found] == [article_id]
    assert db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH '\"text 1\"'").fetchall() == []


def _search(db: sqlite3.Connection, word: str) -> list[int]:
    return [row[0] for row in db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?", (word,))]


def _check_index(db: sqlite3.Connection) -> None:
    """Raises where the index and the table disagree."""
    db.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")


def test_the_search_follows_whatever_a_transaction_does_to_an_article(db: sqlite3.Connection) -> None:
    with transaction(db):
        first, second, third = (articles.add_article(db, publication(doc)) for doc in (1, 2, 3))
        articles.set_canonical(db, second, publication(20))
        articles.remove_article(db, third)
    assert [_search(db, word) for word in ("1", "20", "2", "3")] == [[first], [second], [], []]
    with transaction(db):
        fourth = articles.add_article(db, publication(4))
        articles.set_canonical(db, first, publication(10))
        articles.set_canonical(db, first, publication(11))
        articles.remove_article(db, second)
    assert [_search(db, word) for word in ("1", "10", "11", "20", "4")] == [[], [], [first], [], [fourth]]
    assert db.execute("SELECT count(*) FROM reindex").fetchone()[0] == 0
    _check_index(db)


def test_what_was_rolled_back_is_not_searched_for(db: sqlite3.Connection) -> None:
    with transaction(db):
        article_id = articles.add_article(db, publication(1))
    with suppress(ZeroDivisionError), transaction(db):
        articles.set_canonical(db, article_id, publication(2))
        raise ZeroDivisionError
    assert (_search(db, "1"), _search(db, "2")) == ([article_id], [])
    _check_index(db)


def test_counts_come_from_the_copies_and_the_agency_does_not(db: sqlite3.Connection) -> None:
    article_id = articles.add_article(db, publication(1))
    for doc, site, agency in ((2, "a.example", "afp"), (3, "a.example", "afp"), (4, "b.example", "ap")):
        articles.add_copy(db, copy(doc, article_id, site=site, agency=agency))
    articles.count_copies(db, [article_id])
    assert tuple(db.execute("SELECT copies, sites, agency FROM articles").fetchone()) == (3, 3, None)


def test_a_dissolved_article_stays_resolvable_through_any_number_of_merges(db: sqlite3.Connection) -> None:
    first, second, third = (articles.add_article(db, publication(doc)) for doc in (1, 2, 3))
    articles.dissolve(db, first, second)
    articles.dissolve(db, second, third)
    assert [articles.current_id(db, each) for each in (first, second, third, 99)] == [third, third, third, None]


def test_the_links_of_an_article_go_with_it(db: sqlite3.Connection) -> None:
    first, second, third = (articles.add_article(db, publication(doc)) for doc in (1, 2, 3))
    articles.add_link(db, second, first, Link(LinkKind.UPDATE, 2, 1, 2, 1, 0.3, 0.5), NOW)
    articles.add_link(db, third, first, Link(LinkKind.PART_OF, 3, 1, 3, 1, 0.1, 0.9), NOW)
    articles.dissolve(db, second, third)
    assert [tuple(row)[:5] for row in articles.links_of(db, [first])] == [(third, first, "part_of", 3, 1)]
    articles.remove_links(db, [first])
    assert articles.links_of(db, [third]) == []


def test_revisions_follow_each_other_in_time(db: sqlite3.Connection) -> None:
    articles.add_article(db, publication(1))
    articles.add_revision(db, publication(1), "2026-03-02T00:00:00Z")
    articles.add_revision(db, publication(1), "2026-03-03T00:00:00Z")
    rows = db.execute("SELECT first_seen_at, replaced_at FROM revisions ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [
        (NOW, "2026-03-02T00:00:00Z"),
        ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"),
    ]


def test_a_person_names_a_text_by_url_doc_or_article(db: sqlite3.Connection) -> None:
    articles.add_article(db, publication(40))
    article_id = articles.add_article(db, publication(5))
    articles.add_copy(db, copy(6, article_id))
    for name, doc in ((str(article_id), 5), ("doc:6", 6), ("https://paper.example/6", 6)):
        assert articles.doc_named(db, name) == doc
    articles.dissolve(db, 1, article_id)
    assert articles.doc_named(db, "1") == 5
    for name in ("77", "doc:77", "https://paper.example/77", "doc:x"):
        with pytest.raises(StoreError, match="no such text"):
            articles.doc_named(db, name)


def _search_copies(db: sqlite3.Connection, word: str) -> list[int]:
    return [row[0] for row in db.execute("SELECT rowid FROM copies_fts WHERE copies_fts MATCH ?", (word,))]


def test_copies_are_searched_too_through_whatever_becomes_of_them(db: sqlite3.Connection) -> None:
    with transaction(db):
        article_id = articles.add_article(db, publication(1))
        for doc in (2, 3, 4):
            articles.add_copy(db, copy(doc, article_id))
    assert [_search_copies(db, word) for word in ("1", "2", "3", "4")] == [[], [2], [3], [4]]
    with transaction(db):
        articles.remove_copy(db, 2)
        articles.remove_copy(db, 3)
        articles.add_copy(db, copy(3, article_id))
        articles.move_copy(db, copy(4, article_id))
        db.execute("UPDATE copies SET title = '港口的渡轮' WHERE doc = 4")
    assert [_search_copies(db, word) for word in ("2", "3", "渡轮", '"title 4"')] == [[], [3], [4], []]
    assert [searchable.disagreeing(db, table) for table in searchable.SEARCHED] == [[], [], []]


@pytest.mark.parametrize("table", ["articles", "copies"])
def test_an_index_that_does_not_agree_is_told_and_written_anew(db: sqlite3.Connection, table: str) -> None:
    with transaction(db):
        article_id = articles.add_article(db, replace(publication(1), text="渡轮触礁，无人受伤"))
        articles.add_copy(
            db, Placed(replace(publication(2), text="渡轮触礁，全部获救"), article_id, Standing(Relation.NEAR))
        )
    rowid = {"articles": article_id, "copies": 2}[table]
    # What sqlite-utils' own command does: without the words within words
    db.execute(f"INSERT INTO {table}_fts ({table}_fts) VALUES ('rebuild')")
    assert searchable.disagreeing(db, table) == [rowid]
    assert any(f"agrees with {table}" in broken.rule for broken in broken_invariants(db))
    with transaction(db):
        searchable.rebuild(db)
    assert searchable.disagreeing(db, table) == []
    db.execute(f"INSERT INTO {table}_fts (rowid, title, text) VALUES (77, 'left', 'behind')")
    assert searchable.disagreeing(db, table) == [77]
