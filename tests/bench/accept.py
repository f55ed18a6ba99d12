"""Runs benches one after another and prints every bar they hold or miss; fails when one is missed."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.bench.report import table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benches", nargs="+", metavar="BENCH", help="names of modules: bench_real …")
    args = parser.parse_args()
    results = {name: run_bench(name) for name in args.benches}
    rows = [
        [name, bar, "holds" if holds else "MISSED"] for name, bars in results.items() for bar, holds in bars.items()
    ]
    print(f"\n{table(['bench', 'bar', ''], rows)}")
    if not all(holds for bars in results.values() for holds in bars.values()):
        sys.exit(1)


def run_bench(name: str) -> Mapping[str, bool]:
    """Run one bench, its output passed on; its bars, or a missed one that says it failed."""
    print(f"\n=== {name}", flush=True)
    process = subprocess.Popen([sys.executable, "-m", f"tests.bench.{name}"], stdout=subprocess.PIPE, text=True)
    last = ""
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line if line.strip() else last
    if process.wait() != 0:
        return {f"runs (exit {process.returncode})": False}
    return bars_of(last)


def bars_of(line: str) -> Mapping[str, bool]:
    """The bars of a bench's last line; a bench without bars has only that it ran."""
    try:
        figures: Any = json.loads(line)
    except ValueError:
        return {"its last line is JSON": False}
    bars = figures.get("bars") if isinstance(figures, dict) else None
    return {str(name): bool(holds) for name, holds in flat(bars).items()} if bars else {"runs": True}


def flat(bars: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Bars of bars (a set each) in one level."""
    found: dict[str, Any] = {}
    for name, value in bars.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}: ")
        else:
            found[prefix + name] = value
    return found


if __name__ == "__main__":
    main()
