"""The table of agencies (agencies.yaml), made quick to search. Data in, look-ups out; no judgement."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml

MAX_BEFORE_TAG = 2  # a tag further on may be an abbreviation of anything

_WORD = re.compile(r"\w+")
_EAST_ASIAN = re.compile("[\u2e80-\uffef]")
_WORD_OR_PART = re.compile(r"…?\w+…?")
_THE = re.compile(r"^[Tt](?:he|HE)\s+")


class Kind(StrEnum):
    """What a source's texts are."""

    WIRE = "wire"  # made to be carried by others
    PRESS_RELEASE = "press_release"  # a wire of press releases
    OUTLET = "outlet"  # an outlet's own, carried by others now and then


@dataclass(frozen=True, slots=True)
class Mark:
    """A way a source marks its texts.

    Attributes:
        cue: a plain part of it, to look for first.
        words: the whole words in the cue; none in scripts that part words otherwise.
    """

    cue: str
    words: frozenset[str]
    match: re.Pattern[str]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One row of the table; see agencies.yaml."""

    code: str
    name: str
    kind: Kind
    country: str
    names: tuple[str, ...]
    tags: tuple[str, ...]
    domains: tuple[str, ...]
    marks: tuple[Mark, ...]


class Sources:
    """Look-ups in the table."""

    def __init__(self, rows: Iterable[Source]) -> None:
        self.rows = tuple(rows)
        self._tags = {tag: row for row in self.rows for tag in row.tags}
        self._domains = {domain: row for row in self.rows for domain in row.domains}
        self._codes = {row.code: row for row in self.rows}
        names = {name: row for row in self.rows for name in row.names}
        self._names = {form: row for name, row in names.items() for form in (name.upper(), name)}
        self._mention = re.compile(_any_of(self._names))
        self._tag_mention = re.compile(_any_of(self._tags))
        self._cues = {mark.cue: mark.words for row in self.rows for mark in row.marks}
        # Looked for only where its longest word is; "" for those that have none.
        self._cues_with: dict[str, list[str]] = defaultdict(list)
        for cue, words in self._cues.items():
            self._cues_with[max(words, key=len, default="")].append(cue)
        self._cue_words = frozenset(self._cues_with)
        self._marks = [(row, mark) for row in self.rows for mark in row.marks]
        # A line without one of these words names nobody; of a name, its longest word is the rarest.
        self._words = frozenset(
            max(_WORD.findall(form), key=len) for form in (*self._names, *self._tags) if _WORD.search(form)
        )

    def telling(self, lines: Sequence[str]) -> list[int]:
        """Indexes of the lines that may name a source."""
        text = "\n".join(lines)
        found = _words_of(text)
        cues = [cue for cue in self._cues_that_may_stand_in(text, found) if cue in text]
        words = self._words & found
        if not cues and not words:
            return []
        parts = [*cues, *words]
        return [at for at, line in enumerate(lines) if any(part in line for part in parts)]

    def _cues_that_may_stand_in(self, text: str, words: frozenset[str]) -> Iterable[str]:
        """The cues whose words a text has: nearly all are ruled out without a search through it."""
        if not text.isascii() and _EAST_ASIAN.search(text):
            return self._cues  # its scripts write on without a space: AFP時事
        present = (self._cues_with[word] for word in ("", *(self._cue_words & words)))
        return [cue for cues in present for cue in cues if self._cues[cue] <= words]

    @property
    def datelines(self) -> str:
        """A pattern for whatever names a source in a dateline or a closing tag: wires' names, and all tags."""
        names = {name for row in self.rows if row.kind is Kind.WIRE for name in row.names}
        return _alternatives({*names, *(name.upper() for name in names), *self._tags})

    def of_code(self, code: str) -> Source | None:
        """The source with a code."""
        return self._codes.get(code)

    def of_site(self, site: str | None) -> Source | None:
        """The source whose own site this is."""
        return self._domains.get(site) if site else None

    def tagged(self, tag: str) -> Source | None:
        """The source with this tag; of "dpa/tmn" or "AP, 3 March" the first part counts."""
        tag = tag.strip()
        if tag in self._tags:
            return self._tags[tag]
        first = re.split(r"[/,;&]", tag, maxsplit=1)[0].strip()
        return self._tags.get(first)

    def tagged_exactly(self, tag: str) -> Source | None:
        """The source with exactly this tag."""
        return self._tags.get(tag)

    def named(self, name: str) -> Source | None:
        """The source with exactly this printed name, "The" left aside."""
        name = name.strip()
        return self._names.get(name) or self._names.get(_THE.sub("", name))

    def all_named(self, line: str) -> Iterator[tuple[Source, int, int]]:
        """Sources whose names stand in a line, with start and end."""
        for match in self._mention.finditer(line):
            yield self._names[match[0]], match.start(), match.end()

    def first_named(self, text: str, *, tags: bool = False) -> tuple[Source, int, int] | None:
        """The first source whose name (or tag) stands in a text, with start and end."""
        first = next(self.all_named(text), None)
        if match := self._tag_mention.search(text):
            earlier = first is None or match.start() < first[1]
            if earlier and (tags or match.start() <= MAX_BEFORE_TAG):
                return self._tags[match[0]], match.start(), match.end()
        return first

    def own_marks(self, text: str) -> Iterator[tuple[Source, str]]:
        """Sources whose own patterns match, with what matched."""
        for source, mark in self._marks:
            if mark.cue in text and (match := mark.match.search(text)):
                yield source, match[0]


_SPACED = str.maketrans({char: " " for char in map(chr, range(128)) if not _WORD.match(char)})


def _words_of(text: str) -> frozenset[str]:
    """The distinct words of a text; of plain ASCII in half the time that the pattern takes."""
    return frozenset(text.translate(_SPACED).split() if text.isascii() else _WORD.findall(text))


@cache
def load_sources() -> Sources:
    """The table, read once a process."""
    # By libyaml where there is one: a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    rows = yaml.load(files(__package__).joinpath("agencies.yaml").read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    return Sources(
        Source(
            code=row["code"],
            name=row["name"],
            kind=Kind(row["kind"]),
            country=row["country"],
            names=tuple(row["names"]),
            tags=tuple(row["tags"]),
            domains=tuple(row["domains"]),
            marks=tuple(_mark(mark["cue"], mark["match"]) for mark in row.get("marks", ())),
        )
        for row in rows
    )


def _mark(cue: str, match: str) -> Mark:
    """A mark; in its cue … stands for the rest of a word."""
    plain = cue.strip("…")
    words = [word for word in _WORD_OR_PART.findall(cue) if "…" not in word] if _is_spaced(plain) else []
    return Mark(plain, frozenset(words), re.compile(match, re.MULTILINE))


def _is_spaced(cue: str) -> bool:
    """Whether its words stand apart and bare: not those of East Asian scripts, or Arabic with its prefixes."""
    return cue.isascii() or all(ord(char) < 0x0530 for char in cue)


def _any_of(words: Iterable[str]) -> str:
    """A pattern for any of some words as whole words, grouped by first character to be quick."""
    return rf"(?<!\w)(?:{_alternatives(words)})(?!\w)"


def _alternatives(words: Iterable[str]) -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words, key=lambda word: (-len(word), word)):
        groups[word[0]].append(word)
    return "|".join(
        re.escape(first) + "(?:" + "|".join(re.escape(word[1:]) for word in group) + ")"
        for first, group in groups.items()
    )
