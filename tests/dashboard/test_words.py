"""Figures, spans and moments as the pages write them."""

from datetime import UTC, datetime

import pytest

from relay.core.lifecycle import State
from relay.core.replay import ReplayStage
from relay.dashboard.formatting import TONES, clock, counted, distance, figure, sentence, share, span

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "-"), (0, "0"), (12_345, "12,345"), (2.5, "2.5"), (999_999, "999,999"), (1_250_000, "1.2 M")],
)
def test_a_figure_is_short_and_has_its_thousands_apart(number: float | None, text: str):
    assert figure(number) == text


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
def test_a_span_has_its_one_fitting_unit(seconds: float | None, text: str):
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-21T12:00:00Z", "now"),
        ("2026-11-21T11:57:00Z", "3 min ago"),
        ("2026-11-21T17:00:00Z", "in 5 h"),
    ],
)
def test_a_moment_is_told_by_its_distance(moment: str, text: str):
    assert distance(moment, NOW) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-21T10:04:05.123Z", "10:04:05"),
        ("2026-11-20T10:04:05Z", "Nov 20, 10:04"),
        ("2025-11-20T10:04:05Z", "2025-11-20 10:04"),
    ],
)
def test_a_moment_says_no_more_of_its_day_than_is_needed(moment: str, text: str):
    assert clock(moment, NOW) == text


def test_one_is_not_many():
    assert (counted(1, "event"), counted(2_000, "event")) == ("1 event", "2,000 events")


def test_a_share_of_nothing_is_no_number():
    assert (share(38, 100), share(0, 0)) == ("38 %", "-")


def test_words_of_the_vocabulary_read_as_words():
    assert (sentence("invalid_credentials"), sentence("verification_failed:mismatch")) == (
        "invalid credentials",
        "verification failed: mismatch",
    )


def test_every_state_has_a_colour_of_its_own_choice():
    assert set(TONES) >= {*State, *ReplayStage}
