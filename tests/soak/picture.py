"""Samples over time as an SVG picture: one strip a figure. Written by hand: no library is needed for five lines."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tests.soak.run import Sample

WIDTH, STRIP, LEFT, TOP = 960, 120, 110, 40
FIGURES = (
    ("daemon_mb", "daemon, MB"),
    ("tree_mb", "with workers, MB"),
    ("handles", "open files"),
    ("lag_s", "lag, s"),
    ("size_mb", "database, MB"),
    ("documents", "documents"),
)


def draw(samples: Sequence[Sample], title: str) -> str:
    """The picture as SVG text."""
    height = TOP + len(FIGURES) * STRIP + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif"'
        ' font-size="12"><rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
    ]
    last = samples[-1].hours
    for number, (name, label) in enumerate(FIGURES):
        top = TOP + number * STRIP
        values = [float(getattr(sample, name)) for sample in samples]
        most = max(*values, 1e-9) * 1.1
        points = " ".join(
            f"{LEFT + sample.hours / last * (WIDTH - LEFT - 20):.1f},{top + (STRIP - 24) * (1 - value / most):.1f}"
            for sample, value in zip(samples, values, strict=True)
        )
        bottom = top + STRIP - 24
        parts += [
            f'<line x1="{LEFT}" y1="{bottom}" x2="{WIDTH - 20}" y2="{bottom}" stroke="#999"/>',
            f'<text x="8" y="{top + 16}">{label}</text>',
            f'<text x="8" y="{top + 34}" fill="#666">most {max(values):.1f}</text>',
            f'<text x="8" y="{top + 50}" fill="#666">last {values[-1]:.1f}</text>',
            f'<polyline points="{points}" fill="none" stroke="#1f6f8b" stroke-width="1.5"/>',
        ]
    parts += [
        f'<text x="{LEFT}" y="{height - 10}" fill="#666">simulated hours 0 – {last:.0f}</text>',
        "</svg>\n",
    ]
    return "\n".join(parts)
