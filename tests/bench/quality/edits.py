"""What outlets do to a wire story, one pure function a kind of edit: a piece and a seed in, paragraphs out."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence

from tests.bench.quality.corpus import SPACELESS, Piece, count_words

Paragraphs = list[list[str]]
Larder = Callable[[int], Paragraphs]  # words wanted → paragraphs of other real articles, each given out once

TRIM_SHARE = 0.35
EXCERPT_SHARE = 0.20
DROPPED_SHARE = (0.2, 0.5)  # of the paragraphs
COPYEDIT_RATE = 0.06  # of the words
CORRECTED_SHARE = 0.3  # of the copy-edited texts also have one figure put right
LOCAL_SHARE = 0.60
MIXED_DROPPED_SHARE = 0.2
MIXED_LOCAL_SHARE = 0.3

KINDS = (
    "verbatim",
    "trim",
    "excerpt",
    "dropped",
    "shuffle",
    "copyedit",
    "typography",
    "extended",
    "boilerplate",
    "mixed",
)
NEEDS_LARDER = frozenset({"extended", "mixed"})

_SYNONYMS = {
    "said": "told reporters", "told": "said to", "about": "around", "around": "about", "also": "too", "but": "however",
    "however": "but", "because": "since", "while": "as", "big": "large", "large": "big", "many": "numerous",
    "began": "started", "started": "began", "begin": "start", "help": "assist", "use": "employ", "used": "employed",
    "show": "indicate", "shows": "indicates", "get": "obtain", "got": "received", "made": "produced",
    "make": "produce", "more": "additional", "most": "the majority of", "new": "fresh", "often": "frequently",
    "people": "persons", "over": "more than", "percent": "per cent", "program": "programme", "color": "colour",
    "center": "centre", "last": "past", "after": "following", "before": "ahead of", "want": "wish", "wants": "wishes",
    "well": "properly", "which": "that", "who": "that", "very": "highly", "until": "till", "toward": "towards",
    "would": "will", "year": "12 months", "years": "yrs", "can": "is able to", "could": "might", "buy": "purchase",
    "children": "kids", "company": "firm", "firm": "company", "country": "nation", "important": "major",
}  # fmt: skip


def apply(kind: str, piece: Piece, rng: random.Random, larder: Larder) -> Paragraphs:
    """The paragraphs of a copy of `piece`; the site's boilerplate is put around them elsewhere."""
    source = [list(paragraph) for paragraph in piece.paragraphs]
    match kind:
        case "verbatim" | "boilerplate":
            return source
        case "trim":
            return trim(source, piece.language, TRIM_SHARE)
        case "excerpt":
            return excerpt(source, piece.language, EXCERPT_SHARE, rng)
        case "dropped":
            return drop_paragraphs(source, rng.uniform(*DROPPED_SHARE), rng)
        case "shuffle":
            return shuffle(source, rng)
        case "copyedit":
            return copyedit(source, piece.language, COPYEDIT_RATE, rng)
        case "typography":
            return typography(source, rng)
        case "extended":
            return extend(source, larder(round(piece.words * LOCAL_SHARE)), rng)
        case "mixed":
            return mix(piece, rng, larder)
    raise ValueError(f"no such kind of edit: {kind}")


def trim(source: Paragraphs, language: str, share: float) -> Paragraphs:
    """Cut from the end, at a sentence, until `share` of the words is left."""
    budget = share * _length(source, language)
    kept: Paragraphs = []
    for paragraph in source:
        kept.append([])
        for sentence in paragraph:
            budget -= count_words(sentence, language)
            kept[-1].append(sentence)
            if budget <= 0:
                return kept
    return kept


def excerpt(source: Paragraphs, language: str, share: float, rng: random.Random) -> Paragraphs:
    """A run of whole sentences from anywhere in the text, `share` of its words or just over."""
    sentences = [(number, sentence) for number, paragraph in enumerate(source) for sentence in paragraph]
    wanted = share * _length(source, language)
    starts: list[int] = []
    words = 0
    for start in range(len(sentences) - 1, -1, -1):
        words += count_words(sentences[start][1], language)
        if words >= wanted:
            starts.append(start)
    start = rng.choice(starts)
    kept: Paragraphs = []
    last = -1
    for number, sentence in sentences[start:]:
        if wanted <= 0:
            break
        wanted -= count_words(sentence, language)
        if number != last:
            kept.append([])
            last = number
        kept[-1].append(sentence)
    return kept


def drop_paragraphs(source: Paragraphs, share: float, rng: random.Random) -> Paragraphs:
    """Without `share` of the paragraphs, at least one and never all; of a text of one or two, without sentences."""
    if len(source) < 3:
        source = [[sentence] for paragraph in source for sentence in paragraph]
    count = min(len(source) - 1, max(1, round(share * len(source))))
    gone = set(rng.sample(range(len(source)), count))
    return [paragraph for number, paragraph in enumerate(source) if number not in gone]


def shuffle(source: Paragraphs, rng: random.Random) -> Paragraphs:
    """The same sentences in another order."""
    sentences = [sentence for paragraph in source for sentence in paragraph]
    rng.shuffle(sentences)
    return _in_lengths(sentences, [len(paragraph) for paragraph in source])


def copyedit(source: Paragraphs, language: str, rate: float, rng: random.Random) -> Paragraphs:
    """Words replaced, struck or put in at `rate`; figures stay, but for a correction now and then."""
    vocabulary = sorted({word.strip(".,;:!?\"'") for p in source for s in p for word in _tokens(s, language)} - {""})
    edited = [[_edit_words(s, language, rate, vocabulary, rng) for s in paragraph] for paragraph in source]
    if rng.random() < CORRECTED_SHARE:
        change_figures(edited, 1, rng)
    return edited


def typography(source: Paragraphs, rng: random.Random) -> Paragraphs:
    """Other quotes, dashes, spaces, hyphens, ligatures, composed or decomposed letters, other line breaks."""
    straight = rng.random() < 0.5
    dash = rng.choice(["—", " – ", " -- ", " — "])
    ligatures, soft, decomposed = (rng.random() < 0.4 for _ in range(3))

    def retype(sentence: str) -> str:
        text = sentence
        if straight:
            text = re.sub("[‘’]", "'", re.sub("[“”„]", '"', text))
        else:
            text = re.sub(r'"(\w)', r"“\1", text).replace('"', "”").replace("'", "’")
        text = re.sub(r"\s*(?:—|–| - |--)\s*", dash, text).replace("...", "…")
        if ligatures:
            text = text.replace("fi", "ﬁ").replace("fl", "ﬂ")
        if soft:
            text = re.sub(r"\b(\w{4})(\w{5,})\b", "\\1\u00ad\\2", text)
        # A form that only retypes: combining marks are the same letters to a reader.
        text = unicodedata.normalize("NFD" if decomposed else "NFC", text)
        return re.sub(" ", lambda _: "\u00a0" if rng.random() < 0.1 else " ", text)

    retyped = [[retype(sentence) for sentence in paragraph] for paragraph in source]
    if rng.random() < 0.5:
        return [[sentence] for paragraph in retyped for sentence in paragraph]
    return [[sentence for paragraph in retyped for sentence in paragraph]]


def extend(source: Paragraphs, local: Paragraphs, rng: random.Random) -> Paragraphs:
    """With own reporting: at the end, or put between the paragraphs."""
    if rng.random() < 0.5:
        return source + local
    mixed = list(source)
    for paragraph in local:
        mixed.insert(rng.randint(1, len(mixed)), paragraph)
    return mixed


def mix(piece: Piece, rng: random.Random, larder: Larder) -> Paragraphs:
    """All of it at once, some in moderation: the whole is still the same story."""
    edited = drop_paragraphs([list(p) for p in piece.paragraphs], MIXED_DROPPED_SHARE, rng)
    edited = copyedit(edited, piece.language, COPYEDIT_RATE, rng)
    if rng.random() < 0.5:
        edited = shuffle(edited, rng)
    edited = extend(edited, larder(round(piece.words * MIXED_LOCAL_SHARE)), rng)
    return typography(edited, rng)


def change_figures(paragraphs: Paragraphs, count: int, rng: random.Random) -> None:
    """Put other numbers in place of up to `count` figures, in place."""
    places = [
        (number, index)
        for number, paragraph in enumerate(paragraphs)
        for index, sentence in enumerate(paragraph)
        if re.search(r"\b\d+\b", sentence)
    ]
    for number, index in rng.sample(places, min(count, len(places))):
        figure = re.search(r"\b\d+\b", paragraphs[number][index])
        if figure:
            other = str(int(figure[0]) + rng.choice([1, 2, 3, 5, 10]))
            paragraphs[number][index] = figure.re.sub(other, paragraphs[number][index], count=1)


def _edit_words(sentence: str, language: str, rate: float, vocabulary: Sequence[str], rng: random.Random) -> str:
    words: list[str] = []
    for word in _tokens(sentence, language):
        if rng.random() >= rate or any(c.isdigit() for c in word):
            words.append(word)
            continue
        chance = rng.random()
        if chance < 0.6:
            words.append(_SYNONYMS.get(word.lower()) or rng.choice(vocabulary))
        elif chance < 0.8:
            words += [word, rng.choice(vocabulary)]
    return ("" if language in SPACELESS else " ").join(words)


def _tokens(sentence: str, language: str) -> list[str]:
    return [sentence[i : i + 2] for i in range(0, len(sentence), 2)] if language in SPACELESS else sentence.split()


def _length(paragraphs: Paragraphs, language: str) -> int:
    return sum(count_words(sentence, language) for paragraph in paragraphs for sentence in paragraph)


def _in_lengths(sentences: Sequence[str], lengths: Sequence[int]) -> Paragraphs:
    result: Paragraphs = []
    at = 0
    for length in lengths:
        result.append(list(sentences[at : at + length]))
        at += length
    return result
