"""Real pages with ground truth, and how bodies and facts are scored against it (as the material's README says)."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

GRAM = 4
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a page's truth says; facts are None where it says nothing of them."""

    body: str
    title: str | None = None
    authors: frozenset[str] | None = None
    days: frozenset[date] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page with its truth; `url` is None where the collection does not tell it."""

    collection: str
    name: str
    path: Path
    url: str | None
    expected: Expected

    def html(self) -> bytes:
        """The page as it was fetched."""
        return gzip.decompress(self.path.read_bytes())


def labelled_pages(folder: Path) -> list[LabelledPage]:
    """All pages below `data/pages`."""
    return [*_aeb(folder / "aeb"), *_fundus(folder / "fundus")]


def _aeb(folder: Path) -> Iterable[LabelledPage]:
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    for name, facts in sorted(truth.items()):
        path = folder / f"{name}.html.gz"
        if path.exists():
            yield LabelledPage("aeb", name, path, facts.get("url"), Expected(facts["articleBody"]))


def _fundus(folder: Path) -> Iterable[LabelledPage]:
    for truth in sorted(folder.glob("*/*.json")):
        versions: dict[str, Any] = json.loads(truth.read_text(encoding="utf-8"))
        pages = sorted(truth.parent.glob(f"{truth.stem}_*.html.gz"))
        for (version, facts), path in zip(versions.items(), pages, strict=False):
            yield LabelledPage("fundus", f"{truth.parent.name}/{truth.stem}/{version}", path, None, _expected(facts))


def _expected(facts: Mapping[str, Any]) -> Expected:
    body = facts.get("body") or {}
    paragraphs = list(body.get("summary", []))
    for section in body.get("sections", []):
        headline = section.get("headline") or []
        paragraphs += headline if isinstance(headline, list) else [headline]
        paragraphs += section.get("paragraphs", [])
    days: set[date] = set()
    if stated := facts.get("publishing_date"):
        moment = datetime.fromisoformat(stated)
        # The day in the publisher's own zone and in UTC: both are the day of publication.
        days = {moment.date(), moment.astimezone(UTC).date() if moment.tzinfo else moment.date()}
    authors = facts.get("authors")
    return Expected(
        body="\n".join(paragraphs),
        title=facts.get("title"),
        authors=frozenset(map(folded, authors)) if authors else None,
        days=frozenset(days),
    )


def folded(text: str | None) -> str:
    """A fact for comparison: NFKC, casefold, everything that is no word character folded away."""
    return re.sub(r"\W+", "", unicodedata.normalize("NFKC", text or "").casefold())


def _grams(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    if len(words) < GRAM:
        return Counter([tuple(words)] if words else [])
    return Counter(zip(*(words[start:] for start in range(GRAM)), strict=False))


def body_score(truths: Sequence[str], bodies: Sequence[str]) -> tuple[float, float, float]:
    """F1, precision and recall: 4-grams of words, each page normalised to one, summed over pages."""
    right = extra = missing = 0.0
    for truth, body in zip(truths, bodies, strict=True):
        wanted, found = _grams(truth), _grams(body)
        common = sum((wanted & found).values())
        total = sum(found.values()) + sum(wanted.values()) - common
        if total:
            right += common / total
            extra += (sum(found.values()) - common) / total
            missing += (sum(wanted.values()) - common) / total
    precision = right / (right + extra) if right else 0.0
    recall = right / (right + missing) if right else 0.0
    return (2 * precision * recall / (precision + recall) if right else 0.0), precision, recall
