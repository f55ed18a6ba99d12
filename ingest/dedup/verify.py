"""Two texts → verdict: one text, two that belong together, or neither. Pure; the rule is read top down in `judge`."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from ingest.dedup.align import align
from ingest.dedup.comparable import NOTHING, Comparable, shared
from ingest.dedup.features import agreement, cohesion, lead_told, verbatim
from ingest.dedup.particulars import FIGURE, NAME

# Below this containment of shingles even a copy that was edited in every line is not what it could be:
# at one word in six edited, (5/6)^5 = 0.4 of its shingles are left.
FEWEST_SHARED = 0.25


class Kind(StrEnum):
    """What two texts are to each other."""

    COPY = "copy"
    UPDATE = "update"
    PART_OF = "part_of"
    DIFFERENT = "different"


# Rule → what it says, for a person.
RULES: dict[str, str] = {
    "no_candidate": "no stored text was like it",
    "same_shingles": "word for word the same sentences, in whatever order",
    "little_shared": f"under {FEWEST_SHARED:.0%} of the smaller text's word sequences stand in the other",
    "brief": "under thirty words, and not the same figures and names throughout",
    "template": "the sentences agree and their figures or names do not: two reports from one template",
    "one_site": "two pages of one site that share less than they have of their own",
    "near": "at least half of each is told in the other",
    "rewritten_top": "both leads are new over sentences kept word for word: a later version of the story",
    "contained": "nearly all of the smaller is told in the larger, which is under three times as long",
    "edited": "most of the smaller is told in the larger, of comparable length, edited, cut and extended",
    "excerpt": "nearly all of the smaller stands word for word in the larger, which is about the same throughout",
    "collection": "the larger is a list, live blog or newsletter, or holds passages of several earlier articles",
    "unrelated_rest": "the smaller stands whole in a much longer text whose rest is about something else",
    "partly_shared": "passages are shared, too few for one text",
    "split_by_hand": "a person said that they are two texts",
    "merged_by_hand": "a person said that they are one text",
}


@dataclass(frozen=True, slots=True)
class Features:
    """What is measured on two texts, boilerplate set aside; `smaller` and `larger` by words.

    Attributes:
        jaccard: shared shingles over all.
        containment: shared shingles over those of the text that has fewer.
        smaller_told: share of the smaller text's words that the larger has in corresponding sentences.
        larger_told: share of the larger text's words that the smaller has.
        ratio: words of the larger over those of the smaller.
        figures_agreed, figures_replaced: in corresponding sentences, the figures that are the same, and
            those that stand for each other.
        names_agreed, names_replaced: the same for names.
        smaller_words, larger_words: words of each text.
        larger_items, smaller_items: items that either marks as a list, live blog or newsletter does.
        lead_told: share of the lead of either text that the other has, whichever is more.
        verbatim: share of what is common that stands in sentences which both have word for word.
        cohesion: share of the larger one's further words that are about what the smaller tells.
        held: further earlier texts that the larger one holds a passage of, no two the same passage.
        same_site: both stand on one site.
    """

    jaccard: float
    containment: float
    smaller_told: float = 0.0
    larger_told: float = 0.0
    ratio: float = 1.0
    figures_agreed: int = 0
    figures_replaced: int = 0
    names_agreed: int = 0
    names_replaced: int = 0
    smaller_words: int = 0
    larger_words: int = 0
    larger_items: int = 0
    smaller_items: int = 0
    lead_told: float = 1.0
    verbatim: float = 1.0
    cohesion: float = 1.0
    held: int = 0
    same_site: bool = False

    @property
    def figure_conflict(self) -> float:
        """Share of the figures that disagree."""
        return self.figures_replaced / max(1, self.figures_replaced + self.figures_agreed)

    @property
    def conflict(self) -> float:
        """Share of figures and names that disagree."""
        replaced = self.figures_replaced + self.names_replaced
        return replaced / max(1, replaced + self.figures_agreed + self.names_agreed)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on two texts, with its evidence.

    Attributes:
        kind: what they are to each other.
        rule: the name of the rule that decided.
    """

    kind: Kind
    rule: str
    features: Features

    @property
    def is_copy(self) -> bool:
        """Whether the two are one text."""
        return self.kind is Kind.COPY

    @property
    def is_close(self) -> bool:
        """Whether little was missing: not one text, and nothing says that they are two."""
        return self.kind is Kind.DIFFERENT and self.rule == "partly_shared"

    @property
    def score(self) -> float:
        """Log-odds that the two are one text."""
        if self.kind is Kind.COPY:
            return 3.0
        if self.rule == "little_shared":
            return -1.0
        return -0.5 if self.is_close else -3.0

    @property
    def jaccard(self) -> float:
        """Shared shingles over all."""
        return self.features.jaccard

    @property
    def containment(self) -> float:
        """Shared shingles over those of the text that has fewer."""
        return self.features.containment

    def figures(self) -> dict[str, float]:
        """Every feature that was measured, by name, for the record."""
        names = _NAMES if self.features.containment >= FEWEST_SHARED else _ALWAYS_MEASURED
        return {name: float(getattr(self.features, name)) for name in names}


_NAMES = tuple(field.name for field in fields(Features))
_ALWAYS_MEASURED = ("jaccard", "containment", "larger_words", "same_site")


def verify(
    a: Comparable, b: Comparable, boilerplate: AbstractSet[int] = NOTHING, *, same_site: bool = False
) -> Verdict:
    """Decide on two texts; the order of the two does not matter.

    Args:
        boilerplate: keys of the sentences that either's site repeats.
    """
    return judge(measure(a, b, boilerplate, same_site=same_site))


def with_held(verdict: Verdict, held: int) -> Verdict:
    """The verdict once it is known how many further articles the larger text holds a passage of."""
    return judge(replace(verdict.features, held=held))


def by_hand(verdict: Verdict, *, one_text: bool) -> Verdict:
    """The verdict that a person gave, over what is measured."""
    kind, rule = (Kind.COPY, "merged_by_hand") if one_text else (Kind.DIFFERENT, "split_by_hand")
    return replace(verdict, kind=kind, rule=rule)


# --- measuring ---------------------------------------------------------------------------------


def measure(a: Comparable, b: Comparable, boilerplate: AbstractSet[int], *, same_site: bool) -> Features:
    """The features of two texts; what costs much is only measured where it can matter."""
    if a.text_key == b.text_key:
        return Features(1.0, 1.0, 1.0, 1.0, larger_words=a.word_count, same_site=same_site)
    if (a.word_count, a.text_key) > (b.word_count, b.text_key):
        a, b = b, a
    aside_a, aside_b = a.aside(boilerplate), b.aside(boilerplate)
    mine, other = a.shingles(aside_a), b.shingles(aside_b)
    common = shared(mine, other)
    jaccard = common / max(1, len(mine) + len(other) - common)
    containment = common / max(1, min(len(mine), len(other)))
    if containment < FEWEST_SHARED:
        return Features(jaccard, containment, larger_words=b.word_count, same_site=same_site)
    alignment = align(a, b, aside_a, aside_b)
    if alignment.words_a > alignment.words_b:
        a, b, aside_a, aside_b = b, a, aside_b, aside_a
        alignment = align(a, b, aside_a, aside_b)
    of_figures = agreement(alignment, FIGURE)
    of_names = agreement(alignment, NAME)
    told_a, told_b = alignment.told()
    ratio = alignment.words_b / max(1, alignment.words_a)
    return Features(
        jaccard=jaccard,
        containment=containment,
        smaller_told=sum(told_a.values()) / max(1, alignment.words_a),
        larger_told=sum(told_b.values()) / max(1, alignment.words_b),
        ratio=ratio,
        figures_agreed=of_figures.agreed,
        figures_replaced=of_figures.replaced,
        names_agreed=of_names.agreed,
        names_replaced=of_names.replaced,
        smaller_words=alignment.words_a,
        larger_words=alignment.words_b,
        larger_items=b.fingerprint.items,
        smaller_items=a.fingerprint.items,
        lead_told=max(lead_told(a, alignment.kept_a, told_a), lead_told(b, alignment.kept_b, told_b)),
        verbatim=verbatim(alignment),
        cohesion=cohesion(alignment) if ratio >= LONG_RATIO else 1.0,
        same_site=same_site,
    )


# --- the rule ----------------------------------------------------------------------------------

# Briefs: so few words tell a story only by its particulars, and headlines do not count.
BRIEF_WORDS = 30
BRIEF_TOLD = 0.9

# Templates: a correction changes a figure or two, another report from the template nearly all.
FEWEST_REPLACED = 2
FIGURE_CONFLICT = 0.5
CONFLICT = 0.35
# Where names alone tell (appointments, obituaries), more is asked: copy-editing swaps words, too.
FEWEST_NAMES_REPLACED = 4
NAME_CONFLICT = 0.6
# A desk's own reports of one kind (bond issues, money markets, filings): each is written anew over the last one, so
# no sentence stays, and the company is told in words that are no figure or name. A desk that issues a text again
# keeps sentences of it. Of 50 pairs that this parts in a month of Reuters' texts of 1987, 43 are two reports.
REPORT_WORDS = 150
FEW_COMMON = 1 / 3
REPORT_CONFLICT = 0.1

# Near: more than half of each is in the other. Follow-ups recycle at most a third of their words.
HALF = 0.5
# A wire's later version: its kept sentences stand as they were, under a lead that is new.
KEPT = 0.75
WORD_FOR_WORD = 0.6
# Edited, cut and extended at once: most of one is in the other. Where sentences are edited one by one the same
# hand took the whole text; where they stand word for word, it may have been somebody who quotes.
MOST = 0.55
THIRD = 0.35
COMMON = 1.0
EDITED_COMMON = 0.9

# Trimmed or extended: nearly all of the smaller is in the larger, which is under three times as long.
NEARLY_ALL = 0.8
TWICE = 2.0
LONG_RATIO = 3.0

# Excerpts: taken word for word from a text more than three times as long.
VERBATIM = 0.75
FAR_RATIO = 6.0  # under a sixth: the rest of the text must be about it, too
ABOUT = 0.2
MAX_ARTICLE_WORDS = 4000  # longer than that are newsletters and live files, hardly ever one article

# Collections: a text with so many marked items, or passages of so many further earlier articles.
LIST_ITEMS = 3
HELD = 2

STANDS_WHOLE = 0.6  # of an item: its newsletter cuts the rest

# Updates: a third of one is in the other, at comparable length.
UPDATE_TOLD = 0.36
UPDATE_LARGER_TOLD = 0.2


def judge(f: Features) -> Verdict:
    """The rule. Each line is one sentence of the design; the first that applies decides."""
    if f.jaccard == 1.0:
        return Verdict(Kind.COPY, "same_shingles", f)
    if f.containment < FEWEST_SHARED:
        return Verdict(Kind.DIFFERENT, "little_shared", f)
    if f.smaller_words < BRIEF_WORDS and not is_same_brief(f):
        return Verdict(Kind.DIFFERENT, "brief", f)
    if is_template(f):
        return Verdict(Kind.DIFFERENT, "template", f)
    if f.same_site and f.smaller_told < MOST and f.larger_told < MOST:
        return _apart(f, "one_site")
    if f.smaller_told >= HALF and f.larger_told >= HALF:
        return _apart(f, "rewritten_top") if has_rewritten_top(f) else Verdict(Kind.COPY, "near", f)
    if f.smaller_told >= NEARLY_ALL and f.ratio < TWICE:
        return Verdict(Kind.COPY, "contained", f)
    if is_collection(f):
        return Verdict(Kind.PART_OF, "collection", f) if is_item(f) else _apart(f, "collection")
    if is_edited(f) and not has_rewritten_top(f):
        return Verdict(Kind.COPY, "edited", f)
    if f.smaller_told >= NEARLY_ALL and f.ratio < LONG_RATIO:
        return Verdict(Kind.COPY, "contained", f)
    if f.smaller_told >= NEARLY_ALL and f.containment >= VERBATIM:
        if f.ratio < FAR_RATIO or f.cohesion >= ABOUT:
            return Verdict(Kind.COPY, "excerpt", f)
        return Verdict(Kind.PART_OF, "unrelated_rest", f)
    return _apart(f, "partly_shared")


def has_rewritten_top(f: Features) -> bool:
    """Whether a wire moved its story again: new leads over sentences kept word for word, a quarter of them gone.

    Live files are no such case: they grow at the top by nature.
    """
    if f.smaller_items >= LIST_ITEMS and f.larger_items >= LIST_ITEMS:
        return False
    return f.smaller_told < KEPT and f.lead_told < HALF and f.verbatim >= WORD_FOR_WORD


def is_edited(f: Features) -> bool:
    """Whether most of one stands in the other, of comparable length, with cuts and additions on either side."""
    if f.ratio >= TWICE or f.smaller_told < MOST:
        return False
    least = EDITED_COMMON if f.verbatim < WORD_FOR_WORD else COMMON
    return f.larger_told >= THIRD and f.smaller_told + f.larger_told >= least


def is_same_brief(f: Features) -> bool:
    """Whether nearly all of each stands in the other, and not one figure or name is another."""
    return min(f.smaller_told, f.larger_told) >= BRIEF_TOLD and f.figures_replaced + f.names_replaced == 0


def is_template(f: Features) -> bool:
    """Whether the sentences agree and the particulars do not: two reports from one template."""
    if f.figures_replaced >= FEWEST_REPLACED and f.figure_conflict >= FIGURE_CONFLICT:
        return True
    replaced = f.figures_replaced + f.names_replaced
    if f.figures_replaced and replaced > FEWEST_REPLACED and f.conflict >= CONFLICT:
        return True
    if f.names_replaced >= FEWEST_NAMES_REPLACED and f.conflict >= NAME_CONFLICT:
        return True
    return is_report_of_a_kind(f) and f.conflict >= REPORT_CONFLICT


def is_report_of_a_kind(f: Features) -> bool:
    """Whether a site wrote the shorter one's sentences all anew over the longer one's, or the other way round."""
    if f.smaller_words >= REPORT_WORDS or f.ratio >= TWICE:
        return False
    return f.same_site and f.jaccard < FEW_COMMON and f.verbatim == 0.0


def is_collection(f: Features) -> bool:
    """Whether the larger text holds several items: a live blog, round-up or newsletter."""
    return (
        f.held >= HELD
        or f.larger_items >= max(LIST_ITEMS, 2 * f.smaller_items)
        or (f.ratio >= TWICE and f.larger_words > MAX_ARTICLE_WORDS)
    )


def is_item(f: Features) -> bool:
    """Whether the smaller text stands in the larger one nearly whole."""
    return f.smaller_told >= STANDS_WHOLE and f.containment >= HALF


def may_be_collected(f: Features) -> bool:
    """Whether it matters how many further articles the larger text holds."""
    if f.containment < FEWEST_SHARED or f.larger_told >= HALF or f.smaller_told < MOST:
        return False
    return f.ratio >= TWICE or f.smaller_told < NEARLY_ALL


def _apart(f: Features, rule: str) -> Verdict:
    if f.smaller_told >= UPDATE_TOLD and f.larger_told >= UPDATE_LARGER_TOLD and f.ratio < LONG_RATIO:
        return Verdict(Kind.UPDATE, rule, f)
    return Verdict(Kind.DIFFERENT, rule, f)
