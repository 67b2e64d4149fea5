from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.ids import ENTROPY_BYTES, earliest_id, generate_ids, id_timestamp

NOW = datetime(2026, 11, 21, 10, 0, 0, 123_000, tzinfo=UTC)


@given(st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES), st.integers(1, 600))
def test_generated_ids_are_ordered_unique_and_contain_their_time(entropy: bytes, count: int):
    ids = generate_ids(NOW, entropy, count)

    assert ids == sorted(set(ids))
    assert {len(made) for made in ids} == {26}
    assert {id_timestamp(made) for made in ids} == {NOW}


def test_ids_sort_by_time_whatever_the_entropy_is():
    early, late = (
        generate_ids(NOW, b"\xff" * 9, 1),
        generate_ids(NOW + timedelta(milliseconds=1), b"\x00" * 9, 1),
    )

    assert early < late
    assert earliest_id(NOW) <= early[0] < earliest_id(NOW + timedelta(milliseconds=1))


@pytest.mark.parametrize("text", ["", "short", "I" * 26, "é" * 26])
def test_anything_but_an_id_raises_value_error(text: str):
    with pytest.raises(ValueError, match=r".+"):
        id_timestamp(text)
