"""Transactions of a backfill: short beside a daemon, long enough to be fast without one."""

from __future__ import annotations

import pytest

from ingest.backfill.pace import ALONE_S, BATCH_SHARE, MAX_AT_ONCE, MAX_TRANSACTION_S, Pace


def settled(limit: float, a_record: float) -> Pace:
    """The pace after some transactions of records that take so many seconds each."""
    pace = Pace()
    for _ in range(20):
        pace.begin(limit)
        pace.took(pace.size * a_record, pace.size)
    return pace


@pytest.mark.parametrize("a_record", [0.0001, 0.002, 0.02, 0.1])
@pytest.mark.parametrize("limit", [MAX_TRANSACTION_S, ALONE_S])
def test_a_batch_takes_its_share_of_a_transaction(limit: float, a_record: float) -> None:
    pace = settled(limit, a_record)
    wanted = BATCH_SHARE * limit
    if pace.size not in (1, MAX_AT_ONCE):
        assert wanted / 2 <= pace.size * a_record <= 2 * wanted
    assert pace.longest <= wanted


def test_the_first_transaction_beside_a_daemon_is_short_already() -> None:
    pace = settled(ALONE_S, 0.002)
    pace.begin(MAX_TRANSACTION_S)
    assert pace.size * 0.002 <= MAX_TRANSACTION_S
    assert pace.longest <= MAX_TRANSACTION_S / 2
