"""Texts made to hold the writer up: how long one text takes at most, whatever is stored already.

Families: pages that each hold the page before and a sentence more, in and against the order of their dates, on one
site and on fifty; one sentence in all texts; texts shuffled from two others; lists of a sentence of everything. Each
text is stored in a transaction of its own, as the daemon does; what waits is placed again afterwards, as its
maintenance does, and these transactions count too.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.dedup.fingerprint import fingerprint
from ingest.model import Document
from ingest.pipeline.match import Matcher
from ingest.pipeline.settle import Settling
from ingest.settings import DedupSettings
from ingest.store.database import open_database, transaction
from ingest.store.placement import count_unsettled
from tests.bench.report import bars_line, finish, table

WORST_BAR_MS = 200.0
PAGES = 400
SHARED = 10_000
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 4, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Siege:
    """What a family cost: milliseconds of the slowest transaction, and of the median one, and texts left waiting."""

    texts: int
    median_ms: float
    worst_ms: float
    worst_settling_ms: float
    articles: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=PAGES, help="of the growing and shuffled families")
    parser.add_argument("--shared", type=int, default=SHARED, help="texts that have one sentence in common")
    args = parser.parse_args()
    families: dict[str, Callable[[], Iterator[Document]]] = {
        "growing": lambda: growing(args.pages, sites=1, backwards=False),
        "growing, dated backwards": lambda: growing(args.pages, sites=1, backwards=True),
        "growing, fifty sites": lambda: growing(args.pages, sites=50, backwards=False),
        "growing, fifty sites, backwards": lambda: growing(args.pages, sites=50, backwards=True),
        "one sentence in all": lambda: one_sentence(args.shared),
        "shuffled from two": lambda: shuffled(args.pages),
        "lists of everything": lambda: lists(args.pages),
    }
    measured = {name: besiege(made()) for name, made in families.items()}
    header = ["family", "texts", "articles", "median ms", "worst ms", "worst settling ms"]
    print(
        table(
            header,
            [[n, m.texts, m.articles, m.median_ms, m.worst_ms, m.worst_settling_ms] for n, m in measured.items()],
        )
    )
    worst = max(max(m.worst_ms, m.worst_settling_ms) for m in measured.values())
    bars = {f"no transaction over {WORST_BAR_MS:g} ms": worst <= WORST_BAR_MS}
    print(bars_line(bars))
    finish(
        "siege",
        worst_ms=round(worst, 1),
        unit="ms",
        families={name: round(m.worst_ms, 1) for name, m in measured.items()},
        bars=bars,
        holds=all(bars.values()),
    )


def besiege(documents: Iterator[Document]) -> Siege:
    """Store a family in a fresh database, one text a transaction."""
    took: list[float] = []
    settling_took = [0.0]
    with tempfile.TemporaryDirectory() as folder, closing(open_database(Path(folder) / "s.db")) as connection:
        matcher, settling = Matcher(DedupSettings()), Settling(DedupSettings())
        for document in documents:
            made = fingerprint(document.text)
            begun = time.perf_counter()
            with transaction(connection):
                matcher.store(connection, document, made, now=NOW)
            took.append(1000 * (time.perf_counter() - begun))
        while count_unsettled(connection):
            begun = time.perf_counter()
            settling.some(connection, NOW)
            settling_took.append(1000 * (time.perf_counter() - begun))
        articles = connection.execute("SELECT count(*) FROM articles").fetchone()[0]
    took.sort()
    return Siege(len(took), took[len(took) // 2], took[-1], max(settling_took), articles)


def growing(pages: int, *, sites: int, backwards: bool) -> Iterator[Document]:
    """Pages that each hold the one before and a sentence more: 10 to 40 kB."""
    rng = random.Random(1)
    body = [_sentence(rng) for _ in range(90)]
    for number in range(pages):
        body.append(_sentence(rng))
        yield _document(number, body, site=f"s{number % sites}.example", hours=-number if backwards else number)


def one_sentence(texts: int) -> Iterator[Document]:
    """Texts of their own with one sentence in common."""
    common = _sentence(random.Random(0))
    for number in range(texts):
        rng = random.Random(number + 1)
        yield _document(number, [*(_sentence(rng) for _ in range(14)), common], site=f"s{number % 40}.example")


def shuffled(texts: int) -> Iterator[Document]:
    """Texts of half the sentences of each of two others."""
    rng = random.Random(2)
    stories = [[_sentence(rng) for _ in range(40)] for _ in range(20)]
    for number in range(texts):
        first, second = rng.sample(stories, 2)
        body = [*rng.sample(first, 20), *rng.sample(second, 20)]
        yield _document(number, body, site=f"s{number}.example", hours=number)


def lists(texts: int) -> Iterator[Document]:
    """Stories, and every tenth text a list with a sentence of each of those before."""
    rng = random.Random(3)
    told: list[str] = []
    for number in range(texts):
        body = [_sentence(rng) for _ in range(20)]
        if number % 10 == 9:
            body = [*told, *body[:2]]
        else:
            told.append(body[0])
        yield _document(number, body, site=f"s{number}.example", hours=number)


_WORDS = [f"{a}{b}{c}" for a in "bcdfgklmnprst" for b in "aeiou" for c in ("n", "r", "st", "lan", "mer", "dor")]


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choices(_WORDS, k=18)).capitalize() + "."


def _document(number: int, body: list[str], *, site: str, hours: int = 0) -> Document:
    return Document(
        url=f"https://{site}/{number}",
        text="\n".join(body),
        title=f"Title {number}",
        site=site,
        published_at=FIRST + timedelta(hours=hours),
    )


if __name__ == "__main__":
    main()
