"""20,000 invented documents of some 430 words, a fifth of them edited copies: the whole command `ingest backfill`.

Beside it text-dedup on the same file, which stores nothing but the texts it keeps. Runs alternate; medians count.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench import ours
from tests.bench.invented import write_articles
from tests.bench.measure import Run, run
from tests.bench.peers.call import SCRIPTS, python_of
from tests.bench.report import bars_line, finish, table

DOCUMENTS = 20_000
RUNS = 3
TIME_BAR = 1.0  # × text-dedup's wall time
MEMORY_BAR = 1.0  # × its memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each; the median counts")
    parser.add_argument("--no-peers", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        source = folder / "articles.jsonl"
        write_articles(source, args.documents)
        mine: list[Run] = []
        peers: list[Run] = []
        for number in range(args.runs):
            db = folder / f"{number}.db"
            mine.append(ours.backfill(source, db))
            if not args.no_peers:
                peers.append(_text_dedup(source))
        decided = ours.decisions(db)
        megabytes = db.stat().st_size / 1e6
    rows = [["ingest backfill", *_row(mine, args.documents)]]
    if peers:
        rows.append(["text-dedup 0.4", *_row(peers, args.documents)])
    print(table(["command", "seconds", "documents/s", "CPU s", "peak memory, MB", "runs"], rows))
    print(f"{decided.outcomes}; database {megabytes:.0f} MB\n")
    figures: dict[str, object] = {
        "documents": args.documents,
        "seconds": _seconds(mine),
        "cpu_seconds": _cpu(mine),
        "peak_mb": _memory(mine),
        "runs": args.runs,
        "outcomes": decided.outcomes,
        "database_mb": round(megabytes, 1),
    }
    if peers:
        ratio, memory = _seconds(mine) / _seconds(peers), _memory(mine) / _memory(peers)
        bars = {f"time ≤ {TIME_BAR} ×": ratio <= TIME_BAR, f"memory ≤ {MEMORY_BAR} ×": memory <= MEMORY_BAR}
        print(bars_line(bars))
        figures |= {
            "peer_seconds": _seconds(peers),
            "peer_cpu_seconds": _cpu(peers),
            "peer_peak_mb": _memory(peers),
            "ratio": round(ratio, 3),
            "memory_ratio": round(memory, 3),
            "unit": "wall time of ingest backfill over that of text-dedup; below 1 is faster",
            "bars": bars,
            "holds": all(bars.values()),
        }
    finish("backfill", **figures)


def _text_dedup(source: Path) -> Run:
    done = run([python_of("textdedup"), SCRIPTS / "textdedup_clusters.py", source, "--command-only"])
    if done.returncode:
        sys.exit(f"text-dedup failed ({done.returncode}):\n{done.errors[-4000:]}")
    return done


def _row(runs: list[Run], documents: int) -> list[object]:
    each = ", ".join(f"{done.seconds:.1f}" for done in runs)
    return [_seconds(runs), round(documents / _seconds(runs)), _cpu(runs), _memory(runs), each]


def _seconds(runs: list[Run]) -> float:
    return round(statistics.median(done.seconds for done in runs), 2)


def _cpu(runs: list[Run]) -> float:
    return round(statistics.median(done.cpu_seconds for done in runs), 1)


def _memory(runs: list[Run]) -> float:
    return round(max(done.peak_mb for done in runs), 1)


if __name__ == "__main__":
    main()
