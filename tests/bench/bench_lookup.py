"""Candidates among 200,000 and 1,000,000 made fingerprints: look-up times, disk, memory of the process that looks up.

The index is filled in bulk, batch after batch as texts would arrive; a process of its own then looks up copies of
stored texts and strangers, by the engine's view of the database (`SqliteCorpus.postings`), from a fresh connection.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.dedup.corpus import MAX_HOLDERS, REPRESENTATIVES
from ingest.dedup.parameters import BANDING, PERMUTATIONS, VERSION
from ingest.store.corpus import SqliteCorpus
from ingest.store.database import open_database, transaction
from tests.bench.measure import run
from tests.bench.report import bars_line, finish, table

SIZES = (200_000, 1_000_000)
QUERIES = 4_000
BATCH = 50_000
SENTENCES = 22  # indexed ones of a text of 430 words
COMMON_SHARE = 0.05  # of its sentences stand in other articles too: quotes, stock phrases
COMMON_HOLDERS = 20
TEMPLATE_SHARE = 0.01  # of the texts share half their buckets with others of their template
TEMPLATES = 150  # at a million texts a template has some 67 of them: full buckets
COPY_BANDS = 0.5  # of an edited copy's buckets are its original's
COPY_SENTENCES = 0.7
P99_BAR_MS = 5.0

Keys = NDArray[np.int64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--queries", type=int, default=QUERIES)
    parser.add_argument("--look-up", type=Path, metavar="DB", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.look_up:
        print(json.dumps(look_up(args.look_up, args.queries)))
        return
    measured: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "lookup.db"
        filled = 0
        for size in sorted(args.sizes):
            fill(db, filled, size)
            filled = size
            command = [
                sys.executable,
                "-m",
                "tests.bench.bench_lookup",
                "--look-up",
                db,
                "--queries",
                str(args.queries),
            ]
            done = run(command)
            if done.returncode:
                sys.exit(done.errors)
            measured[size] = {**json.loads(done.output), "disk_mb": disk_mb(db), "memory_mb": done.peak_mb}
    header = ["fingerprints", "p50 ms", "p99 ms", "worst ms", "found", "disk MB", "bytes each", "memory MB"]
    rows = [
        [
            size,
            m["p50_ms"],
            m["p99_ms"],
            m["worst_ms"],
            m["copies_found"],
            m["disk_mb"],
            round(m["disk_mb"] * 1e6 / size),
            m["memory_mb"],
        ]
        for size, m in measured.items()
    ]
    print(table(header, rows))
    smallest, largest = measured[min(measured)], measured[max(measured)]
    growth = largest["p99_ms"] / smallest["p99_ms"]
    bars = {
        f"p99 ≤ {P99_BAR_MS:g} ms": largest["p99_ms"] <= P99_BAR_MS,
        "growth below linear": len(measured) < 2 or growth < max(measured) / min(measured),
    }
    print(bars_line(bars))
    finish(
        "lookup",
        sizes={str(size): {key: round(value, 4) for key, value in m.items()} for size, m in measured.items()},
        growth=round(growth, 3),
        bars=bars,
        holds=all(bars.values()),
    )


def fill(db: Path, start: int, stop: int) -> None:
    """Put the fingerprints `start` to `stop` (exclusive) into the engine's own tables."""
    with closing(open_database(db)) as connection:
        for first in range(start, stop, BATCH):
            last = min(first + BATCH, stop)
            docs = np.arange(first + 1, last + 1)
            made = [keys_of(int(doc)) for doc in docs]
            with transaction(connection):
                connection.executemany(
                    "INSERT INTO fingerprints (doc, signature, parameters, leader) VALUES (?1, ?2, ?3, ?1)",
                    _signatures(docs),
                )
                for kind in (0, 1):
                    connection.executemany(
                        "INSERT OR IGNORE INTO postings (key, position, doc) VALUES (?, ?, ?)",
                        _rows(np.array([m[kind] for m in made]), docs),
                    )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def keys_of(doc: int) -> tuple[Keys, Keys]:
    """The buckets and sentence keys of a made text, the same every time."""
    rng = np.random.default_rng(doc)
    buckets = _random_keys(rng, BANDING.bands)
    if rng.random() < TEMPLATE_SHARE:
        shared = np.random.default_rng(2**40 + int(rng.integers(TEMPLATES)))
        half = BANDING.bands // 2
        buckets[:half] = _random_keys(shared, half)
    sentences = _random_keys(rng, SENTENCES)
    common = rng.random(SENTENCES) < COMMON_SHARE
    # Texts that arrive together share them, so that each stands in some twenty articles at any size.
    block = doc // BATCH
    pool = max(1, round(BATCH * SENTENCES * COMMON_SHARE / COMMON_HOLDERS))
    sentences[common] = (block << 32) + rng.integers(pool, size=int(common.sum()))
    return buckets, sentences


def look_up(db: Path, queries: int) -> dict[str, float]:
    """Look up edited copies of stored texts and strangers, half of each; times in milliseconds."""
    rng = np.random.default_rng(7)
    with closing(open_database(db)) as connection:
        corpus = SqliteCorpus(connection)
        stored = connection.execute("SELECT max(doc) FROM fingerprints").fetchone()[0]
        times = []
        found_copies = 0
        for number in range(queries):
            doc = int(rng.integers(1, stored + 1)) if number % 2 else -1
            keys = _query(doc, rng, stored + number + 1)
            started = time.perf_counter()
            found = corpus.postings(keys)
            docs = {
                doc
                for holders in found.values()
                for _, doc in holders[: MAX_HOLDERS if len(holders) <= MAX_HOLDERS else REPRESENTATIVES]
            }
            times.append((time.perf_counter() - started) * 1000)
            found_copies += doc in docs
    p50, p99, worst = np.percentile(times, [50, 99, 100])
    return {
        "p50_ms": float(p50),
        "p99_ms": float(p99),
        "worst_ms": float(worst),
        "copies_found": found_copies / (queries // 2),
    }


def disk_mb(db: Path) -> float:
    """The database with its log, in 10^6 bytes."""
    return sum(path.stat().st_size for path in db.parent.glob(f"{db.name}*")) / 1e6


def _query(doc: int, rng: np.random.Generator, fresh: int) -> list[int]:
    buckets, sentences = keys_of(fresh)
    if doc > 0:
        own_buckets, own_sentences = keys_of(doc)
        buckets = np.where(rng.random(buckets.size) < COPY_BANDS, own_buckets, buckets)
        sentences = np.where(rng.random(sentences.size) < COPY_SENTENCES, own_sentences, sentences)
    return [*buckets.tolist(), *sentences.tolist()]


def _random_keys(rng: np.random.Generator, count: int) -> Keys:
    return rng.integers(-(2**63), 2**63, size=count, dtype=np.int64)


def _signatures(docs: Keys) -> Iterator[tuple[int, bytes, int]]:
    rng = np.random.default_rng(int(docs[0]))
    for doc in docs:
        yield int(doc), rng.bytes(4 * PERMUTATIONS), VERSION


def _rows(keys: Keys, docs: Keys) -> Iterator[tuple[int, int, int]]:
    """Rows in key order: a batch then touches every page of the tree once, as fast as SQLite goes."""
    flat = keys.ravel()
    owners = np.repeat(docs, keys.shape[1]).astype(np.uint64)
    order = np.argsort(flat, kind="stable")
    # A text's position is as good as random, as in the engine.
    positions = (owners * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(16)).astype(np.int64)
    return zip(flat[order].tolist(), positions[order].tolist(), owners[order].tolist(), strict=True)


if __name__ == "__main__":
    try:
        main()
    except sqlite3.Error as error:
        sys.exit(f"the index could not be made or read: {error}")
