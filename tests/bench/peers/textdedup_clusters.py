"""Clusters of near-duplicates of a JSONL file by text-dedup's own command: 128 permutations, word 5-grams, 2 processes.

`--command-only` runs the command as a user would and leaves nothing behind: for measuring it from outside.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

PROCESSES = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path, nargs="?")
    parser.add_argument("--thresholds", type=float, nargs="+", default=[0.7])
    parser.add_argument("--command-only", action="store_true")
    args = parser.parse_args()
    started = time.perf_counter()
    rows = []
    for threshold in args.thresholds:
        with tempfile.TemporaryDirectory() as folder:
            run(args.input, Path(folder), threshold, keep_clusters=not args.command_only)
            if not args.command_only:
                rows.append({"threshold": threshold, "clusters": clusters(args.input, Path(folder))})
    if args.output:
        result = {"method": "text-dedup", "seconds": time.perf_counter() - started, "rows": rows}
        args.output.write_text(json.dumps(result), encoding="utf-8")


def run(path: Path, folder: Path, threshold: float, *, keep_clusters: bool) -> None:
    command = [sys.executable, "-m", "text_dedup.minhash", "--path", "json", "--data_files", str(path)]
    command += ["--split", "train", "--column", "text", "--output", str(folder / "out"), "--cache_dir"]
    command += [str(folder / "cache"), "--num_perm", "128", "--ngram", "5", "--hash_func", "xxh3"]
    command += ["--num_proc", str(PROCESSES), "--threshold", str(threshold)]
    if keep_clusters:
        command.append("--debug")
    offline = {"HF_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(command, env={**os.environ, **offline}, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"text-dedup failed ({done.returncode}):\n{done.stderr[-4000:]}")


def clusters(path: Path, folder: Path) -> list[list[int]]:
    """Line numbers by cluster, read from the union-find that text-dedup leaves with --debug."""
    with (folder / "out" / "uf.pkl").open("rb") as dump:
        forest = pickle.load(dump)
    with path.open(encoding="utf-8") as lines:
        count = sum(1 for _ in lines)
    groups: dict[int, list[int]] = defaultdict(list)
    for line in range(count):
        groups[forest.find(line)].append(line)
    return [group for group in groups.values() if len(group) > 1]


if __name__ == "__main__":
    main()
