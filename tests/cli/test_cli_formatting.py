"""Formatting of durations, times, counts and text from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.cli.formatting import format_age, format_duration, format_time, pluralize, safe_text
from tests.store_world import NOW


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "-"),
        (-2.0, "0.0 s"),
        (4.21, "4.2 s"),
        (60.0, "1 min"),
        (3599.0, "59 min"),
        (3600.0, "1 h"),
        (100_000.0, "27 h"),
        (172_800.0, "2 d"),
    ],
)
def test_a_duration_is_formatted_in_one_unit(seconds: float | None, words: str):
    assert format_duration(seconds) == words


def test_times_are_formatted_to_the_second_and_as_an_age():
    assert format_time("2026-11-21T09:57:00.250Z") == "2026-11-21 09:57:00 UTC"
    assert format_age("2026-11-21T09:57:00Z", NOW) == "3 min"


@pytest.mark.parametrize(("number", "words"), [(0, "0 events"), (1, "1 event"), (2000, "2,000 events")])
def test_nouns_are_pluralized(number: int, words: str):
    assert pluralize(number, "event") == words


@given(st.text())
def test_any_text_becomes_one_printable_line(text: str):
    assert safe_text(text).isprintable()


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_printable_text_is_unchanged(text: str):
    assert safe_text(text) == text
