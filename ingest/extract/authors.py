"""Bylines as pages write them → names, without "By", roles, addresses and site furniture. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_NAME_CHARS = 60
MAX_NAME_WORDS = 6
MAX_AUTHORS = 20

_BY = re.compile(
    r"^\W*(?:written by|words by|story by|reported by|report by|posted by|published by|publicado por|escrito por|"
    r"scritto da|geschrieben von|ein (?:artikel|gastbeitrag|kommentar|beitrag) von|eine analyse von|"
    r"propos recueillis par|"
    r"autorin|autoren|autor(?:es)?|author(?:s)?|auteur|autore|redacción|redaktion|text|texte|texto|"
    r"by|von|par|por|di|da|de|door|av|af|od|oleh|yazan|автор|текст)\b\s*[:：]?\s+",
    re.IGNORECASE,
)
_BY_COLON = re.compile(r"^\W*[\w .]{3,25}[:：]\s+")  # "Autor: …", "Foto und Text: …"
_GLUED_BY = re.compile(r"^(?:By|Von|Par|Por|Di)(?=[A-ZÀ-Þ])")
_AND = re.compile(
    r"\s*[;,|·•]\s*|\s+/\s+|(?<=\w{4})/(?=[A-ZÀ-Þ]\w+\s)|\s+(?:&|\+|and|und|et|y|og|och|en|ja|dan|ve|и|та|و|with|mit|avec|con)\s+|、|・|\s{3,}",
    re.IGNORECASE,
)
# What follows a name: "… for Dailymail.com", "… in Washington", "… (Text)".
_AFTER = re.compile(
    r"\s*(?:\([^)]*\)|\[[^\]]*\]|\s(?:for|at|in|from|reporting|special to)\s+.*|\s[-–—|]\s.*|@\w+.*|\S+@\S+\.\S+.*|"
    r"\d{1,2}[.:/]\d{1,2}.*)$",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"^(?:(?:senior|chief|staff|deputy|associate|contributing|executive|managing|assistant|special|foreign|political|"
    r"national|freelance|guest|news|sports?|science|health|business|world|diplomatic|"
    r"white house|tech(?:nology)?)\s+)*"
    r"(?:staff|writers?|reporters?|correspondents?|editors?|contributors?|columnists?|journalists?|producers?|"
    r"critics?|photographers?|analysts?|bureau chief|redakteur(?:in)?|korrespondent(?:in)?|reporter(?:in)?|"
    r"autor(?:in)?|journaliste|periodista|corresponsal|giornalista|inviato|jornalista|repórter|jurnalis|"
    r"editor[ -]in[ -]chief)"
    r"(?:\s+(?:in|at|for|of)\s+.*)?$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"https?:|www\.|^@|^\W*$|^\d+$|^(?:admin|administrator|user|guest|webmaster|unknown|none|null|undefined|n/?a|default|"
    r"editor|staff|author|autor|anonymous|wordpress|root|test|view all posts|show more|follow|share)$",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    ("von", "van", "de", "der", "den", "da", "di", "del", "della", "la", "le", "el", "al", "bin", "dos", "ten")
)
_LAST_FIRST = re.compile(r"^([^,;]+), ([^,;]+)$")


def clean_names(statements: Iterable[str]) -> tuple[str, ...]:
    """The names in some statements of authorship, each once, in their order.

    Args:
        statements: one for each author, or bylines that name several.
    """
    found: dict[str, str] = {}
    for statement in statements:
        for name in _names_in(statement):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:MAX_AUTHORS]


def looks_like_person(name: str) -> bool:
    """Whether a name is written as people's are: two or more words, each with a capital, none all capitals."""
    words = [word for word in name.split() if word.lower() not in _PARTICLES]
    return len(words) >= 2 and all(word[0].isupper() or not word[0].isascii() for word in words)


def last_first_turned(statements: list[str]) -> list[str]:
    """Statements of the form "Last, First" (as libraries' metadata has them) in reading order.

    Only where every one of several has that form: one alone may be two authors, or a name and a place.
    """
    if len(statements) > 1 and all(_LAST_FIRST.match(statement) for statement in statements):
        return [_LAST_FIRST.sub(r"\2 \1", statement) for statement in statements]
    return statements


def _names_in(statement: str) -> Iterable[str]:
    text = " ".join(statement.split())
    text = _GLUED_BY.sub("", text)
    text = _BY_COLON.sub("", text) if _BY_COLON.match(text) and len(text) < MAX_NAME_CHARS * 2 else text
    text = _BY.sub("", text)
    for part in _AND.split(text):
        name = _AFTER.sub("", _BY.sub("", part)).strip(" \t.,;:|-–—*")
        if part.rstrip().endswith(".") and re.search(r"\b\w\.$", part.rstrip()):
            name += "."  # an initial's
        if name and not _is_no_name(name):
            yield name


def _is_no_name(name: str) -> bool:
    if len(name) > MAX_NAME_CHARS or len(name.split()) > MAX_NAME_WORDS or len(name) < 2:
        return True
    return bool(_NO_NAME.search(name) or _ROLE.match(name))
