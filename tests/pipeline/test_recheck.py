"""`doctor --deep`: what stands in an archive is held against what its texts give."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ingest.dedup.recheck import Flaw
from ingest.pipeline.recheck import INDEX, LINKS, STANDING, recheck_archive
from ingest.pipeline.settle import Settling
from ingest.settings import DedupSettings
from ingest.store.placement import unsettle
from tests.dedup.builders import LOCAL, NOVEL, OTHER_STORY, STORY, text
from tests.pipeline.builders import NOW, document, links, store
from tests.running import ingest, output_json

SETTINGS = DedupSettings()


@pytest.fixture
def archive(db: sqlite3.Connection) -> sqlite3.Connection:
    """Four articles: one of four texts, two of them word for word; one of two; a round-up, and one alone."""
    store(
        db,
        document("first", text(*STORY), hours=1),
        document("twin", text(*STORY), hours=2),
        document("cut", text(*STORY[:7]), hours=3),
        document("longer", text(*STORY, *LOCAL[:2]), hours=4),
        document("other", text(*OTHER_STORY), hours=1),
        document("other-cut", text(*OTHER_STORY[:6]), hours=2),
        document("novel", text(*NOVEL), hours=2),
        document("round-up", text(*STORY[:4], *OTHER_STORY[:4], *NOVEL[:4], LOCAL[4]), hours=9),
    )
    Settling(SETTINGS).all(db, NOW)
    assert links(db)
    return db


def broken_rules(db: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    return {each.rule: each.samples for each in recheck_archive(db, SETTINGS).broken}


def test_a_settled_archive_is_what_its_texts_give(archive: sqlite3.Connection) -> None:
    found = recheck_archive(archive, SETTINGS)
    assert found.broken == ()
    assert found.passed_over == 0
    assert found.nodes == archive.execute("SELECT count(*) FROM fingerprints WHERE leader = doc").fetchone()[0]
    assert archive.total_changes == recheck_and_count(archive), "it writes nothing"


def recheck_and_count(db: sqlite3.Connection) -> int:
    recheck_archive(db, SETTINGS)
    return db.total_changes


@pytest.mark.parametrize(
    ("planted", "rule", "culprit"),
    [
        # Another text of the archive has come to stand for the article.
        (
            "UPDATE copies SET article_id = (SELECT id FROM articles WHERE url LIKE '%/novel') WHERE url LIKE '%/cut'",
            Flaw.GROUP,
            "https://first.example/first",
        ),
        ("UPDATE copies SET relation = 'exact' WHERE url LIKE '%/cut'", STANDING, "https://cut.example/cut"),
        ("UPDATE copies SET jaccard = 0.9 WHERE url LIKE '%/longer'", STANDING, "https://longer.example/longer"),
        # What a ratio of lengths made of it, before the alignment told
        ("UPDATE copies SET relation = 'near' WHERE url LIKE '%/cut'", STANDING, "https://cut.example/cut"),
        ("UPDATE copies SET carried = 1.0 WHERE url LIKE '%/cut'", STANDING, "https://cut.example/cut"),
        ("UPDATE copies SET own_words = 0 WHERE url LIKE '%/longer'", STANDING, "https://longer.example/longer"),
        (
            "UPDATE copies SET carried = NULL, own_words = NULL WHERE url LIKE '%/cut'",
            STANDING,
            "https://cut.example/cut",
        ),
        # No comparison with the canonical text of now, or one with a text that has been revised since
        ("DELETE FROM pairs WHERE kind = 'copy'", Flaw.GROUP, None),
        ("UPDATE pairs SET coverage_larger = 0.1, score = 9 WHERE kind = 'copy'", Flaw.PAIR, None),
        ("UPDATE links SET doc = (SELECT max(doc) FROM copies)", LINKS, None),
        ("DELETE FROM links", LINKS, "https://first.example/first"),
        ("UPDATE links SET kind = iif(kind = 'update', 'part_of', 'update')", LINKS, "https://first.example/first"),
        ("UPDATE pairs SET score = score - 4 WHERE met", Flaw.PAIR, None),
        ("UPDATE pairs SET kind = 'different' WHERE kind = 'copy'", Flaw.GROUP, None),
        (
            "DELETE FROM postings WHERE key = (SELECT min(key) FROM postings)",
            Flaw.INDEX,
            None,
        ),
        ("INSERT INTO postings (key, position, doc) SELECT 17, position, doc FROM postings LIMIT 1", INDEX, None),
        (
            "UPDATE fingerprints SET leader ="
            " (SELECT leader FROM fingerprints WHERE doc = (SELECT doc FROM articles WHERE url LIKE '%/first'))"
            " WHERE doc = (SELECT doc FROM copies WHERE url LIKE '%/cut')",
            Flaw.MEMBER,
            "https://cut.example/cut",
        ),
    ],
)
def test_what_is_planted_is_found(archive: sqlite3.Connection, planted: str, rule: str, culprit: str | None) -> None:
    archive.execute(planted)
    archive.commit()
    found = broken_rules(archive)
    assert str(rule) in found
    if culprit:
        assert culprit in found[rule]


def test_a_canonical_text_that_was_not_elected_is_found(archive: sqlite3.Connection) -> None:
    columns = "doc, url, title, site, published_at, published_precision, text, word_count"
    one = archive.execute(f"SELECT {columns} FROM articles WHERE url LIKE '%/first'").fetchone()
    other = archive.execute(f"SELECT {columns} FROM copies WHERE url LIKE '%/longer'").fetchone()
    sets = ", ".join(f"{name.strip()} = ?" for name in columns.split(","))
    archive.execute(f"UPDATE articles SET {sets} WHERE doc = ?", (*other, one[0]))
    archive.execute(f"UPDATE copies SET {sets} WHERE doc = ?", (*one, other[0]))
    archive.commit()
    assert "https://first.example/first" in broken_rules(archive)[Flaw.CANONICAL]


def test_of_an_archive_that_is_not_settled_nothing_is_said(archive: sqlite3.Connection) -> None:
    archive.execute("DELETE FROM links")
    unsettle(archive, {1: True})
    archive.commit()
    found = recheck_archive(archive, SETTINGS)
    assert (found.broken, found.nodes) == ((), 0)
    assert found.passed_over > 0


def test_the_doctor_tells(archive: sqlite3.Connection, db_path: Path, tmp_path: Path) -> None:
    sound = output_json(ingest("doctor", "--deep", "--json", "--db", db_path, cwd=tmp_path))
    assert [each["what"] for each in sound if "links and index are what" in each["what"]]
    archive.execute("DELETE FROM links")
    archive.commit()
    done = ingest("doctor", "--deep", "--json", "--db", db_path, cwd=tmp_path, check=1)
    assert [each for each in output_json(done) if LINKS in each["what"] and "rededup" in each["advice"]]
