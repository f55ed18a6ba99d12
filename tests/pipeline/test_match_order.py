"""The order of arrival must not matter: the same groups, the same canonical texts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ingest.dedup.corpus import order_of
from ingest.dedup.fingerprint import fingerprint
from ingest.model import Document
from ingest.pipeline.settle import Settling
from ingest.settings import DedupSettings
from ingest.store.database import open_database
from tests.dedup.builders import LOCAL, NOVEL, ORCHARD, OTHER_STORY, RACE, STORY, text
from tests.pipeline.builders import NOW, canonical, document, groups, links, store

FRAME = [f"Line {n} of the frame that the Herald prints around all of its many pages." for n in range(6)]
HERALD = {"site": "herald.example"}


def publications() -> list[Document]:
    whole, other = text(*STORY), text(*OTHER_STORY)
    return [
        document("whole", whole, hours=0),
        document("edited", whole.replace(" said", " told us"), hours=1),
        document("shuffled", text(*reversed(STORY)), hours=2),
        document("trim", text(*STORY[:5]), hours=0.5),
        document("excerpt", text(*STORY[6:9]), hours=3),
        document("extended", text(*STORY, *LOCAL), hours=4),
        document("undated", whole, hours=None),
        document("update", text(*OTHER_STORY[:4], *STORY[4:]), hours=5),
        document("boats", other, hours=6),
        document("boats2", text(*OTHER_STORY[:7]), hours=7),
        document("roundup", text(*STORY[:3], *OTHER_STORY[:3], *ORCHARD[:4]), hours=30),
        document("frost", text(*ORCHARD), hours=8),
        document("herald1", text(*STORY[:6], *FRAME), hours=9, **HERALD),
        document("herald2", text(*OTHER_STORY, *FRAME), hours=10, **HERALD),
        document("herald3", text(*ORCHARD, *FRAME), hours=11, **HERALD),
        document("herald4", text(*RACE, *FRAME), hours=12, **HERALD),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_arrival_gives_the_same_articles_and_links(tmp_path: Path, seed: int) -> None:
    in_order, shuffled = publications(), publications()
    random.Random(seed).shuffle(shuffled)
    found = []
    for name, documents in (("in-order", in_order), ("shuffled", shuffled)):
        connection = open_database(tmp_path / f"{name}.db")
        store(connection, *documents)
        names = [each.url.rsplit("/", 1)[1] for each in in_order]
        found.append((groups(connection), {each: canonical(connection, each) for each in names}, links(connection)))
        connection.close()
    assert found[0] == found[1]


def test_storing_everything_again_changes_nothing(tmp_path: Path) -> None:
    connection = open_database(tmp_path / "a.db")
    store(connection, *publications())
    before = connection.execute("SELECT url, article_id, relation FROM publications ORDER BY url").fetchall()
    store(connection, *publications())
    again = connection.execute("SELECT url, article_id, relation FROM publications ORDER BY url").fetchall()
    assert list(map(tuple, again)) == list(map(tuple, before))
    connection.close()


def test_what_a_site_is_known_to_repeat_hangs_on_no_order(tmp_path: Path) -> None:
    bodies = (STORY, OTHER_STORY, ORCHARD, RACE, NOVEL)
    frames = [FRAME[:1], *[(*FRAME[:1], "Sign up here")] * 4]  # the short line is not indexed: not to be found again
    pages = [
        document(f"herald{n}", text(*body, *frame), hours=n, **HERALD)
        for n, (body, frame) in enumerate(zip(bodies, frames, strict=True))
    ]
    learned = set()
    for number, order in enumerate((pages, pages[::-1])):
        connection = open_database(tmp_path / f"{number}.db")
        store(connection, *order)
        learned.add(frozenset(connection.execute("SELECT key FROM boilerplate").fetchall()))
        connection.close()
    assert [len(keys) for keys in learned] == [1]


def test_copies_that_are_members_of_a_node_are_measured_anew_however_many_they_are(tmp_path: Path) -> None:
    copies = [
        document(f"copy{n}", text(*STORY, f"Our reporter number {n} added this line.", *FRAME[:3]), hours=n, **HERALD)
        for n in range(80)
    ]
    first = min(order_of(fingerprint(copy.text).text_key) for copy in copies)
    bodies = (text(*STORY, f"The wire moved it as its take {n} of the day.") for n in range(10_000))
    wire = document("wire", next(body for body in bodies if order_of(fingerprint(body).text_key) < first), hours=0)
    pages = [
        document(f"page{n}", text(*body, *FRAME[:3]), hours=90 + n, **HERALD)
        for n, body in enumerate((OTHER_STORY, ORCHARD, RACE, NOVEL))
    ]
    found = []
    for number, order in enumerate(([wire, *copies, *pages], [*pages, wire, *copies])):
        connection = open_database(tmp_path / f"{number}.db")
        store(connection, *order)
        Settling(DedupSettings()).all(connection, NOW)
        assert connection.execute("SELECT count(DISTINCT leader) FROM fingerprints").fetchone()[0] == 1 + len(pages)
        assert connection.execute("SELECT count(*) FROM boilerplate").fetchone()[0] == 3
        found.append(
            connection.execute("SELECT url, relation, jaccard, containment FROM copies ORDER BY url").fetchall()
        )
        connection.close()
    assert list(map(tuple, found[0])) == list(map(tuple, found[1]))
