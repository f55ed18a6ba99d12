"""The rest of an article that a page folds away behind "read on": taken out of its fold, so that it is read. Pure.

What is hidden is as a rule no part of the article: dialogs, menus, other forms of the same text. It is unfolded where
it is prose that follows the prose of the article in its own container, and stands nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from lxml.html import HtmlElement

from ingest.extract.blocks import furniture_word
from ingest.extract.phrases import is_paywall_notice, is_promotion
from ingest.extract.walls import count_words

_HIDING_STYLE = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*hidden|height\s*:\s*0(?:px)?\s*(?:;|$))[^;]*;?", re.IGNORECASE
)
_HIDING_NAMES = re.compile(
    r"(?:^|[\s_-])(?:hidden|hide|d-none|is-hidden|collapsed?|invisible|visually|more-?text|folded)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NO_PROSE = frozenset(("nav", "footer", "header", "aside", "form", "dialog", "menu", "figure", "figcaption", "address"))
_FOLDS = frozenset(("details", "noscript", "template"))
PARAGRAPH_WORDS = 8
PARAGRAPH_CHARS = 40  # where a script has no spaces
LEAST_WORDS = 30  # of a fold that is the rest of an article; a form's messages are shorter
MAX_FOLDS = 200
LEVELS = 3  # between the fold and the container that holds the article's beginning


def unfold(tree: HtmlElement) -> int:
    """Make what an article's page folds away visible to whoever reads the tree; returns how much was unfolded."""
    folds = [element for element in _folds(tree) if _paragraphs(element)]
    if not folds:
        return 0
    seen = {text for element in tree.iter("p") if not _is_inside(element, folds) for text in [_text(element)]}
    unfolded = 0
    for fold in folds[:MAX_FOLDS]:
        said = dict.fromkeys(map(_text, _paragraphs(fold)))
        prose = [text for text in said if text not in seen]
        if _is_rest(prose, said) and _goes_on(fold, folds):
            _show(fold)
            seen.update(prose)
            unfolded += 1
    return unfolded


def _is_rest(prose: Sequence[str], said: Iterable[str]) -> bool:
    """Whether what a fold says, and nothing else does, can be the rest of an article, not a form or an offer."""
    if sum(map(count_words, prose)) < LEAST_WORDS:
        return False
    return not any(is_paywall_notice(text) or is_promotion(text) for text in said)


def _folds(tree: HtmlElement) -> Iterator[HtmlElement]:
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag in _NO_PROSE:
            continue
        if element.tag in ("body", "html", "head") or element.tag == "p":
            continue
        is_fold = element.tag in _FOLDS and (element.tag != "template" or element.get("shadowrootmode"))
        if is_fold or _is_hidden(element):
            names = f"{element.get('class') or ''} {element.get('id') or ''}"[:400]
            if not furniture_word(_HIDING_NAMES.sub(" ", names)) and not _is_within(element, _NO_PROSE):
                yield element


def _is_hidden(element: HtmlElement) -> bool:
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(_HIDING_STYLE.search(element.get("style") or "") or _HIDING_NAMES.search(element.get("class") or ""))


def _paragraphs(element: HtmlElement) -> list[HtmlElement]:
    return [paragraph for paragraph in element.iter("p") if _is_prose(_text(paragraph))]


def _text(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def _is_prose(text: str) -> bool:
    return len(text.split()) >= PARAGRAPH_WORDS or len(text) >= PARAGRAPH_CHARS


def _is_inside(element: HtmlElement, folds: list[HtmlElement]) -> bool:
    return any(ancestor in folds for ancestor in element.iterancestors())


def _is_within(element: HtmlElement, tags: frozenset[str]) -> bool:
    return any(ancestor.tag in tags for ancestor in element.iterancestors())


def _goes_on(fold: HtmlElement, folds: list[HtmlElement]) -> bool:
    """Whether visible prose stands before a fold, in one of the containers just above it."""
    container: HtmlElement | None = fold
    for _ in range(LEVELS):
        if container is None or container.tag in ("body", "html"):
            return False
        for before in container.itersiblings(preceding=True):
            if not isinstance(before.tag, str) or before in folds:
                continue
            if (before.tag == "p" and _is_prose(_text(before))) or _paragraphs(before):
                return True
        container = container.getparent()
    return False


def _show(fold: HtmlElement) -> None:
    if fold.tag in _FOLDS:
        fold.tag = "div"
    for name in ("hidden", "aria-hidden", "shadowrootmode"):
        fold.attrib.pop(name, None)
    if style := fold.get("style"):
        fold.set("style", _HIDING_STYLE.sub("", style))
    if names := fold.get("class"):
        fold.set("class", " ".join(name for name in names.split() if not _HIDING_NAMES.search(name)))
