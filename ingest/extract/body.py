"""The body of a page by measured agreement: several extractors vote on its blocks, the layout decides ties.

Trafilatura, a count of how paragraphs are laid out, JSON-LD's `articleBody` and the feed's own content each
say which blocks they hold for the article. Where they agree nothing more is asked; where they do not,
trafilatura's precise mode is asked too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement
from trafilatura import bare_extraction

from ingest.extract.blocks import Block, camel_parted, ends_sentence
from ingest.extract.phrases import ends_in_credit, is_lead_in, is_promotion
from ingest.extract.walls import count_words

GRAM = 4  # words a gram, as in the article-extraction benchmark
COVERED = 0.6  # of a block's grams in a text: the text holds the block
AGREED = 0.85  # F1 of grams: two extractors hold the same body
MIN_REFERENCE_WORDS = 60  # a shorter articleBody or feed content is a teaser

# A paragraph, as opposed to a label, a caption or a menu entry.
PARAGRAPH_WORDS = 12
PARAGRAPH_CHARS = 80
PARAGRAPH_UNSPACED = 20  # words by count where a script has no spaces: 40 signs
MAX_LINKED = 0.5

# Furniture that holds this share of what the extractors agree on is no furniture, whatever its name.
VOID_SHARE = 0.4
CONTAINER_SHARE = 0.85  # of the body's words stand in its container; the rest strayed
OWN_KIND_SHARE = 0.1  # of the body's words are laid out this way: a way of the body's own

# An articleBody that covers this share of the body may say where it begins and ends.
EXACT_SHARE = 0.8
LAYOUT_VOID_SHARE = 0.5  # as VOID_SHARE, where nothing but the layout is known
MAX_COUNTED_CHARS = 600  # of one paragraph: many paragraphs make a body, not one long one

# What the page or the feed states counts as much as two guesses.
WEIGHTS = {"trafilatura": 1, "layout": 1, "precise": 1, "json-ld": 2, "feed": 2}

ONLY_LINKED = 0.9
MIN_LINK_WORDS = 4
CAPTION_WORDS = 40
LEAD_IN_LINKED = 0.3
LEAD_IN_WORDS = 8
PROMOTION_WORDS = 60
MIN_HEAD_WORDS = 5
MIN_STANDFIRST_CHARS = 25
MAX_STANDFIRST_GAP = 12

MAX_TAIL_GAP = 12  # blocks after the last paragraph in which lists, results, credits are still found
MAX_HEAD_GAP = 4

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_WORD = re.compile(r"\w+")
# Names that designers give to the paragraph between title and body, in the languages met.
_STANDFIRST = re.compile(
    r"(?:^|[\s_-])(?:stand-?first|dek|deck|lead|lede|lead-?text|teaser|sub-?title|sub-?head\w*|sub-?hed|strap-?line|"
    r"intro\w*|abstract|summary|excerpt|description|preamble|chapo|chapeau|ingress|vorspann|untertitel|anlauf|"
    r"sottotitolo|sommario|occhiello|catenaccio|entradilla|subtitulo|bajada|sumario|linha-fina|manchet\w*)(?:$|[\s_-])"
)

Gram = tuple[str, ...]


def words_of(text: str) -> list[str]:
    """Lower-case words of a text."""
    return _WORD.findall(text.lower())


class Reference:
    """A text that blocks are looked up in."""

    def __init__(self, text: str) -> None:
        self.text = text
        lines = [words_of(line) for line in text.split("\n")]
        words = [word for line in lines for word in line]
        self.size = len(words)
        self._lines = {tuple(line) for line in lines}
        self._grams = set(_grams(words))

    def covers(self, words: Sequence[str]) -> bool:
        """Whether the text holds a block of these words."""
        if len(words) < GRAM:
            return tuple(words) in self._lines
        grams = _grams(words)
        return sum(gram in self._grams for gram in grams) >= COVERED * len(grams)


def _grams(words: Sequence[str]) -> list[Gram]:
    if len(words) < GRAM:
        return [tuple(words)] if words else []
    return list(zip(words, words[1:], words[2:], words[3:], strict=False))


@dataclass(frozen=True, slots=True)
class Body:
    """The text chosen, and how well it is founded.

    Attributes:
        text: paragraphs separated by newlines; '' where the page has no body.
        sources: names of the extractors that hold most of it.
        agreement: F1 of trafilatura's and the layout's idea of it, 0–1.
    """

    text: str
    sources: tuple[str, ...]
    agreement: float


@dataclass(frozen=True, slots=True)
class Clues:
    """What page and feed say of the body beside its markup.

    Attributes:
        titles: forms of the title.
        descriptions: the page's own short descriptions.
        article_body: JSON-LD's, as text.
        feed_content: the feed's own, as text.
    """

    titles: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    article_body: str | None = None
    feed_content: str | None = None


def choose_body(tree: HtmlElement, blocks: list[Block], clues: Clues, url: str | None) -> Body:
    """The body of a page.

    Args:
        tree: the parsed page; not changed.
        blocks: its blocks, from `blocks_of`.
    """
    return _Page(tree, blocks, clues, url).body()


def trafilatura_text(tree: HtmlElement, url: str | None, *, precise: bool = False) -> str:
    """Trafilatura's body of a page; '' where it finds none."""
    found = bare_extraction(
        tree, url=url, with_metadata=False, fast=not precise, favor_precision=precise, include_comments=False
    )
    return (found.text or "") if found is not None and not isinstance(found, dict) else ""


def is_paragraph(block: Block) -> bool:
    """Whether a block is long enough to be a paragraph, and not made of links."""
    long_enough = (
        len(block.words) >= PARAGRAPH_WORDS
        or len(block.text) >= PARAGRAPH_CHARS
        or count_words(block.text) >= PARAGRAPH_UNSPACED
    )
    return long_enough and block.linked < MAX_LINKED * len(block.text)


class _Page:
    """One page's choice; each step reads what those before it found. Blocks are named by their index."""

    def __init__(self, tree: HtmlElement, blocks: list[Block], clues: Clues, url: str | None) -> None:
        self.tree, self.clues, self.url = tree, clues, url
        for block in blocks:
            block.words = words_of(block.text)
        self.blocks = [block for block in blocks if block.words]
        self.titles = {tuple(words_of(title)) for title in clues.titles}

    def body(self) -> Body:
        plain = trafilatura_text(self.tree, self.url)
        held = {"trafilatura": self.held_by(Reference(plain)), "layout": self.laid_out()}
        agreement = self.agreement(held["trafilatura"], held["layout"])
        for name, text in (("json-ld", self.clues.article_body), ("feed", self.clues.feed_content)):
            if text and (reference := Reference(text)).size >= MIN_REFERENCE_WORDS:
                held[name] = self.held_by(reference)
        if agreement < AGREED:
            held["precise"] = self.held_by(Reference(trafilatura_text(self.tree, self.url, precise=True)))
        kept = self.assembled(self.elected(held, agreement), held)
        if not kept:
            return Body(plain.strip(), ("trafilatura",) if plain else (), agreement)
        half = self.size(kept) / 2
        sources = tuple(name for name, indexes in held.items() if self.size(indexes & set(kept)) > half)
        return Body("\n".join(self.blocks[at].text for at in kept), sources, agreement)

    def held_by(self, reference: Reference) -> set[int]:
        return {at for at, block in enumerate(self.blocks) if reference.covers(block.words)}

    def size(self, indexes: Iterable[int]) -> int:
        """Words in blocks."""
        return sum(len(self.blocks[at].words) for at in indexes)

    def agreement(self, one: set[int], other: set[int]) -> float:
        total = self.size(one) + self.size(other)
        return 2 * self.size(one & other) / total if total else 0.0

    def furniture(self, trusted: Iterable[int], share: float) -> set[int]:
        """Blocks under an element named as furniture, unless that name or element holds much of `trusted`."""
        total = 0
        under: Counter[int | str] = Counter()
        for at in trusted:
            block = self.blocks[at]
            if is_paragraph(block):
                total += len(block.words)
                names: set[int | str] = {part for pair in block.furniture for part in pair}
                for name in names:
                    under[name] += len(block.words)
        void = {name for name, words in under.items() if words > share * total}
        return {
            at
            for at, block in enumerate(self.blocks)
            if any(number not in void and word not in void for number, word in block.furniture)
        }

    def container(self, indexes: Iterable[int]) -> int:
        """The innermost element that holds nearly all words of some blocks."""
        inside: Counter[int] = Counter()
        for at in indexes:
            for number in self.blocks[at].path:
                inside[number] += len(self.blocks[at].words)
        total = self.size(indexes)
        return max((number for number, words in inside.items() if words >= CONTAINER_SHARE * total), default=0)

    def laid_out(self) -> set[int]:
        """The layout's idea of the body: all that stands among the commonest kind of paragraph."""
        paragraphs = [at for at, block in enumerate(self.blocks) if is_paragraph(block)]
        furniture = self.furniture(paragraphs, LAYOUT_VOID_SHARE)
        paragraphs = [at for at in paragraphs if at not in furniture]
        if not paragraphs:
            return set()
        kinds: Counter[str] = Counter()
        for at in paragraphs:
            kinds[self.blocks[at].kind] += min(len(self.blocks[at].text), MAX_COUNTED_CHARS)
        main = max(kinds, key=lambda kind: kinds[kind])
        parents = {self.blocks[at].path[:-1] for at in paragraphs if self.blocks[at].kind == main}
        alike = [at for at in paragraphs if self.blocks[at].kind == main or self.blocks[at].path[:-1] in parents]
        container = self.container(alike)
        alike = [at for at in alike if container in self.blocks[at].path]
        end = self.next_article(alike)
        alike = [at for at in alike if at < end]
        return {
            at
            for at in range(alike[0], alike[-1] + 1)
            if at not in furniture
            and container in self.blocks[at].path
            and self.blocks[at].linked <= MAX_LINKED * len(self.blocks[at].text)
        }

    def next_article(self, alike: Sequence[int]) -> int:
        """Where another article begins below this one: at an h1 of its own, outside the first paragraphs' element."""
        parent = self.blocks[alike[0]].path[:-1]
        for at in range(alike[0] + 1, alike[-1]):
            block = self.blocks[at]
            if block.tag == "h1" and block.path[:-1] != parent and tuple(block.words) not in self.titles:
                return at
        return len(self.blocks)

    def elected(self, held: dict[str, set[int]], agreement: float) -> set[int]:
        """The blocks that enough extractors hold."""
        plain, layout = held["trafilatura"], held["layout"]
        given = held.get("json-ld", set()) | held.get("feed", set())
        if agreement >= AGREED:
            return plain | given
        if self.size(plain & layout) >= AGREED * self.size(plain):
            # Trafilatura stopped early: what goes on in the same manner belongs to it.
            kinds: Counter[str] = Counter()
            for at in plain:
                kinds[self.blocks[at].kind] += len(self.blocks[at].words)
            own = {kind for kind, words in kinds.items() if words >= OWN_KIND_SHARE * self.size(plain)}
            held = held | {"trafilatura": plain | {at for at in layout if self.blocks[at].kind in own}}
        weight: Counter[int] = Counter()
        for name, indexes in held.items():
            for at in indexes:
                weight[at] += WEIGHTS[name]
        needed = sum(WEIGHTS[name] for name in held) / 2
        return {at for at, votes in weight.items() if votes >= needed}

    def assembled(self, elected: set[int], held: dict[str, set[int]]) -> list[int]:
        """The elected blocks without what the layout or the wording says is not the article's."""
        furniture = self.furniture(elected, VOID_SHARE)
        core = [at for at in sorted(elected) if at not in furniture and is_paragraph(self.blocks[at])]
        if not core:
            return []
        container = self.container(core)
        core = [at for at in core if container in self.blocks[at].path]
        end = self.next_article(core)
        core = [at for at in core if at < end]
        first, last = self.range_of(core, elected - furniture, container, held)
        kinds: Counter[str] = Counter()
        for at in core:
            kinds[self.blocks[at].kind] += len(self.blocks[at].words)
        own = {kind for kind, words in kinds.items() if words >= OWN_KIND_SHARE * self.size(core)}
        parents = {self.blocks[at].path[:-1] for at in core if self.blocks[at].kind in own}

        def wanted(block: Block, at: int) -> bool:
            if at in elected:
                return True
            alike = block.kind in own or (block.tag in _HEADINGS and block.path[:-1] in parents)
            return alike and block.linked <= MAX_LINKED * len(block.text)

        kept = [
            at
            for at in range(first, last + 1)
            if at not in furniture
            and container in (block := self.blocks[at]).path
            and wanted(block, at)
            and not self.is_foreign(block)
        ]
        while kept and self.blocks[kept[-1]].tag in _HEADINGS:
            kept.pop()
        return [*self.standfirst(first, furniture), *kept]

    def range_of(self, core: list[int], free: set[int], container: int, held: dict[str, set[int]]) -> tuple[int, int]:
        """First and last block of the body."""
        first, last = core[0], core[-1]
        exact = [at for at in core if at in held.get("json-ld", ())]
        if self.size(exact) >= EXACT_SHARE * self.size(core):
            # articleBody knows where the article begins and ends; it often lacks what stands between.
            first, last = exact[0], exact[-1]
        at, end = last + 1, self.next_article([first, len(self.blocks)])
        while at < end and at - last <= MAX_TAIL_GAP:
            if self.belongs(at, free, container):
                last = at
            at += 1
        for at in range(first - 1, max(-1, first - 1 - MAX_HEAD_GAP), -1):
            block = self.blocks[at]
            if self.belongs(at, free, container) and len(block.words) >= MIN_HEAD_WORDS and ends_sentence(block.text):
                first = at
        return first, last

    def belongs(self, at: int, free: set[int], container: int) -> bool:
        block = self.blocks[at]
        return (
            at in free
            and container in block.path
            and block.linked <= MAX_LINKED * len(block.text)
            and not self.is_foreign(block)
        )

    def is_foreign(self, block: Block) -> bool:
        """Whether a block leads away from the article, sells something, or repeats the title."""
        words, chars = len(block.words), len(block.text)
        if tuple(block.words) in self.titles:
            return True
        if block.linked >= ONLY_LINKED * chars and words >= MIN_LINK_WORDS and not ends_sentence(block.text):
            return True  # the headline of another article
        if is_lead_in(block.text) and (block.linked > LEAD_IN_LINKED * chars or words < LEAD_IN_WORDS):
            return True
        if words < CAPTION_WORDS and ends_in_credit(block.text):
            return True
        return words < PROMOTION_WORDS and is_promotion(block.text)

    def standfirst(self, first: int, furniture: set[int]) -> list[int]:
        """The paragraph between title and body that sums the article up: named so, or the page's description."""
        descriptions = [Reference(text) for text in self.clues.descriptions]
        start = max(0, first - MAX_STANDFIRST_GAP)
        for at in range(first - 1, start - 1, -1):
            if self.blocks[at].tag == "h1" or tuple(self.blocks[at].words) in self.titles:
                start = at + 1
                break
        found = []
        for at in range(start, first):
            block = self.blocks[at]
            if (
                at in furniture
                or block.linked > LEAD_IN_LINKED * len(block.text)
                or len(block.text) < MIN_STANDFIRST_CHARS
            ):
                continue
            if self.is_foreign(block):
                continue
            if _STANDFIRST.search(camel_parted(block.kind)) or any(one.covers(block.words) for one in descriptions):
                found.append(at)
        return found
