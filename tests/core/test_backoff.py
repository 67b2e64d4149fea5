from hypothesis import given
from hypothesis import strategies as st

from relay.core.backoff import RetrySchedule, failure_pause, rate_limit_pause

SCHEDULE = RetrySchedule()


@given(st.integers(1, 11), st.floats(0, 86_399), st.floats(0, 1, exclude_max=True))
def test_a_delay_is_at_least_half_of_its_step_and_never_above_the_maximum(
    attempts: int, age: float, luck: float
):
    delay = SCHEDULE.delay(attempts, age, luck)

    step = min(2.0 * 2 ** (attempts - 1), 900.0)
    assert delay is not None
    assert step / 2 <= delay <= step


def test_there_is_no_retry_after_the_maximum_attempts_or_age():
    assert SCHEDULE.delay(12, 0.0, 0.5) is None
    assert SCHEDULE.delay(1, 86_400.0, 0.5) is None


def test_a_schedule_with_very_many_attempts_does_not_overflow():
    assert RetrySchedule(max_attempts=10**9).delay(5_000, 0.0, 0.0) == 450.0


def test_a_pause_lasts_as_long_as_gong_says_or_doubles_up_to_a_minute():
    assert rate_limit_pause(5.0, 3) == 5.0
    assert [rate_limit_pause(None, times) for times in range(8)] == [
        1.0,
        2.0,
        4.0,
        8.0,
        16.0,
        32.0,
        60.0,
        60.0,
    ]


def test_the_retry_after_of_a_failure_is_obeyed_for_an_hour_at_most():
    assert [failure_pause(seconds) for seconds in (None, 2.0, 3600.0, 86_400.0)] == [0.0, 2.0, 3600.0, 3600.0]
