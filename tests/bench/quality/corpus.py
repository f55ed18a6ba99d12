"""Real article texts cut into pieces of news length, each belonging to one half: nothing is edited here."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import py3langid

HALVES = ("tuning", "reporting")

SHORTEST_WORDS = 120  # a shorter text is a brief; a fifth of it would be no page of its own
PIECE_WORDS = (220, 600)  # a long text is cut into pieces of such a length: wire stories, not features
PARAGRAPH_WORDS = 90  # a longer paragraph is broken up: extraction left no borders in it
LONGEST_SENTENCE_WORDS = 80  # a longer one is a list or a table that lost its marks, and is left out
FEWEST_SENTENCES = 6
REPEATED = 0.1  # of the sentences; a text that repeats more of itself was made to test a parser
OVERLAP = 0.08  # of a piece's 5-grams; more of it in an earlier piece, and the labels would not be true
SPACELESS = frozenset({"ja", "zh", "my", "th"})
SPACELESS_WORD = 2  # characters that stand for a word where the script has no spaces

_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+(?=[\"'“‘«(\[¿¡]?[A-Z0-9À-ÞА-Я])|(?<=[。！？။।۔])(?=\S)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A text of news length.

    Attributes:
        id: of the article and the piece within it; the same in every run.
        url: the article's URL: pieces of one article stay in one half.
        language: two letters, as recognised from the text.
        paragraphs: sentences by paragraph, in reading order.
    """

    id: str
    url: str
    title: str
    language: str
    paragraphs: tuple[tuple[str, ...], ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All sentences in reading order."""
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph)

    @property
    def words(self) -> int:
        """The length in words, for spaceless scripts in what stands for them."""
        return sum(count_words(sentence, self.language) for sentence in self.sentences)


def load(path: Path, half: str) -> list[Piece]:
    """The pieces of one half of the articles, in a fixed order, none a copy of another.

    Args:
        path: articles.jsonl with `url`, `title` and `text`.
        half: one of `HALVES`.
    """
    with path.open(encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    articles.sort(key=lambda article: (article["url"], article["text"]))
    chosen = (article for article in articles if half_of(article["url"]) == half)
    return list(_without_copies(piece for article in chosen for piece in cut(article)))


def half_of(url: str) -> str:
    """The half that an article belongs to, by a hash of its URL."""
    return HALVES[hashlib.sha256(url.encode()).digest()[0] & 1]


def cut(article: dict[str, str]) -> Iterator[Piece]:
    """The pieces of an article: itself when it is of news length, parts of it when it is longer."""
    language = py3langid.classify(article["text"][:4000])[0]
    name = hashlib.sha256((article["url"] + article["text"]).encode()).hexdigest()[:10]
    rng = random.Random(name)
    paragraphs = list(_paragraphs(article["text"], language))
    number = 0
    while paragraphs:
        target = rng.randint(*PIECE_WORDS)
        taken: list[tuple[str, ...]] = []
        words = 0
        while paragraphs and words < target:
            paragraph = paragraphs.pop(0)
            taken.append(paragraph)
            words += sum(count_words(sentence, language) for sentence in paragraph)
        piece = Piece(f"{name}-{number}", article["url"], (article["title"] or "").strip(), language, tuple(taken))
        number += 1
        if words >= SHORTEST_WORDS and len(piece.sentences) >= FEWEST_SENTENCES and not _repeats_itself(piece):
            yield piece


def split_sentences(text: str) -> list[str]:
    """Sentences of a paragraph, by marks and capitals; the bench's own, so that it does not favour the engine's."""
    return [sentence.strip() for sentence in _SENTENCE.split(text) if sentence and sentence.strip()]


def count_words(text: str, language: str) -> int:
    """Words, or what stands for them where the script has no spaces."""
    return -(-len(text) // SPACELESS_WORD) if language in SPACELESS else len(text.split())


def shingles(text: str, language: str) -> set[tuple[str, ...]]:
    """Word 5-grams, lower case, across sentences."""
    words = list("".join(text.split())) if language in SPACELESS else re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))}


def _paragraphs(text: str, language: str) -> Iterator[tuple[str, ...]]:
    for line in text.split("\n"):
        # Rows of tables and stray words are no prose: an editor moves and trims prose.
        if count_words(line, language) < 5 or "|" in line:
            continue
        group: list[str] = []
        words = 0
        for sentence in split_sentences(line):
            length = count_words(sentence, language)
            if length > LONGEST_SENTENCE_WORDS:
                continue
            group.append(sentence)
            words += length
            if words >= PARAGRAPH_WORDS:
                yield tuple(group)
                group, words = [], 0
        if group:
            yield tuple(group)


def _repeats_itself(piece: Piece) -> bool:
    # Sentences that differ only in a number, as made-up ones do, are one.
    distinct = {re.sub(r"\d+", "", sentence) for sentence in piece.sentences}
    return len(distinct) < (1 - REPEATED) * len(piece.sentences)


def _without_copies(pieces: Iterable[Piece]) -> Iterator[Piece]:
    seen: set[tuple[str, ...]] = set()
    for piece in pieces:
        own = shingles(" ".join(piece.sentences), piece.language)
        if len(own & seen) <= OVERLAP * len(own):
            yield piece
        seen |= own


def text_of(paragraphs: Sequence[Sequence[str]], language: str) -> str:
    """Paragraphs as a page's text: one line each."""
    space = "" if language in SPACELESS else " "
    return "\n".join(space.join(paragraph) for paragraph in paragraphs if paragraph)
