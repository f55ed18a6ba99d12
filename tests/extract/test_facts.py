"""Titles, authors, times and JSON-LD as pages state them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.extract.authors import clean_names, last_first_turned
from ingest.extract.dates import parse_moment
from ingest.extract.html import tree_of
from ingest.extract.jsonld import article_of, body_of, items_of, load, text_of
from ingest.extract.metadata import Facts, facts_of
from ingest.extract.titles import Form, choose_title
from ingest.model import Precision
from tests.extract.pages import URL, html, json_ld


def facts(head: str, body: str = "<p>x</p>") -> Facts:
    return facts_of(tree_of(html(body, head).encode()), URL, not_after=datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("forms", "names", "title"),
    [
        ([("og", "Wall to be rebuilt | The Paper"), ("h1", "Wall to be rebuilt")], ["The Paper"], "Wall to be rebuilt"),
        (
            [("title", "Wall to be rebuilt - Coast - Paper.example")],
            ["paper.example", "paper"],
            "Wall to be rebuilt - Coast",
        ),
        (
            [("title", "Wall to be rebuilt - Coast - Paper"), ("h1", "Wall to be rebuilt")],
            ["paper"],
            "Wall to be rebuilt",
        ),
        ([("title", "防波堤を再建へ：新聞Web")], ["新聞Web"], "防波堤を再建へ"),
        (
            [("h1", "A wall"), ("json-ld", "A wall – and a town"), ("og", "A wall – and a town")],
            [],
            "A wall – and a town",
        ),
        (
            [("h1", "Port Ellery: Town rebuilds its wall"), ("og", "Town rebuilds its wall")],
            [],
            "Town rebuilds its wall",
        ),
        ([("h1", "Gale - “It will not stand”"), ("og", "Wall: “It will not stand”")], [], "“It will not stand”"),
        ([("og", "Weltmeister - ein Porträt")], ["welt"], "Weltmeister - ein Porträt"),
        ([("h1", "The Paper")], ["The Paper"], None),
        ([], [], None),
    ],
)
def test_the_title_is_what_the_forms_agree_on_without_the_site(
    forms: list[tuple[str, str]], names: list[str], title: str | None
) -> None:
    chosen = choose_title([Form(*form) for form in forms], names)
    assert (chosen.text if chosen else None) == title


@pytest.mark.parametrize(
    ("statements", "names"),
    [
        (["By Ann Lee"], ("Ann Lee",)),
        (["Von Birgit Baumann und Jan Wolf"], ("Birgit Baumann", "Jan Wolf")),
        (["By Ann Lee, Staff Writer"], ("Ann Lee",)),
        (["Ann Lee and Bo Ek in Oslo"], ("Ann Lee", "Bo Ek")),
        (["Ann Lee For Dailypaper.Com"], ("Ann Lee",)),
        (["Autor: Monika Bolliger und Anna Trechsel"], ("Monika Bolliger", "Anna Trechsel")),
        (["Ann Lee", "ann lee"], ("Ann Lee",)),
        (["Miguel A. Herguedas"], ("Miguel A. Herguedas",)),
        (["AFP"], ("AFP",)),
        (["https://paper.example/authors/ann", "@annlee", "admin", "12345", ""], ()),
        (["srf/hosb; kesm"], ("srf/hosb", "kesm")),
        (["Trine Jørgensen og Tôrtia Reimer"], ("Trine Jørgensen", "Tôrtia Reimer")),
    ],
)
def test_bylines_become_names(statements: list[str], names: tuple[str, ...]) -> None:
    assert clean_names(statements) == names


def test_libraries_write_last_names_first() -> None:
    assert last_first_turned(["Lee, Ann", "Ek, Bo"]) == ["Ann Lee", "Bo Ek"]
    assert last_first_turned(["Seb Dumitru, Lille"]) == ["Seb Dumitru, Lille"]


SECOND, DAY = Precision.SECOND, Precision.DAY


@pytest.mark.parametrize(
    ("stated", "moment"),
    [
        ("2026-03-01T10:00:00Z", (datetime(2026, 3, 1, 10, tzinfo=UTC), SECOND)),
        ("2026-03-01T10:00:00.123+0200", (datetime(2026, 3, 1, 8, tzinfo=UTC), SECOND)),
        ("2026-03-01 10:00:00 +02:00", (datetime(2026, 3, 1, 8, tzinfo=UTC), SECOND)),
        ("2026-03-01T10:00Z", (datetime(2026, 3, 1, 10, tzinfo=UTC), SECOND)),
        ("Sun, 01 Mar 2026 10:00:00 GMT", (datetime(2026, 3, 1, 10, tzinfo=UTC), SECOND)),
        ("2026-03-01 10:00:00.0", (datetime(2026, 3, 1, 10, tzinfo=UTC), DAY)),
        ("2026-03-01", (datetime(2026, 3, 1, tzinfo=UTC), DAY)),
        ("20260301", (datetime(2026, 3, 1, tzinfo=UTC), DAY)),
        ("1772359200", (datetime(2026, 3, 1, 10, tzinfo=UTC), SECOND)),
        (1772359200000, (datetime(2026, 3, 1, 10, tzinfo=UTC), SECOND)),
        ("0000-00-00", None),
        ("2026-02-31", None),
        ("+292277026596-12-04T15:30:08Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1969-12-31", None),
        ("2026-03-09", None),
        ("yesterday", None),
        ("2" * 10_000, None),
        (float("inf"), None),
        (None, None),
        (True, None),
    ],
)
def test_times_are_read_and_impossible_ones_are_not_believed(stated: object, moment: object) -> None:
    assert parse_moment(stated, datetime(2026, 3, 2, tzinfo=UTC)) == moment


@pytest.mark.parametrize(
    "text",
    [
        '{"headline": "A"}',
        '<!-- {"headline": "A"} -->',
        '//<![CDATA[\n{"headline": "A"}\n//]]>',
        '{"headline": "A",}',
        '{"headline": "A"\n"x": 1}',
        '{"headline": "A", "x": "C:\\path"}',
        '{"headline": "A", "x": "line\nbreak"}',
        "{&quot;headline&quot;: &quot;A&quot;}",
        '{"headline": "A"};',
        '{"headline": "A", "x": [1, 2',
    ],
)
def test_broken_json_is_mended(text: str) -> None:
    assert load(text)["headline"] == "A"


def test_json_beyond_mending_is_nothing() -> None:
    assert load("not json") is None
    assert load("[" * 100_000) is None


def test_the_article_is_found_in_a_graph_by_its_url() -> None:
    graph = {
        "@graph": [
            {"@type": "WebSite", "name": "The Paper"},
            {"@type": "NewsArticle", "headline": "Another", "url": "https://paper.example/another"},
            {"@type": ["Thing", "schema:NewsArticle"], "headline": "This one", "url": URL},
            {"@type": "WebPage", "datePublished": "2026-03-01T10:00:00Z"},
        ]
    }
    import json

    script = f'<script type="application/ld+json">{json.dumps(graph)}</script>'
    article = article_of(items_of(tree_of(html(head=script).encode())), URL)
    assert article["headline"] == "This one"
    assert article["datePublished"] == "2026-03-01T10:00:00Z"


@pytest.mark.parametrize("link", ["http://[", "//]/story", "http://[::1/x"])
def test_a_url_in_json_ld_that_is_none_is_passed_over(link: str) -> None:
    items = [{"@type": "NewsArticle", "headline": "Other", "url": link}, {"@type": "NewsArticle", "url": URL}]
    assert article_of(items, URL) == items[1]
    assert article_of(items[:1], URL)["headline"] == "Other"


def test_texts_of_json_ld_are_plain() -> None:
    assert text_of("A &amp;amp; <b>B</b>\n C") == "A & B C"
    assert text_of([None, {"@value": "A"}]) == "A"
    assert body_of("<p>One.</p><p>Two.</p>") == "One.\nTwo."
    assert body_of({}) is None


def test_each_fact_names_its_source() -> None:
    found = facts(
        json_ld(
            headline="Wall to be rebuilt",
            author=[{"@type": "Person", "name": "Ann Lee"}, {"@type": "Person", "givenName": "Bo", "familyName": "Ek"}],
            datePublished="2026-03-01T10:00:00Z",
            dateModified="2026-03-01T11:00:00Z",
            articleSection="Coast",
            image={"url": "/wall.jpg"},
            publisher={"name": "The Paper"},
        )
        + '<meta property="og:title" content="Wall to be rebuilt | The Paper">'
    )
    assert found.title == "Wall to be rebuilt"
    assert found.authors == ("Ann Lee", "Bo Ek")
    assert found.section == "Coast"
    assert found.image == "https://paper.example/wall.jpg"
    assert found.modified == (datetime(2026, 3, 1, 11, tzinfo=UTC), Precision.SECOND)
    assert {found.provenance[fact] for fact in ("title", "author", "published_at", "section", "image")} == {"json-ld"}


def test_an_author_named_by_id_only_is_looked_up() -> None:
    script = json_ld(author={"@id": "#ann"}) + json_ld(**{"@type": "Person", "@id": "#ann", "name": "Ann Lee"})
    assert facts(script).authors == ("Ann Lee",)


def test_a_byline_goes_before_an_outlet_that_names_itself() -> None:
    head = json_ld(author={"@type": "Organization", "name": "The Paper"}, publisher={"name": "The Paper"})
    assert facts(head, '<div class="byline">By Ann Lee</div>').authors == ("Ann Lee",)
    assert facts(head).authors == ("The Paper",)


def test_credits_of_pictures_are_no_authors() -> None:
    body = '<figure><meta itemprop="author" content="(Image: Getty Images)"></figure>'
    assert facts('<meta name="author" content="Ann Lee">', body).authors == ("Ann Lee",)
