"""Invented articles in any number: words of a made vocabulary with the frequencies of real text. Needs no input."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.quality import edits
from tests.bench.quality.corpus import Piece, text_of
from tests.bench.quality.edits import Paragraphs
from tests.bench.quality.sites import make_sites

VOCABULARY = 30_000
ARTICLE_WORDS = (260, 490)  # with furniture and local additions, 430 on average
SENTENCE_WORDS = (8, 34)
PARAGRAPH_SENTENCES = (1, 4)
COPY_SHARE = 0.2
SITES, RAW_SITES = 150, 30
FIRST, SPAN = datetime(2026, 3, 1, tzinfo=UTC), timedelta(days=28)  # in order of time, as archives are
SOURCES = 200  # a copy is made of one of the last so many articles: copies come within days
_ONSETS = (
    "b",
    "br",
    "c",
    "cl",
    "d",
    "f",
    "g",
    "gr",
    "h",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "r",
    "s",
    "st",
    "t",
    "tr",
    "v",
    "w",
)
_NUCLEI = ("a", "e", "i", "o", "u", "ai", "ea", "ou", "ie")
_CODAS = ("", "n", "r", "s", "t", "l", "nd", "ck", "m", "st")


def write_articles(path: Path, count: int, seed: int = 1) -> None:
    """Write `count` records in the backfill's JSONL, a fifth of them edited copies of earlier ones."""
    with path.open("w", encoding="utf-8") as out:
        for record in records(count, seed):
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def records(count: int, seed: int = 1) -> Iterator[dict[str, str]]:
    """The records, the same for the same count and seed."""
    rng = random.Random(seed)
    write = Writer(rng)
    sites = make_sites(SITES, RAW_SITES, rng)
    recent: list[Piece] = []
    for number in range(count):
        site = rng.choice(sites)
        if recent and rng.random() < COPY_SHARE:
            piece = rng.choice(recent)
            paragraphs = edits.apply(rng.choice(edits.KINDS), piece, rng, write.paragraphs)
        else:
            piece = write.piece(f"invented-{number}")
            paragraphs = [list(paragraph) for paragraph in piece.paragraphs]
            recent = [*recent[-SOURCES + 1 :], piece]
        if site.top:
            paragraphs = site.wrap(paragraphs, [earlier.title for earlier in recent[-20:]], rng)
        yield {
            "url": f"https://{site.domain}/{number}.html",
            "title": piece.title,
            "date": f"{FIRST + SPAN * number / count:%Y-%m-%dT%H:%M:%SZ}",
            "site": site.domain,
            "text": text_of(paragraphs, "en"),
            "language": "en",
        }


class Writer:
    """Writes prose of invented words, common ones often and rare ones rarely (Zipf's law)."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        words: dict[str, None] = {}
        while len(words) < VOCABULARY:
            syllables = 1 + (len(words) > 300) + (len(words) > 4000 and rng.random() < 0.6)
            words["".join(rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS) for _ in range(syllables))] = (
                None
            )
        self._words = list(words)
        total = 0.0
        self._weights = []
        for rank in range(VOCABULARY):
            total += 1 / (rank + 2.7)  # Mandelbrot's form of Zipf's law
            self._weights.append(total)

    def piece(self, name: str) -> Piece:
        """An article of news length."""
        paragraphs = tuple(map(tuple, self.paragraphs(self._rng.randint(*ARTICLE_WORDS))))
        return Piece(name, f"https://invented.example/{name}", self._sentence(8).rstrip("."), "en", paragraphs)

    def paragraphs(self, words: int) -> Paragraphs:
        """Paragraphs of `words` words or just over."""
        written: Paragraphs = []
        while words > 0:
            written.append([])
            for _ in range(self._rng.randint(*PARAGRAPH_SENTENCES)):
                length = self._rng.randint(*SENTENCE_WORDS)
                written[-1].append(self._sentence(length))
                words -= length
        return written

    def _sentence(self, length: int) -> str:
        words = self._rng.choices(self._words, cum_weights=self._weights, k=length)
        if self._rng.random() < 0.3:
            words[self._rng.randrange(length)] = str(self._rng.randint(2, 3000))
        if self._rng.random() < 0.4:
            place = self._rng.randrange(length)
            words[place] = words[place].capitalize()
        return " ".join(words).capitalize() + "."
