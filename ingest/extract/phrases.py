"""What sites say around an article: leads elsewhere, promotions, paywalls. The wordings are data (phrases.yaml)."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml

MAX_PHRASE_CHARS = 80
FIRST_CJK = "\u2e80"
_BEFORE_PHRASES = " \t\u00a0-–—•·*>»▶►→|[(\"'“„«#+"


def is_lead_in(text: str) -> bool:
    """Whether a block begins by sending the reader to another article."""
    start = text[:MAX_PHRASE_CHARS].casefold().lstrip(_BEFORE_PHRASES)
    if not start.startswith(_lead_ins()):
        return False
    longest = max((phrase for phrase in _lead_ins() if start.startswith(phrase)), key=len)
    return _stands_in(longest, start)


def is_promotion(text: str) -> bool:
    """Whether a block speaks of newsletters, subscriptions, comments or rights."""
    return _holds("promotion", text)


def is_paywall_notice(text: str) -> bool:
    """Whether a block says that the rest is for subscribers."""
    return _holds("paywall", text)


def is_consent_notice(text: str) -> bool:
    """Whether a block asks for consent to cookies and tracking before anything is shown."""
    return _holds("consent", text)


def is_not_found_notice(text: str) -> bool:
    """Whether a title or line says that what was asked for is not there."""
    return _holds("not_found", text)


# A caption ends with whose picture it is: "Photo: NTB", "IMAGO/N. N.", "(Getty Images)", "Foto: dpa".
_CREDIT = re.compile(
    r"""(?:\b(?:photos?|fotos?|photographs?|pictures?|images?|bild(?:er)?|credits?|crédits?|fotografía|imagen|photographie
        |foto/ilustrasi)\s*(?:by|courtesy(?:\sof)?|credit|[:：/©|-])\s*[^.!?]{2,60}
      |\b(?:getty(?:\simages)?|imago|shutterstock|alamy|istock|unsplash|ap\sphoto|afp\svia\sgetty|epa-efe
        |picture\salliance|scanpix|wikimedia\scommons)\b[^.!?]{0,40}
      |[（(]\s*(?:reuters|afp|ap|epa|efe|ansa|dpa|getty)\s*/[^()（）]{2,40}
    )[)\]）]?\s*\.?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)


def ends_in_credit(text: str) -> bool:
    """Whether a block ends with the credit of a picture."""
    return bool(_CREDIT.search(text))


def _holds(kind: str, text: str) -> bool:
    folded = text.casefold()
    return any(_stands_in(phrase, folded) for phrase in _phrases(kind) if phrase in folded)


def _stands_in(phrase: str, text: str) -> bool:
    """Whether a phrase that is part of a text stands there as whole words."""
    at = text.find(phrase)
    before, after = text[at - 1 : at] if at else "", text[at + len(phrase) : at + len(phrase) + 1]
    return not (_is_letter(phrase[0]) and _is_letter(before)) and not (_is_letter(phrase[-1]) and _is_letter(after))


def _is_letter(char: str) -> bool:
    """Whether a character is a letter of a script that parts its words by spaces."""
    return char.isalpha() and char < FIRST_CJK


@cache
def _lead_ins() -> tuple[str, ...]:
    return _phrases("lead_in")


@cache
def _phrases(kind: str) -> tuple[str, ...]:
    table = yaml.safe_load(files(__package__).joinpath("phrases.yaml").read_text(encoding="utf-8"))
    return tuple(dict.fromkeys(phrase.casefold() for group in table[kind].values() for phrase in group))
