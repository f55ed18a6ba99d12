"""Which words the full-text indexes know of a text beyond those that stand between its spaces, and queries for them.

SQLite's `unicode61` takes what stands between two separators for a word. That finds no word in scripts that are
written without spaces, no compound in Korean, and no word behind an Arabic or Hebrew particle. A tokenizer of our own
would be wanted by everybody who opens the database; so the words are given to the index behind the text, each once:
a query of any tool finds them by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# L, N, Co are the default of https://sqlite.org/fts5.html#unicode61_tokenizer; the vowel signs of Indic and
# South-East Asian scripts are marks, and without them their words fall into single letters.
TOKENIZER = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'"

# Runs of up to so many signs are indexed: a Chinese or Japanese word seldom has more, a Thai or Korean one may.
EAST_ASIAN_SIGNS = 4
SYLLABLES = 6

EXCERPT_CHARS = 160

_EAST_ASIAN = (
    "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30fe\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_HANGUL = "\uac00-\ud7a3"
# Thai, Lao, Burmese, Khmer: a consonant with the vowels before it and the signs at it is never parted.
_LEADING = "\u0e40-\u0e44\u0ec0-\u0ec4"
_ATTACHED = (
    "\u0e30-\u0e3a\u0e45\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece\u102b-\u1038\u103a-\u103e\u1056-\u1059\u105e-\u1060"
    "\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u17b4-\u17d1\u17d3\u17dd"
)
_STACKED = "[\u1039\u17d2]."  # the next consonant stands below
_SOUTH_EAST_ASIAN = "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17dd"
_CLUSTER = f"[{_LEADING}]?[{_SOUTH_EAST_ASIAN}](?:[{_ATTACHED}]|{_STACKED}|[\u1000-\u1021]\u103a)*"

_UNSPACED = re.compile(f"[{_EAST_ASIAN}{_HANGUL}{_SOUTH_EAST_ASIAN}]")
_CONSONANT = re.compile(f"[{_SOUTH_EAST_ASIAN}]")
_MARKED_WORD = re.compile(rf"(?:[^\W_]|[{_SOUTH_EAST_ASIAN}])+")
_SIGN = re.compile(
    f"(?P<east>[{_EAST_ASIAN}])|(?P<syllable>[{_HANGUL}]|{_CLUSTER})"
    rf"|(?:(?![{_EAST_ASIAN}{_HANGUL}{_SOUTH_EAST_ASIAN}])[^\W_])+"
)

_ARABIC_WORD = re.compile("[\u0620-\u065f\u066e-\u06d3\u06d5-\u06dc\u06ee\u06ef\u06fa-\u06fc]{2,}")
_ARABIC_MARKS = re.compile("[\u0640\u064b-\u065f\u0670\u06d6-\u06dc]")
_ARABIC_LETTERS = str.maketrans("أإآٱىیکةۀ", "ااااييكهه")
_ARABIC_PARTICLES = re.compile("(?P<and>[وف])?(?P<to>[بكلس])?(?P<the>ال|لل)?")
_HEBREW_WORD = re.compile("[\u0591-\u05f4]{3,}")
_HEBREW_MARKS = re.compile("[\u0591-\u05c7]")
_HEBREW_PARTICLES = "ושהבלכמ"
_RUSSIAN_LETTERS = str.maketrans("ёЁ", "еЕ")
_BREVE = "\u0306"  # makes a letter of its own of и
_LEAST_STEM = 2  # letters that a word keeps behind its particles
_PARTICLES = 2  # of Hebrew that are taken off, one after the other
_ACCENTED_WORD = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]{2,}|\w*[\u0401\u0451]\w*")
_ADDED_TO = re.compile(
    f"[{_EAST_ASIAN}{_HANGUL}{_SOUTH_EAST_ASIAN}\u0370-\u03ff\u0401\u0451\u0591-\u06fc\u1f00-\u1fff]"
)


def indexed(text: str | None) -> str | None:
    """A text as the full-text index gets it: itself, then the words within its words, each once."""
    if not text or text.isascii() or not _ADDED_TO.search(text):
        return text
    within = dict.fromkeys([*_words_of_signs(text), *_stems(text)])
    return f"{text}\n{' '.join(within)}" if within else text


def query_of(words: str) -> str:
    """What a person typed as an FTS5 query: every word is wanted, quoted ones in a row; `word*` is a beginning.

    Source: https://sqlite.org/fts5.html#full_text_query_syntax

    Raises:
        ValueError: when there is no word in it.
    """
    parts = [
        part
        for phrase, word in re.findall(r'"([^"]*)"|(\S+)', words)
        for part in ([_quoted(phrase)] if phrase.strip() else _parts_of(word))
    ]
    if not any(re.search(r"\w", part) for part in parts):
        raise ValueError(f"{words!r}: has no word to search for; give one or more")
    return " ".join(parts)


def excerpt_of(text: str, words: str) -> str:
    """What stands around the first of some words in a text, on one line; the text's beginning where none does."""
    folded = text.casefold()
    places = [folded.find(word.strip('"*').casefold()) for word in words.split()]
    start = min((place for place in places if place >= 0), default=0)
    first = max(0, start - EXCERPT_CHARS // 3)
    excerpt = " ".join(text[first : first + EXCERPT_CHARS].split())
    return f"{'… ' if first else ''}{excerpt}{' …' if first + EXCERPT_CHARS < len(text) else ''}"


def _parts_of(word: str) -> Iterator[str]:
    """A word as the index knows it: longer runs of signs by the overlapping ones that are indexed."""
    bare, star = (word[:-1], "*") if word.endswith("*") else (word, "")
    if not re.search(r"\w", bare):
        return
    signs = list(_SIGN.finditer(bare))
    longest = _longest(signs)
    if star or not _UNSPACED.search(bare) or len(signs) <= longest:
        yield _quoted(bare) + star
        return
    for first in (*range(0, len(signs) - longest, max(1, longest // 2)), len(signs) - longest):
        yield _quoted("".join(sign.group() for sign in signs[first : first + longest]))


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def _longest(signs: list[re.Match[str]]) -> int:
    return SYLLABLES if any(sign["syllable"] for sign in signs) else EAST_ASIAN_SIGNS


def _words_of_signs(text: str) -> Iterator[str]:
    for run in _MARKED_WORD.finditer(text):
        if not _UNSPACED.search(run.group()):
            continue
        signs = list(_SIGN.finditer(run.group()))
        longest = _longest(signs)
        for first, sign in enumerate(signs):
            for last in range(first, min(first + longest, len(signs))):
                # A lone consonant is no word, and would be found everywhere.
                if (first < last or not _CONSONANT.fullmatch(sign.group())) and last - first + 1 < len(signs):
                    yield run.group()[sign.start() : signs[last].end()]


def _stems(text: str) -> Iterator[str]:
    # SQLite takes accents off Latin letters only; in Russian only the one that is left out as a rule is meant.
    for word in set(_ACCENTED_WORD.findall(text)):
        parts = unicodedata.normalize("NFD", word.translate(_RUSSIAN_LETTERS))
        bare = "".join(part for part in parts if not unicodedata.combining(part) or part == _BREVE)
        if (bare := unicodedata.normalize("NFC", bare)) != word:
            yield bare
    for word in set(_ARABIC_WORD.findall(text)):
        bare = _ARABIC_MARKS.sub("", word)
        for form in dict.fromkeys((bare, bare.translate(_ARABIC_LETTERS))):
            particles = _ARABIC_PARTICLES.match(form)
            ends = {0, *(particles.end(name) for name in ("and", "to", "the") if particles[name])} if particles else {0}
            yield from (form[end:] for end in sorted(ends) if len(form) - end >= _LEAST_STEM and form[end:] != word)
    for word in set(_HEBREW_WORD.findall(text)):
        bare = _HEBREW_MARKS.sub("", word)
        if bare != word:
            yield bare
        for _ in range(_PARTICLES):
            if len(bare) <= _LEAST_STEM or bare[0] not in _HEBREW_PARTICLES:
                break
            bare = bare[1:]
            yield bare
