"""The same publications in five random orders, and once more in the first: the same articles must come of it.

Links between articles are compared, too.

Inputs are rounds of the labelled set (reporting half) and the real summit pages.
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
from itertools import combinations
from pathlib import Path

from tests.bench import ours
from tests.bench.quality.corpus import HALVES
from tests.bench.quality.generate import CASES, shared_data, write_half
from tests.bench.report import bars_line, finish, table

ORDERS = 5
ROUNDS = 2
AGREEMENT_BAR = 0.999  # of the pairs that are linked in either of two runs

Pairs = frozenset[tuple[str, str]]
Links = frozenset[tuple[str, str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, default="reporting")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--examples", type=int, default=5, help="disagreeing pairs to print")
    parser.add_argument("--no-real", action="store_true", help="leave the summit pages out")
    args = parser.parse_args()
    rows: list[list[object]] = []
    agreements: list[float] = []
    again: list[bool] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        inputs = {f"round {n}": p for n, (p, _) in enumerate(write_half(args.half, folder, args.rounds, args.cases), 1)}
        if not args.no_real:
            inputs["summit pages"] = shared_data() / "real" / "helsinki.jsonl.gz"
        for name, source in inputs.items():
            runs, links, same = _orders(source, args.orders, folder / name.replace(" ", "-"))
            shares = [agreement(a, b) for a, b in combinations(runs, 2)]
            rows.append(
                [
                    name,
                    len(runs[0]),
                    min(shares),
                    sum(shares) / len(shares),
                    len(links[0]),
                    max(len(links[0] ^ other) for other in links),
                    "identical" if same else "DIFFERS",
                ]
            )
            agreements.append(min(shares))
            again.append(same)
            for a, b in sorted(runs[0] ^ runs[1])[: args.examples]:
                print(f"  {name}: linked in one order only: {a} {b}")
    header = ["input", "linked pairs", "least agreement", "mean agreement", "links", "that differ", "ingested again"]
    print(table(header, rows))
    bars = {f"agreement ≥ {AGREEMENT_BAR}": min(agreements) >= AGREEMENT_BAR, "again identical": all(again)}
    print(bars_line(bars))
    finish(
        "order",
        orders=args.orders,
        agreement=round(min(agreements), 5),
        inputs={str(row[0]): round(float(str(row[2])), 5) for row in rows},
        links_that_differ=max(int(str(row[5])) for row in rows),
        identical=all(again),
        bars=bars,
        holds=all(bars.values()),
    )


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


def _orders(source: Path, orders: int, folder: Path) -> tuple[list[Pairs], list[Links], bool]:
    lines = _lines(source)
    runs, links = [], []
    for seed in range(orders):
        random.Random(seed).shuffle(lines)
        ordered = folder / f"order-{seed}.jsonl"
        _write(lines, ordered)
        db = folder / f"order-{seed}.db"
        ours.backfill(ordered, db)
        article_of = ours.decisions(db).article_of
        runs.append(linked_pairs(article_of))
        links.append(_links(db, article_of))
    # From another file every record takes the whole way again; from the same one it is passed over.
    before = _rows(db)
    other = folder / "again.jsonl"
    _write(lines, other)
    ours.backfill(other, db)
    ours.backfill(ordered, db)
    return runs, links, _rows(db) == before


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
