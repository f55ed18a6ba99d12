"""Real pages with ground truth: bodies beside the peers, facts, agencies, and speed. `make bench-extract`.

Bodies and facts are scored as the material's README says. Speed is pages a second through the worker pool,
facts and fingerprint included, over bare trafilatura (default settings, with metadata) in one process, each
the best of some rounds on the same pages.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from trafilatura import bare_extraction

from ingest.errors import ExtractError
from ingest.extract.agency import agency_of_text
from ingest.extract.page import Hints, document_from_html
from ingest.extract.pool import WorkerPool
from ingest.extract.titles import folded as name_folded
from ingest.model import Document, Page
from ingest.pipeline.work import work_page
from ingest.settings import ExtractSettings
from tests.bench.measure import run
from tests.bench.pages import LabelledPage, body_score, folded, labelled_pages
from tests.bench.peers.call import SCRIPTS, python_of
from tests.bench.report import bars_line, finish, table
from tests.conftest import ROOT, shared_folder

# The floors.
BARS = {"aeb": 0.982, "fundus": 0.965, "title": 0.85, "day": 0.98, "authors": 0.88}
AGENCY_PRECISION, AGENCY_RECALL = 0.97, 0.92
OWN_PRECISION, OWN_RECALL = 0.99, 0.95
SPEED = 0.9  # times the workers, times bare trafilatura in one process

PEERS = ("readability-lxml", "newspaper4k")
MODES: dict[str, dict[str, Any]] = {
    "trafilatura": {},
    "trafilatura fast": {"fast": True},
    "trafilatura precise": {"favor_precision": True, "include_comments": False},
}
COLLECTIONS = ("aeb", "fundus")
FETCHED_AT = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """What a method makes of a page."""

    body: str
    title: str | None = None
    authors: frozenset[str] = frozenset()
    day: date | None = None
    site_in_title: bool = False


def ours(page: LabelledPage) -> Found:
    """Ours; a page that is refused as a teaser is scored by the teaser."""
    hints = Hints(page.url or page.path.absolute().as_uri())
    try:
        document = document_from_html(page.html(), hints, ExtractSettings())
    except ExtractError as error:
        return Found(error.teaser)
    authors = frozenset(folded(name) for name in (document.author or "").split("; ") if name)
    day = document.published_at.date() if document.published_at else None
    return Found(document.text, document.title, authors, day, _names_site(document))


def _names_site(document: Document) -> bool:
    """Whether a title still ends with the name of its site."""
    site = name_folded((document.site or "").split(".")[0])
    last = name_folded((document.title or "").replace("|", " - ").rsplit(" - ", 1)[-1])
    return len(site) > 2 and last != name_folded(document.title or "") and last in (site, f"the{site}")


def trafilatura(mode: str) -> Callable[[LabelledPage], Found]:
    def method(page: LabelledPage) -> Found:
        found: Any = bare_extraction(page.html(), url=page.url, with_metadata=True, **MODES[mode])
        if not found:
            return Found("")
        authors = frozenset(folded(name) for name in (found.author or "").split("; ") if name)
        day = date.fromisoformat(found.date) if found.date else None
        return Found(found.text or "", found.title, authors, day)

    return method


def peer(method: str, pages: Sequence[LabelledPage]) -> tuple[list[Found], float]:
    with tempfile.TemporaryDirectory() as folder:
        listed, answer = Path(folder) / "pages.json", Path(folder) / "answer.json"
        listed.write_text(json.dumps([{"path": str(page.path.absolute()), "url": page.url} for page in pages]))
        done = run([python_of("extract"), SCRIPTS / "extract_bodies.py", method, listed, answer], cwd=ROOT)
        if done.returncode:
            sys.exit(f"{method} failed ({done.returncode}):\n{done.errors[-4000:]}")
        answered = json.loads(answer.read_text())
    return [Found(body) for body in answered["bodies"]], answered["seconds"] / len(pages)


def timed(method: Callable[[LabelledPage], Found], pages: Sequence[LabelledPage]) -> tuple[list[Found], float]:
    method(pages[0])  # models and tables are loaded at their first use
    started = time.process_time()
    return [method(page) for page in pages], (time.process_time() - started) / len(pages)


def facts(pages: Sequence[LabelledPage], found: Sequence[Found]) -> dict[str, float]:
    """Shares of right facts among the pages whose truth states them."""
    titles = [
        folded(p.expected.title) == folded(f.title) for p, f in zip(pages, found, strict=True) if p.expected.title
    ]
    days = [f.day in p.expected.days for p, f in zip(pages, found, strict=True) if p.expected.days]
    authors = [p.expected.authors == f.authors for p, f in zip(pages, found, strict=True) if p.expected.authors]
    return {"title": _share(titles), "day": _share(days), "authors": _share(authors)}


def _share(right: Sequence[bool]) -> float:
    return sum(right) / len(right) if right else 0.0


def agencies(pairs: Sequence[tuple[str | None, str | None]]) -> tuple[float, float]:
    """Precision and recall of (truth, found)."""
    right = sum(truth == found for truth, found in pairs if found)
    said, wanted = sum(bool(found) for _, found in pairs), sum(bool(truth) for truth, _ in pairs)
    return right / max(1, said), right / max(1, wanted)


def real_agencies(folder: Path) -> list[tuple[str | None, str | None]]:
    """Rows of high confidence; sources that the labels only name (OTHER) are left out: they have no code there."""
    with gzip.open(folder / "helsinki.jsonl.gz", "rt", encoding="utf-8") as stream:
        records = {record["url"]: record for record in map(json.loads, stream)}
    with (folder / "agencies.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["confidence"] == "high" and ":" not in row["agency"]]
    pairs = []
    for row in rows:
        found = agency_of_text(records[row["url"]]["text"], site=records[row["url"]]["site"])
        truth = None if row["agency"] == "NONE" else row["agency"].lower()
        pairs.append((truth, found.code if found else None))
    return pairs


def own_agencies() -> list[tuple[str | None, str | None]]:
    lines = (ROOT / "tests/extract/agency_examples.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = []
    for example in map(json.loads, lines):
        found = agency_of_text(example["text"], author=example.get("author"), site=example.get("site"))
        pairs.append((example["agency"], found.code if found else None))
    return pairs


def pages_per_second(pages: Sequence[LabelledPage], workers: int, rounds: int) -> tuple[float, float]:
    """Pages a second: bare trafilatura in this process, and ours through the pool; the best rounds."""
    bodies = [(page.html(), page.url) for page in pages]
    settings = ExtractSettings(workers=workers, deadline=60)
    pool = WorkerPool(settings)
    try:
        pool.start()
        _through_pool(pool, bodies, settings)  # start-up is not what is measured
        bare_best = pool_best = 0.0
        for _ in range(rounds):
            started = time.perf_counter()
            for body, url in bodies:
                bare_extraction(body, url=url, with_metadata=True)
            bare_best = max(bare_best, len(bodies) / (time.perf_counter() - started))
            started = time.perf_counter()
            _through_pool(pool, bodies, settings)
            pool_best = max(pool_best, len(bodies) / (time.perf_counter() - started))
    finally:
        pool.close()
    return bare_best, pool_best


def _through_pool(pool: WorkerPool, bodies: Sequence[tuple[bytes, str | None]], settings: ExtractSettings) -> None:
    futures = []
    for body, stated in bodies:
        url = stated or "https://paper.example/2026/a-story"
        page = Page(url, url, 200, {"content-type": "text/html"}, body, FETCHED_AT)
        futures.append(pool.submit(work_page, page, Hints(url), settings))
    for future in futures:
        try:
            future.result()
        except ExtractError:
            continue  # a teaser: named, and as much work as the others


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3, help="of the speed measurement; 0 leaves it out")
    parser.add_argument("--no-peers", action="store_true", help="leave out the peers of .venv-peers-extract")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    folder = shared_folder() / "data"
    if not (folder / "pages").is_dir():
        sys.exit(f"no real pages at {folder / 'pages'}: set INGEST_SHARED to the folder of real material")
    pages = labelled_pages(folder / "pages")

    results = {"ingest": timed(ours, pages)}
    results |= {mode: timed(trafilatura(mode), pages) for mode in MODES}
    if not options.no_peers:
        results |= {method: peer(method, pages) for method in PEERS}
    scores = {name: bodies(pages, found) for name, (found, _) in results.items()}
    print(f"{len(pages)} pages; F1, precision, recall of bodies; processor time")
    header = ["", *(f"{collection} {figure}" for collection in COLLECTIONS for figure in ("F1", "P", "R")), "ms/page"]
    print(
        table(header, [[n, *(v for c in COLLECTIONS for v in s[c]), 1000 * results[n][1]] for n, s in scores.items()])
    )

    stated = [at for at, page in enumerate(pages) if page.collection == "fundus"]
    fact_rows = {
        name: facts([pages[at] for at in stated], [results[name][0][at] for at in stated])
        for name in ("ingest", "trafilatura")
    }
    print("\nfacts on fundus, share of exact ones")
    print(table(["", "title", "day", "authors"], [[name, *row.values()] for name, row in fact_rows.items()]))

    real, own = agencies(real_agencies(folder / "real")), agencies(own_agencies())
    print("\nagencies, text alone")
    print(table(["", "precision", "recall"], [["real pages, confidence high", *real], ["own examples", *own]]))

    mine = scores["ingest"]
    bars = {f"{c} body F1 ≥ {BARS[c]}": mine[c][0] >= BARS[c] for c in COLLECTIONS}
    bars["aeb body above every peer"] = all(mine["aeb"][0] > s["aeb"][0] for n, s in scores.items() if n != "ingest")
    bars |= {f"{fact} ≥ {BARS[fact]}": share >= BARS[fact] for fact, share in fact_rows["ingest"].items()}
    bars["no site's name in a title"] = not any(found.site_in_title for found in results["ingest"][0])
    bars[f"agencies P ≥ {AGENCY_PRECISION}, R ≥ {AGENCY_RECALL}"] = (
        real[0] >= AGENCY_PRECISION and real[1] >= AGENCY_RECALL
    )
    bars[f"own agencies P ≥ {OWN_PRECISION}, R ≥ {OWN_RECALL}"] = own[0] >= OWN_PRECISION and own[1] >= OWN_RECALL
    figures: dict[str, Any] = {}
    if options.rounds:
        bare, pool = pages_per_second(pages, options.workers, options.rounds)
        ratio = pool / bare
        print(
            f"\nspeed: bare trafilatura {bare:.1f} pages/s in one process, "
            f"ingest {pool:.1f} with {options.workers} workers: {ratio:.2f} ×"
        )
        bars[f"speed ≥ {SPEED} × {options.workers} × bare trafilatura"] = ratio >= SPEED * options.workers
        figures = {
            "ratio": ratio,
            "unit": f"pages/s of {options.workers} workers / of bare trafilatura in one process",
            "bare_pages_per_s": bare,
            "ingest_pages_per_s": pool,
            "workers": options.workers,
        }
    print(bars_line(bars))
    finish(
        "extract",
        pages=len(pages),
        bodies={
            n: {c: dict(zip(("f1", "precision", "recall"), s[c], strict=True)) for c in COLLECTIONS}
            for n, s in scores.items()
        },
        ms_per_page={name: 1000 * seconds for name, (_, seconds) in results.items()},
        facts=fact_rows,
        agencies={"real": real, "own": own},
        bars=bars,
        **figures,
    )


def bodies(pages: Sequence[LabelledPage], found: Sequence[Found]) -> dict[str, tuple[float, float, float]]:
    """Body scores of each collection."""
    scores = {}
    for collection in COLLECTIONS:
        chosen = [at for at, page in enumerate(pages) if page.collection == collection]
        scores[collection] = body_score([pages[at].expected.body for at in chosen], [found[at].body for at in chosen])
    return scores


if __name__ == "__main__":
    main()
