"""Retry-After in every form that servers and proxies send."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.retry_after import MAX_RETRY_AFTER_SECONDS, parse_retry_after

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        ("2.5", 2.5),
        ("0", 1.0),
        ("0.001", 1.0),
        ("007", 7.0),
        ("+7", 7.0),
        (" 7 ", 7.0),
        ("\t7", 7.0),
        ('"7"', 7.0),
        ("86399", 86399.0),
        ("999999999", MAX_RETRY_AFTER_SECONDS),
        ("9" * 400, MAX_RETRY_AFTER_SECONDS),
        ("60s", 60.0),
        ("60 s", 60.0),
        ("60 seconds", 60.0),
        ("1 second", 1.0),
        ("1500ms", 1.5),
        ("2m", 120.0),
        ("2 minutes", 120.0),
        ("1h", 3600.0),
        ("2, 5", 5.0),
        ("5, 2", 5.0),
        ("5,5", 5.0),
        ("2; 5", 5.0),
        ("soon, 4", 4.0),
        ("-1, 4", 4.0),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Saturday, 21-Nov-26 10:00:30 GMT", 30.0),
        ("Sat Nov 21 10:00:30 2026", 30.0),
        ("Sat, 21 Nov 2026 11:00:30 +0100", 30.0),
        ("2026-11-21T10:00:30Z", 30.0),
        ("Sat, 21 Nov 2026 10:00:30 GMT, 7", 30.0),
        ("7, Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 1.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 1.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_SECONDS),
        ("-3", None),
        ("-0.5", None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("1_0", None),
        ("0x10", None),
        ("\u0665", None),
        ("5 apples", None),
        ("soon", None),
        (",", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_parsed_in_every_form(text: str | None, seconds: float | None):
    assert parse_retry_after(text, NOW) == seconds


@given(st.text() | st.lists(st.text("0123456789.,-+smh: GMTSatNov", max_size=12)).map(", ".join))
def test_any_retry_after_gives_none_or_a_value_within_bounds(text: str):
    seconds = parse_retry_after(text, NOW)

    assert seconds is None or 1.0 <= seconds <= MAX_RETRY_AFTER_SECONDS


@given(st.integers(2, 86_400), st.integers(-100_000, 100_000))
def test_a_date_means_the_same_time_whatever_the_clock_of_the_reader_says(seconds: int, offset: int):
    sent_at = NOW + timedelta(seconds=offset)
    text = (sent_at + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")

    date = sent_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert parse_retry_after(text, NOW, date=date) == seconds


@pytest.mark.parametrize("text", ["1," * 30_000, "Sat, " * 13_000, "1 " * 30_000, "9" * 65_000, "(" * 65_000])
def test_a_very_long_retry_after_is_read_only_in_part(text: str):
    seconds = parse_retry_after(text, NOW)

    assert seconds is None or 1.0 <= seconds <= MAX_RETRY_AFTER_SECONDS
