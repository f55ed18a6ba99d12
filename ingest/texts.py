"""Small things done to text for a person's eyes and terminal. Pure."""

from __future__ import annotations

import html
import re

_CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029"  # C0, DEL, C1, line separators
# What could forge a line, steer a terminal, or turn the order of reading: controls, bidi embeddings, overrides and
# isolates; and lone surrogates, which no terminal's encoding holds.
_STEERING = re.compile(f"[{_CONTROLS}\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Turns of the order of reading: a name or title is shown among others, and would turn those (UAX #9; Trojan Source).
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_AMONG_SPACES = re.compile(f" *[{_CONTROLS}][{_CONTROLS} ]*")
# Elements that stand in titles; what else looks like a tag may be what is meant ("if a <b> c", "<canvas> explained").
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|bdi|big|br|cite|code|del|div|em|font|h[1-6]|i|ins|mark|p|q|s|small|span|strike|strong|sub|sup|u|wbr)"
    r"(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)
MOST_ESCAPED = 8  # times that markup is escaped over by one system after another
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # controls but newline and tab


def cut(text: str, most: int) -> str:
    """A text of at most `most` characters, with an ellipsis where something was cut off."""
    return text if len(text) <= most else text[: most - 1] + "…"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 entry`, `2 entries`; without `many` an s is put on."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def escaped(text: str) -> str:
    """A text whose steering characters are spelt out as `\\u001b`, as JSON does: so that JSON stays JSON."""
    return _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def one_line(text: str | None, most: int = 1000) -> str | None:
    """A short text for people: control characters (which could steer a terminal) and line ends become spaces.

    What turns the order of reading goes; the marks by which right-to-left scripts place their signs stay.
    """
    if text is None:
        return None
    return cut(_AMONG_SPACES.sub(" ", _TURNING.sub("", text[: 4 * most])).strip(), most) or None


def headline(text: str | None, most: int = 1000) -> str | None:
    """A title as people read it: on one line, without the markup and the references that it was escaped with, twice."""
    if text is None:
        return None
    text = _AMONG_SPACES.sub(" ", text[: 4 * most])  # first: a control within a tag would hide it
    for _ in range(MOST_ESCAPED):
        plain = _AMONG_SPACES.sub(" ", html.unescape(_INLINE_TAG.sub("", text)))
        if plain == text:
            break
        text = plain
    return one_line(" ".join(text.split()), most)


def plain_text(text: str) -> str:
    """A text whose lines end in newlines, without control characters but newline and tab."""
    return _NO_TEXT.sub("", "\n".join(text.splitlines()))
