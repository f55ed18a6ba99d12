"""Invented sites and the furniture that each of them puts around every page: menus, pitches, boxes, small print."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.quality.slots import NAMES, blocks

_PAPERS = ("Herald", "Courier", "Post", "Observer", "Ledger", "Sentinel", "Chronicle", "Gazette", "Echo", "Dispatch")
_OWN_LEADS = ("Only on {name}", "At {name}", "Dear reader of {name}", "From the {town} newsroom", "Note", "Service")
_OWN_LEAD_SHARE = 0.7  # the rest is word for word what other sites print: one publisher, one small print
_SKIES = ("partly cloudy", "rain by evening", "sunny", "fog in the morning", "scattered showers")
_TOP_LINES = (2, 5)
_BOTTOM_LINES = (4, 9)


@dataclass(frozen=True, slots=True)
class Site:
    """An invented outlet.

    Attributes:
        domain: under .example, so that no real outlet is named.
        top, bottom: its furniture, in order; empty for a site whose pages were extracted cleanly.
    """

    domain: str
    top: tuple[str, ...] = ()
    bottom: tuple[str, ...] = ()

    def wrap(self, paragraphs: list[list[str]], headlines: Sequence[str], rng: random.Random) -> list[list[str]]:
        """The page as a poor extraction leaves it: the furniture around the text, its variable parts filled."""

        def fill(line: str) -> list[str]:
            while "{headline}" in line:
                line = line.replace("{headline}", rng.choice(headlines), 1)
            return [line.replace("{sky}", rng.choice(_SKIES)).replace("{count}", str(rng.randint(2, 30)))]

        return [*map(fill, self.top), *paragraphs, *map(fill, self.bottom)]


def make_sites(count: int, raw: int, rng: random.Random) -> list[Site]:
    """`count` sites, the first `raw` of them with furniture of their own on every page."""
    above, below = blocks("furniture.txt")
    names = [(town, paper) for town in NAMES["city"] for paper in _PAPERS]
    sites = []
    for number, (town, paper) in enumerate(rng.sample(names, count)):
        domain = f"{town}{paper}".replace(" ", "").lower() + ".example"
        if number >= raw:
            sites.append(Site(domain))
            continue
        name = f"The {town} {paper}"
        top = _furniture(above, rng.randint(*_TOP_LINES), name, town, rng)
        sites.append(Site(domain, top, _furniture(below, rng.randint(*_BOTTOM_LINES), name, town, rng)))
    return sites


def _furniture(lines: Sequence[str], count: int, name: str, town: str, rng: random.Random) -> tuple[str, ...]:
    chosen = []
    for line in rng.sample(lines, count):
        own = f"{rng.choice(_OWN_LEADS)}: {line}" if rng.random() < _OWN_LEAD_SHARE else line
        chosen.append(own.replace("{name}", name).replace("{town}", town))
    return tuple(chosen)
