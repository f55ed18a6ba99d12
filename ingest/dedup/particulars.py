"""What a word is worth in comparison: figures by value, letters without their variants, dates and directions. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ingest.dedup.lexicon import (
    CAPITALISED_DATES,
    DATES,
    DOWN,
    HAN_DIGITS,
    HAN_SCALES,
    IN_COMPOUNDS,
    NUMBERS,
    SCALES,
    SCORES,
    UP,
)

# What a word is to the comparison, kept in `Fingerprint.flags`; plain numbers, as an enum's cost shows here.
FIGURE = 1
NAME = 2  # capitalised, and not the first of its sentence
LONG = 4  # no grammar: a word of `LONG_WORD` letters or more
DATE = 8  # a month, a weekday, a date in figures
RISE = 16  # up, raised, buys, won
FALL = 32  # down, cut, sells, lost
FLAG_BITS = FIGURE | NAME | LONG | DATE | RISE | FALL
LONG_WORD = 5  # letters; shorter ones are mostly grammar

_FRACTION = re.compile(r"(?:(\d+)-)?(\d+)/(\d+)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ATTACHED = re.compile(r"(\d+(?:[.,]\d+)*)([^\W\d_]{2,8})")  # 1.5bn
# One sign alone, but for 一, which is mostly an article.
_HAN_NUMBER = re.compile(r"[〇零一二三四五六七八九十百千万萬億亿兆]{2,}|[二三四五六七八九十]")
# Letters that NFD does not take apart, and those of Arabic script that publishers write either way.
_LETTERS = str.maketrans(
    {"đ": "d", "ł": "l", "ø": "o", "ı": "i", "ё": "е", "æ": "ae", "œ": "oe"}
    | {"ي": "ی", "ى": "ی", "ك": "ک", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ة": "ه", "ؤ": "و", "ئ": "ی"}
)
_SERBIAN = dict(
    zip(
        "абвгдђежзијклљмнњопрстћуфхцчџш",
        "a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š".split(),
        strict=True,
    )
)
_TO_LATIN = str.maketrans(_SERBIAN | {cyrillic.upper(): latin.capitalize() for cyrillic, latin in _SERBIAN.items()})
_SERBIAN_ONLY = re.compile("[ђљњћџЂЉЊЋЏ]")


def to_latin(text: str) -> str:
    """A text in Serbian Cyrillic in Latin letters; any other text as it is.

    Told by letters that Serbian and its neighbours alone have: Russian stays as it is.
    """
    return text.translate(_TO_LATIN) if _SERBIAN_ONLY.search(text) else text


def comparable_word(word: str) -> str:
    """A word as it is compared: casefolded, without variants of letters; figures and number words by their value."""
    if word[0].isdigit():
        return figure_of(word)
    lower = word.casefold()
    if (value := NUMBERS.get(lower)) is not None:
        return str(value)
    return lower if lower.isascii() else _without_variants(lower)


def flags_of(word: str) -> int:
    """What a word is, wherever it stands."""
    if word[0].isdigit():
        return FIGURE | DATE if word.count("/") == 2 else FIGURE
    lower = word.casefold()
    if lower in NUMBERS:
        return FIGURE
    flags = (NAME if word[0].isupper() else 0) | (LONG if len(word) >= LONG_WORD else 0)
    if lower in DATES and (word[0].isupper() or lower not in CAPITALISED_DATES):
        # A name of a day or month agrees or not as a date does: it is no name beside that.
        return (flags | DATE) & ~NAME
    if lower in UP:
        flags |= RISE
    elif lower in DOWN:
        flags |= FALL
    return flags


def figure_of(word: str) -> str:
    """A figure by its value, whatever separates its digits: 1,234.5 · 1.234,5 → 1234.5; 7-1/8 → 7.125.

    One separator before exactly three digits parts thousands; dates with two strokes and words that begin with a
    digit (5G, 2nd) stay as they are.
    """
    if fraction := _FRACTION.fullmatch(word):
        whole, above, below = (int(part) if part else 0 for part in fraction.groups())
        return (
            _plain(whole + above / below)
            if below and whole + above < 10**9 and (fraction[1] or above < below)
            else word
        )
    if _NUMBER.fullmatch(word):
        return _digits_of(word)
    if (attached := _ATTACHED.fullmatch(word)) and (scale := SCALES.get(attached[2].casefold())):
        return f"{float(_digits_of(attached[1])) * scale:.0f}"
    return word.casefold()


def _digits_of(word: str) -> str:
    separators = [char for char in word if char in ".,"]
    if not separators:
        return word.lstrip("0") or "0"
    last = separators[-1]
    tail = word.rsplit(last, 1)[1]
    is_decimal = separators.count(last) == 1 and (len(set(separators)) == 2 or len(tail) != 3 or word.startswith("0"))
    if not is_decimal:
        return re.sub("[.,]", "", word).lstrip("0") or "0"
    whole, fraction = re.sub("[.,]", "", word[: -len(tail) - 1]), tail.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{fraction}" if fraction else whole


def _plain(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _without_variants(lower: str) -> str:
    """Without marks on Latin and Greek letters, which feeds lose, and with one form of each Arabic letter."""
    folded = lower.translate(_LETTERS)
    apart = unicodedata.normalize("NFD", folded)
    kept = []
    bare = False
    for char in apart:
        if unicodedata.combining(char):
            if bare:
                continue
        else:
            bare = char.isascii() or "\u0370" <= char <= "\u03ff" or "\u1f00" <= char <= "\u1fff"
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


# --- figures of several words --------------------------------------------------------------------

_HAN_SCALED = re.compile(r"(\d+(?:[.,]\d+)*)([千万萬億亿兆]+)(?:(\d+)(千)?)?")
_HAN_SIGN = re.compile("[〇零二三四五六七八九十百千万萬億亿兆]")
_SCALE_FORMS = frozenset(form for word in SCALES for form in (word, word.capitalize(), word.upper()))
_TENS = frozenset(range(20, 100, 10))
_SUMMED_FORMS = frozenset(
    form
    for word, value in IN_COMPOUNDS.items()
    if value in _TENS or value == 100
    for form in (word, word.capitalize(), word.upper())
)


def with_han_values(sentence: str) -> str:
    """A folded sentence with its Chinese and Japanese numerals as figures: 三百五十, 1万2千."""
    if sentence.isascii() or not _HAN_SIGN.search(sentence):
        return sentence
    return _HAN_NUMBER.sub(_han, _HAN_SCALED.sub(_han_scaled, sentence))


def with_scales(words: list[str]) -> list[str]:
    """The words of a sentence with figures of two words as one: 1.5 billion, two mln, 15 lakh, twenty-seven."""
    if not _SUMMED_FORMS.isdisjoint(words):
        words = _with_compounds(words)
    if _SCALE_FORMS.isdisjoint(words):
        return words
    found: list[str] = []
    for word in words:
        if word in _SCALE_FORMS and found and (value := _value(found[-1])) is not None:
            scaled = value * SCALES[word.casefold()]
            if scaled < MOST:
                found[-1] = f"{scaled:.0f}"
                continue
        found.append(word)
    return found


def _with_compounds(words: list[str]) -> list[str]:
    """The words with number words beside each other as one figure: soixante-dix, двадцать пять, two hundred."""
    found: list[str] = []
    last: int | None = None  # the value of the word before, where that is a number word
    for word in words:
        value = IN_COMPOUNDS.get(word.casefold())
        joined = None if last is None or value is None else _compound(last, value)
        if joined is None:
            found.append(word)
        else:
            found[-1] = str(joined)
            value = joined if joined in _TENS else None  # quatre-vingt-dix-neuf
        last = value
    return found


def _compound(first: int, second: int) -> int | None:
    if first in _TENS and 0 < second < 20 and (second < 10 or first in SCORES):
        return first + second
    if (first, second) == (4, 20):  # quatre-vingts
        return 80
    return first * second if 1 < first < 10 and second == 100 else None


MOST = 1e18  # above that a float no longer tells whole numbers apart, and no news tells figures


def _value(word: str) -> float | None:
    if word[0].isdigit():
        return float(_digits_of(word)) if _NUMBER.fullmatch(word) else None
    number = NUMBERS.get(word.casefold())
    return None if number is None else float(number)


def _han_scaled(found: re.Match[str]) -> str:
    value = float(_digits_of(found[1]))
    for char in found[2]:
        value *= HAN_SCALES[char]
    if found[3]:
        value += int(found[3]) * (1000 if found[4] else 1)
    return f"{value:.0f}" if value < MOST else found[0]


@lru_cache(maxsize=4096)
def _han_value(numeral: str) -> int | None:
    """The value of a Chinese or Japanese numeral: 三万二千, 八六〇〇万, 一九九八; None above `MOST`."""
    total = section = digit = 0
    for char in numeral:
        if char in HAN_DIGITS:
            digit = 10 * digit + HAN_DIGITS[char]
        elif HAN_SCALES[char] < 10_000:
            section += (digit or 1) * HAN_SCALES[char]
            digit = 0
        else:
            total += (section + digit or 1) * HAN_SCALES[char]
            section = digit = 0
    value = total + section + digit
    return value if value < MOST else None


def _han(found: re.Match[str]) -> str:
    value = _han_value(found[0])
    return found[0] if value is None else str(value)
