"""How many items a text marks as live blogs, round-ups and newsletters do. Pure."""

from __future__ import annotations

import re

_TIME_OF_DAY = r"\d{1,2}[:.h]\d{2}(?:\s*[ap]\.?\s?m\b\.?|\s*Uhr|\s*GMT|\s*[A-Z]{2,4}T)?"
_STAMP_LINE = re.compile(rf"^[^\w\n]{{0,4}}{_TIME_OF_DAY}[ ]*(?:[-—–:|. ]|$)", re.MULTILINE)
_BULLET_LINE = re.compile(r"^[ \t]*[•●▪◦‣■□►*][ \t]*(?=(?:\S+[ \t]+){6})", re.MULTILINE)
_NUMBER_LINE = re.compile(r"^[ \t]*(\d{1,2})[.)][ \t]+(?=(?:\S+[ \t]+){6})", re.MULTILINE)
_RULE_LINE = re.compile(r"^[ \t]*(?:[_*=~—-][ \t]*){2,}$", re.MULTILINE)


def list_items(text: str) -> int:
    """The number of time stamps, bullets, numbers or rules that begin lines, whichever is most.

    A bullet or number counts only before a passage, so that menus and lists of headlines do not.
    """
    return max(
        len(_STAMP_LINE.findall(text)),
        len(_BULLET_LINE.findall(text)),
        len(set(_NUMBER_LINE.findall(text))),
        len(_RULE_LINE.findall(text)),
    )
