"""Calls a peer's script in the peer's own environment and reads its answer."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from tests.bench.measure import run

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = Path(__file__).resolve().parent
DIRECT = ("datasketch", "rensa", "gaoya")
TEXT_DEDUP = "text-dedup"


@dataclass(frozen=True, slots=True)
class PeerRow:
    """A peer's decisions at one setting: pairs of line numbers, the smaller first."""

    method: str
    threshold: float
    pairs: frozenset[tuple[int, int]]

    @property
    def name(self) -> str:
        """As the tables print it."""
        return f"{self.method} {self.threshold:g}"


def python_of(environment: str) -> Path:
    """The interpreter of a peers' environment.

    Raises:
        SystemExit: when it is not installed, with the command that does.
    """
    python = ROOT / f".venv-peers-{environment}" / "bin" / "python"
    if not python.exists():
        sys.exit(f"the peers are not installed: run `make .venv-peers-{environment}`")
    return python


def decide(method: str, source: Path, thresholds: Sequence[float]) -> list[PeerRow]:
    """One peer's decisions on a JSONL file at each threshold."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        if method == TEXT_DEDUP:
            command: list[str | Path] = [python_of("textdedup"), SCRIPTS / "textdedup_clusters.py", source, answer]
        else:
            command = [python_of("dedup"), SCRIPTS / "dedup_pairs.py", method, source, answer]
        done = run([*command, "--thresholds", *map(str, thresholds)])
        if done.returncode:
            sys.exit(f"{method} failed ({done.returncode}):\n{done.errors[-4000:]}")
        rows = json.loads(answer.read_text(encoding="utf-8"))["rows"]
    return [PeerRow(method, row["threshold"], _pairs(row)) for row in rows]


def _pairs(row: dict[str, list[list[int]]]) -> frozenset[tuple[int, int]]:
    if "clusters" in row:
        return frozenset(pair for cluster in row["clusters"] for pair in combinations(sorted(cluster), 2))
    return frozenset((i, j) for i, j in row["pairs"])
