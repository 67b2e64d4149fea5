"""Percentiles come from buckets: near the true ones, and the same whether spans are added before or after."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.percentiles import Histogram, bucket_end, bucket_index, merge_histograms

seconds = st.floats(min_value=0.001, max_value=1_000_000)


def counted(times: list[float]) -> Histogram:
    counts: dict[int, int] = {}
    for each in times:
        counts[bucket_index(each)] = counts.get(bucket_index(each), 0) + 1
    return Histogram(counts)


@given(seconds)
def test_a_time_lies_within_its_bucket(time: float):
    bucket = bucket_index(time)

    assert time <= bucket_end(bucket) * (1 + 1e-6)
    assert bucket == 0 or time >= bucket_end(bucket - 1) * (1 - 1e-6)


@given(st.lists(seconds, min_size=1), st.floats(min_value=1, max_value=100))
def test_a_percentile_lies_in_the_bucket_of_the_true_one(times: list[float], percent: float):
    true = sorted(times)[math.ceil(len(times) * percent / 100 - 1e-9) - 1]

    told = counted(times).percentile(percent)

    assert told is not None
    assert abs(bucket_index(told) - bucket_index(true)) <= 1


@given(st.lists(st.lists(seconds), max_size=5))
def test_spans_added_up_tell_what_all_their_times_do(spans: list[list[float]]):
    together = counted([time for span in spans for time in span])

    assert dict(merge_histograms(map(counted, spans)).counts) == dict(together.counts)


def test_nothing_has_no_percentile():
    assert Histogram().percentile(50) is None


@pytest.mark.parametrize(("percent", "expected"), [(50, 0.905), (95, 1.757), (99, 1.8)])
def test_within_a_bucket_times_count_as_spread_evenly(percent: float, expected: float):
    """Half of a hundred lies between 0.64 and 0.905 seconds, half between 1.28 and 1.81 (its bucket's ends)."""
    times = Histogram({bucket_index(0.8): 50, bucket_index(1.3): 50})

    assert times.percentile(percent) == pytest.approx(expected, abs=0.01)
