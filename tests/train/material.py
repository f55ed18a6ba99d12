"""The judged pairs as examples: measured as the engine measures them, boilerplate of their sites set aside."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from ingest.dedup.boilerplate import EVERYWHERE, are_distinct, repeaters
from ingest.dedup.comparable import NOTHING, Comparable
from ingest.dedup.corpus import MAX_HOLDERS
from ingest.dedup.features import Context, Features, measure
from ingest.dedup.fingerprint import fingerprint
from ingest.dedup.verify import FEWEST_SHARED

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Example:
    """A judged pair with what was measured on it.

    Attributes:
        label: S same, E excerpt or extended, U update, R item of a collection, T template, D different.
        sure: whether the reader was.
        scored: whether it may be scored on; the others were picked because they are hard.
        weight: how many pairs of its set it stands for, where it was drawn.
        story: the pairs that hang together through their texts have one story.
        kind: of the edit, of a made pair.
    """

    set: str
    a: str
    b: str
    label: str
    sure: bool
    scored: bool
    weight: float | None
    story: str
    features: Features
    kind: str = ""

    @property
    def is_asked(self) -> bool:
        """Whether the scorecard decides on it: it shares enough, and is not the same text."""
        return self.features.is_full and self.features.containment >= FEWEST_SHARED


def read_judged(folder: Path, excluded: Collection[frozenset[str]] = ()) -> list[Example]:
    """Every judged pair of a folder with `judged.csv` and a `SET.jsonl.gz` for each of its sets."""
    with (folder / "judged.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if frozenset((row["a"], row["b"])) not in excluded]
    stories = stories_of((row["a"], row["b"]) for row in rows)
    examples = []
    for name in dict.fromkeys(row["set"] for row in rows):
        pages = read_pages(folder / f"{name}.jsonl.gz")
        furniture = boilerplate_of(pages.values())
        for row in rows:
            if row["set"] != name:
                continue
            features = compared(pages[row["a"]], pages[row["b"]], furniture)
            weight = float(row["weight"]) if row["weight"] else None
            examples.append(
                Example(name, row["a"], row["b"], row["label"], row["confidence"] != "?", row["use"] == "score",
                        weight, f"{name} {stories[row['a']]}", features)
            )  # fmt: skip
    return examples


@dataclass(frozen=True, slots=True)
class Page:
    """A publication ready to be compared."""

    site: str
    moment: datetime | None
    text: Comparable


def read_pages(path: Path) -> dict[str, Page]:
    """The publications of a backfill's file by URL."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {record["url"]: page_of(record) for record in map(json.loads, lines)}


def page_of(record: Mapping[str, str]) -> Page:
    """A record in the backfill's format as a page."""
    moment = moment_of(record.get("published") or record.get("date") or "")
    return Page(record["site"], moment, Comparable(fingerprint(record["text"])))


def moment_of(text: str) -> datetime | None:
    """A time as the records write it: ISO 8601, RFC 822, or a day in eight digits."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except (ValueError, TypeError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def compared(a: Page, b: Page, furniture: Mapping[str, frozenset[int]]) -> Features:
    """What is measured on two pages."""
    days = abs((a.moment - b.moment).total_seconds()) / SECONDS_A_DAY if a.moment and b.moment else None
    context = Context(same_site=a.site == b.site, days=days)
    return measure(a.text, b.text, _aside(a, furniture) | _aside(b, furniture), context, fewest_shared=FEWEST_SHARED)


def _aside(page: Page, furniture: Mapping[str, frozenset[int]]) -> frozenset[int]:
    repeated = furniture.get(page.site, NOTHING) | furniture.get(EVERYWHERE, NOTHING)
    return page.text.aside(page.text.key_set & repeated)


def boilerplate_of(pages: Iterable[Page]) -> dict[str, frozenset[int]]:
    """Site, or `EVERYWHERE` → the sentences that it repeats, by the engine's rule, on these pages."""
    distinct_texts = {(page.site, page.text.text_key): page for page in pages}
    ordered = [distinct_texts[name] for name in sorted(distinct_texts, key=lambda name: (name[1], name[0]))]
    holders: dict[int, list[int]] = defaultdict(list)
    for place, page in enumerate(ordered):
        for key in page.text.whole.sentences:
            holders[key].append(place)
    known: dict[tuple[int, int], bool] = {}

    def distinct(first: int, second: int) -> bool:
        pair = (first, second) if first < second else (second, first)
        if pair not in known:
            a, b = (ordered[place].text for place in pair)
            known[pair] = are_distinct(a, b, a.key_set & b.key_set)
        return known[pair]

    found: dict[str, set[int]] = defaultdict(set)
    for key, places in holders.items():
        first = [(place, ordered[place].site) for place in places[: MAX_HOLDERS + 1]]
        for site in repeaters(first, distinct, crowded=len(places) > MAX_HOLDERS):
            found[site].add(key)
    return {site: frozenset(keys) for site, keys in found.items()}


def stories_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """URL → the first URL of all that hang together with it through pairs."""
    above: dict[str, str] = {}

    def top(url: str) -> str:
        while above.setdefault(url, url) != url:
            url = above[url]
        return url

    for a, b in pairs:
        first, second = sorted((top(a), top(b)))
        above[second] = first
    return {url: top(url) for url in above}
