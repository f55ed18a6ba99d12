"""A database of 1,000,000 documents: how long the daemon takes to its first poll, and how much memory it holds.

The rows are invented and written in bulk; the daemon is the real command with a feed on loopback that it polls
and reads to the end, so that the memory is that of work, not of waiting.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from ingest.store import searchable
from ingest.store.database import open_database, transaction
from tests.bench.bench_lookup import fill
from tests.bench.measure import MB, held_bytes, tree_of
from tests.bench.report import bars_line, finish, table
from tests.newsroom import running_newsroom, write_config

DOCUMENTS = 1_000_000
FEEDS = 1_000
COPIES = 0.2  # share of the documents
BATCH = 20_000
START_BAR_S = 3.0
MEMORY_BAR_MB = 400.0
RUNS = 3
WORK_S = 20.0  # of polling and reading, after which memory is taken
WORDS = [f"{a}{b}{c}" for a in ("ka", "lo", "mi", "tu", "se") for b in ("ran", "bel", "dor", "vit") for c in "aeiou"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--words", type=int, default=120, help="of a text; real ones have 430")
    parser.add_argument("--runs", type=int, default=RUNS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingest-start-") as name, running_newsroom() as newsroom:
        folder = Path(name)
        db = folder / "start.db"
        started = time.perf_counter()
        fill(db, 0, args.documents)
        write_rows(db, args.documents, args.words)
        made_s = time.perf_counter() - started
        config = write_config(folder, newsroom)
        runs = [start_once(config, db, folder / f"log{number}") for number in range(args.runs)]
        disk = db.stat().st_size / MB
    rows = [[number + 1, *run] for number, run in enumerate(runs)]
    print(table(["run", "to ready s", "to first poll s", "daemon MB", "with workers MB"], rows))
    first_poll, daemon = max(run[1] for run in runs), max(run[2] for run in runs)
    bars = {
        f"start to first poll ≤ {START_BAR_S:g} s": first_poll <= START_BAR_S,
        f"daemon ≤ {MEMORY_BAR_MB:g} MB": daemon <= MEMORY_BAR_MB,
    }
    print(bars_line(bars))
    finish(
        "start",
        documents=args.documents,
        first_poll_s=round(first_poll, 2),
        daemon_mb=round(daemon, 1),
        tree_mb=round(max(run[3] for run in runs), 1),
        disk_mb=round(disk, 1),
        made_s=round(made_s, 1),
        bars=bars,
        holds=all(bars.values()),
    )
    sys.exit(0 if all(bars.values()) else 1)


def write_rows(db: Path, documents: int, words: int) -> None:
    """Articles, copies, entries, feeds and polls around the fingerprints that are there."""
    rng = random.Random(5)
    texts = [" ".join(rng.choices(WORDS, k=words)) for _ in range(500)]
    with closing(open_database(db)) as connection:
        with transaction(connection):
            connection.executemany(
                "INSERT INTO feeds (id, url, source, added_at, status) VALUES (?, ?, 'cli', ?, 'paused')",
                [(number, f"http://f{number}.example/feed", _seen(1)) for number in range(1, FEEDS)],
            )
        articles = int(documents * (1 - COPIES))
        for first in range(1, documents + 1, BATCH):
            docs = range(first, min(first + BATCH, documents + 1))
            with transaction(connection):
                connection.executemany(
                    "INSERT INTO articles (id, doc, url, title, site, first_seen_at, published_at, text, word_count)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (_article(doc, texts, words) for doc in docs if doc <= articles),
                )
                connection.executemany(
                    "INSERT INTO copies (doc, article_id, url, title, site, first_seen_at, published_at, text,"
                    " word_count, jaccard, containment, relation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0.9, 1.0, 'near')",
                    (_copy(doc, articles, texts, words) for doc in docs if doc > articles),
                )
                connection.executemany(
                    "INSERT INTO entries (feed_id, source, key, url, first_seen_at, outcome, finished_at, attempts,"
                    " doc) VALUES (?, 'f', ?, ?, ?, 'canonical', ?, 1, ?)",
                    ((doc % (FEEDS - 1) + 1, f"k{doc}", _url(doc), _seen(doc), _seen(doc), doc) for doc in docs),
                )
        with transaction(connection):
            searchable.rebuild(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def start_once(config: Path, db: Path, log: Path) -> tuple[float, float, float, float]:
    """Start the daemon; seconds to `started` and to the first poll, then its memory and that of its tree, in MB."""
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        connection.execute("UPDATE feeds SET next_poll_at = '2026-01-01T00:00:00Z' WHERE status = 'active'")
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "ingest", "run", "--config", str(config), "--db", str(db)],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        ready = first = 0.0
        while not first:
            text = log.read_text()
            now = time.perf_counter() - begun
            if not ready and "event=started" in text:
                ready = now
            if re.search(r"event=feed_polled", text):
                first = now
            if process.poll() is not None or now > 120:
                sys.exit(text)
            time.sleep(0.01)
        time.sleep(WORK_S)
        daemon = _resident(process.pid)
        tree = sum(map(held_bytes, tree_of(process.pid)))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    return ready, first, daemon / MB, tree / MB


def _resident(pid: int) -> int:
    """Resident memory of one process at its most, in bytes; the database's cache is part of it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]


def _article(doc: int, texts: list[str], words: int) -> tuple[object, ...]:
    return doc, doc, _url(doc), f"Title {doc}", _site(doc), _seen(doc), _seen(doc), texts[doc % 500], words


def _copy(doc: int, articles: int, texts: list[str], words: int) -> tuple[object, ...]:
    return (
        doc,
        doc % articles + 1,
        _url(doc),
        f"Title {doc}",
        _site(doc),
        _seen(doc),
        _seen(doc),
        texts[doc % 500],
        words,
    )


def _url(doc: int) -> str:
    return f"https://{_site(doc)}/{doc}"


def _site(doc: int) -> str:
    return f"site{doc % 900}.example"


def _seen(doc: int) -> str:
    return f"2026-{1 + doc * 12 // 1_100_000 % 12:02d}-{1 + doc % 28:02d}T{doc % 24:02d}:00:00Z"


if __name__ == "__main__":
    main()
