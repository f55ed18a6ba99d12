"""Bands derived from the recall that is wanted."""

from __future__ import annotations

import pytest

from ingest.dedup.parameters import (
    BAND_JACCARD,
    BAND_RECALL,
    BANDING,
    PERMUTATIONS,
    STRANGER_JACCARD,
    STRANGER_RATE,
    Banding,
    derive_banding,
)


def test_the_formula_is_that_of_the_book() -> None:
    # Leskovec et al., figure 3.8: 20 bands of 5 rows.
    table = {0.2: 0.006, 0.3: 0.047, 0.4: 0.186, 0.5: 0.470, 0.6: 0.802, 0.7: 0.975, 0.8: 0.9996}
    for similarity, probability in table.items():
        assert Banding(20, 5).recall(similarity) == pytest.approx(probability, abs=0.001)


def test_the_banding_keeps_its_promises() -> None:
    assert BANDING.recall(BAND_JACCARD) >= BAND_RECALL
    assert BANDING.recall(STRANGER_JACCARD) <= STRANGER_RATE
    assert BANDING.bands * BANDING.rows <= PERMUTATIONS


def test_no_smaller_number_of_bands_would_do() -> None:
    for bands in range(1, BANDING.bands):
        for rows in range(1, PERMUTATIONS // bands + 1):
            fewer = Banding(bands, rows)
            assert fewer.recall(BAND_JACCARD) < BAND_RECALL or fewer.recall(STRANGER_JACCARD) > STRANGER_RATE


def test_more_than_the_permutations_can_give_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot give"):
        derive_banding(0.1, 0.999, 0.09, 1e-9)
