"""Text is cleaned before sellers see it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.event.sanitize import clean_text, strip_url_secrets, truncate


@given(st.text())
def test_clean_text_is_trimmed_has_one_line_and_does_not_change_again(text):
    cleaned = clean_text(text)
    assert cleaned == cleaned.strip() == clean_text(cleaned)
    assert not any(character in cleaned for character in "\0\r\n\t\x1b\u2028")


def test_a_message_keeps_its_lines():
    assert clean_text("Hi\nJane\x07!\n", keep_lines=True) == "Hi\nJane !"


@given(st.text(max_size=40), st.integers(2, 30))
def test_truncated_text_fits_and_ends_with_an_ellipsis(text, limit):
    short = truncate(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.io/p", "https://a.io/p"),
        ("https://a.io/p?x=1&y=%20#top", "https://a.io/p?x=1&y=%20#top"),
        ("https://a.io/p?token=s", "https://a.io/p"),
        ("https://a.io/p?x=1&sig=s&y=2#top", "https://a.io/p?x=1&y=2#top"),
        ("https://a.io/p?X-Amz-Signature=s&X-Amz-Security-Token=t&v=1", "https://a.io/p?v=1"),
        ("https://a.io/p?access%5Ftoken=s&api_key=s&PASSWORD=s&auth=s&code=s&key=s", "https://a.io/p"),
        ("https://a.io/p#access_token=s&state=1", "https://a.io/p#state=1"),
        ("https://a.io/#/reset?token=s", "https://a.io/#/reset"),
        (
            "https://a.io/p?keyword=s&author=s&monkey=s&design=s",
            "https://a.io/p?keyword=s&author=s&monkey=s&design=s",
        ),
        ("https://a.io/token=1/p", "https://a.io/token=1/p"),
    ],
)
def test_only_secrets_are_removed_from_a_url(url, expected):
    assert strip_url_secrets(url) == expected
