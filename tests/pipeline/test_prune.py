"""What is pruned is gone from every table, and nothing brings it back."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.model import Document
from ingest.pipeline.match import Matcher, Stored
from ingest.pipeline.prune import FORGET_BATCH, prune, take_down
from ingest.pipeline.work import fingerprinted
from ingest.points import Point
from ingest.settings import MIB, DedupSettings, RetentionSettings
from ingest.store import boilerplate
from ingest.store.corpus import Cache, SqliteCorpus
from ingest.store.database import open_database, transaction
from ingest.store.invariants import broken_invariants
from ingest.store.maintenance import used_bytes
from ingest.times import to_text
from tests.backfill.test_run import archive, article
from tests.dedup.builders import LOCAL, NOVEL, ORCHARD, OTHER_STORY, RACE, RECIPE, STORY, text
from tests.e2e.test_service import wait_for
from tests.newsroom import running_newsroom, write_config
from tests.pipeline.builders import NOW, document, store
from tests.running import WAIT_S, ingest, kill, output_json, rows, start, wait_halted

DAY = timedelta(days=1)


def put(db: sqlite3.Connection, number: int, url: str, now: datetime) -> Stored:
    worked = fingerprinted(Document(url=url, text=str(article(number)["text"]), title=f"Story {number}"))
    with transaction(db):
        return Matcher(DedupSettings()).store(db, worked.document, worked.fingerprint, now=now)


def urls(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT url FROM publications")}


def test_a_word_for_word_copy_goes_alone(db: sqlite3.Connection, now: datetime) -> None:
    for name in "abc":
        put(db, 1, f"https://{name}.example/story", now)
    take_down(db, "https://c.example/story", now, DedupSettings())
    assert urls(db) == {"https://a.example/story", "https://b.example/story"}
    assert rows_of(db, "SELECT count(*), max(copies) FROM articles") == [(1, 1)]
    assert broken_invariants(db) == []


def rows_of(db: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    return list(map(tuple, db.execute(query)))


def test_articles_go_by_age_whole_and_only_when_no_publication_is_young(db: sqlite3.Connection, now: datetime) -> None:
    put(db, 1, "https://a.example/old", now - 90 * DAY)
    put(db, 1, "https://b.example/old-copy", now - 80 * DAY)
    put(db, 2, "https://a.example/old-but-copied", now - 90 * DAY)
    put(db, 2, "https://b.example/young-copy", now - 3 * DAY)
    put(db, 3, "https://a.example/young", now)
    limits = RetentionSettings(max_age="30d")
    counted = prune(db, limits, DedupSettings(), now, dry_run=True)
    assert (counted.articles, counted.texts, len(urls(db))) == (1, 2, 5)
    done = prune(db, limits, DedupSettings(), now)
    assert (done.articles, done.texts) == (1, 2)
    assert urls(db) == {
        "https://a.example/old-but-copied",
        "https://b.example/young-copy",
        "https://a.example/young",
    }
    assert [tuple(row) for row in db.execute("SELECT url, reason FROM tombstones ORDER BY url")] == [
        ("https://a.example/old", "age"),
        ("https://b.example/old-copy", "age"),
    ]
    assert broken_invariants(db) == []
    assert prune(db, limits, DedupSettings(), now).articles == 0


def test_articles_go_by_size_the_oldest_first_and_the_room_is_given_back(
    db: sqlite3.Connection, db_path: Path, now: datetime
) -> None:
    for number in range(600):
        put(db, number, f"https://a.example/{number}", now - (600 - number) * DAY)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before, size = used_bytes(db), db_path.stat().st_size
    limit = before * 6 // 10
    estimate = prune(db, RetentionSettings(max_size=limit), DedupSettings(), now, dry_run=True)
    done = prune(db, RetentionSettings(max_size=limit), DedupSettings(), now)
    assert used_bytes(db) <= limit
    # About 360 on an idle machine. On a busy one transactions end earlier, so each finds less of the full-text
    # index merged, and up to 373 go.
    assert 0.25 * 600 < done.articles < 0.7 * 600
    assert abs(estimate.articles - done.articles) < 0.2 * 600
    left = [int(url.rsplit("/", 1)[1]) for url in urls(db)]
    assert min(left) == done.articles, "the oldest are gone"
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert db_path.stat().st_size < 0.8 * size
    assert broken_invariants(db) == []


def failures(db: sqlite3.Connection, count: int, when: datetime) -> None:
    """Entries that ended without a text; no feed lists them."""
    db.executemany(
        "INSERT INTO entries (source, key, url, first_seen_at, outcome, finished_at)"
        " VALUES ('http://f.example/feed', ?1, ?1, ?2, 'http_error', ?2)",
        [(f"http://f.example/a-story-with-a-long-address/{n}", to_text(when)) for n in range(count)],
    )


def test_by_size_dead_entries_go_before_any_article(db: sqlite3.Connection, now: datetime) -> None:
    put(db, 1, "https://a.example/1", now)
    limit = used_bytes(db) + 100_000
    failures(db, 20_000, now - 40 * DAY)
    done = prune(db, RetentionSettings(max_size=limit), DedupSettings(), now)
    assert (done.entries, done.articles, done.other_bytes) == (20_000, 0, 0)
    assert used_bytes(db) <= limit
    assert done.freed_bytes > 0


def test_no_article_goes_where_all_of_them_would_not_be_enough(db: sqlite3.Connection, db_path: Path) -> None:
    now = datetime.now(UTC)
    put(db, 1, "https://a.example/1", now)
    failures(db, 20_000, now - 3 * DAY)
    for dry_run in (True, False):
        done = prune(db, RetentionSettings(max_size=MIB), DedupSettings(), now, dry_run=dry_run)
        assert (done.entries, done.articles) == (0, 0)
        assert MIB < done.other_bytes < used_bytes(db)
    told = ingest("prune", "--max-size", "1MiB", "--db", db_path)
    assert "0 articles" in told.stdout
    assert "more than the limit; raise it" in told.stderr
    assert urls(db) == {"https://a.example/1"}


def test_a_takedown_elects_another_canonical_text_and_leaves_no_trace(db: sqlite3.Connection, now: datetime) -> None:
    first = put(db, 1, "https://a.example/1", now)
    for site in "bcd":
        put(db, 1, f"https://{site}.example/1", now)
    other = put(db, 2, "https://a.example/2", now)
    assert take_down(db, "https://a.example/1", now, DedupSettings()) == ["https://a.example/1"]
    assert urls(db) == {"https://b.example/1", "https://c.example/1", "https://d.example/1", "https://a.example/2"}
    (row,) = db.execute("SELECT id, copies, sites FROM articles WHERE id <> ?", (other.article_id,)).fetchall()
    assert tuple(row) == (first.article_id, 2, 3), "the article's id is stable"
    assert broken_invariants(db) == []
    again = put(db, 1, "https://e.example/1", now)
    assert again.article_id == first.article_id, "what is left is found as before"


def test_a_takedown_with_copies_takes_the_whole_article(db: sqlite3.Connection, now: datetime) -> None:
    for site in "abc":
        put(db, 1, f"https://{site}.example/1", now)
    put(db, 2, "https://a.example/2", now)
    gone = take_down(db, "https://b.example/1", now, DedupSettings(), with_copies=True)
    assert sorted(gone) == [f"https://{site}.example/1" for site in "abc"]
    assert urls(db) == {"https://a.example/2"}
    assert broken_invariants(db) == []


def test_a_dry_takedown_counts_what_a_real_one_takes(db: sqlite3.Connection, db_path: Path, now: datetime) -> None:
    for site in "abc":
        put(db, 1, f"https://{site}.example/1", now)
    put(db, 2, "https://a.example/2", now)
    url = "https://b.example/1"
    command = ("prune", "--url", url, "--dry-run", "--db", db_path, "--json")
    assert output_json(ingest(*command))["taken_down"] == {url: 1}
    assert output_json(ingest(*command, "--with-copies"))["taken_down"] == {url: 3}
    gone = take_down(db, url, now, DedupSettings(), with_copies=True)
    assert len(gone) == 3


def test_a_takedown_removes_the_words_from_the_file(db: sqlite3.Connection, db_path: Path, now: datetime) -> None:
    text = "\n".join(f"The zanzibarine{n} question was put to the assembly again today by others." for n in range(9))
    worked = fingerprinted(Document(url="https://a.example/secret", text=text, title="Secret"))
    with transaction(db):
        Matcher(DedupSettings()).store(db, worked.document, worked.fingerprint, now=now)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"zanzibarine3 question" in db_path.read_bytes()
    take_down(db, "https://a.example/secret", now, DedupSettings())
    assert b"zanzibarine3 question" not in db_path.read_bytes()
    wal = db_path.with_name(db_path.name + "-wal")
    assert not wal.exists() or b"zanzibarine3 question" not in wal.read_bytes()


def test_a_backfill_does_not_bring_back_what_was_pruned(tmp_path: Path) -> None:
    source = archive(tmp_path / "a.jsonl", [article(n) for n in range(6)])
    db = tmp_path / "a.db"
    ingest("backfill", source, "--db", db)
    done = output_json(ingest("prune", "--url", article(3)["url"], "--db", db, "--json"))
    assert done["taken_down"] == {article(3)["url"]: [article(3)["url"]]}
    again = archive(tmp_path / "b.jsonl", [article(n) for n in range(6)])
    ingest("backfill", again, "--db", db, check=3)
    assert rows(db, "SELECT outcome, count(*) FROM entries GROUP BY 1 ORDER BY 1") == [
        ("canonical", 5),
        ("pruned", 2),
        ("same_url", 5),
    ]
    assert rows(db, f"SELECT count(*) FROM publications WHERE url = '{article(3)['url']}'") == [(0,)]
    ingest("doctor", "--deep", "--db", db, check=0)


def test_a_poll_does_not_bring_back_what_was_pruned_and_does_not_fetch_it(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with running_newsroom() as newsroom:
        config = write_config(tmp_path, newsroom)
        ingest("poll", "--config", config, "--db", db)
        stored = rows(db, "SELECT count(*) FROM publications")
        victim = rows(db, "SELECT url FROM articles WHERE copies > 1 ORDER BY id LIMIT 1")[0][0]
        ingest("prune", "--config", config, "--db", db, "--url", victim)
        connection = sqlite3.connect(db, isolation_level=None)
        connection.execute("UPDATE feeds SET etag = NULL, last_modified = NULL, body_hash = NULL, listed = NULL")
        # As if the feed listed it under a new id.
        connection.execute("DELETE FROM entries WHERE url = ?", (victim,))
        connection.close()
        ingest("poll", "--config", config, "--db", db, *newsroom.feeds)
        assert rows(db, f"SELECT outcome, doc FROM entries WHERE url = '{victim}'") == [("pruned", None)]
        assert rows(db, "SELECT count(*) + 1 FROM publications") == stored
        ingest("doctor", "--deep", "--config", config, "--db", db)


def test_an_unknown_url_is_barred(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    assert "barred" in ingest("prune", "--url", article(1)["url"], "--db", db).stdout
    ingest("backfill", archive(tmp_path / "a.jsonl", [article(1)]), "--db", db, check=3)
    assert rows(db, "SELECT outcome FROM entries") == [("pruned",)]


def test_old_failures_that_no_feed_lists_are_forgotten(db: sqlite3.Connection, now: datetime) -> None:
    db.execute("INSERT INTO feeds (id, url, source, added_at) VALUES (1, 'http://f.example/', 'cli', '2026')")
    for name, days in (("gone", 60), ("listed", 1)):
        db.execute(
            "INSERT INTO entries (feed_id, source, key, url, first_seen_at, outcome, finished_at)"
            " VALUES (1, 'f', ?, ?, ?, 'http_error', ?)",
            (name, f"http://f.example/{name}", to_text(now - 70 * DAY), to_text(now - 70 * DAY)),
        )
        seen = to_text(now - days * DAY)
        db.execute("INSERT INTO sightings VALUES (1, ?, ?, ?)", (f"http://f.example/{name}", seen, seen))
    assert prune(db, RetentionSettings(max_age="30d"), DedupSettings(), now).entries == 1
    assert [row[0] for row in db.execute("SELECT key FROM entries")] == ["listed"]


def test_boilerplate_that_no_page_shows_any_more_is_forgotten(db: sqlite3.Connection, now: datetime) -> None:
    old = frozenset(range(2 * FORGET_BATCH + 1))
    boilerplate.learn(db, "paper.example", old, to_text(now - 121 * DAY))
    boilerplate.learn(db, "paper.example", old | {-1}, to_text(now - 119 * DAY))
    assert prune(db, RetentionSettings(), DedupSettings(), now, dry_run=True).sentences == 0
    assert prune(db, RetentionSettings(), DedupSettings(), now, stop=lambda: True).sentences == 0
    assert prune(db, RetentionSettings(), DedupSettings(), now).sentences == 2 * FORGET_BATCH + 1
    assert boilerplate.known(db, "paper.example") == {-1}


def test_what_is_forgotten_is_not_set_aside_any_more_by_a_process_at_work(
    db: sqlite3.Connection, now: datetime
) -> None:
    cache = Cache()
    boilerplate.learn(db, "paper.example", {1, 2}, to_text(now - 121 * DAY))
    assert SqliteCorpus(db, cache).boilerplate("paper.example") == {1, 2}
    prune(db, RetentionSettings(), DedupSettings(), now)
    assert SqliteCorpus(db, cache).boilerplate("paper.example") == frozenset()


@pytest.mark.parametrize("by", ["daemon", "command"])
def test_the_daemon_and_the_command_forget_boilerplate(tmp_path: Path, by: str) -> None:
    db, config, log = tmp_path / "a.db", tmp_path / "config.yaml", tmp_path / "log"
    config.write_text("feeds: []\nservice: {tick: 100ms, maintenance: 500ms}\n")
    connection = open_database(db)
    boilerplate.learn(connection, "paper.example", {1, 2}, "2024-01-01T00:00:00Z")
    boilerplate.learn(connection, "paper.example", {1, 2, 3}, to_text(datetime.now(UTC)))
    connection.close()
    if by == "command":
        done = output_json(ingest("prune", "--older-than", "100w", "--db", db, "--json"))
        assert done["sentences"] == 2
    else:
        process = start("run", "--config", config, "--db", db, log=log)
        try:
            wait_for(lambda: "event=boilerplate_forgotten sentences=2" in log.read_text())
        finally:
            kill(process)
    assert rows(db, "SELECT key FROM boilerplate") == [(3,)]


def test_a_text_without_its_sites_frame_leaves_no_key_behind(db: sqlite3.Connection) -> None:
    pages = [
        document(f"page{n}", text(*body, *LOCAL), hours=n, site="herald.example")
        for n, body in enumerate((NOVEL, RECIPE, ORCHARD, RACE, OTHER_STORY, STORY))
    ]
    store(db, *pages)
    assert db.execute("SELECT count(*) FROM boilerplate").fetchone()[0] == len(LOCAL)
    store(db, document("page4", text(*OTHER_STORY[:8]), hours=4, site="herald.example"))  # a revision
    assert broken_invariants(db) == []
    take_down(db, pages[5].url, NOW, DedupSettings())
    assert broken_invariants(db) == []
    prune(db, RetentionSettings(max_age="30d"), DedupSettings(), NOW + 90 * DAY)
    assert db.execute("SELECT count(*) FROM postings").fetchone()[0] == 0


def test_a_kill_in_the_midst_of_pruning_leaves_a_sound_database(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    ingest("backfill", archive(tmp_path / "a.jsonl", [article(n) for n in range(300)]), "--db", db)
    with closing(open_database(db)) as made:
        made.execute("UPDATE articles SET first_seen_at = '2026-01-01T00:00:00Z'")
    process = start("prune", "--older-than", "1s", "--db", db, halt_at=(Point.PRUNE_COMMIT, 2))
    try:
        assert wait_halted(process)
    finally:
        kill(process)
    left = rows(db, "SELECT count(*) FROM articles")[0][0]
    assert 0 < left < 300
    connection = open_database(db)
    assert broken_invariants(connection) == []
    connection.close()
    ingest("prune", "--older-than", "1s", "--db", db)
    assert rows(db, "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM tombstones)") == [(0, 300)]
    assert rows(db, "SELECT count(*) FROM postings") == [(0,)]


@pytest.mark.parametrize(
    "arguments",
    [["--older-than", "soon"], ["--max-size", "0"], ["--url", "x", "--older-than", "1d"], ["--with-copies"]],
)
def test_what_is_to_go_must_be_said(tmp_path: Path, arguments: list[str]) -> None:
    ingest("prune", *arguments, "--db", tmp_path / "a.db", check=2, cwd=tmp_path)


def test_without_a_limit_no_article_goes_and_old_boilerplate_is_forgotten(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    ingest("backfill", archive(tmp_path / "a.jsonl", [article(1)]), "--db", db)
    with closing(open_database(db)) as connection:
        boilerplate.learn(connection, "a.example", {1, 2}, "2020-01-01T00:00:00Z")
    told = ingest("prune", "--db", db, cwd=tmp_path).stdout
    assert "0 articles" in told
    assert "no limit is set: give --older-than" in told
    assert rows(db, "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM boilerplate)") == [(1, 0)]


def test_the_limits_of_the_settings_count_without_options(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("retention: {max_size: 100KiB}\n")
    db = tmp_path / "a.db"
    ingest("backfill", archive(tmp_path / "a.jsonl", [article(n) for n in range(60)]), "--db", db)
    done = output_json(ingest("prune", "--db", db, "--config", config, "--json"))
    assert done["articles"] > 0
    assert db.stat().st_size < MIB


def test_a_stopped_prune_says_what_it_has_done_and_the_next_does_the_rest(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    ingest("backfill", archive(tmp_path / "a.jsonl", [article(n) for n in range(300)]), "--db", db)
    with closing(open_database(db)) as connection:
        connection.execute("UPDATE articles SET first_seen_at = '2026-01-01T00:00:00Z'")
    log = tmp_path / "log"
    process = start("prune", "--older-than", "1s", "--json", "--db", db, halt_at=(Point.PRUNE_COMMIT, 1), log=log)
    assert wait_halted(process)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    assert process.wait(WAIT_S) == 128 + signal.SIGTERM
    said, why = log.read_text().splitlines()
    gone = json.loads(said)
    assert why == "stopped before its end: what is left goes at the next run"
    assert gone["stopped"]
    assert 0 < gone["articles"] < 300
    assert rows(db, "SELECT count(*) FROM articles") == [(300 - gone["articles"],)]
    rest = json.loads(ingest("prune", "--older-than", "1s", "--json", "--db", db).stdout)
    assert not rest["stopped"]
    assert rest["articles"] == 300 - gone["articles"]
