"""Tables for people and, as the last line, one JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Text columns: the first to the left, the others to the right; shares and ratios to three digits."""
    cells = [list(header)] + [[_cell(value) for value in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = []
    for number, row in enumerate(cells):
        first, *others = (
            text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
        if number == 0:
            lines.append("  ".join("-" * width for width in widths))
    return "\n".join(lines)


def finish(bench: str, **figures: Any) -> None:
    """Print the last line: one JSON object with the bench's name and its figures."""
    print(json.dumps({"bench": bench, **figures}, ensure_ascii=False, default=float), flush=True)


def bars_line(bars: Mapping[str, bool]) -> str:
    """The bars in one line for people."""
    return "bars: " + ", ".join(f"{name} {'holds' if holds else 'MISSED'}" for name, holds in bars.items())


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
    return str(value)
