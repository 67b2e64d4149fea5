"""Formatting of numbers, durations and timestamps on the pages."""

from datetime import UTC, datetime

import pytest

from relay.core.lifecycle import State
from relay.core.replay import ReplayStage
from relay.dashboard.formatting import (
    BADGE_TONES,
    format_duration,
    format_number,
    format_percent,
    format_time,
    humanize,
    pluralize,
    relative_time,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "-"), (0, "0"), (12_345, "12,345"), (2.5, "2.5"), (999_999, "999,999"), (1_250_000, "1.2 M")],
)
def test_numbers_have_thousands_separators_and_are_short_from_a_million_on(number: float | None, text: str):
    assert format_number(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (-5, "0 ms"),
        (0.04, "40 ms"),
        (4.25, "4.2 s"),
        (42.4, "42 s"),
        (200, "3 min"),
        (18_000, "5 h"),
        (172_800, "2 d"),
    ],
)
def test_a_duration_has_one_fitting_unit(seconds: float | None, text: str):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        ("2026-11-21T12:00:00Z", "now"),
        ("2026-11-21T11:57:00Z", "3 min ago"),
        ("2026-11-21T17:00:00Z", "in 5 h"),
    ],
)
def test_a_relative_time_says_how_long_ago_or_until(timestamp: str, text: str):
    assert relative_time(timestamp, NOW) == text


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        ("2026-11-21T10:04:05.123Z", "10:04:05"),
        ("2026-11-20T10:04:05Z", "Nov 20, 10:04"),
        ("2025-11-20T10:04:05Z", "2025-11-20 10:04"),
    ],
)
def test_a_time_includes_only_as_much_of_the_date_as_needed(timestamp: str, text: str):
    assert format_time(timestamp, NOW) == text


def test_nouns_are_pluralized():
    assert (pluralize(1, "event"), pluralize(2_000, "event")) == ("1 event", "2,000 events")


def test_a_percentage_of_zero_is_a_hyphen():
    assert (format_percent(38, 100), format_percent(0, 0)) == ("38 %", "-")


def test_identifiers_become_words():
    assert (humanize("invalid_credentials"), humanize("verification_failed:mismatch")) == (
        "invalid credentials",
        "verification failed: mismatch",
    )


def test_every_state_has_a_badge_tone():
    assert set(BADGE_TONES) >= {*State, *ReplayStage}
