"""Real syndication, judged by reading: the whole command `ingest backfill` on each file, beside plain datasketch.

Reads `$INGEST_SHARED/data/real` (or `--real FOLDER` with the same three files). Two URLs are linked when both
resolve to one article in the view `publications`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import ours
from tests.bench.peers.call import decide
from tests.bench.quality.generate import shared_data
from tests.bench.real import SETS, Judged, RealScore, mistakes, read_pairs, score_pairs, write_judged_only
from tests.bench.report import bars_line, finish, table

THRESHOLDS = (0.8, 0.5, 0.3)
# Of research/libraries.md, measured on the half of the pairs kept aside: same, same and excerpts, precision.
QUOTED = {
    "helsinki": (
        ("datasketch 0.8, other half", 0.24, 0.16, 1.00),
        ("datasketch 0.5, other half", 0.62, 0.42, 1.00),
        ("datasketch 0.3, other half", 0.93, 0.63, 0.93),
        ("sketch of the rules, other half", 0.93, 0.93, 0.82),
        ("sketch with conflicts, other half", 0.93, 0.84, 0.88),
    ),
    "reuters": (
        ("datasketch 0.8, other half", 0.24, None, 1.00),
        ("datasketch 0.5, other half", 0.58, None, 0.86),
        ("datasketch 0.3, other half", 0.83, None, 0.74),
        ("sketch of the rules, other half", 0.97, None, 0.77),
        ("sketch with conflicts, other half", 0.89, None, 0.88),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, help="folder of the real pairs")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder to leave the databases in")
    args = parser.parse_args()
    folder = args.real or shared_data() / "real"
    if not folder.is_dir():
        sys.exit(f"no real pairs at {folder}: set INGEST_SHARED to the folder of the real material")
    bars: dict[str, bool] = {}
    sets: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in SETS:
            mine, seconds = _bench(folder, name, args.keep or Path(scratch), peers=not args.no_peers)
            bars |= bars_of(name, mine)
            sets[name] = {**figures(mine), "seconds": round(seconds, 1)}
    print(bars_line(bars))
    finish("real", bars=bars, holds=all(bars.values()), sets=sets)


def bars_of(name: str, mine: RealScore) -> dict[str, bool]:
    """Which of the bars hold on one set."""
    if name == "helsinki":
        return {
            "summit: at most one S missed": mine.same - mine.same_linked <= 1,
            "summit: at most one E missed": _excerpts_missed(mine) <= 1,
            "summit: at most one wrong": mine.wrong <= 1,
        }
    return {"Reuters recall ≥ 0.92": mine.recall >= 0.92, "Reuters precision ≥ 0.95": mine.precision >= 0.95}


def figures(mine: RealScore) -> dict[str, object]:
    """One set's figures for the last line."""
    return {
        "same": f"{mine.same_linked}/{mine.same}",
        "recall_same": round(mine.recall_same, 4),
        "same_and_excerpts": f"{mine.copies_linked}/{mine.copies}",
        "recall": round(mine.recall, 4),
        "wrong": f"{mine.wrong}/{mine.apart}",
        "precision": round(mine.precision, 4),
        "updates_linked": f"{mine.updates_linked}/{mine.updates}",
        "updates_merged": mine.updates_merged,
    }


def _excerpts_missed(mine: RealScore) -> int:
    return (mine.copies - mine.copies_linked) - (mine.same - mine.same_linked)


def _bench(folder: Path, name: str, scratch: Path, *, peers: bool) -> tuple[RealScore, float]:
    pairs = read_pairs(folder, name)
    source = folder / f"{name}.jsonl.gz"
    db = scratch / f"{name}.db"
    db.unlink(missing_ok=True)
    seconds = ours.backfill(source, db).seconds
    decided = ours.decisions(db)
    mine = score_pairs(pairs, decided.are_one, decided.are_versions)
    rows: list[list[object]] = [_row("ingest", mine)]
    if peers:
        rows += [_row(method, found) for method, found in _peers(source, pairs, scratch)]
    rows += [[method, same, both, precision, None, None, None] for method, same, both, precision in QUOTED[name]]
    print(f"{name}: {len(decided.article_of)} texts, {len(pairs)} judged pairs, {seconds:.1f} s; {decided.outcomes}")
    header = ["method", "same found", "+ excerpts", "precision", "wrong", "updates linked", "updates merged"]
    print(table(header, rows))
    for title, found in zip(("wrongly linked", "missed"), mistakes(pairs, decided.are_one), strict=True):
        print(f"{title}: {len(found)}")
        for pair in found:
            print(f"  {pair.label}  {pair.a}  {pair.b}  {pair.why}")
    unstored = {url for pair in pairs for url in (pair.a, pair.b)} - decided.article_of.keys()
    if unstored:
        print(f"judged and not stored: {sorted(unstored)}")
    print()
    return mine, seconds


def _row(method: str, found: RealScore) -> list[object]:
    wrong = f"{found.wrong}/{found.apart}"
    linked = f"{found.updates_linked}/{found.updates}" if method == "ingest" else None
    return [method, found.recall_same, found.recall, found.precision, wrong, linked, found.updates_merged]


def _peers(source: Path, pairs: list[Judged], scratch: Path) -> list[tuple[str, RealScore]]:
    small = scratch / "judged.jsonl"
    places = write_judged_only(source, pairs, small)
    scored = []
    for row in decide("datasketch", small, THRESHOLDS):
        linked = row.pairs
        decision = lambda a, b, linked=linked: tuple(sorted((places[a], places[b]))) in linked  # noqa: E731
        scored.append((row.name, score_pairs(pairs, decision)))
    return scored


if __name__ == "__main__":
    main()
