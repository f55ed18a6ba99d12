"""Whose text it is: which agency a text comes from, with the evidence and how far to trust it. Pure.

Works on text alone; author, site and JSON-LD names add to it. Only places where sources name themselves
count: bylines, datelines, closing credits, copyright lines, disclaimers. A mention inside a sentence ("told
AFP", "Reuters reported") is quotation, a photo's credit is the photo's, a contribution is not origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingest.agencies.table import Kind, Source, Sources, load_sources
from ingest.model import Evidence

MIN_CONFIDENCE = 0.75
MAX_EVIDENCE_CHARS = 200

MAX_LINES = 400  # of a text; head and tail count beyond it
MAX_AUTHOR_CHARS = 1000  # of a byline's names
HEAD_CHARS = 160
TAIL_CHARS = 160
SHORT_LINE_WORDS = 24
SHORT_LINE_CHARS = 200
MAX_DISCLAIMER_CHARS = 400
MAX_BEFORE_OWNER = 12  # characters between the copyright sign and its owner
HEAD_LINES = 15  # raw pages carry menus, dates and captions above a byline
MAX_BYLINE_WORDS = 18
DATE_LINE_CHARS = 40
SOURCE_LINES = 8  # where aggregators name the outlet they took a text from
TAIL_LINES = 6


class Place(StrEnum):
    """Where a source named itself."""

    DATELINE = "dateline"
    BYLINE = "byline"
    CREDIT = "credit"
    COPYRIGHT = "copyright"
    DISCLAIMER = "disclaimer"
    JSON_LD = "json-ld"
    DOMAIN = "domain"


_TRUST = {
    Place.DATELINE: 0.97,
    Place.BYLINE: 0.95,
    Place.CREDIT: 0.95,
    Place.COPYRIGHT: 0.93,
    Place.DISCLAIMER: 0.95,
    Place.JSON_LD: 0.95,
    Place.DOMAIN: 0.9,
}
_ALONE_TRUST = 0.85  # a line that is nothing but the name: a byline, or a photo's credit
_REPEATED_TRUST = 0.02  # for each further place that says the same


@dataclass(frozen=True, slots=True)
class Attribution:
    """An agency with what speaks for it.

    Attributes:
        code: the agency's code ("ap").
        confidence: 0–1.
        place: where it was named.
        evidence: the words found there.
    """

    code: str
    confidence: float
    place: Place
    evidence: str

    @property
    def as_evidence(self) -> Evidence:
        """What speaks for it, as a document carries it."""
        return Evidence(str(self.place), round(self.confidence, 2), self.evidence)


def agency_of_text(
    text: str,
    *,
    author: str | None = None,
    site: str | None = None,
    credits: Iterable[str] = (),
    publisher: str | None = None,
    context: Sequence[str] = (),
) -> Attribution | None:
    """The source of a text; None for an outlet's own text, or where nothing reliable says.

    Args:
        text: body or whole page as text, lines separated by newlines.
        author: the byline's names as printed.
        site: registrable domain of the page: an outlet's own name there says nothing.
        credits: JSON-LD's authors, creators and source organisations.
        publisher: JSON-LD's publisher; an outlet's name there is the page's own.
        context: lines around the body that are not part of it (above it, below it).
    """
    sources = load_sources()
    found = _Evidence(sources, site)
    for name in credits:
        if source := sources.named(name):
            found.add(source, Place.JSON_LD, name)
    if publisher and (source := sources.named(publisher)) and source.kind is not Kind.OUTLET:
        found.add(source, Place.JSON_LD, publisher)
    if author:
        _read_author(author, sources, found)
    lines = [line for raw in (*context, *text.split("\n")) if (line := raw.strip())]
    if len(lines) > MAX_LINES:
        lines = lines[: MAX_LINES // 2] + lines[-MAX_LINES // 2 :]
    for at in sources.telling(lines):
        _read_line(lines[at], at, lines, sources, found)
    return found.best() or _by_domain(sources, site)


class _Evidence:
    """Collects what speaks for whom."""

    def __init__(self, sources: Sources, site: str | None) -> None:
        self._own = sources.of_site(site)
        self._found: dict[str, list[Attribution]] = {}

    def add(self, source: Source, place: Place, words: str, trust: float | None = None) -> None:
        if source is self._own and source.kind is Kind.OUTLET:
            return  # its own text on its own site
        evidence = " ".join(words.split())[:MAX_EVIDENCE_CHARS]
        attribution = Attribution(source.code, trust or _TRUST[place], place, evidence)
        self._found.setdefault(source.code, []).append(attribution)

    def add_if(self, source: Source | None, place: Place, words: str) -> None:
        if source is not None:
            self.add(source, place, words)

    def best(self) -> Attribution | None:
        chosen: Attribution | None = None
        most = MIN_CONFIDENCE
        for attributions in self._found.values():
            first = max(attributions, key=lambda one: one.confidence)
            score = first.confidence + _REPEATED_TRUST * (len({one.place for one in attributions}) - 1)
            if score > most:
                chosen, most = first, score
        return chosen


def _by_domain(sources: Sources, site: str | None) -> Attribution | None:
    own = sources.of_site(site)
    if own is None or own.kind is Kind.OUTLET:
        return None
    return Attribution(own.code, _TRUST[Place.DOMAIN], Place.DOMAIN, site or "")


_PICTURE = re.compile(
    r"photo|foto|picture|\bimage|\bvia\b(?!\s+\w+\.com)|getty|credit\s*:|courtesy|\bpool\b|\bfile\b|/\s?[A-Z]|"
    r"hide caption|bild:|illustration|写真|图|사진|video\b|vidéo",
    re.IGNORECASE,
)
_CONTRIBUTION = re.compile(
    r"contribut|with files|with (?:additional )?(?:reporting|material|information|assistance)|mit material|"
    r"material von|"
    r"avec (?:l['’]|les )?(?:agences|afp)|con información|com informações|con agenzie|mit informationen|"
    r"\breports?\b|\bsaid\b|\btold\b|\baccording\b|laut\b|selon\b|según\b|secondo\b",
    re.IGNORECASE,
)
# A dateline: a place (and day), then the source in brackets, then the text.
_DATELINE = re.compile(
    r"^(?P<place>[^()\[\]【】]{0,90}?)\s?[(\[]\s*(?P<tag>[^()\[\]]{2,40}?)\s*[)\]]\s?\*?(?P<after>\.?\s?[-–—:]|\s+\S|\S)"
)
_PLACE_IN_LINE = re.compile(
    r"(?:^|\s)(?P<place>[A-Z][A-Z .'/-]{2,40}(?:,\s[A-Z][\w. ]{1,20})?)\s\((?P<tag>[A-Za-z]{2,12})\)\s[-–—]"
)
_CLOSING = re.compile(r"(?:^|[.!?…。”\"»’)\]]|\s[-–—]{1,2})\s*[(\[]\s*(?P<tag>[^()\[\]]{2,40}?)\s*\.?[)\]][.\s]*$")
_COPYRIGHT = re.compile(
    r"(?:©|™|\(c\)|copyright)[\s&©]*(?:copyright)?[\s,]*(?:\d{4}[\s,-]*)*(?:by\s)?(?P<rest>.{2,60})", re.IGNORECASE
)
_ALONE_EDGES = " \t-–—=•·|()[]/.:*"
_MONTH_OR_DAY = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues|wednes|thurs|fri|satur|sun)"
_DAY = re.compile(rf"\b\d{{1,2}}[:.]\d{{2}}\b|\b\d{{4}}\b|\b{_MONTH_OR_DAY}", re.IGNORECASE)
_BY = re.compile(
    r"^\W*(?:(?:posted|published|updated)\b.*?\bby|by|von|par|por|di|door|av|af|authored by)\b[:\s]", re.IGNORECASE
)
_SEPARATORS = " \t,|•·—–/-"
_DASHES = re.compile(r"\s[—–|•·-]+\s")
_THE_AT_END = re.compile(r"(?:^|\s)[Tt]he\s*$")
_TAG_AT_END = re.compile(r"(?:[,/|–—-]\s*|^\W*\w+[:\s]\s*)(?P<tag>[^\s,/|]{2,12})\s*$")
_NAME_PART = r"(?:[A-ZÀ-Þ][\w'’.-]*|and|und|et|y|e|de|van|von|al|el)"
_PERSONS = re.compile(rf"^\W*(?:By\s+)?{_NAME_PART}(?:[\s,]+{_NAME_PART}){{0,16}}\s*$")
_AFTER_NAME = re.compile(
    r"^\W*$|^\s*(?:\((?:TNS|TCA|AP)\)\W*$|[|•·—–-]|,\s*(?=(?-i:[A-Z\d]))|"
    rf"(?:published|posted|updated|staff|writers?|correspondents?)\b|\d{{1,2}}[:.]\d\d|{_MONTH_OR_DAY})",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"(?:originally|first|previously)\s+(?:appeared|published|posted|ran)\s.{0,40}$|syndicated\s(?:feed|news)|"
    r"\bthis\s(?:story|article|report|copy)\s.{0,60}\b(?:by|from)\s*$|authored by .{2,60}\bvia\s*$|"
    r"republished\s.{0,30}\bfrom\s*$",
    re.IGNORECASE,
)
_SYNDICATED = re.compile(
    r"syndicated\s(?:news\s)?feed|auto-generated from|wire (?:service|feed)|published .{0,30} from .{0,20}feed",
    re.IGNORECASE,
)
_STOPS = re.compile(r"[a-zß-ÿ]{3,}[.!?](?:\s+[A-ZÀ-Þ]|\s*$)")
_PERSONS_AND_TAG = re.compile(
    r"^(?P<persons>.{5,120}?\s(?:and|und|et|y)\s.{3,60}?)\s*[/|,]\s*(?P<tag>[A-Za-z]{2,8})\s*$"
)


def _read_author(author: str, sources: Sources, found: _Evidence) -> None:
    for part in re.split(r"\s*;\s*", author[:MAX_AUTHOR_CHARS]):
        if _PICTURE.search(part) and not _BY.match(part):
            continue
        bare = part.strip(_ALONE_EDGES)
        source = sources.tagged(bare) or sources.named(bare)
        if source is None:
            after_comma = re.split(r"\s*[,|/]\s*|\s[-–—]\s", bare)[-1]
            source = sources.tagged(after_comma) or sources.named(after_comma)
        if source is not None:
            found.add(source, Place.BYLINE, part)
        else:
            _read_byline(part, sources, found)


def _read_line(line: str, at: int, lines: Sequence[str], sources: Sources, found: _Evidence) -> None:
    head, tail = line[:HEAD_CHARS], line[-TAIL_CHARS:]
    ends = line if len(line) <= HEAD_CHARS + TAIL_CHARS else f"{head}\n{tail}"
    for source, match in sources.own_marks(ends):
        found.add(source, Place.CREDIT, match)
    _read_dateline(head, sources, found)
    if at >= len(lines) - TAIL_LINES and (closing := _CLOSING.search(tail)):
        found.add_if(sources.tagged(closing["tag"]), Place.CREDIT, tail[-60:])
    _read_copyright(line[:MAX_DISCLAIMER_CHARS], sources, found)
    _read_disclaimer(line, sources, found)
    if len(line) > SHORT_LINE_CHARS or len(line.split()) > SHORT_LINE_WORDS:
        return
    if _read_alone(line, at, lines, sources, found):
        return
    # Two names are reporters'; one name is a photographer's as often.
    if (signed := _PERSONS_AND_TAG.match(line)) and _PERSONS.match(signed["persons"]):
        found.add_if(sources.tagged(signed["tag"]), Place.BYLINE, line)
    if not _PICTURE.search(line) and not _CONTRIBUTION.search(line) and not _STOPS.search(line.replace("Inc.", "")):
        _read_byline(line, sources, found)


def _read_copyright(line: str, sources: Sources, found: _Evidence) -> None:
    copyright = _COPYRIGHT.search(line)
    if copyright is None:
        return
    rest = copyright["rest"]
    named = sources.first_named(rest)
    if named is None:
        return
    source, start, end = named
    if start <= MAX_BEFORE_OWNER and not _PICTURE.search(f"{rest[:start]} {rest[end:]}"):
        found.add(source, Place.COPYRIGHT, copyright[0])


def _read_dateline(head: str, sources: Sources, found: _Evidence) -> None:
    match = _DATELINE.match(head)
    if match and _is_dateline(match["place"], match["after"]):
        found.add_if(sources.tagged(match["tag"]), Place.DATELINE, match[0])
    if match := _PLACE_IN_LINE.search(head):
        found.add_if(sources.tagged(match["tag"]), Place.DATELINE, match[0].strip())


def _is_dateline(place: str, after: str) -> bool:
    dashed = after.strip(" .")[:1] in ("-", "–", "—", ":")
    if not place.strip():
        return dashed
    words = place.split()
    if len(words) > 9 or not (place[0].isupper() or not place[0].isascii() or place[0].isdigit()):
        return False
    # "New Delhi, Mar 3 (PTI) The court": no dash, but the place is followed by a day, or is one word.
    return dashed or any(char.isdigit() for char in place) or len(words) <= 3


def _read_disclaimer(line: str, sources: Sources, found: _Evidence) -> None:
    if "syndicated" in line or "auto-generated" in line:
        if _SYNDICATED.search(line) and (named := sources.first_named(line, tags=True)):
            found.add(named[0], Place.DISCLAIMER, line)
        return
    if len(line) > MAX_DISCLAIMER_CHARS:
        return
    for source, start, _ in sources.all_named(line):
        if _DISCLAIMER.search(line[:start].removesuffix("The ").removesuffix("the ")):
            found.add(source, Place.DISCLAIMER, line)
            return


def _read_alone(line: str, at: int, lines: Sequence[str], sources: Sources, found: _Evidence) -> bool:
    """A line that is nothing but a source's name or tag."""
    bare = line.strip(_ALONE_EDGES)
    following = lines[at + 1] if at + 1 < len(lines) else ""
    dated = len(following) < DATE_LINE_CHARS and bool(_DAY.search(following))
    source = sources.named(bare)
    if source is not None:
        near_start = at < (SOURCE_LINES if source.kind is Kind.OUTLET else HEAD_LINES)
        near_end = source.kind is not Kind.OUTLET and at >= len(lines) - TAIL_LINES
        if near_start or near_end or dated:
            found.add(source, Place.BYLINE, line, _ALONE_TRUST)
        return True
    source = sources.tagged_exactly(bare)
    if source is None:
        return False
    in_head = at < HEAD_LINES and dated
    in_tail = at >= len(lines) - TAIL_LINES and source.kind is not Kind.OUTLET and not _PICTURE.search(lines[at - 1])
    if in_head or (in_tail and at > 0):
        found.add(source, Place.BYLINE if in_head else Place.CREDIT, line, _ALONE_TRUST)
    return True


def _read_byline(line: str, sources: Sources, found: _Evidence) -> None:
    by = _BY.match(line)
    for source, start, end in sources.all_named(line):
        if not _AFTER_NAME.match(line[end:]):
            continue
        before = _THE_AT_END.sub("", line[:start]).rstrip()
        signed = before.rstrip(_SEPARATORS)
        # "Los Angeles Times — Eliza Fawcett Los Angeles Times": what stands beside the name counts.
        beside = _DASHES.split(signed)[-1]
        persons = bool(_PERSONS.match(beside)) and (signed != before or " " in line[start:end])
        alone = not signed and (source.kind is not Kind.OUTLET or _stands_first(line[end:]))
        if alone or persons or (by and len(signed.split()) <= MAX_BYLINE_WORDS):
            found.add(source, Place.BYLINE, line)
    if by and (signed_for := _TAG_AT_END.search(line)):
        found.add_if(sources.tagged(signed_for["tag"]), Place.BYLINE, line)


def _stands_first(after: str) -> bool:
    """Whether what follows an outlet's name makes it a byline: a day, "Posted", a syndicate, a reporter."""
    rest = after.strip(_SEPARATORS)
    return bool(rest) and (bool(_PERSONS.match(rest)) or not after.lstrip().startswith(tuple(_SEPARATORS.strip())))
