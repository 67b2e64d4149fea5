"""What an answer's time tells of how late its call arrived."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from workers.pacing import LatencyEstimator

URL = "https://api.gong.io"


def travelled(*seconds: float) -> LatencyEstimator:
    travel = LatencyEstimator()
    for each in seconds:
        travel.estimate_delay(URL, each)
    return travel


def test_of_the_first_answer_nothing_is_known_but_that_it_may_be_late():
    assert LatencyEstimator().estimate_delay(URL, 0.2) == 0.03


def test_an_answer_as_quick_as_the_quickest_was_not_late():
    assert travelled(0.2, 0.2).estimate_delay(URL, 0.2) == 0.0


def test_a_quicker_answer_than_any_was_not_late_and_is_what_later_ones_are_held_against():
    travel = travelled(0.2)

    assert travel.estimate_delay(URL, 0.1) == 0.0
    assert 0.019 < travel.estimate_delay(URL, 0.12) <= 0.02


def test_one_answer_that_comes_late_tells_of_a_call_that_did():
    assert 0.099 < travelled(*[0.2] * 50).estimate_delay(URL, 0.3) <= 0.1


def test_an_answer_that_took_very_long_says_little_of_the_way():
    travel = travelled(*[0.2] * 50)

    assert travel.estimate_delay(URL, 19.0) == 0.3
    assert 0.099 < travel.estimate_delay(URL, 0.3) <= 0.1


def test_answers_that_always_vary_tell_of_gongs_own_work_and_hold_nothing_up():
    moments = count()
    travel = LatencyEstimator(lambda: next(moments))

    late = [travel.estimate_delay(URL, seconds) for seconds in [0.2, 0.6, 0.4] * 50]

    assert late[-1] == 0.05


def test_one_slow_answer_does_not_make_a_host_unsteady():
    assert travelled(*[0.2] * 50, 0.7).estimate_delay(URL, 0.3) > 0.09


def test_a_host_that_has_moved_away_is_not_late_for_ever():
    moments = count()
    travel = LatencyEstimator(lambda: next(moments))

    late = [travel.estimate_delay(URL, seconds) for seconds in [0.1, *[0.2] * 250]]

    assert late[1] > 0.09
    assert late[-1] == 0.0


def test_a_stall_of_some_seconds_is_not_taken_for_the_way():
    moments = count(step=0.01)
    travel = LatencyEstimator(lambda: next(moments))

    late = [travel.estimate_delay(URL, seconds) for seconds in [*[0.2] * 100, *[0.25] * 500]]

    assert late[-1] > 0.045


def test_what_one_host_takes_says_nothing_of_another():
    travel = travelled(*[0.01] * 50)

    assert travel.estimate_delay("https://eu.api.gong.io", 0.5) == 0.03
    assert travel.estimate_delay("https://eu.api.gong.io", 0.5) == 0.0


def test_base_urls_of_one_host_share_what_is_known_of_it():
    travel = travelled(*[0.2] * 50)

    assert 0.099 < travel.estimate_delay(URL + "/of-a-gateway", 0.3) <= 0.1


@given(st.lists(st.floats(0.0, 60.0), min_size=1, max_size=50))
def test_no_call_is_early_and_none_later_than_its_answer_allows(seconds: list[float]):
    travel = LatencyEstimator()

    late = [travel.estimate_delay(URL, each) for each in seconds]

    assert all(0.0 <= each <= 0.3 for each in late)
