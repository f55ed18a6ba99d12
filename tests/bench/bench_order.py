"""The same publications in random orders and batches, and once more in the last: the same archive must come of it.

Groups, canonical texts, relations and links are compared, and no text may fail.

Inputs are rounds of the labelled set (reporting half) and the six real sets. By turns an order goes through the whole
command, whose batches follow the clock, and through the writer in batches of 1, 7 and 500.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from ingest.backfill.prepare import Prepared, prepare_batch
from ingest.pipeline.identify import Arrival
from ingest.pipeline.match import Matcher
from ingest.pipeline.settle import Settling
from ingest.settings import DedupSettings, ExtractSettings
from ingest.store.database import open_database, transaction
from tests.bench import ours
from tests.bench.quality.corpus import HALVES
from tests.bench.quality.generate import CASES, shared_data, write_half
from tests.bench.real import SETS
from tests.bench.report import bars_line, finish, table

# Random orders of each input: the large ones take minutes each.
ORDERS = {"helsinki": 30, "reviews": 30, "french": 10, "indonesian": 10, "nexis": 4, "reuters": 4}
ORDERS_MADE = 5
BATCHES = (None, 1, 7, 500)  # None: the whole command
ROUNDS = 2

Pairs = frozenset[tuple[str, str]]
Links = frozenset[tuple[str, str, str]]
Places = frozenset[tuple[str, str, str]]  # URL, its article's canonical URL, relation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, default="reporting")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--orders", type=int, help="of every input, instead of each one's own number")
    parser.add_argument("--sets", nargs="*", choices=SETS, default=list(SETS), help="real sets")
    parser.add_argument("--examples", type=int, default=5, help="disagreeing pairs to print")
    args = parser.parse_args()
    rows: list[list[object]] = []
    agreements: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        inputs = {f"round {n}": p for n, (p, _) in enumerate(write_half(args.half, folder, args.rounds, args.cases), 1)}
        inputs |= {name: shared_data() / "real" / f"{name}.jsonl.gz" for name in args.sets}
        for name, source in inputs.items():
            orders = args.orders or ORDERS.get(name, ORDERS_MADE)
            runs, same = _orders(source, orders, folder / name.replace(" ", "-"))
            first = runs[0]
            shares = [agreement(a.pairs, b.pairs) for a, b in combinations(runs, 2)]
            differing = max((len(first.places ^ other.places) for other in runs), default=0)
            links = max((len(first.links ^ other.links) for other in runs), default=0)
            failed = sum(run.failed for run in runs)
            again = "identical" if same else "DIFFERS"
            rows.append([name, orders, len(first.pairs), min(shares, default=1.0), differing, links, failed, again])
            agreements.append(min(shares, default=1.0))
            for other in runs[1:]:
                for a, b in sorted(first.pairs ^ other.pairs)[: args.examples]:
                    print(f"  {name}: linked in one order only: {a} {b}")
                for link in sorted(first.links ^ other.links)[: args.examples]:
                    print(f"  {name}: link in one order only: {' '.join(link)}")
    header = ["input", "orders", "linked pairs", "least agreement", "places differ", "links differ", "failed", "again"]
    print(table(header, rows))
    differ, links_differ, failures = (sum(int(str(row[at])) for row in rows) for at in (4, 5, 6))
    bars = {
        "agreement = 1": min(agreements) == 1.0,
        "no place or link differs": differ + links_differ == 0,
        "none failed": failures == 0,
        "again identical": all(row[7] == "identical" for row in rows),
    }
    print(bars_line(bars))
    finish(
        "order",
        agreement=round(min(agreements), 5),
        inputs={str(row[0]): {"orders": row[1], "agreement": round(float(str(row[3])), 5)} for row in rows},
        places_that_differ=differ,
        links_that_differ=links_differ,
        failed=failures,
        bars=bars,
        holds=all(bars.values()),
    )


@dataclass(frozen=True, slots=True)
class Archive:
    """What one order gave."""

    pairs: Pairs
    places: Places
    links: Links
    failed: int


def agreement(first: Pairs, second: Pairs) -> float:
    """The share of pairs linked in both runs among those linked in either."""
    either = first | second
    return len(first & second) / len(either) if either else 1.0


def linked_pairs(article_of: dict[str, int]) -> Pairs:
    """All pairs of URLs that resolve to one article."""
    groups: dict[int, list[str]] = defaultdict(list)
    for url, article in article_of.items():
        groups[article].append(url)
    return frozenset(pair for urls in groups.values() for pair in combinations(sorted(urls), 2))


def _orders(source: Path, orders: int, folder: Path) -> tuple[list[Archive], bool]:
    lines = _lines(source)
    runs = []
    for seed in range(orders):
        random.Random(seed).shuffle(lines)
        ordered = folder / f"order-{seed}.jsonl"
        _write(lines, ordered)
        db = folder / f"order-{seed}.db"
        size = BATCHES[seed % len(BATCHES)]
        if size is None:
            ours.backfill(ordered, db)
        else:
            _in_batches(lines, db, size)
        runs.append(_archive(db))
    # From another file every record takes the whole way again; from the same one it is passed over.
    before = _rows(db)
    other = folder / "again.jsonl"
    _write(lines, other)
    ours.backfill(other, db)
    ours.backfill(other, db)
    return runs, _rows(db) == before


def _in_batches(lines: Sequence[str], db: Path, size: int) -> None:
    """Store records through the writer, so many at a time, and settle."""
    prepared = prepare_batch("jsonl", "order", [line.encode() for line in lines], ExtractSettings(), {})
    arrivals = [
        Arrival(each.worked.document, each.worked.fingerprint) for each in prepared if isinstance(each, Prepared)
    ]
    dedup, now = DedupSettings(), datetime.now(UTC)
    with closing(open_database(db)) as connection:
        matcher = Matcher(dedup)
        for start in range(0, len(arrivals), size):
            with transaction(connection):
                for stored in matcher.store_many(connection, arrivals[start : start + size], now=now):
                    if isinstance(stored, Exception):
                        raise SystemExit(f"{db}: {stored}")
        Settling(dedup, matcher.cache).all(connection, now)


def _archive(db: Path) -> Archive:
    decided = ours.decisions(db)
    with closing(sqlite3.connect(db)) as connection:
        places = connection.execute(
            "SELECT p.url, a.url, p.relation FROM publications p JOIN articles a ON a.id = p.article_id"
        ).fetchall()
    failed = decided.outcomes.get("match_failed", 0)
    return Archive(linked_pairs(decided.article_of), frozenset(places), _links(db, decided.article_of), failed)


def _links(db: Path, article_of: dict[str, int]) -> Links:
    """(URL, kind, URL) of every link between articles; of an article's URLs the first by name stands for it."""
    name = {article: url for url, article in sorted(article_of.items(), reverse=True)}
    with closing(sqlite3.connect(db)) as connection:
        rows = connection.execute("SELECT article_id, kind, other_id FROM links").fetchall()
    return frozenset((name[article], kind, name[other]) for article, kind, other in rows)


def _lines(source: Path) -> list[str]:
    content = gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes()
    return [line + "\n" for line in content.decode().split("\n") if line]


def _write(lines: Sequence[str], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8")


def _rows(db: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute("SELECT url, article_id, relation FROM publications ORDER BY url").fetchall()


if __name__ == "__main__":
    main()
