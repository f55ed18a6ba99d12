"""Whether a page is the one that was asked for: not a front page, a section, a login or an error in its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.addresses import page_url, tells_page
from ingest.extract.phrases import is_not_found_notice
from ingest.extract.walls import count_words
from ingest.urls import parts_of

NOTICE_WORDS = 200  # a page that says it is not there says no more than this, lists of other articles apart
NOTICE_LINES = 3  # among the first of its text
SPEAKS = 0.34  # share of a title's words: from there on a text is about it
FEWEST_WORDS = 2  # of a title that says anything

_LONG_WORD = re.compile(r"\w{4,}")
_UNSPACED_PAIR = re.compile(r"(?=([\u0e01-\u0e4e\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2}))")
_LOGIN = re.compile(
    r"/(?:log-?in|sign-?in|anmelden|connexion|consent|cookie\w*|gdpr|privacy\w*|subscribe|account|auth|sso)(?=[/.]|$)",
    re.IGNORECASE,
)


def speaks_of(title: str | None, text: str) -> bool | None:
    """Whether a text is about what a title names, by its longer words; None where the title says too little."""
    folded = (title or "").casefold()
    words = {*_LONG_WORD.findall(_UNSPACED_PAIR.sub(" ", folded)), *_UNSPACED_PAIR.findall(folded)}
    words = {word for word in words if not word.isdigit()}
    if len(words) < FEWEST_WORDS:
        return None
    within = text.casefold()
    return sum(word in within for word in words) >= SPEAKS * len(words)


def why_dead(
    asked: str, final: str, feed_title: str | None, titles: Sequence[str], text: str, *, is_article: bool = False
) -> str | None:
    """Why a page is not the one that a link asked for, in words; None where it may be.

    Args:
        asked, final: the link, and the URL that answered.
        feed_title: what the link was listed as.
        titles: what the page calls itself.
        text: the body found.
        is_article: whether the page calls itself one: then only what it says can tell that it is not there.
    """
    speaks = speaks_of(feed_title, " ".join((*titles, text)))
    if speaks:
        return None
    first = [*titles, *text.split("\n")[:NOTICE_LINES]]
    notice = next((line for line in first if is_not_found_notice(line)), None)
    if notice and count_words(text) < NOTICE_WORDS:
        return f"the page says that it is not there: {notice[:80]!r}"
    if is_article or page_url(asked) == page_url(final):
        return None
    path = parts_of(final).path
    if path in ("", "/") and parts_of(asked).path not in ("", "/"):
        return f"the link ends at a front page: {final}"
    if _LOGIN.search(path) and not _LOGIN.search(parts_of(asked).path):
        return f"the link ends at a login or a question for consent: {final}"
    if tells_page(asked) and not tells_page(final):
        return f"the link ends at a page of a section: {final}"
    return None
