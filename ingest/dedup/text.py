"""Text → sentences → words, the same for every copy of a text, in any script. Pure; no settings, no I/O."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator

import regex

from ingest.agencies.table import load_sources
from ingest.dedup.particulars import to_latin

# --- folding -----------------------------------------------------------------------------------

_SINGLE_QUOTES = "‘’‚‛′ʼʹ´`‹›"
_DOUBLE_QUOTES = "“”„‟″«»「」『』〝〞"
_DASHES = "‐‑‒–—―−﹘﹣"
# Invisible, or spelled only by careful typesetters: soft hyphen, zero-width and direction marks, Arabic
# tatweel and short vowels, Hebrew points. A copy that drops them is the same text.
_DROPPED = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u0640"
    + "".join(map(chr, range(0x202A, 0x202F)))
    + "".join(map(chr, range(0x2066, 0x206A)))
    + "".join(map(chr, range(0x064B, 0x0653)))
    + "".join(map(chr, range(0x0591, 0x05BE)))
)
_FOLDED: dict[str, str] = {
    **dict.fromkeys(_SINGLE_QUOTES, "'"),
    **dict.fromkeys(_DOUBLE_QUOTES, '"'),
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_DROPPED, ""),
    **dict.fromkeys("\u2028\u2029\r", "\n"),
    # Digits of Arabic, Persian, Devanagari, Bengali and Thai.
    **{chr(zero + digit): str(digit) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50) for digit in range(10)},
}
# Ten times faster than str.translate, which looks up every character.
_TO_FOLD = re.compile("[" + re.escape("".join(_FOLDED)) + "]")

# Full stops of scripts that need no space after them; a line break says the same to `sentences`.
_STOPS = re.compile(r"[。｡！？।॥؟۔።፧។၊။؛ฯ]+[」』”’）】〉》\"')\]]*")

# Normalising sorts the marks on a letter in quadratic time. No script heaps more than this on one (UAX #15-D3);
# the last two are no marks, and become some.
_MANY_MARKS = regex.compile(r"([\p{M}\uFF9E\uFF9F]{30})[\p{M}\uFF9E\uFF9F]++")


def fold(text: str) -> str:
    """NFKC with typography folded (quotes, dashes, spaces, invisible marks); capitals are kept."""
    if text.isascii():
        return text.replace("\r", "\n") if "\r" in text else text
    folded = _TO_FOLD.sub(_folded, text)
    if unicodedata.is_normalized("NFKC", folded):
        return folded
    # Compatibility forms may decompose into typographic characters: fold again, and compose again.
    return _composed(_TO_FOLD.sub(_folded, _composed(folded)))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", _MANY_MARKS.sub(r"\1", text))


def _folded(found: re.Match[str]) -> str:
    return _FOLDED[found[0]]


# --- datelines and agency tags -----------------------------------------------------------------

_AGENCIES = rf"(?:The )?(?:{load_sources().datelines})"
# A place is a run of capitalised words; commas, slashes and a month with a day may follow it.
_PLACE = r"[^\W\d_a-z][\w.'-]*(?:[ /,]{1,2}(?:[^\W\d_a-z][\w.'-]*|de|del|la|le|les|am|an|der|sur|of|\d{1,2}\.?)){0,6}"
_DATELINE = re.compile(
    rf"""(?:
        (?:{_PLACE}[ ,:]*)?\(\s*{_AGENCIES}(?:[/ ,-]+\w+)?\s*\)\s*(?:-+|:)?\s+  # LONDON, July 1 (Reuters) -
      | {_PLACE}\s*,\s*\d{{1,2}}\.?\s+\w+\s*{_AGENCIES}\s*-+\s+        # PARIS, 3 Jan AFP -
      | {_AGENCIES}\s*-+\s+                                            # AFP -
        # GENEVA, Switzerland -
      | [^\W\d_a-z]{{2}}(?:[^\W\d_a-z]|[ .,/'-])*(?<=[^\W\d_a-z])(?:,\ [A-Z][\w. ]{{2,24}})?\s+-{{1,2}}\s+
    )""",
    re.VERBOSE,
)
_BRACKETED = re.compile(r"^[\[【（(][^\]】）)]{1,20}[\]】）)]\s*(?=[\u3040-\u30ff\u4e00-\u9fff])")
# "(PTI)", "© AFP", "AP": what is left of a sentence when it names nothing but its agency.
_TAG = re.compile(rf"[\s(\[©/|,:-]*(?:Copyright\s+)?{_AGENCIES}[\s)\]/|,.:-]*")
_TAG_END = re.compile(rf"(?<!\s)\s++[(\[]\s*{_AGENCIES}\s*[)\]]\s*\.?$")
_MAY_OPEN = frozenset("([【（©")


def strip_tags(sentence: str) -> str:
    """A folded sentence without the dateline it begins with and the agency tag it ends with; '' if it is only a tag."""
    first = sentence[0]
    if first.isupper() or first in _MAY_OPEN or sentence.startswith("dpa"):
        if len(sentence) < 60 and _TAG.fullmatch(sentence):
            return ""
        # Every dateline holds one of these: most sentences need not be tried.
        dated = "-" in sentence or "(" in sentence
        found = (dated and _DATELINE.match(sentence)) or (first in _MAY_OPEN and _BRACKETED.match(sentence))
        if found and found.end() < len(sentence):
            sentence = sentence[found.end() :]
    if sentence.endswith((")", "]", ").", "].")):
        sentence = _TAG_END.sub("", sentence)
    return sentence


# --- sentences ---------------------------------------------------------------------------------

# Tried once a run of stops, and no run is given back: linear, whatever a page holds.
_BREAK = re.compile(r"(?<![.!?])[.!?]++[\"')\]]*+\s+")
_LAST_WORD = re.compile(r"[^\W_]+$")
# Before these a full stop ends no sentence. A wrong guess costs little: every copy is cut the same way.
_TITLES = frozenset(
    re.findall(
        r"\w+",
        "mr mrs ms dr st sen rep gov gen lt col sgt capt prof rev hon jr sr vs no inc corp ltd co bros"
        " sra sres dra lic ing m mm mme mlle hr fr bzw ca etc",
    )
)
LONGEST_TITLE = max(map(len, _TITLES))


def sentences(text: str) -> list[str]:
    """The sentences of a text in order: folded, capitals kept, datelines and agency tags stripped, none empty.

    A line break always ends a sentence; otherwise a full stop, question or exclamation mark does,
    unless what follows begins in lower case or what precedes is an initial or a title.
    """
    if not text.isascii():
        text = to_latin(_STOPS.sub(lambda stop: stop[0] + "\n", text))
    found = []
    for line in fold(text).splitlines():
        for sentence in _split_line(line.strip()):
            stripped = strip_tags(sentence)
            for clause in _clauses(stripped):
                if len(clause) > LONG_SENTENCE:
                    found += _stretches(clause)
                elif clause:
                    found.append(clause)
    return found


# Thai, Lao, Khmer and Burmese part sentences by a space, as they do figures and quotations: of these, letters stand
# on one side only. A shorter piece than this is no sentence.
SHORT_CLAUSE = 60
_CLAUSE_END = regex.compile(
    r"(?<=[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*) +(?=[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
)


def _clauses(sentence: str) -> list[str]:
    """A sentence of a script that has no stops, at its spaces; any other as it is."""
    if sentence.isascii() or len(sentence) < 2 * SHORT_CLAUSE or not _SYLLABLE_LETTER.search(sentence):
        return [sentence]
    found, start = [], 0
    for space in _CLAUSE_END.finditer(sentence):
        if space.start() - start >= SHORT_CLAUSE:
            found.append(sentence[start : space.start()])
            start = space.end()
    return [*found, sentence[start:]]


# No sentence is longer; a text that is has no stops: of a script without them, or a scraper lost them.
LONG_SENTENCE = 600
_STRETCH = re.compile(r"\S{1,40}\s*")
_UNIT = regex.compile(r"\p{L}\p{M}*|\P{L}")
FEWEST_UNITS, MOST_UNITS, ONE_IN = 12, 64, 16
LETTERS = 3  # times as many units where they are letters


def _stretches(line: str) -> list[str]:
    """A line without stops in stretches of words (or letters, where no spaces part them), cut by what stands there.

    As each cut hangs on the last two units before it only, a copy that lacks the beginning is cut at the same places.
    """
    units = _STRETCH.findall(line)
    size = 1
    if len(line) > 12 * len(units):
        units, size = [str(unit) for unit in _UNIT.findall(line)], LETTERS
    found: list[str] = []
    start = 0
    for number in range(1, len(units) + 1):
        long_enough = number - start >= size * FEWEST_UNITS
        cut = long_enough and zlib.crc32("".join(units[number - 2 : number]).strip().encode()) % ONE_IN == 0
        if cut or number - start >= size * MOST_UNITS or number == len(units):
            found.append("".join(units[start:number]).strip())
            start = number
    return [stretch for stretch in found if stretch]


def _split_line(line: str) -> Iterator[str]:
    start = 0
    for stop in _BREAK.finditer(line):
        end = stop.end()
        if end >= len(line) or line[end].islower():
            continue
        if line[stop.start()] == ".":
            before = _LAST_WORD.search(line, max(start, stop.start() - LONGEST_TITLE - 1), stop.start())
            if before and (len(before[0]) == 1 or before[0].lower() in _TITLES) and not before[0].isdigit():
                continue
        yield line[start:end].rstrip()
        start = end
    if start < len(line):
        yield line[start:]


# --- words -------------------------------------------------------------------------------------

# A figure with its separators is one word: of 128,000 and 121,000 nothing agrees.
_MORE_DIGITS = r"(?:[.,]\d+)*"
# So is a fraction, and a date: 7-1/8, 13/6/2025.
_STROKED = r"\d+(?:-\d+)?/\d+(?:/\d+)?"
_ASCII_WORD = re.compile(rf"\w+{_MORE_DIGITS}")
_STROKED_WORD = re.compile(rf"{_STROKED}|\w+{_MORE_DIGITS}")
# regex's \w holds combining marks (vowel signs of Hindi, Thai …), which the standard library's cuts at.
_WORD = regex.compile(rf"{_STROKED}|\w+{_MORE_DIGITS}")
# Scripts written without spaces: every letter with its marks counts as a word.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_UNSPACED_LETTER = regex.compile(rf"[{_UNSPACED}]")
_MIXED_WORD = regex.compile(rf"[{_UNSPACED}]\p{{M}}*|[\w--[{_UNSPACED}]]+{_MORE_DIGITS}", regex.V1)
_SYLLABLE_LETTER = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


def words(sentence: str) -> list[str]:
    """The words of a folded sentence, capitals kept; in scripts without spaces, its letters."""
    if sentence.isascii():
        return (_STROKED_WORD if "/" in sentence else _ASCII_WORD).findall(sentence)
    if _UNSPACED_LETTER.search(sentence):
        return [str(word) for word in _MIXED_WORD.findall(sentence)]
    return [str(word) for word in _WORD.findall(sentence)]


WORDS_PER_SHINGLE = 5  # Broder 1997 takes w-shingles; 5 is common for news: rare by chance, robust to edits
# About five words' worth of letters: a Chinese or Japanese word has 1.7 on average, a Thai one 4 with 3 clusters.
HAN_PER_SHINGLE = 8
SYLLABLES_PER_SHINGLE = 12


def shingle_size(tokens: list[str]) -> int:
    """How many of a sentence's words make one shingle: 5, or about five words' worth of letters."""
    if "".join(tokens).isascii():
        return WORDS_PER_SHINGLE
    unspaced = [token for token in tokens if _UNSPACED_LETTER.match(token)]
    if 2 * len(unspaced) <= len(tokens):
        return WORDS_PER_SHINGLE
    return SYLLABLES_PER_SHINGLE if _SYLLABLE_LETTER.match(unspaced[len(unspaced) // 2]) else HAN_PER_SHINGLE
