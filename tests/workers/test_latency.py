"""Estimates of how late a call arrived, from the time that its response took."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from workers.pacing import LatencyEstimator

URL = "https://api.gong.io"


def measured(*seconds: float) -> LatencyEstimator:
    estimator = LatencyEstimator()
    for duration in seconds:
        estimator.estimate_delay(URL, duration)
    return estimator


def test_the_first_call_to_a_host_gets_the_assumed_delay():
    assert LatencyEstimator().estimate_delay(URL, 0.2) == 0.03


def test_a_response_as_quick_as_the_quickest_has_no_delay():
    assert measured(0.2, 0.2).estimate_delay(URL, 0.2) == 0.0


def test_a_quicker_response_has_no_delay_and_becomes_the_quickest():
    estimator = measured(0.2)

    assert estimator.estimate_delay(URL, 0.1) == 0.0
    assert 0.019 < estimator.estimate_delay(URL, 0.12) <= 0.02


def test_a_late_response_means_a_late_call():
    assert 0.099 < measured(*[0.2] * 50).estimate_delay(URL, 0.3) <= 0.1


def test_the_delay_is_limited():
    estimator = measured(*[0.2] * 50)

    assert estimator.estimate_delay(URL, 19.0) == 0.3
    assert 0.099 < estimator.estimate_delay(URL, 0.3) <= 0.1


def test_responses_that_always_vary_point_to_gong_and_barely_delay_calls():
    moments = count()
    estimator = LatencyEstimator(lambda: next(moments))

    delays = [estimator.estimate_delay(URL, seconds) for seconds in [0.2, 0.6, 0.4] * 50]

    assert delays[-1] == 0.05


def test_one_slow_response_does_not_make_a_host_unsteady():
    assert measured(*[0.2] * 50, 0.7).estimate_delay(URL, 0.3) > 0.09


def test_a_host_that_became_slower_is_measured_again():
    moments = count()
    estimator = LatencyEstimator(lambda: next(moments))

    delays = [estimator.estimate_delay(URL, seconds) for seconds in [0.1, *[0.2] * 250]]

    assert delays[1] > 0.09
    assert delays[-1] == 0.0


def test_a_stall_of_some_seconds_does_not_count_as_normal():
    moments = count(step=0.01)
    estimator = LatencyEstimator(lambda: next(moments))

    delays = [estimator.estimate_delay(URL, seconds) for seconds in [*[0.2] * 100, *[0.25] * 500]]

    assert delays[-1] > 0.045


def test_hosts_are_measured_independently():
    estimator = measured(*[0.01] * 50)

    assert estimator.estimate_delay("https://eu.api.gong.io", 0.5) == 0.03
    assert estimator.estimate_delay("https://eu.api.gong.io", 0.5) == 0.0


def test_base_urls_of_one_host_share_its_measurements():
    estimator = measured(*[0.2] * 50)

    assert 0.099 < estimator.estimate_delay(URL + "/of-a-gateway", 0.3) <= 0.1


@given(st.lists(st.floats(0.0, 60.0), min_size=1, max_size=50))
def test_a_delay_is_never_negative_and_never_above_the_response_time(seconds: list[float]):
    estimator = LatencyEstimator()

    delays = [estimator.estimate_delay(URL, duration) for duration in seconds]

    assert all(0.0 <= delay <= 0.3 for delay in delays)
