"""What sites say around an article: leads elsewhere, promotions, paywalls. The wordings are data (phrases.yaml)."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml


def is_lead_in(text: str) -> bool:
    """Whether a block begins by sending the reader to another article."""
    return bool(_pattern("lead_in").match(text))


def is_promotion(text: str) -> bool:
    """Whether a block speaks of newsletters, subscriptions, comments or rights."""
    return bool(_pattern("promotion").search(text))


def is_paywall_notice(text: str) -> bool:
    """Whether a block says that the rest is for subscribers."""
    return bool(_pattern("paywall").search(text))


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


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    table = yaml.safe_load(files(__package__).joinpath("phrases.yaml").read_text(encoding="utf-8"))
    phrases = sorted({phrase for group in table[kind].values() for phrase in group}, key=len, reverse=True)
    # A phrase ends where its last word ends; scripts without spaces have no such border.
    choices = "|".join(
        re.escape(phrase) + (r"\b" if phrase[-1].isascii() and phrase[-1].isalnum() else "") for phrase in phrases
    )
    before = r"^\W*(?:" if kind == "lead_in" else r"(?:"
    return re.compile(f"{before}{choices})", re.IGNORECASE)
