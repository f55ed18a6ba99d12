"""Fits the scorecard to the judged pairs and the made ones: `python -m tests.train --out FILE`; `make train`."""

from __future__ import annotations

import argparse
import csv
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.quality.generate import shared_data
from tests.train.archive import read_judgements
from tests.train.evaluate import cross_validated, folds, table
from tests.train.fit import FEWEST, RECIPES, fit_scorecard, teaches
from tests.train.made import made_examples
from tests.train.material import read_judged


def main() -> None:
    """Read the examples, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="the file to write")
    parser.add_argument("--without", action="append", default=[], metavar="SET", help="a set to leave out")
    parser.add_argument(
        "--exclude-pairs", type=Path, metavar="FILE", help="CSV with columns a and b: pairs to leave out"
    )
    parser.add_argument(
        "--judged", type=Path, action="append", default=[], metavar="DB", help="an archive whose judgements count too"
    )
    parser.add_argument("--date", default=datetime.now(UTC).date().isoformat(), help="to write into the file")
    parser.add_argument("--evaluate", action="store_true", help="also tell how it does on pairs that are left out")
    args = parser.parse_args()
    data = shared_data()
    judged = [example for path in args.judged for example in read_judgements(path)]
    for path in args.judged:
        print(f"{path}: {sum(example.set == path.stem for example in judged)} judged pairs")
    made = []
    if (data / "real" / "judged.csv").exists():
        judged += read_judged(data / "real", excluded_pairs(args.exclude_pairs))
        made = made_examples(data / "articles.jsonl")
    elif args.judged:
        print(f"no judged pairs at {data / 'real'}: fitted to those of the archives alone")
    else:
        sys.exit(
            f"no judged pairs at {data / 'real'}: set INGEST_SHARED to the folder of the real material, "
            "or name an archive with judgements (--judged DB)"
        )
    if unknown := set(args.without) - {example.set for example in judged}:
        sys.exit(f"no such set: {', '.join(sorted(unknown))}")
    examples = [e for e in judged if e.set not in args.without] + made
    untaught = [name for name, recipe in RECIPES.items() if not teaches(recipe, examples)]
    if len(untaught) == len(RECIPES):
        sys.exit(f"too few judged pairs: each card needs {FEWEST} of either answer")
    if untaught:
        print(f"too few judged pairs for {', '.join(untaught)}: as shipped")
    if args.evaluate:
        print("each set by a scorecard fitted without it\n" + table(cross_validated(examples, lambda e: e.set)))
        print("five folds by story\n" + table(cross_validated(examples, folds(examples))), flush=True)
    if args.out:
        args.out.write_text(fit_scorecard(examples, args.date), encoding="utf-8")


def excluded_pairs(path: Path | None) -> set[frozenset[str]]:
    """The pairs of a CSV file, in either order."""
    if path is None:
        return set()
    with path.open(encoding="utf-8", newline="") as lines:
        return {frozenset((row["a"], row["b"])) for row in csv.DictReader(lines)}


if __name__ == "__main__":
    main()
