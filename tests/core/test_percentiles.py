"""Percentiles from buckets are close to the exact ones, before and after merging."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.percentiles import Histogram, bucket_end, bucket_index, merge_histograms

seconds = st.floats(min_value=0.001, max_value=1_000_000)


def histogram_of(times: list[float]) -> Histogram:
    counts: dict[int, int] = {}
    for seconds in times:
        counts[bucket_index(seconds)] = counts.get(bucket_index(seconds), 0) + 1
    return Histogram(counts)


@given(seconds)
def test_a_duration_lies_within_its_bucket(time: float):
    bucket = bucket_index(time)

    assert time <= bucket_end(bucket) * (1 + 1e-6)
    assert bucket == 0 or time >= bucket_end(bucket - 1) * (1 - 1e-6)


@given(st.lists(seconds, min_size=1), st.floats(min_value=1, max_value=100))
def test_a_percentile_lies_in_the_bucket_of_the_exact_one(times: list[float], percent: float):
    true = sorted(times)[math.ceil(len(times) * percent / 100 - 1e-9) - 1]

    estimate = histogram_of(times).percentile(percent)

    assert estimate is not None
    assert abs(bucket_index(estimate) - bucket_index(true)) <= 1


@given(st.lists(st.lists(seconds), max_size=5))
def test_merged_histograms_equal_the_histogram_of_all_durations(spans: list[list[float]]):
    together = histogram_of([time for span in spans for time in span])

    assert dict(merge_histograms(map(histogram_of, spans)).counts) == dict(together.counts)


def test_an_empty_histogram_has_no_percentile():
    assert Histogram().percentile(50) is None


@pytest.mark.parametrize(("percent", "expected"), [(50, 0.905), (95, 1.757), (99, 1.8)])
def test_durations_count_as_spread_evenly_within_a_bucket(percent: float, expected: float):
    """Half of a hundred lies between 0.64 and 0.905 seconds, half between 1.28 and 1.81 (its bucket's ends)."""
    times = Histogram({bucket_index(0.8): 50, bucket_index(1.3): 50})

    assert times.percentile(percent) == pytest.approx(expected, abs=0.01)
