"""How many items a text marks as live blogs, round-ups and newsletters do. Pure."""

from __future__ import annotations

import re

_TIME_OF_DAY = r"\d{1,2}[:.h]\d{2}(?:\s*[ap]\.?\s?m\b\.?|\s*Uhr|\s*GMT|\s*[A-Z]{2,4}T)?"
_STAMP = re.compile(rf"[^\w\n]{{0,4}}{_TIME_OF_DAY} *(?:[-—–:|. ]|$)")
_PASSAGE = r"(?=(?:\S+[ \t]+){6})"
_BULLET = re.compile(rf"[•●▪◦‣■□►*][ \t]*{_PASSAGE}")
_NUMBER = re.compile(rf"(\d{{1,2}})[.)][ \t]+{_PASSAGE}")
_RULE = re.compile(r"(?:[_*=~—-][ \t]*){2,}$")
# What a marked line can begin with; most lines are passed over by their first character.
_FIRST = frozenset("0123456789•●▪◦‣■□►*_=~—-–([|:.")


def list_items(text: str) -> int:
    """The number of time stamps, bullets, numbers or rules that begin lines, whichever is most.

    A bullet or number counts only before a passage, so that menus and lists of headlines do not.
    """
    stamps = bullets = rules = 0
    numbers: set[str] = set()
    for line in text.splitlines():
        line = line.strip()
        if not line or line[0] not in _FIRST:
            continue
        if _STAMP.match(line):
            stamps += 1
        elif _BULLET.match(line):
            bullets += 1
        elif number := _NUMBER.match(line):
            numbers.add(number[1])
        elif _RULE.match(line):
            rules += 1
    return max(stamps, bullets, len(numbers), rules)
