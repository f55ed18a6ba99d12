"""Whether what a page shows is its article, or the teaser before a paywall or a consent wall. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.extract.metadata import Facts
from ingest.extract.phrases import is_consent_notice, is_paywall_notice
from ingest.model import Outcome

# An article announced as paid, shown in full to everybody or to our address, is longer than this.
TEASER_WORDS = 120
# A page that shows less than this share of the words it announces shows a teaser.
SHOWN_SHARE = 0.4
CONSENT_WORDS = 80

_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"\w+")
UNSPACED_CHARS_A_WORD = 2  # of Chinese and Japanese, on average


def count_words(text: str) -> int:
    """Words of a text; where a script has no spaces, characters by `UNSPACED_CHARS_A_WORD`."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_WORD.findall(_UNSPACED.sub(" ", text))) + unspaced // UNSPACED_CHARS_A_WORD


def wall_before(facts: Facts, text: str, lines: Sequence[str]) -> tuple[Outcome, str] | None:
    """The wall that keeps a page's article away, with what shows it; None where the text is the article.

    Args:
        facts: what the page states.
        text: the body found, perhaps a teaser.
        lines: all text blocks of the page.
    """
    words = count_words(text)
    if facts.free is not True:
        if facts.word_count and words < SHOWN_SHARE * facts.word_count and words < 2 * TEASER_WORDS:
            return Outcome.PAYWALL, f"{words} words of {facts.word_count} announced"
        if words < TEASER_WORDS:
            if facts.free is False:
                return Outcome.PAYWALL, f"announced as not free, {words} words shown"
            if notice := next((line for line in lines if is_paywall_notice(line)), None):
                return Outcome.PAYWALL, f"{words} words and the notice {notice[:80]!r}"
    if words < CONSENT_WORDS and (notice := next((line for line in lines if is_consent_notice(line)), None)):
        return Outcome.CONSENT_WALL, f"{words} words and the notice {notice[:80]!r}"
    return None
