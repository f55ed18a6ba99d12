"""Copies and look-alikes made from real articles: what `ingest backfill` finds and wrongly merges, beside its peers.

Every round is a backfill into a database of its own; counts add up over the rounds. Bars are those of DESIGN §3.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.bench import ours
from tests.bench.peers.call import DIRECT, TEXT_DEDUP, PeerRow, decide
from tests.bench.quality import edits, negatives
from tests.bench.quality.corpus import HALVES
from tests.bench.quality.generate import CASES, ROUNDS, Label, read_labels, write_half
from tests.bench.quality.picture import draw
from tests.bench.quality.score import Score, pairs_of_groups, score
from tests.bench.report import bars_line, finish, table

OURS = "ingest"
THRESHOLDS = (0.8, 0.5, 0.3)
TEXT_DEDUP_THRESHOLDS = (0.7, 0.5)  # 0.7 is its default; below 0.5 its chains swallow the file
CURVE = tuple(round(0.05 * step, 2) for step in range(19, 1, -1))

F1_BAR = 0.99
PRECISION_BAR = 0.999
RECALL_BAR = 0.97  # of every kind of edit
NEVER_MERGED = ("followup", "roundup", "template", "event")
EXAMPLES = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, default="reporting", help="tune on one, report on the other")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--cases", type=int, default=CASES, help="of each kind in a round")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument(
        "--examples", type=int, default=EXAMPLES, help="combinations of kinds to print, of wrong and lost pairs"
    )
    parser.add_argument("--keep", type=Path, help="folder to leave rounds and databases in")
    parser.add_argument("--out", type=Path, default=Path("build/quality.svg"), help="the picture")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or Path(scratch)
        scores, seconds = measure(folder, args.half, args.rounds, args.cases, peers=not args.no_peers)
    report(scores, args.half, seconds, args.examples)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(draw(scores, OURS), encoding="utf-8")
    print(f"picture: {args.out}")
    mine = scores[OURS]
    bars = bars_of(mine)
    print(bars_line(bars))
    finish(
        "quality",
        half=args.half,
        bars=bars,
        holds=all(bars.values()),
        seconds=round(seconds, 1),
        methods={name: figures(found) for name, found in scores.items()},
    )


def measure(folder: Path, half: str, rounds: int, cases: int, *, peers: bool) -> tuple[dict[str, Score], float]:
    """Score ours and the peers on the rounds of one half; returns the seconds that our backfills took."""
    scores = {OURS: Score()}
    seconds = 0.0
    for number, (source, labels_path) in enumerate(write_half(half, folder, rounds, cases), 1):
        labels = read_labels(labels_path)
        db = folder / f"round-{number}.db"
        db.unlink(missing_ok=True)
        seconds += ours.backfill(source, db).seconds
        scores[OURS].add(score_ours(labels, ours.decisions(db)))
        for row in peer_rows(source) if peers else ():
            scores.setdefault(row.name, Score()).add(score(labels, row.pairs))
        print(f"round {number}: F1 so far {scores[OURS].f1:.4f}", file=sys.stderr)
    return scores, seconds


def score_ours(labels: list[Label], decided: ours.Decisions) -> Score:
    """Score the decisions in one round's database."""
    place = {label.url: number for number, label in enumerate(labels)}
    story = {label.group: label.url for label in labels if label.kind == "original"}
    updates = [(place[label.url], place[story[label.may_merge]]) for label in labels if label.may_merge]
    joined = [(min(pair), max(pair)) for pair in updates if decided.are_versions(*(labels[i].url for i in pair))]
    return score(labels, pairs_of_groups(labels, decided.article_of), joined)


def peer_rows(source: Path) -> list[PeerRow]:
    """All peers' decisions on one round."""
    rows = decide("datasketch", source, CURVE)
    for method in DIRECT[1:]:
        rows += decide(method, source, THRESHOLDS)
    return rows + decide(TEXT_DEDUP, source, TEXT_DEDUP_THRESHOLDS)


def bars_of(mine: Score) -> dict[str, bool]:
    """Which of the design's bars hold."""
    return {
        f"F1 ≥ {F1_BAR}": mine.f1 >= F1_BAR,
        f"precision ≥ {PRECISION_BAR}": mine.precision >= PRECISION_BAR,
        f"every edit ≥ {RECALL_BAR}": all(mine.recall_of(kind) >= RECALL_BAR for kind in edits.KINDS),
        "no look-alike merged": not any(mine.merged[kind] for kind in NEVER_MERGED),
    }


def figures(found: Score) -> dict[str, object]:
    """A method's figures for the last line."""
    return {
        "f1": round(found.f1, 4),
        "precision": round(found.precision, 5),
        "recall": round(found.recall, 4),
        "wrong_pairs": found.false,
        "recall_by_edit": {kind: round(found.recall_of(kind), 4) for kind in edits.KINDS},
        "merged": {kind: found.merged[kind] for kind in negatives.KINDS},
        "updates_linked": found.updates_linked,
    }


def report(scores: dict[str, Score], half: str, seconds: float, examples: int) -> None:
    """Print the tables."""
    shown = {name: s for name, s in scores.items() if name == OURS or not _only_curve(name)}
    mine = scores[OURS]
    print(
        f"{half} half: {mine.cases.total()} publications, {mine.true + mine.missed} true pairs; ours {seconds:.1f} s\n"
    )
    overall = [[n, s.f1, f"{s.precision:.4f}", s.recall, s.false, s.missed] for n, s in shown.items()]
    print(table(["method", "F1", "precision", "recall", "wrong pairs", "missed"], overall))
    print("\nrecall by edit: copies linked with their original")
    print(table(["method", *edits.KINDS], [[n, *map(s.recall_of, edits.KINDS)] for n, s in shown.items()]))
    print("\nmerged wrongly, texts of each kind (an update may be merged or not: only told)")
    header = [f"{kind} ({mine.cases[kind]})" for kind in negatives.KINDS]
    print(table(["method", *header], [[n, *(s.merged[k] for k in negatives.KINDS)] for n, s in shown.items()]))
    print(f"\nupdates kept apart and linked: {mine.updates_linked} of {mine.cases['update']}")
    for title, pairs in (("wrongly linked", mine.wrong), ("missed", mine.lost)):
        print(f"\n{title}: {len(pairs)} pairs")
        for kinds, count in Counter(kinds for _, _, kinds in pairs).most_common(examples):
            a, b, _ = next(pair for pair in pairs if pair[2] == kinds)
            print(f"  {count:5} {kinds:26} as {a} {b}")
    print()


def _only_curve(name: str) -> bool:
    method, threshold = name.rsplit(" ", 1)
    return method == "datasketch" and float(threshold) not in THRESHOLDS


if __name__ == "__main__":
    main()
