"""A text's agency is its own; what an article has from its copies goes with them, and is told with its evidence."""

from __future__ import annotations

import itertools
import json
import sqlite3

import pytest

from ingest.agencies.table import Kind, load_sources
from ingest.model import Document, Evidence
from ingest.pipeline.corrections import split
from ingest.pipeline.prune import take_down
from ingest.settings import DedupSettings
from tests.dedup.builders import LOCAL, STORY, text
from tests.pipeline.builders import NOW, canonical, document, store

SETTINGS = DedupSettings()
WIRES = [row for row in load_sources().rows if row.kind is Kind.WIRE and row.domains]


def told(name: str, body: str, agency: str, *, hours: float = 0, site: str | None = None) -> Document:
    made = document(name, body, hours=hours, site=site)
    return Document(
        url=made.url, text=made.text, title=made.title, site=made.site, published_at=made.published_at,
        agency=agency, evidence=Evidence("dateline", 0.97, f"VELMAR ({agency.upper()}) -"),
    )  # fmt: skip


def origins(db: sqlite3.Connection) -> dict[str, tuple[str, bool]]:
    """Name → agency, and whether it is inherited."""
    rows = db.execute("SELECT url, agency, inherited FROM origins")
    return {url.rsplit("/", 1)[1]: (agency, bool(inherited)) for url, agency, inherited in rows}


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_an_article_inherits_from_its_copies_in_any_order(db: sqlite3.Connection, order: tuple[int, ...]) -> None:
    texts = [
        document("plain", text(*STORY), hours=1),
        told("client", text(*STORY[:9]), "afp", hours=2),
        document("other", text(*STORY[:10]), hours=3),
    ]
    store(db, *(texts[number] for number in order))
    assert origins(db) == {"plain": ("afp", True), "client": ("afp", False), "other": ("afp", True)}
    row = db.execute("SELECT place, confidence, evidence, evidence_doc, kind FROM origins LIMIT 1").fetchone()
    doc = db.execute("SELECT doc FROM publications WHERE url LIKE '%/client'").fetchone()[0]
    assert tuple(row) == ("dateline", 0.97, "VELMAR (AFP) -", doc, "wire")
    assert db.execute("SELECT count(*) FROM articles WHERE agency IS NOT NULL").fetchone()[0] == 0


def test_what_was_inherited_goes_with_the_copy(db: sqlite3.Connection) -> None:
    store(db, document("opinion", text(*STORY), hours=1), told("wire", text(*STORY[:9]), "ap", hours=2))
    assert origins(db)["opinion"] == ("ap", True)
    split(db, "https://wire.example/wire", SETTINGS, NOW)
    assert origins(db) == {"wire": ("ap", False)}


def test_a_demoted_canonical_text_takes_no_agency_along(db: sqlite3.Connection) -> None:
    store(db, document("late", text(*STORY), hours=5), told("client", text(*STORY[:9]), "afp", hours=6))
    store(db, document("early", text(*STORY), hours=1))
    assert canonical(db, "late") == "early"
    take_down(db, "https://client.example/client", NOW, SETTINGS)
    assert origins(db) == {}
    assert db.execute("SELECT count(*) FROM publications WHERE agency IS NOT NULL").fetchone()[0] == 0


def test_what_a_copy_with_much_of_its_own_says_is_not_said_of_the_article(db: sqlite3.Connection) -> None:
    store(db, document("paper", text(*STORY), hours=1), told("mix", text(*STORY, *LOCAL), "ap", hours=2))
    assert origins(db) == {"mix": ("ap", False)}


def test_a_text_that_names_its_agency_keeps_it(db: sqlite3.Connection) -> None:
    store(
        db,
        told("first", text(*STORY), "ap", hours=1),
        told("second", text(*STORY[:10]), "afp", hours=2),
        told("third", text(*STORY[:9]), "afp", hours=3),
        document("fourth", text(*STORY[:8]), hours=4),
    )
    assert origins(db)["first"] == ("ap", False)
    assert origins(db)["third"] == ("afp", False)
    assert origins(db)["fourth"] == ("ap", True), "the canonical text's word is the article's"


def test_most_copies_decide_where_the_canonical_text_says_nothing(db: sqlite3.Connection) -> None:
    store(
        db,
        document("first", text(*STORY), hours=1),
        told("second", text(*STORY[:11]), "ap", hours=2),
        told("third", text(*STORY[:10]), "afp", hours=3),
        told("fourth", text(*STORY[:9]), "afp", hours=4),
    )
    assert origins(db)["first"] == ("afp", True)


@pytest.mark.parametrize("wire", WIRES, ids=lambda row: row.code)
def test_the_wires_own_page_stands_first(db: sqlite3.Connection, wire: object) -> None:
    source = next(row for row in WIRES if row is wire)
    store(
        db,
        told("client", text(*STORY), source.code, hours=1),
        told("own", text(*STORY), source.code, hours=9, site=source.domains[0]),
    )
    assert canonical(db, "client") == "own"
    assert [row[0] for row in db.execute("SELECT own_site FROM origins ORDER BY url LIKE '%/own'")] == [0, 1]


def test_the_table_of_agencies_is_the_packages(db: sqlite3.Connection) -> None:
    row = db.execute("SELECT name, kind, country, domains FROM agencies WHERE code = 'ntb'").fetchone()
    assert (row[0], row[1], row[2], json.loads(row[3])) == ("NTB", "wire", "NO", ["ntb.no"])
    assert db.execute("SELECT count(*) FROM agencies").fetchone()[0] == len(load_sources().rows)
