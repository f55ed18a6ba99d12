"""A page states its title in several forms; which one is it, without the site's name? Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Between title and site name, or kicker and title. A hyphen parts only with spaces around it.
_PARTS = re.compile(r"\s+[|–—\-·•»›/]+\s+|\s*[|：｜]\s*|\s+[:]\s+|--")
_KICKER = re.compile(r"^(.{2,60}?)\s*(?::|\s[|–—-])\s+(?=\S)")

# How much a form counts. The headings of a page and its JSON-LD are written for this article alone; Open Graph
# and Twitter titles for sharing, usually from one field; <title> for search engines.
_WEIGHTS = {"json-ld": 2.0, "og": 2.0, "h1": 2.0, "feed": 1.5, "twitter": 0.5, "meta": 0.5, "title": 0.5}

MAX_TITLE_CHARS = 500
MAX_SITE_WORDS = 5
MIN_NAME_CHARS = 3
MIN_REST_CHARS = 10
MAX_MORE_CHARS = 12  # "Daily Mail Online" for "dailymail", "Los Angeles Times" for "latimes" stands in og:site_name


@dataclass(frozen=True, slots=True)
class Form:
    """One statement of the title and where it stands."""

    source: str
    text: str


def folded(text: str) -> str:
    """A title for comparison: NFKC, casefold, word characters only."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def choose_title(forms: Sequence[Form], site_names: Iterable[str]) -> Form | None:
    """The title most forms agree on.

    Args:
        forms: in order of trust, for ties.
        site_names: names of the site, its publisher and its domain; no title ends or begins with one.
    """
    names = {name for raw in site_names if (name := folded(raw))}
    texts = [Form(form.source, " ".join(form.text.split())[:MAX_TITLE_CHARS]) for form in forms]
    known = {folded(form.text) for form in texts}
    # <title> carries sections too: what stands before them is the title if another form says so.
    stripped = [
        Form(form.source, without_site(form.text, names, known if form.source == "title" else set())) for form in texts
    ]
    stripped = [form for form in stripped if folded(form.text) and folded(form.text) not in names]
    if not stripped:
        return None
    stripped = _without_kickers(stripped)
    votes: dict[str, float] = defaultdict(float)
    for source, key in dict.fromkeys((form.source, folded(form.text)) for form in stripped):
        votes[key] += _WEIGHTS[source]
    return max(stripped, key=lambda form: votes[folded(form.text)])


def without_site(text: str, names: set[str], known: set[str]) -> str:
    """The text without site names and sections at its ends.

    Args:
        text: a title as stated.
        names: folded names of the site.
        known: folded forms of the title: what remains is the title if it is one of them.
    """
    while True:
        borders = [(match.start(), match.end()) for match in _PARTS.finditer(text)]
        if not borders:
            return text
        start, end = borders[-1]
        if _is_site(text[end:], names) or (_is_suffix(text[end:]) and folded(text[:start]) in known):
            text = text[:start]
            continue
        start, end = borders[0]
        if folded(text[:start]) in names:
            text = text[end:]
            continue
        return text


def _is_site(part: str, names: set[str]) -> bool:
    """Whether the last part of a title names the site: "The Guardian" for "guardian", "CBC News" for "cbc"."""
    key = folded(part)
    if key in names:
        return True
    if not key or len(part.split()) > MAX_SITE_WORDS:
        return False
    return any(
        (len(name) >= MIN_NAME_CHARS and name in key and len(key) <= len(name) + MAX_MORE_CHARS)
        or (len(key) >= MIN_NAME_CHARS and key in name)
        for name in names
    )


def _is_suffix(part: str) -> bool:
    return len(part) <= 60


def _without_kickers(forms: list[Form]) -> list[Form]:
    """Forms without kickers: what stands before a colon or dash is one where the rest is a title by itself.

    That it is one is shown by the title given for sharing, which is complete without context, or by two
    forms that carry different kickers before the same rest.
    """
    shared = {folded(form.text) for form in forms if form.source == "og"}
    rests: dict[str, set[str]] = defaultdict(set)
    for form in forms:
        if parted := _parted(form.text):
            rests[folded(parted[1])].add(folded(parted[0]))
    alone = {rest for rest, kickers in rests.items() if len(kickers) > 1 or rest in shared}
    return [
        Form(form.source, parted[1]) if (parted := _parted(form.text)) and folded(parted[1]) in alone else form
        for form in forms
    ]


def _parted(text: str) -> tuple[str, str] | None:
    """Kicker and rest, where the text has that form."""
    kicker = _KICKER.match(text)
    if kicker is None or len(folded(text[kicker.end() :])) < MIN_REST_CHARS:
        return None
    return kicker[1], text[kicker.end() :]
