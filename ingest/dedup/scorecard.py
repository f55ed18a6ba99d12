"""The fitted scorecard: features of a pair → points that add up to log-odds, read from a JSON file. Pure.

A generalised additive model with a few pairwise interactions ("GA2M": Lou, Caruana, Gehrke, Hooker, "Accurate
intelligible models with pairwise interactions", 2013), in the form of a table: each term gives the points of the range
that its feature (or its two features) lies in, and the score is their sum. `make train` fits it (tests/train).
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from ingest.errors import ConfigError

FORMAT = 1  # of the file
# Of the features: a scorecard that was fitted to others is refused. Raised whenever a feature's value changes.
FEATURES_VERSION = 1
CARDS = ("copy", "part_of", "update")
MOST_FEATURES = 2  # of a term: three together are no table that one can read

Values = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Term:
    """Points by the range of one feature, or by those of two.

    Attributes:
        features: one name, or two.
        edges: for each feature the ascending borders of its ranges; a value on a border lies below it.
        points: one number a combination of ranges, the first feature's range varying slowest. Each feature has
            `len(edges) + 1` ranges, and after them one for "not known".
    """

    features: tuple[str, ...]
    edges: tuple[tuple[float, ...], ...]
    points: tuple[float, ...]

    def bins(self, values: Values) -> tuple[int, ...]:
        """The range that each feature lies in."""
        return tuple(bin_of(values[name], edges) for name, edges in zip(self.features, self.edges, strict=True))

    def at(self, bins: tuple[int, ...]) -> float:
        """The points of a combination of ranges."""
        if len(bins) == 1:
            return self.points[bins[0]]
        return self.points[bins[0] * (len(self.edges[1]) + 2) + bins[1]]


def bin_of(value: float | None, edges: tuple[float, ...]) -> int:
    """The range that a value lies in; the last one for a value that is not known."""
    return len(edges) + 1 if value is None else bisect_left(edges, value)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one term adds to a score: its features' values, and the points (log-odds)."""

    features: tuple[str, ...]
    values: tuple[float | None, ...]
    points: float

    @property
    def name(self) -> str:
        """The term in words: one feature, two with a × between, or `base`."""
        return " × ".join(self.features) or "base"


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of one feature that would turn a decision.

    Attributes:
        low, high: the range that the feature would have to lie in: above `low`, up to `high`; `None` where open.
            Both `None`: the feature would have to be unknown.
        score: what the score would be.
    """

    feature: str
    value: float | None
    low: float | None
    high: float | None
    score: float


@dataclass(frozen=True)
class Card:
    """One additive model: its base and its terms. Above 0 its answer is yes."""

    base: float
    terms: tuple[Term, ...]

    def score(self, values: Values) -> float:
        """The log-odds: the base and the points of every term, added in their order."""
        edges, tables = self._by_range
        bins = {name: bin_of(values[name], borders) for name, borders in edges.items()}
        total = self.base
        for first, second, table in tables:
            total += table[bins[first]][bins[second]] if second else table[bins[first]]
        return total

    @cached_property
    def _by_range(self) -> tuple[dict[str, tuple[float, ...]], list[tuple[str, str, Any]]]:
        """The terms spread over all borders that their features have anywhere, so that each is looked up once."""
        edges = {name: self._edges(name) for name in self.features}
        # A value in the middle of nowhere but in this range: its upper border, infinity for the last, then unknown.
        probes = {name: (*borders, math.inf, None) for name, borders in edges.items()}
        tables: list[tuple[str, str, Any]] = []
        for term in self.terms:
            first, *others = term.features
            if others:
                grid = [
                    [term.at(term.bins({first: x, others[0]: y})) for y in probes[others[0]]] for x in probes[first]
                ]
                tables.append((first, others[0], grid))
            else:
                tables.append((first, "", [term.at(term.bins({first: x})) for x in probes[first]]))
        return edges, tables

    def _edges(self, feature: str) -> tuple[float, ...]:
        """All borders of a feature's ranges."""
        found = (
            edge
            for term in self.terms
            for name, edges in zip(term.features, term.edges, strict=True)
            if name == feature
            for edge in edges
        )
        return tuple(sorted(set(found)))

    def contributions(self, values: Values) -> tuple[Contribution, ...]:
        """Every term's points, the base first; added in this order they are the score, to the last bit."""
        return (
            Contribution((), (), self.base),
            *(
                Contribution(term.features, tuple(values[name] for name in term.features), term.at(term.bins(values)))
                for term in self.terms
            ),
        )

    def turn(self, values: Values) -> Turn | None:
        """The smallest change of one feature that turns the sign of the score, or `None` if no single one does.

        Smallest by the share of the feature's ranges that lie between; among equals the one that turns it furthest.
        """
        now = self.score(values)
        turns = [turn for name in self.features for turn in self._turns(name, values, now)]
        return min(turns, key=lambda turn: turn[:2])[2] if turns else None

    @property
    def features(self) -> tuple[str, ...]:
        """The features that the terms look at, each once."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term.features))

    def _turns(self, name: str, values: Values, now: float) -> Iterator[tuple[float, float, Turn]]:
        value = values[name]
        if value is None:
            return  # nobody can change what is not known of a text
        edges = self._edges(name)
        here = bisect_left(edges, value)
        for place in range(len(edges) + 1):
            low, high = edges[place - 1] if place else None, edges[place] if place < len(edges) else None
            inside = high if high is not None else math.inf
            score = self.score({**values, name: inside})
            if (score > 0) != (now > 0):
                yield abs(place - here) / len(edges), -abs(score), Turn(name, value, low, high, score)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The cards that decide on a pair, and what they were fitted to.

    Attributes:
        version: of the fit; stored with every decision.
        fitted: what the file says of its fit: sets and their numbers of pairs, date, settings.
        cards: `copy` decides first; of the others, what is above 0 and highest, if any.
    """

    version: str
    fitted: Mapping[str, Any]
    cards: Mapping[str, Card]

    @classmethod
    def load(cls, path: Path | None = None) -> Scorecard:
        """Read a scorecard; without a path the one that ingest ships.

        Raises:
            ConfigError: when the file cannot be read or is no scorecard for these features.
        """
        return shipped() if path is None else _load(path)


@cache
def _load(path: Path) -> Scorecard:
    """A scorecard of one's own, read once a process: a changed file counts from the next start."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the scorecard cannot be read: {error}") from error
    return parse(text, str(path))


@cache
def shipped() -> Scorecard:
    """The scorecard in the package, read once."""
    return parse(
        resources.files("ingest.dedup").joinpath("scorecard.json").read_text(encoding="utf-8"), "scorecard.json"
    )


def parse(text: str, name: str) -> Scorecard:
    """A scorecard from its JSON.

    Args:
        name: of the file, for messages.

    Raises:
        ConfigError: when it is no scorecard for these features.
    """
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r}, where this version reads {FORMAT}")
        if data["features_version"] != FEATURES_VERSION:
            raise ValueError(
                f"fitted to features of version {data['features_version']!r}, where this one measures"
                f" {FEATURES_VERSION}: fit it anew with `make train`"
            )
        cards = {card: _card(data["cards"][card]) for card in CARDS}
        return Scorecard(str(data["version"]), data["fitted"], cards)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ConfigError(f"{name}: not a scorecard: {what}") from error


def _card(data: Mapping[str, Any]) -> Card:
    return Card(_number(data["base"]), tuple(_term(term) for term in data["terms"]))


def _term(data: Mapping[str, Any]) -> Term:
    features = tuple(data["features"])
    edges = tuple(tuple(_number(edge) for edge in one) for one in data["edges"])
    rows = data["points"] if len(features) > 1 else [data["points"]]
    if not 1 <= len(features) <= MOST_FEATURES or len(edges) != len(features):
        raise ValueError(f"a term of {features} has edges for {len(edges)} features")
    if any(list(one) != sorted(set(one)) for one in edges):
        raise ValueError(f"the edges of {features} do not ascend")
    ranges = [len(one) + 2 for one in edges]
    if len(rows) != (ranges[0] if len(features) > 1 else 1) or any(len(row) != ranges[-1] for row in rows):
        raise ValueError(f"{features}: one number of points a range is wanted, and one for `not known`")
    return Term(features, edges, tuple(_number(value) for row in rows for value in row))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)
