"""Dates as feeds, pages and archives write them are read right, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import Stated, read_date
from ingest.model import Precision

AT = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
DAY = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "stated",
    [
        "Tue, 24 Nov 2026 18:30:00 GMT",
        "Tue, 24 Nov 2026 18:30:00 +0000",
        "Tue, 24 Nov 2026 18:30 UT",
        "24 Nov 26 18:30 GMT",
        "Tue, 24 Nov 2026 19:30:00 +0100 (CET)",
        "Tue, 24 Nov 2026 06:30:00 PM GMT",
        "Tue, 24 Nov 2026 13:30:00 EST",
        "Tue, 24 Nov 2026 01:30:00 PM EST",
        "Tue, 24 Nov 2026 14:30:00 EDT",
        "Wed, 25 Nov 2026 03:30:00 JST",
        "Wed, 25 Nov 2026 00:00:00 IST",
        "Tue, 24 Nov 2026 21:30:00 MSK",
        "Tue, 24 Nov 2026 20:30:00 CEST",
        "Wed, 25 Nov 2026 05:30:00 AEDT",
        "Tue, 24 Nov 2026 15:30:00 BRT",
        "Tue, 24 Nov 2026 20:30:00 GMT+0200",
        "Tue, 24 Nov 2026 21:30:00 UTC+3",
        "November 24, 2026 6:30 pm GMT",
        "2026-11-24T18:30:00Z",
        "2026-11-24T18:30:00z",
        "2026-11-24T18:30Z",
        "2026-11-24T18:30:00.250Z",
        "2026-11-24T18:30:00,250+00:00",
        "2026-11-24T19:30:00+01:00",
        "2026-11-24T19:30:00+0100",
        "2026-11-24 19:30:00 +0100",
        "2026-11-24 18:30:00 UTC",
        "2026-11-24 18:30:00 UTC+0",
        "20261124T183000Z",
        "20261124183000Z",
        "1795545000",
        1795545000,
        1795545000.7,
        "1795545000000",
        1795545000000,
        "2026/11/24 18:30:00 GMT",
        "24.11.2026 19:30 CET",
        "٢٠٢٦-١١-٢٤T18:30:00Z",
    ],
)
def test_a_time_is_read(stated: object) -> None:
    assert read_date(stated) == Stated(AT, Precision.SECOND)


@pytest.mark.parametrize(
    "stated",
    [
        "2026-11-24", "20261124", "2026/11/24", "2026.11.24.", "2026. 11. 24.", "24.11.2026", "24/11/2026",
        "11/24/2026", "24 November 2026", "Nov 24, 2026", "24th November 2026", "2026年11月24日", "2026년 11월 24일",
    ],
)  # fmt: skip
def test_a_day_is_a_day(stated: str) -> None:
    assert read_date(stated) == Stated(DAY, Precision.DAY)


@pytest.mark.parametrize(
    "stated",
    [
        "2026-11-24T18:30:00", "2026-11-24 18:30", "2026/11/24 18:30:00", "24.11.2026 18:30", "2026年11月24日 18:30",
        "2026년 11월 24일 오후 6:30", "2026/11/24 午後6:30", "Tue, 24 Nov 2026 18:30:00", "Nov 24, 2026 6:30 PM",
        "20261124183000", "Tue, 24 Nov 2026 18:30:00 XYZT",
    ],
)  # fmt: skip
def test_of_a_time_without_a_zone_the_day_is_believed(stated: str) -> None:
    assert read_date(stated) == Stated(AT, Precision.DAY, zoneless=True)


@pytest.mark.parametrize(
    "stated",
    [
        "", "soon", "3/4/2026", "03-04-2026 10:00", "24/11/26", "Tuesday", "18:30", "Nov 2026", "2026", "2026-13-01",
        "2026-11-31", "31 Nov 2026", "0000-00-00", "2026-11-24T25:00:00Z", "x" * 500, "12", "-1", None, True, [], 1e30,
        "Tue, 24 Foo 2026 18:30:00 GMT",
    ],
)  # fmt: skip
def test_what_is_no_date_or_may_be_two_is_not_read(stated: object) -> None:
    assert read_date(stated) is None


def test_a_leap_second_is_the_second_before() -> None:
    assert read_date("Wed, 31 Dec 2016 23:59:60 GMT") == Stated(
        datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC), Precision.SECOND
    )


@given(st.integers(631_152_000, 4_102_358_400), st.integers(-14 * 4, 14 * 4))
def test_whatever_is_written_by_rule_is_read_back(seconds: int, quarters: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    zone = timedelta(minutes=15 * quarters)
    local = (at + zone).replace(tzinfo=None)
    sign, minutes = ("-", -15 * quarters) if quarters < 0 else ("+", 15 * quarters)
    offset = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    day = f"{local.day} {local:%b} {local:%Y}"
    for stated in (
        f"{local:%a}, {day} {local:%H:%M:%S} {offset}",
        f"{day} {local:%I:%M:%S %p} {offset}",
        f"{local.isoformat()}{offset[:3]}:{offset[3:]}",
        f"{local:%Y/%m/%d %H:%M:%S} {offset}",
        f"{local:%Y%m%dT%H%M%S}{offset}",
    ):
        assert read_date(stated) == Stated(at, Precision.SECOND), stated


@given(st.text(max_size=80))
def test_anything_is_read_or_not_and_never_raises(stated: str) -> None:
    found = read_date(stated)
    assert found is None or found.moment.tzinfo is UTC
