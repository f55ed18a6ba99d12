"""`make soak`: a simulated week at 500 × speed; a table, a picture under build/, as the last line one JSON object."""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from tests.bench.report import finish, table
from tests.conftest import ROOT
from tests.soak.picture import draw
from tests.soak.run import growth_mb_a_day, soak, thirds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=168, help="simulated")
    parser.add_argument("--speed", type=float, default=500)
    parser.add_argument("--every", type=float, default=10, help="simulated minutes between two stories")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingest-soak-") as folder:
        done = soak(Path(folder), hours=args.hours, speed=args.speed, every=timedelta(minutes=args.every))
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    picture = build / "soak.svg"
    title = f"ingest: {args.hours:.0f} simulated hours at {args.speed:.0f} × speed, {done.texts} texts"
    if done.samples:
        picture.write_text(draw(done.samples, title), "utf-8")
    stops = (
        [done.samples[round(share * (len(done.samples) - 1))] for share in (0, 0.25, 0.5, 0.75, 1)]
        if done.samples
        else []
    )
    header = ["simulated h", "daemon MB", "with workers MB", "handles", "lag s", "database MB", "documents"]
    rows = [[f"{s.hours:.0f}", s.daemon_mb, s.tree_mb, s.handles, s.lag_s, s.size_mb, s.documents] for s in stops]
    print(table(header, rows))
    print()
    print(
        table(
            ["table or index", "bytes", "bytes a text"], [[name, size, each] for name, size, each in done.tables[:14]]
        )
    )
    print(f"\npicture: {picture}")
    for wrong in done.wrong:
        print(f"WRONG: {wrong}")
    finish(
        "soak",
        hours=args.hours,
        speed=args.speed,
        polls=done.polls,
        texts=done.texts,
        articles=done.articles,
        daemon_mb=[round(s.daemon_mb, 1) for s in stops],
        thirds_mb=[round(figure, 1) for figure in thirds(done.samples)],
        growth_mb_a_day=round(growth_mb_a_day(done.samples), 3) if done.samples else None,
        handles=[s.handles for s in stops],
        lag_s=[round(s.lag_s, 2) for s in stops],
        bytes_a_text=round(sum(size for _, size, _ in done.tables) / max(done.texts, 1)),
        wrong=len(done.wrong),
        holds=not done.wrong,
    )
    sys.exit(1 if done.wrong else 0)


if __name__ == "__main__":
    main()
