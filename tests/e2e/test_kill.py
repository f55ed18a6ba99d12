"""`ingest run` is killed with SIGKILL at twenty named moments and ends with the rows of an undisturbed run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from ingest.demo.newsroom import Newsroom
from ingest.points import Point
from tests.newsroom import running_newsroom, write_config
from tests.running import kill, rows, start, stop, wait_halted

# Which point, and the n-th time it is reached after the start. Steps 2 to 5 of an entry's way, several each.
MOMENTS = [
    (Point.POLL_ANSWERED, 1),
    (Point.POLL_COMMIT, 1),
    (Point.POLL_COMMIT, 3),
    (Point.POLL_STORED, 1),
    (Point.PAGE_FETCHED, 1),
    (Point.DOCUMENT_READY, 1),
    (Point.STORE_COMMIT, 1),
    (Point.STORE_DONE, 1),
    (Point.PAGE_FETCHED, 2),
    (Point.STORE_COMMIT, 2),
    (Point.DOCUMENT_READY, 2),
    (Point.STORE_DONE, 2),
    (Point.STORE_COMMIT, 3),
    (Point.PAGE_FETCHED, 3),
    (Point.STORE_COMMIT, 1),
    (Point.DOCUMENT_READY, 1),
    (Point.STORE_DONE, 1),
    (Point.POLL_ANSWERED, 4),
    (Point.POLL_COMMIT, 7),
    (Point.POLL_STORED, 6),
]
STOP_S = 10.0
DONE_S = 60.0


def contents(db: Path) -> list[list[tuple[Any, ...]]]:
    """What must not depend on the order of arrival: groups by their texts, entries by whether they are done.

    The figures of a copy are left out: they count without the furniture that its site was known for when it
    was placed.
    """
    return [
        rows(db, "SELECT url, title, text, copies, sites, agency FROM articles ORDER BY url"),
        rows(
            db,
            """SELECT c.url, a.url, c.text, relation
               FROM copies c JOIN articles a ON a.id = c.article_id ORDER BY c.url""",
        ),
        rows(db, "SELECT source, key, url, doc IS NOT NULL FROM entries ORDER BY source, key"),
        rows(db, "SELECT count(*), count(DISTINCT doc) FROM fingerprints"),
    ]


def wait_done(db: Path, newsroom: Newsroom) -> None:
    """Wait until everything that the newsroom lists is in the database and at its end."""
    end = time.monotonic() + DONE_S
    while time.monotonic() < end:
        pages, pending = rows(db, "SELECT count(DISTINCT url), sum(outcome = 'pending') FROM entries")[0]
        if pages == len(newsroom.truth) and not pending:
            return
        time.sleep(0.2)
    raise AssertionError(f"{pages} of {len(newsroom.truth)} pages, {pending} pending after {DONE_S} s")


def run_to_the_end(config: Path, db: Path, newsroom: Newsroom) -> None:
    log = db.with_suffix(".log")
    before = log.read_text().count("event=started") if log.exists() else 0
    process = start("run", "--config", config, "--db", db, log=log)
    try:
        # Before that, SIGTERM ends it as it ends any program.
        deadline = time.monotonic() + DONE_S
        while log.read_text().count("event=started") == before:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        wait_done(db, newsroom)
        assert stop(process, STOP_S) == 0
    finally:
        kill(process)


@pytest.mark.timeout(400)
def test_twenty_kills_leave_the_rows_of_an_undisturbed_run(tmp_path: Path) -> None:
    db, undisturbed = tmp_path / "killed.db", tmp_path / "undisturbed.db"
    with running_newsroom() as newsroom:
        config = write_config(tmp_path, newsroom)
        # Few entries under way at a time, so that there are some left for the later moments.
        config.write_text(config.read_text().replace("fetch: {", "fetch: {connections: 2, "))
        for moment in MOMENTS:
            process = start("run", "--config", config, "--db", db, halt_at=moment, log=tmp_path / "killed.log")
            try:
                assert wait_halted(process, 30), f"never reached {moment}"
            finally:
                kill(process)
            assert rows(db, "PRAGMA integrity_check") == [("ok",)]
            assert rows(db, "PRAGMA foreign_key_check") == []
        run_to_the_end(config, db, newsroom)
        run_to_the_end(config, undisturbed, newsroom)
    for killed, whole in zip(contents(db), contents(undisturbed), strict=True):
        assert killed == whole
    check_against_truth(db, newsroom)


def check_against_truth(db: Path, newsroom: Newsroom) -> None:
    groups: dict[str, set[int]] = {}
    for url, article_id in rows(db, "SELECT url, article_id FROM publications"):
        groups.setdefault(newsroom.truth[url], set()).add(article_id)
    assert {story: len(ids) for story, ids in groups.items()} == dict.fromkeys(groups, 1)
    assert len({next(iter(ids)) for ids in groups.values()}) == len(groups)
