"""What the rule looks at: named features of two texts, each a pure function."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ingest.dedup.align import Alignment, Match

# --- particulars: figures and names ------------------------------------------------------------

_FIGURE = re.compile(r"\d+(?:[.,:/-]\d+)*")
# Agencies spell out small numbers, and re-issues turn "six pct" into "6 pct".
_NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)
# A capitalised word that does not begin its sentence or quotation.
_NAME = re.compile(r"(?<=[\w,;:')] )([^\W\d_a-z][\w'-]*)")

Particulars = Callable[[str], Counter[str]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the particulars of corresponding sentences compare.

    Attributes:
        agreed: particulars that both sides have.
        replaced: particulars that stand where the other side has another one.
    """

    agreed: int
    replaced: int

    @property
    def conflict(self) -> float:
        """Replaced over all; 0.0 where there is nothing to compare."""
        total = self.agreed + self.replaced
        return self.replaced / total if total else 0.0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(self.agreed + other.agreed, self.replaced + other.replaced)


def figures(sentence: str) -> Counter[str]:
    """The figures of a sentence: separators and a trailing .0 ignored, English number words up to twelve read."""
    found = Counter(re.sub(r"\D", "", re.sub(r"\.0+$", "", figure)) for figure in _FIGURE.findall(sentence))
    found.update(_NUMBER_WORDS[word.lower()] for word in _NUMBER_WORD.findall(sentence))
    return found


def names(sentence: str) -> Counter[str]:
    """The capitalised words of a sentence, those that begin it left out; none in scripts without capitals."""
    return Counter(_NAME.findall(sentence))


def agreement(alignment: Alignment, matches: Iterable[Match], particulars: Particulars) -> Agreement:
    """How figures, or names, agree over corresponding sentences.

    Only replacing counts against: what just one side tells was added or cut.
    """
    agreed = replaced = 0
    for match in matches:
        first, second = alignment.texts(match)
        mine = particulars(first)
        if match.same:
            agreed += mine.total()
            continue
        other = particulars(second)
        both = (mine & other).total()
        agreed += both
        replaced += min(mine.total(), other.total()) - both
    return Agreement(agreed, replaced)


# --- lists: live blogs, round-ups, newsletters -------------------------------------------------

_TIME_OF_DAY = r"\d{1,2}[:.h]\d{2}(?:\s*[ap]\.?\s?m\b\.?|\s*Uhr|\s*GMT|\s*[A-Z]{2,4}T)?"
_STAMP_LINE = re.compile(rf"^\W*{_TIME_OF_DAY}\W*$|^\W*{_TIME_OF_DAY}\s*(?:[-:|]|\s)\s*(?=\S)", re.MULTILINE)
_BULLET_LINE = re.compile(r"^\s*[•●▪◦‣■□►*]\s*(?=(?:\S+\s+){6})", re.MULTILINE)
_NUMBER_LINE = re.compile(r"^\s*(\d{1,2})[.)]\s+(?=(?:\S+\s+){6})", re.MULTILINE)
_RULE_LINE = re.compile(r"^\s*(?:[_*=~-]\s*){2,}$", re.MULTILINE)


def list_items(text: str) -> int:
    """How many items the text marks as such: time stamps, bullets, numbers or rules at the beginning of lines.

    A bullet or number counts only before a passage, so that menus and lists of headlines do not.
    """
    return max(
        len(_STAMP_LINE.findall(text)),
        len(_BULLET_LINE.findall(text)),
        len(set(_NUMBER_LINE.findall(text))),
        len(_RULE_LINE.findall(text)),
    )


# --- cohesion ----------------------------------------------------------------------------------

LONG_WORD = 5  # letters; shorter ones are mostly grammar


def cohesion(excerpt: Iterable[tuple[str, list[str]]], rest: Iterable[tuple[str, list[str]]]) -> float:
    """How much of the rest of a text is about what an excerpt tells: the share of its words that stand in
    sentences with a name, or two long words, of the excerpt.

    Args:
        excerpt, rest: sentences as (folded text, words).
    """
    own_names: set[str] = set()
    own_words: set[str] = set()
    for sentence, words in excerpt:
        own_names.update(names(sentence))
        own_words.update(word for word in words if len(word) >= LONG_WORD)
    total = about = 0
    for sentence, words in rest:
        total += len(words)
        if not own_names.isdisjoint(names(sentence)) or len(own_words.intersection(words)) >= 2:
            about += len(words)
    return about / total if total else 1.0
