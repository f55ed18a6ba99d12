"""Fills invented names, figures and choices into written sentences.

A slot is `{company}`, `{company.2}` (another one), `{2..190}`, `{0.5..3:2}` (decimals), `{rose|fell}`; the same
name or choice with a tag (`{rose|fell#up}`) is filled alike wherever it stands in one report.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

DATA = Path(__file__).parent / "data"


def blocks(name: str) -> list[list[str]]:
    """The blocks of a data file: lines without blanks and comments, a blank line between blocks."""
    text = (DATA / name).read_text(encoding="utf-8")
    found = []
    for block in re.split(r"\n\s*\n", text):
        lines = [line.strip() for line in block.splitlines() if line.strip() and not line.startswith("#")]
        if lines:
            found.append(lines)
    return found


NAMES = {kind: tuple(name.strip() for name in " ".join(lines).split(",")) for kind, *lines in blocks("names.txt")}

_SLOT = re.compile(r"\{([^{}]+)\}")
_NUMBER = re.compile(r"(-?[\d.]+?)\.\.(-?[\d.]+)(?::(\d))?(?:#\w+)?")


class Facts:
    """The fillings of one report: names differ from each other, tagged slots repeat."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._kept: dict[str, str] = {}

    def fill(self, text: str) -> str:
        """The text with every slot filled."""
        return _SLOT.sub(lambda match: self._value(match[1]), text)

    def _value(self, slot: str) -> str:
        if slot in self._kept:
            return self._kept[slot]
        kind = slot.split(".")[0]
        if kind in NAMES:
            value = self._rng.choice([name for name in NAMES[kind] if name not in self._kept.values()])
            self._kept[slot] = value
            return value
        if number := _NUMBER.fullmatch(slot):
            digits = int(number[3] or 0)
            value = f"{self._rng.uniform(float(number[1]), float(number[2])):,.{digits}f}"
        else:
            value = self._rng.choice(slot.split("#")[0].split("|"))
        if "#" in slot:
            self._kept[slot] = value
        return value
