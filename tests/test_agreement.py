"""Shares with intervals and kappa, against figures that others have published."""

from __future__ import annotations

import pytest

from ingest.agreement import agreement_of, share_of


def test_a_share_has_wilsons_interval() -> None:
    # Newcombe 1998, table I: 81 of 263, Wilson without continuity correction.
    found = share_of([(number < 81, 1.0) for number in range(263)])
    assert (found.share, found.low, found.high) == pytest.approx((0.3080, 0.2553, 0.3662), abs=5e-5)
    assert found.size == 263
    none = share_of([(False, 1.0)] * 20)
    assert (none.low, none.high) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_weights_count_and_widen_the_interval() -> None:
    even = share_of([(True, 1.0)] * 50 + [(False, 1.0)] * 50)
    uneven = share_of([(True, 1.0)] * 50 + [(False, 1.0)] * 49 + [(False, 51.0)])
    assert even.share == 0.5
    assert uneven.share == pytest.approx(50 / 150)
    assert uneven.low is not None
    assert even.low is not None
    assert uneven.share is not None
    assert uneven.share - uneven.low > even.share - even.low


def test_an_empty_sample_has_no_share() -> None:
    assert share_of([]).share is None
    assert agreement_of([]) is None


def test_kappa_is_cohens() -> None:
    # Fleiss, Levin, Paik 2003, table 18.1: 100 subjects, three categories.
    counts = {("a", "a"): 75, ("a", "b"): 1, ("a", "c"): 4, ("b", "a"): 5, ("b", "b"): 4, ("b", "c"): 1,
              ("c", "a"): 0, ("c", "b"): 0, ("c", "c"): 10}  # fmt: skip
    found = agreement_of([labels for labels, number in counts.items() for _ in range(number)])
    assert found is not None
    assert (found.pairs, found.same) == (100, pytest.approx(0.89))
    assert found.kappa == pytest.approx(0.68, abs=0.005)


def test_where_all_is_one_label_kappa_says_nothing() -> None:
    found = agreement_of([("copy", "copy")] * 5)
    assert found is not None
    assert (found.same, found.kappa) == (1.0, None)
