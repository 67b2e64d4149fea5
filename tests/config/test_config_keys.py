"""API keys: their form, and their digests."""

import hashlib
import random
import re
import string
import zlib

from hypothesis import given
from hypothesis import strategies as st

from relay.config.api_keys import MIN_KEY_LENGTH, generate_key, hash_key, parse_digest, render_digest


def key(seed: int) -> str:
    return generate_key(random.Random(seed).choice)


@given(st.integers())
def test_a_key_has_its_form(seed):
    assert re.fullmatch(r"grly_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}", key(seed))


@given(st.integers())
def test_a_generated_key_is_long_enough_to_be_accepted(seed):
    assert len(key(seed)) >= MIN_KEY_LENGTH


@given(st.integers())
def test_a_key_ends_in_the_checksum_of_its_random_part(seed):
    _, random_part, checksum = key(seed).split("_")
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    number = 0
    for digit in checksum:
        number = number * 62 + digits.index(digit)

    assert number == zlib.crc32(random_part.encode())


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_the_line_for_the_file_is_the_sha256_of_the_key(text):
    assert render_digest(text) == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    assert parse_digest(render_digest(text)) == hash_key(text)


def test_a_digest_of_another_form_is_not_read():
    assert parse_digest("sha256:" + "A" * 64) is None
    assert parse_digest("sha256:" + "a" * 63) is None
    assert parse_digest("sha256:" + "a" * 64 + "\n") is None
