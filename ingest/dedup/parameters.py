"""The engine's parameters, derived from the recall that is wanted; a changed one is a new `VERSION`.

Sources: Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", ch. 3.4 (bands); Broder, "On the
resemblance and containment of documents", 1997 (shingles, resemblance, containment, sampling).
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 4  # of text → fingerprint; stored with every signature and decision

PERMUTATIONS = 128  # standard error of the estimated Jaccard: sqrt(J (1 - J) / 128) ≤ 0.045
SEED = 1  # datasketch's default

# What the bands must find by themselves; shorter overlaps are the work of the sentence index, whose sample of
# shingles (`passages.SAMPLE`) finds a Jaccard of 0.6 with fewer rows than bands would.
BAND_JACCARD = 0.7
BAND_RECALL = 0.9
# And how many strangers they may bring: two reports on one event share a fiftieth of their shingles.
STRANGER_JACCARD = 0.02
STRANGER_RATE = 1e-5  # ten candidates among a million such strangers


@dataclass(frozen=True, slots=True)
class Banding:
    """A signature cut into `bands` of `rows` values; two texts meet where one band is equal."""

    bands: int
    rows: int

    def recall(self, jaccard: float) -> float:
        """The probability that two texts of this similarity meet: 1 - (1 - s^r)^b (Leskovec et al., 3.4.2)."""
        return 1.0 - (1.0 - jaccard**self.rows) ** self.bands


def derive_banding(
    jaccard: float, recall: float, stranger: float, rate: float, permutations: int = PERMUTATIONS
) -> Banding:
    """The banding with fewest bands that finds `jaccard` with `recall` and strangers at most at `rate`.

    Few bands: each one is a row in the index for every text.

    Raises:
        ValueError: if `permutations` values do not suffice.
    """
    for bands in range(1, permutations + 1):
        for rows in range(permutations // bands, 0, -1):
            banding = Banding(bands, rows)
            if banding.recall(jaccard) >= recall and banding.recall(stranger) <= rate:
                return banding
    raise ValueError(f"{permutations} permutations cannot give recall {recall} at Jaccard {jaccard}")


BANDING = derive_banding(BAND_JACCARD, BAND_RECALL, STRANGER_JACCARD, STRANGER_RATE)
