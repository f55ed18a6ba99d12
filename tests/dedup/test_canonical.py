"""The election: one rule over two publications, blind to which came first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.dedup.canonical import Candidate, is_agency_page, rank, trusted_time

SEEN = "2026-03-05T12:00:00Z"
PAPER = Candidate("https://paper.example/1", "paper.example", "ap", "2026-03-01T10:00:00Z", "second", SEEN, 400)
OTHER = replace(PAPER, url="https://other.example/1", site="other.example")
AGENCY = replace(PAPER, url="https://apnews.com/1", site="apnews.com", published_at="2026-03-01T18:00:00Z")


@pytest.mark.parametrize(
    ("what", "first", "second"),
    [
        ("the agency's own page, though later", AGENCY, PAPER),
        ("the earlier", PAPER, replace(OTHER, published_at="2026-03-01T10:00:01Z")),
        ("a second on the day before the bare day", PAPER, replace(OTHER, published_precision="day")),
        (
            "the day before, though bare",
            replace(PAPER, published_at="2026-02-28T00:00:00Z", published_precision="day"),
            OTHER,
        ),
        ("any time before none", PAPER, replace(OTHER, published_at=None)),
        ("a time before a time in the future", PAPER, replace(OTHER, published_at="2031-01-01T00:00:00Z")),
        ("a time before the epoch's zero", PAPER, replace(OTHER, published_at="1970-01-01T00:00:00Z")),
        ("the longer", replace(PAPER, size=401), OTHER),
        ("the smaller URL", OTHER, PAPER),
    ],
)
def test_which_of_two_stands_before_the_other(what: str, first: Candidate, second: Candidate) -> None:
    assert rank(first) < rank(second), what


def test_an_agency_is_at_home_on_its_own_site_only() -> None:
    assert is_agency_page(AGENCY)
    assert not is_agency_page(PAPER)
    assert not is_agency_page(replace(AGENCY, agency=None))


def test_a_bare_day_counts_as_its_last_second() -> None:
    moment = trusted_time("2026-03-01T00:00:00Z", "day", SEEN)
    assert moment is not None
    assert (moment.hour, moment.minute, moment.second) == (23, 59, 59)
