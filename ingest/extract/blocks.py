"""A parsed page → its text blocks in reading order, each with what the page's markup says of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from lxml.etree import iterwalk
from lxml.html import HtmlElement


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Elements whose text is never read as text.
_SKIPPED = _set(
    "script style noscript template svg math iframe object embed canvas audio video select option textarea button "
    "head meta link input datalist map area dialog"
)
# Elements that stand in a line of text; every other element begins and ends a block.
_INLINE = _set(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rb rp rt ruby s samp "
    "small span strike strong sub sup time tt u var wbr img picture source hl7 wbr amp-img"
)
_CELLS = frozenset(("td", "th"))  # a row is a block; what stands in a cell as a block of its own remains one
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_FURNITURE_TAGS = _set("nav footer aside form figure figcaption menu address dialog")
_FURNITURE_ROLES = _set(
    "navigation complementary contentinfo banner search form dialog alertdialog menu menubar toolbar tablist tooltip "
    "status alert"
)

_PICTURE_WORDS = ("fig", "caption", "credit", "gallery", "slideshow", "carousel", "wp-caption", "mediabox")

_SPACE = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?…:;。！？」”\"'»)\]]\s*$")


@dataclass(slots=True, eq=False)
class Block:
    """A run of text between two block borders.

    Attributes:
        text: white space collapsed, never empty.
        linked: characters of it that stand in links.
        tag: the element that holds it.
        kind: tag and class of that element and its parent: blocks of one kind are laid out alike.
        path: numbers of the elements above it, from the root down.
        furniture: elements above it (number → word) whose name says that they are not the article.
    """

    text: str
    linked: int
    tag: str
    kind: str
    path: tuple[int, ...]
    furniture: tuple[tuple[int, str], ...]
    words: list[str] = field(default_factory=list)


# What names of classes and ids say: whole words of the name, as parted by hyphens, underscores and capitals.
_FURNITURE_WORDS = re.compile(
    r"""(?:^|[\s_-])(?:
      (?:newsletter|signup|subscri(?:be|ption|ptions|ber)|regwall|login|registration)
    | (?:related|recirc\w*|recommend\w*|readmore|outbrain|taboola|trending|popular|mostread|also)
    | (?:read|most|more|see|you|next|further)[_-]
      (?:more|next|also|read|popular|viewed|from|stories|articles|on|news|may|like|reading|topics)
    | (?:ad|ads|advert\w*|adsense|sponsor\w*|promo\w*|affiliate|commercial|banner\w*|deal|marketing|shopping|cta)
    | (?:share|sharing|social|sociallinks|follow|addtoany|sharedaddy|jp-relatedposts)
    | (?:comment|comments|commentlist|disqus|respond|discussion)
    | (?:cookie\w*|consent|gdpr|onetrust|modal|popup|overlay|lightbox|tooltip|toast|drawer)
    | (?:caption\w*|figcaption|credit|credits|copyright|wp-caption|gallery|slideshow|carousel|slider|mediabox)
    | (?:sidebar|widget|widgets|rail|nav|navbar|navigation|menu|breadcrumb\w*|footer|masthead|toolbar|pagination|pager)
    | (?:byline\w*|author\w*|bio|dateline|timestamp|datetime|published|pubdate|readtime|reading-time)
    | (?:tag|tags|taglist|topics|keywords|categories|hashtags)
    | (?:hidden|hide|visually|sr-only|screen-reader-text|screenreader|a11y|print-only|invisible)
    | (?:player|playlist|podcast|audio|poll|quiz|rating|feedback)
    | (?:disclaimer|disclosure|correction-link|kicker|eyebrow|toc|table-of-contents|jump-links)
    )(?:$|[\s_-])""",
    re.VERBOSE,
)
MAX_NAMES_CHARS = 400  # utility classes run to 300 characters; hostile ones to megabytes
_MAX_ID_HYPHENS = 3
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@lru_cache(maxsize=8192)
def furniture_word(names: str) -> str | None:
    """The word in an element's classes and id that says it is not the article's text; None without one."""
    found = _FURNITURE_WORDS.search(camel_parted(names))
    return found[0].strip(" _-") if found else None


def is_picture(block: Block) -> bool:
    """Whether a block is the caption or credit of a picture."""
    return any(word.startswith(_PICTURE_WORDS) for _, word in block.furniture)


def ends_sentence(text: str) -> bool:
    """Whether a text ends as sentences do."""
    return bool(_SENTENCE_END.search(text))


def camel_parted(name: str) -> str:
    """A name in lower case, with hyphens where capitals parted its words."""
    return _CAMEL.sub("-", name).lower()


class _Walk:
    """The state of one walk over a page."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._linked = 0
        self._size = 0

    def add(self, text: str, links: int) -> None:
        self._pieces.append(text)
        if text.strip():
            size = len(text)
            self._size += size
            if links:
                self._linked += size

    def line_break(self) -> bool:
        """Whether a single <br> here ends a paragraph: after a sentence, or after another <br>."""
        so_far = "".join(self._pieces[-2:])
        return not so_far.strip() or bool(_SENTENCE_END.search(so_far))

    def flush(self, tag: str, kind: str, path: tuple[int, ...], furniture: tuple[tuple[int, str], ...]) -> None:
        if self._size:
            text = _SPACE.sub(" ", "".join(self._pieces)).strip()
            if text:
                linked = min(self._linked, len(text))
                self.blocks.append(Block(text, linked, tag, kind, path, furniture))
        if self._pieces:
            self._pieces = []
        self._linked = self._size = 0


def blocks_of(tree: HtmlElement) -> list[Block]:
    """The text blocks of a page in reading order.

    Text of scripts, forms' controls and media is left out; everything else is there, furniture too.
    """
    walk = _Walk()
    number = 0
    links = 0
    # Of each open block element: tag, kind, path, furniture.
    stack: list[tuple[str, str, tuple[int, ...], tuple[tuple[int, str], ...]]] = [("html", "html", (), ())]
    walker = iterwalk(tree, events=("start", "end", "comment", "pi"))
    for event, element in walker:
        if event in ("comment", "pi"):
            if element.tail:
                walk.add(element.tail, links)
            continue
        tag = element.tag
        if event == "start":
            if tag in _SKIPPED or _is_hidden(element):
                walker.skip_subtree()
                continue
            if tag == "br":
                if walk.line_break():
                    walk.flush(*stack[-1])
                else:
                    walk.add(" ", 0)
            elif tag in _CELLS:
                walk.add(" ", 0)
            elif tag in _INLINE:
                if tag == "a":
                    links += 1
            else:
                walk.flush(*stack[-1])
                number += 1
                _, above, path, furniture = stack[-1]
                names = _names(element)
                word = _furniture(element, tag, names)
                stack.append(
                    (
                        tag,
                        f"{tag}.{element.get('class', '')[:MAX_NAMES_CHARS]}<{above.split('<', 1)[0]}",
                        (*path, number),
                        (*furniture, (number, word)) if word else furniture,
                    )
                )
            if element.text:
                walk.add(element.text, links)
            continue
        if tag in _SKIPPED or _is_hidden(element):
            pass
        elif tag == "a":
            links -= 1
        elif tag != "br" and tag not in _INLINE and tag not in _CELLS:
            walk.flush(*stack[-1])
            stack.pop()
        if element.tail and element is not tree:
            walk.add(element.tail, links)
    walk.flush(*stack[-1])
    return walk.blocks


def _names(element: HtmlElement) -> str:
    identity = element.get("id", "")[:MAX_NAMES_CHARS]
    # An id of many words is made from a heading's text, not from the element's role.
    if identity.count("-") + identity.count("_") > _MAX_ID_HYPHENS:
        identity = ""
    return f"{element.get('class', '')} {identity}"[:MAX_NAMES_CHARS]


def _is_hidden(element: HtmlElement) -> bool:
    names = element.keys()
    if not names or (len(names) == 1 and names[0] == "class"):
        return False
    if "hidden" in names or ("aria-hidden" in names and element.get("aria-hidden") == "true"):
        return True
    return "style" in names and "display:none" in element.get("style").replace(" ", "").lower()


def _furniture(element: HtmlElement, tag: str, names: str) -> str | None:
    if tag in _FURNITURE_TAGS:
        return str(tag)
    if element.get("role") in _FURNITURE_ROLES:
        return str(element.get("role"))
    if tag in ("html", "body", "main"):
        return None
    return furniture_word(names) if names != " " else None
