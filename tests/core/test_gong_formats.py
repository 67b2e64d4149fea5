"""The formats of single values accept exactly what all of Gong's parsers accept."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.gong import formats

VALID = {
    formats.check_timestamp: [
        "2026-11-20T10:00:00Z",
        "2021-08-01T02:30:00+05:00",
        "2000-01-01T00:00:00-18:00",
        "2024-02-29T23:59:59.1Z",
        "2026-11-20T10:00:00.123456789+05:45",
    ],
    formats.check_url: [
        "https://acme.com",
        "HTTP://ACME.COM:8080/a?b=c#d",
        "https://[::1]:3000/x",
        "https://bücher.example/ü",
        "https://medium.com/@jane",
        "http://localhost",
    ],
    formats.check_email: [
        "jane@acme.com",
        "Jane.Roe+x@ACME.com",
        "o'hara@acme.co.uk",
        "zoë@acme.com",
        "jane@xn--bcher-kva.example",
    ],
    formats.check_domain: ["acme.com", "a.b.co.uk", "xn--bcher-kva.example"],
    formats.check_number: ["0", "-3.14", "10", "6.02e23", "1E-7"],
    formats.check_date_or_timestamp: ["1985-05-17", "2024-02-29", "2021-02-17T02:30:00-08:00"],
    formats.check_boolean: ["true", "false"],
    formats.check_duration: ["0", "180", "12.5"],
    formats.check_event_id: ["a", "partnerly:vid 1", "!~"],
}
INVALID = {
    formats.check_timestamp: [
        "",
        "2026-11-20",
        "2026-11-20T10:00Z",
        "2026-11-20T10:00:00",
        "2026-11-20T10:00:00-08",
        "2026-11-20T10:00:00+0000",
        "2026-11-20T10:00:00+18:01",
        "2026-11-20T10:00:00+05:60",
        "2026-11-20 10:00:00Z",
        "2026-11-20t10:00:00z",
        "20261120T100000Z",
        "1780000000",
        "2026-11-20T10:00:00.Z",
        "2026-11-20T10:00:00.1234567890Z",
        "2026-02-30T10:00:00Z",
        "2025-02-29T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-11-20T10:00:00Z[UTC]",
        "2026-11-20T24:00:00Z",
        "2026-11-20T10:60:00Z",
        "2026-11-20T10:00:60Z",
        "1999-12-31T23:59:59Z",
        "٢٠٢٦-11-20T10:00:00Z",
        "2026-11-20T10:00:00Z\n",
    ],
    formats.check_url: [
        "",
        "acme.com",
        "//acme.com",
        "/pricing",
        "mailto:jane@acme.com",
        "javascript:alert(1)",
        "ftp://acme.com",
        "https://",
        "https:///path",
        "https://user:password@acme.com",
        "https://acme.com/a b",
        "https://acme.com:port/",
        'https://acme.com/"x',
    ],
    formats.check_email: [
        "",
        "jane",
        "jane@",
        "@acme.com",
        "jane@acme",
        "a@b@acme.com",
        "ja ne@acme.com",
        "Jane <jane@acme.com>",
        "jane@acme.com ",
        "x" * 65 + "@acme.com",
    ],
    formats.check_domain: [
        "",
        "acme",
        "https://acme.com",
        "www.acme.com",
        "acme.com/",
        "acme.com:443",
        "acme.com.",
        " acme.com",
        "bücher.example",
        "10.0.0.1",
    ],
    formats.check_number: ["", "NaN", "Infinity", "1e999", "01", "1.", ".5", "+1", "1,000", "0x10", "٣"],
    formats.check_date_or_timestamp: ["", "17.02.2021", "2026-02-30", "2026-11-20T10:00Z", "20261120"],
    formats.check_boolean: ["", "True", "yes", "1"],
    formats.check_duration: ["", "PT5M", "05:00", "-1", "1e3", "٣"],
    formats.check_event_id: ["", " a", "a ", "a\tb", "é"],
}


@pytest.mark.parametrize(
    ("check", "text"), [(check, text) for check, texts in VALID.items() for text in texts]
)
def test_a_valid_text_has_no_problem(check, text):
    assert check(text) is None


@pytest.mark.parametrize(
    ("check", "text"), [(check, text) for check, texts in INVALID.items() for text in texts]
)
def test_an_invalid_text_gets_a_message(check, text):
    assert check(text)


@given(
    st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001 - the zone is added below
    st.integers(-18 * 60, 18 * 60),
)
def test_every_timestamp_since_2000_that_python_writes_is_valid(timestamp, offset_minutes):
    zoned = timestamp.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))

    assert formats.check_timestamp(zoned.isoformat()) is None
    assert formats.check_timestamp(timestamp.replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")) is None


@pytest.mark.parametrize("check", VALID)
@given(text=st.text())
def test_any_text_can_be_checked(check, text):
    assert check(text) != ""
