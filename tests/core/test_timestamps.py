"""Timestamps: parsed in every format that senders use, formatted in one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.timestamps import format_timestamp, parse_timestamp

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20T10:00:00Z",
        "2026-11-20t10:00:00z",
        " 2026-11-20T10:00:00Z ",
        "2026-11-20T10:00:00.0Z",
        "2026-11-20T10:00:00.000000000Z",
        "2026-11-20T12:00:00+02:00",
        "2026-11-20T12:00:00+0200",
        "2026-11-19T19:30:00-14:30",
        1_795_168_800,
        1_795_168_800.0,
        1_795_168_800_000,
        "1795168800",
        "1795168800000",
    ],
)
def test_every_timestamp_format_is_parsed(written):
    assert parse_timestamp(written) == TEN


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2026-11-20",
        "2026-11-20T10:00:00",
        "2026-11-20 10:00:00Z",
        "2026-11-20T10:00Z",
        "2026-11-20T10:00:00.Z",
        "2026-11-20T10:00:00.1234567890Z",
        "2026-11-20T10:00:60Z",
        "2026-11-20T24:00:00Z",
        "2026-02-30T10:00:00Z",
        "2026-11-20T10:00:00+19:00",
        "2026-11-20T10:00:00-08",
        "2026-11-20T10:00:00Z[UTC]",
        "20261120T100000Z",
        "1999-12-31T23:59:59Z",
        "2000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-01:00",
        "٢٠٢٦-11-20T10:00:00Z",
        "17951688000",
        "yesterday",
        0,
        -1,
        946_684_799,
        99_999_999_999,
        10**18,
        float("nan"),
        float("inf"),
    ],
)
def test_an_ambiguous_timestamp_is_rejected_with_a_remedy(written):
    with pytest.raises(ValueError) as refused:
        parse_timestamp(written)
    assert '"2026-11-20T10:00:00Z"' in str(refused.value)


@pytest.mark.parametrize("written", ["2026-11-20T10:00:00.999999999Z", 1_795_168_800.999, 1_795_168_800_999])
def test_fractions_of_seconds_are_truncated(written):
    assert format_timestamp(parse_timestamp(written)) == "2026-11-20T10:00:00Z"


@given(st.datetimes(datetime(2000, 1, 3), datetime(2999, 12, 30)), st.integers(-18 * 60, 18 * 60))  # noqa: DTZ001 - made aware below
def test_a_timestamp_with_any_offset_is_formatted_in_utc(naive, minutes):
    moment = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_timestamp(moment.isoformat()) == moment
    assert parse_timestamp(format_timestamp(moment)) == moment
