"""Real syndication, judged by reading: the whole command `ingest backfill` on each of six sets, beside datasketch.

For the shipped scorecard, for one fitted without the set, and for five that were each fitted without a fifth of the
stories (a pair is decided by the one that has seen nothing of its story). Reads `$INGEST_SHARED/data/real`. Two URLs
are linked when both resolve to one article in the view `publications`.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import mean

from tests.bench import ours
from tests.bench.ours import Decisions
from tests.bench.peers.call import decide
from tests.bench.quality.generate import shared_data
from tests.bench.real import FOLDS, SETS, Judged, RealScore, folds, mistakes, read_pairs, score_pairs, write_judged_only
from tests.bench.report import bars_line, finish, table

THRESHOLDS = (0.3, 0.5, 0.8)
MODELS = ("shipped", "without", "folds")
HEADER = ["set", "by", "P", "R", "F", "drawn P", "drawn R", "U found", "R as items", "T, D joined"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--mistakes", action="store_true", help="list what the shipped scorecard gets wrong")
    parser.add_argument("--keep", type=Path, help="folder to leave the databases and scorecards in")
    args = parser.parse_args()
    folder = shared_data() / "real"
    if not folder.is_dir():
        sys.exit(f"no real pairs at {folder}: set INGEST_SHARED to the folder of the real material")
    pairs = read_pairs(folder)
    found: dict[str, dict[str, RealScore]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        work = args.keep or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        for name in args.sets:
            found[name] = measure(folder, name, pairs, args.models, work, with_mistakes=args.mistakes)
            if not args.no_peers:
                found[name] |= peers(folder, name, [pair for pair in pairs if pair.set == name], work)
            print(table(HEADER, [row(name, by, score) for by, score in found[name].items()]), flush=True)
    bars = bars_of(found, args.models)
    print(bars_line(bars))
    finish(
        "real",
        bars=bars,
        holds=all(bars.values()),
        means={by: means(found, by) for by in args.models},
        sets={name: {by: asdict(score) for by, score in scores.items()} for name, scores in found.items()},
    )


def measure(
    folder: Path, name: str, pairs: Sequence[Judged], models: Sequence[str], work: Path, *, with_mistakes: bool = False
) -> dict[str, RealScore]:
    """One set by each model."""
    source = folder / f"{name}.jsonl.gz"
    own = [pair for pair in pairs if pair.set == name]
    found = {}
    if "shipped" in models:
        decided = run(source, work / f"{name}-shipped.db", None)
        found["shipped"] = score(own, decided)
        if with_mistakes:
            for title, some in zip(("wrongly linked", "missed"), mistakes(own, decided.are_one), strict=True):
                print(f"{name}, {title}: {len(some)}")
                for pair in some:
                    print(f"  {pair.label} {pair.use}  {pair.a}  {pair.b}  {pair.why}")
    if "without" in models:
        model = fit(work / f"without-{name}.json", "--without", name)
        found["without"] = score(own, run(source, work / f"{name}-without.db", model))
    if "folds" in models:
        found["folds"] = by_folds(source, name, pairs, work)
    return found


def by_folds(source: Path, name: str, pairs: Sequence[Judged], work: Path) -> RealScore:
    """Each pair by the scorecard that has seen nothing of its story."""
    fold = dict(zip(((pair.set, pair.a, pair.b) for pair in pairs), folds(pairs), strict=True))
    decided = {}
    for number in range(FOLDS):
        left_out = work / f"fold-{number}.csv"
        with left_out.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("a", "b"))
            writer.writerows((p.a, p.b) for p in pairs if fold[p.set, p.a, p.b] == number)
        model = fit(work / f"fold-{number}.json", "--exclude-pairs", str(left_out))
        decided[number] = run(source, work / f"{name}-fold-{number}.db", model)

    def of(a: str, b: str) -> Decisions:
        return decided[fold[name, a, b]]

    own = [pair for pair in pairs if pair.set == name]
    return score_pairs(
        own,
        lambda a, b: of(a, b).are_one(a, b),
        lambda a, b: of(a, b).are_versions(a, b),
        lambda a, b: of(a, b).are_item_and_collection(a, b),
    )


def fit(out: Path, *args: str) -> Path:
    """Fit a scorecard, unless it is there."""
    if not out.exists():
        subprocess.run([sys.executable, "-m", "tests.train", "--out", str(out), *args], check=True)
    return out


def run(source: Path, db: Path, model: Path | None) -> Decisions:
    """The whole command on a set."""
    for ending in ("", "-wal", "-shm"):
        db.with_name(db.name + ending).unlink(missing_ok=True)
    ours.backfill(source, db, model)
    return ours.decisions(db)


def score(pairs: Sequence[Judged], decided: Decisions) -> RealScore:
    """What a finished archive gets right."""
    return score_pairs(pairs, decided.are_one, decided.are_versions, decided.are_item_and_collection)


def peers(folder: Path, name: str, pairs: list[Judged], work: Path) -> dict[str, RealScore]:
    """The same pairs by datasketch at some thresholds, each decided by itself."""
    small = work / f"{name}-judged.jsonl"
    places = write_judged_only(folder / f"{name}.jsonl.gz", pairs, small)
    found = {}
    for method in decide("datasketch", small, THRESHOLDS):
        linked = method.pairs
        decision = lambda a, b, linked=linked: tuple(sorted((places[a], places[b]))) in linked  # noqa: E731
        found[method.name] = score_pairs(pairs, decision)
    return found


def means(found: Mapping[str, Mapping[str, RealScore]], by: str) -> dict[str, float]:
    """Means over the sets, and the worst F."""
    scores = [scores[by] for scores in found.values()]
    updates, items, others = (sum(getattr(s, name) for s in scores) for name in ("updates", "items", "others"))
    return {
        "f1": round(mean(s.f1 for s in scores), 4),
        "worst_f1": round(min(s.f1 for s in scores), 4),
        "precision": round(mean(s.precision for s in scores), 4),
        "recall": round(mean(s.recall for s in scores), 4),
        "drawn_precision": round(mean(s.drawn_precision for s in scores), 4),
        "updates_found": round(sum(s.updates_found for s in scores) / max(1, updates), 4),
        "items_found": round(sum(s.items_found for s in scores) / max(1, items), 4),
        "others_joined": round(sum(s.others_joined for s in scores) / max(1, others), 4),
    }


def bars_of(found: Mapping[str, Mapping[str, RealScore]], models: Sequence[str]) -> dict[str, bool]:
    """Which of the bars hold."""
    bars = {}
    if "without" in models:
        without = means(found, "without")
        bars |= {
            "without the set: mean F ≥ 0.90": without["f1"] >= 0.90,
            "without the set: none under 0.82": without["worst_f1"] >= 0.82,
        }
    if "folds" in models:
        by_story = means(found, "folds")
        bars |= {
            "folds: mean F ≥ 0.94": by_story["f1"] >= 0.94,
            "folds: none under 0.88": by_story["worst_f1"] >= 0.88,
            "folds: mean precision ≥ 0.94": by_story["precision"] >= 0.94,
            "folds: mean drawn precision ≥ 0.94": by_story["drawn_precision"] >= 0.94,
            "folds: U found ≥ 0.85": by_story["updates_found"] >= 0.85,
            "folds: R as items ≥ 0.6": by_story["items_found"] >= 0.6,
            "folds: T and D joined ≤ 0.10": by_story["others_joined"] <= 0.10,
        }
    return bars


def row(name: str, by: str, found: RealScore) -> list[object]:
    """A row of the table."""
    return [
        name,
        by,
        found.precision,
        found.recall,
        found.f1,
        found.drawn_precision,
        found.drawn_recall,
        f"{found.updates_found}/{found.updates}",
        f"{found.items_found}/{found.items}",
        f"{found.others_joined}/{found.others}",
    ]


if __name__ == "__main__":
    main()
