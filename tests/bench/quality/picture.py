"""The quality report as one SVG: precision against recall, and recall by kind of edit. Drawn by hand, no library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from tests.bench.quality import edits
from tests.bench.quality.score import Score

WIDTH, HEIGHT = 1100, 460
PLOT = (70, 40, 380, 340)  # x, y, width, height of the precision–recall plot
BARS = (560, 40, 500, 340)
LOWEST_PRECISION = 0.6
COLOURS = ("#c2410c", "#1d4ed8", "#0f766e", "#7c3aed", "#a16207", "#475569")
CURVE_METHOD = "datasketch"
BARS_BESIDE = ("datasketch 0.5", "datasketch 0.3")


def draw(scores: Mapping[str, Score], ours: str) -> str:
    """An SVG document."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_precision_recall(scores, ours),
        *_recall_by_edit(scores, [ours, *(name for name in BARS_BESIDE if name in scores)]),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _precision_recall(scores: Mapping[str, Score], ours: str) -> list[str]:
    x0, y0, width, height = PLOT

    def at(score: Score) -> tuple[float, float]:
        precision = max(score.precision, LOWEST_PRECISION)
        return x0 + score.recall * width, y0 + (1 - precision) / (1 - LOWEST_PRECISION) * height

    parts = [_text(x0, y0 - 14, "pair precision against recall", bold=True), _frame(PLOT)]
    for step in range(5):
        share = step / 4
        parts.append(_text(x0 + share * width, y0 + height + 18, f"{share:.2f}", anchor="middle"))
        parts.append(_text(x0 - 8, y0 + share * height + 4, f"{1 - share * (1 - LOWEST_PRECISION):.2f}", anchor="end"))
    parts.append(_text(x0 + width / 2, y0 + height + 36, "recall", anchor="middle"))
    curve = sorted((at(s) for name, s in scores.items() if name.rsplit(" ", 1)[0] == CURVE_METHOD))
    if curve:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in curve)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[1]}" stroke-width="1.5"/>')
    methods = list(dict.fromkeys(_method(name) for name in scores))
    for name, score in scores.items():
        x, y = at(score)
        number = methods.index(_method(name))
        colour = COLOURS[number % len(COLOURS)]
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{7 if name == ours else 3.5}" fill="{colour}">'
            f"<title>{escape(name)}: {score.precision:.4f} / {score.recall:.4f}</title></circle>"
        )
    for number, method in enumerate(methods):
        y = y0 + height - 20 * (len(methods) - number)
        parts.append(f'<circle cx="{x0 + 16}" cy="{y}" r="5" fill="{COLOURS[number % len(COLOURS)]}"/>')
        parts.append(_text(x0 + 28, y + 4, method))
    return parts


def _recall_by_edit(scores: Mapping[str, Score], names: Sequence[str]) -> list[str]:
    x0, y0, width, height = BARS
    parts = [_text(x0, y0 - 14, "recall by kind of edit", bold=True), _frame(BARS)]
    slot = width / len(edits.KINDS)
    bar = 0.8 * slot / len(names)
    for column, kind in enumerate(edits.KINDS):
        for number, name in enumerate(names):
            tall = scores[name].recall_of(kind) * height
            x = x0 + column * slot + 0.1 * slot + number * bar
            parts.append(
                f'<rect x="{x:.1f}" y="{y0 + height - tall:.1f}" width="{bar:.1f}" height="{tall:.1f}"'
                f' fill="{COLOURS[number % len(COLOURS)]}"><title>{escape(name)} {kind}:'
                f" {scores[name].recall_of(kind):.3f}</title></rect>"
            )
        x, y = x0 + (column + 0.5) * slot, y0 + height + 12
        parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="end" transform="rotate(-35 {x:.1f} {y})">{kind}</text>')
    marks = ((share, y0 + (1 - share) * height + 4) for share in (0, 0.5, 1))
    parts.extend(_text(x0 - 8, y, f"{share:.1f}", anchor="end") for share, y in marks)
    for number, name in enumerate(names):
        x = x0 + 150 * number
        parts.append(
            f'<rect x="{x}" y="{HEIGHT - 14}" width="10" height="10" fill="{COLOURS[number % len(COLOURS)]}"/>'
        )
        parts.append(_text(x + 16, HEIGHT - 5, name))
    return parts


def _method(name: str) -> str:
    head, _, last = name.rpartition(" ")
    return head if head and last.replace(".", "").isdigit() else name


def _frame(box: tuple[int, int, int, int]) -> str:
    x, y, width, height = box
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="none" stroke="#94a3b8"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'
