"""Two texts sentence beside sentence, as they are printed: for people. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ingest.dedup.align import Alignment
from ingest.dedup.text import sentences, words

Status = Literal["same", "edited", "only_a", "only_b"]


@dataclass(frozen=True, slots=True)
class AlignedSentence:
    """A sentence of either text and the one that corresponds to it in the other."""

    status: Status
    a: str | None
    b: str | None


def printed(text: str) -> list[str]:
    """The sentences of a text as they are printed, in the places that a comparison counts."""
    return [sentence for sentence in sentences(text) if words(sentence)]


def aligned_sentences(alignment: Alignment, printed_a: list[str], printed_b: list[str]) -> list[AlignedSentence]:
    """The sentences that are not set aside, in the order of `a`; those of `b` alone last."""
    matches = {match.a: match for match in alignment.of_a()}
    told_b = {match.b for match in alignment.matches}
    rows = []
    for place in np.flatnonzero(alignment.kept_a).tolist():
        match = matches.get(place)
        if match is None:
            rows.append(AlignedSentence("only_a", printed_a[place], None))
        else:
            rows.append(AlignedSentence("same" if match.same else "edited", printed_a[place], printed_b[match.b]))
    alone = [place for place in np.flatnonzero(alignment.kept_b).tolist() if place not in told_b]
    return rows + [AlignedSentence("only_b", None, printed_b[place]) for place in alone]
