"""Rate limits of a company: calls per second, calls per day, and the Retry-After of a 429."""

import math
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.sandbox.limits import Budget, Limits, record_arrival, take_call
from relay.sandbox.settings import DayReset
from tests.sandbox import bodies, client
from tests.sandbox.client import Gong

NOON = 1_800_014_400  # 2027-01-15T12:00:00Z
GONGS_LIMITS = {"per_second": 3, "burst": 3, "per_day": 10_000}


@pytest.fixture
def limited() -> Iterator[Gong]:
    with client.run_gong(**GONGS_LIMITS) as gong:
        gong.control("clock", {"frozen": True, "now": NOON})
        yield gong


def send_calls(gong: Gong, calls: int, **options: Any) -> list[int]:
    return [gong.send({}, **options).status_code for _ in range(calls)]


def test_the_fourth_call_at_once_is_rate_limited(limited: Gong):
    assert send_calls(limited, 4) == [400, 400, 400, 429]


def test_a_rate_limited_call_gets_a_retry_after_of_one_second(limited: Gong):
    send_calls(limited, 3)
    response = limited.send(bodies.interaction())

    assert (response.json()["errors"], response.headers["Retry-After"]) == (
        ["API request limit exceeded"],
        "1",
    )


def test_a_call_passes_after_a_third_of_a_second(limited: Gong):
    send_calls(limited, 3)
    limited.control("clock", {"advance_seconds": 0.334})

    assert send_calls(limited, 2) == [400, 429]


def test_companies_have_separate_limits(limited: Gong):
    assert send_calls(limited, 4)[-1] == 429
    assert send_calls(limited, 1, company="other") == [400]


def test_both_apis_and_all_keys_of_a_company_share_its_limits(limited: Gong):
    limited.control(
        "companies/acme", {"keys": [{"access_key": key, "access_key_secret": "s"} for key in "ab"]}
    )
    limited.send({}, auth=("a", "s"))
    limited.put("action", {}, auth=("b", "s"))
    limited.call("users", method="GET", auth=("a", "s"))

    assert limited.send({}, auth=("b", "s")).status_code == 429


def test_a_used_up_rolling_day_frees_when_its_oldest_call_is_24_hours_old(limited: Gong):
    limited.control("companies/acme", {"per_day": 2, "burst": 5})
    first = send_calls(limited, 2)
    limited.control("clock", {"advance_seconds": 3600})
    rejected = limited.send({})
    limited.control("clock", {"advance_seconds": 82_799})
    before = send_calls(limited, 1)
    limited.control("clock", {"advance_seconds": 1})

    assert (first, rejected.headers["Retry-After"], before) == ([400, 400], "82800", [429])
    assert send_calls(limited, 1) == [400]


def test_a_day_that_ends_at_midnight_gives_the_seconds_to_midnight_as_retry_after(limited: Gong):
    limited.control("companies/acme", {"per_day": 1, "day_reset": "utc_midnight"})
    send_calls(limited, 1)
    rejected = limited.send({})
    limited.control("clock", {"advance_seconds": 43_200})

    assert rejected.headers["Retry-After"] == "43200"
    assert send_calls(limited, 1) == [400]


@pytest.mark.parametrize(("count_rejected", "day"), [("true", 5), ("false", 1)])
def test_rejected_calls_count_against_the_day_only_if_count_rejected_is_set(
    limited: Gong, count_rejected: str, day: int
):
    """One call is accepted, two are rejected, two are rate limited."""
    limited.control("settings", {"count_rejected": count_rejected})
    limited.send(bodies.interaction())
    send_calls(limited, 4)

    assert limited.inspect("metrics")["companies"]["acme"]["calls_in_day"] == day


FORMS = {"int": "1", "missing": None, "zero": "0", "float": "0.333", "garbage": "soon", "huge": "99999999999"}


@pytest.mark.parametrize("form", FORMS)
def test_retry_after_has_the_configured_form(limited: Gong, form: str):
    limited.control("settings", {"retry_after_form": form})
    send_calls(limited, 3)

    assert limited.send({}).headers.get("Retry-After") == FORMS[form]


def test_retry_after_can_be_a_date_of_the_real_time_whatever_the_sandboxs_clock_says(limited: Gong):
    limited.control("settings", {"retry_after_form": "http_date"})
    send_calls(limited, 3)
    date = parsedate_to_datetime(limited.send({}).headers["Retry-After"]).timestamp()

    # The sandbox's clock is days away; a slow machine is not.
    assert date == pytest.approx(time.time() + 1, abs=3600)


def test_the_peak_per_second_counts_rate_limited_calls_over_a_sliding_window(limited: Gong):
    send_calls(limited, 2)
    limited.control("clock", {"advance_seconds": 0.9})
    send_calls(limited, 4)
    limited.control("clock", {"advance_seconds": 0.5})
    send_calls(limited, 1)

    assert limited.inspect("metrics")["companies"]["acme"]["peak_calls_per_second"] == 6


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60), st.integers(1, 5))
def test_no_more_calls_pass_than_burst_and_rate_allow(pauses: list[float], burst: int):
    limits = Limits(per_second=3, burst=burst, per_day=10_000, day_reset=DayReset.ROLLING)
    budget, now, passed = Budget(), float(NOON), []
    for pause in pauses:
        now += pause
        if not take_call(budget, limits, now, count_rejected=True).wait_seconds:
            passed.append(now)

    for start in passed:
        for end in (arrival for arrival in passed if arrival >= start):
            calls = sum(start <= arrival <= end for arrival in passed)
            assert calls <= burst + (end - start) * 3 + 0.01 * calls


@given(st.lists(st.floats(0, 40_000), min_size=1, max_size=60), st.sampled_from(DayReset))
def test_waiting_for_the_retry_after_is_enough(pauses: list[float], reset: DayReset):
    """A call waits at most twice: once for the limit per second, once for the limit per day."""
    limits = Limits(per_second=3, burst=3, per_day=5, day_reset=reset)
    budget, now = Budget(), float(NOON)
    for pause in pauses:
        now += pause
        waits = 0
        while wait := take_call(budget, limits, now, count_rejected=False).wait_seconds:
            now += math.ceil(wait)
            waits += 1
            assert waits <= 2


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=60))
def test_the_peak_per_second_equals_the_maximum_over_all_windows(pauses: list[float]):
    budget, now, arrivals = Budget(), float(NOON), []
    for pause in pauses:
        now += pause
        arrivals.append(now)
        record_arrival(budget, now)

    assert budget.peak_calls_per_second == max(
        sum(end - 1 < arrival <= end for arrival in arrivals) for end in arrivals
    )
