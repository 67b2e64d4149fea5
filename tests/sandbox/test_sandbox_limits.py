"""A company's budget: calls a second, calls a day, and how a 429 says when to come back."""

import math
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.sandbox.limits import Budget, Limits, arrive, spend
from relay.sandbox.settings import DayReset
from tests.sandbox import world
from tests.sandbox.world import Gong

NOON = 1_800_014_400  # 2027-01-15T12:00:00Z
GONGS_OWN = {"per_second": 3, "burst": 3, "per_day": 10_000}


@pytest.fixture
def limited() -> Iterator[Gong]:
    with world.gong(**GONGS_OWN) as gong:
        gong.turn("clock", {"frozen": True, "now": NOON})
        yield gong


def statuses(gong: Gong, calls: int, **options: Any) -> list[int]:
    return [gong.send({}, **options).status_code for _ in range(calls)]


def test_the_fourth_call_at_once_is_throttled(limited: Gong):
    assert statuses(limited, 4) == [400, 400, 400, 429]


def test_a_throttled_call_is_told_to_wait_a_whole_second(limited: Gong):
    statuses(limited, 3)
    answer = limited.send(world.interaction())

    assert (answer.json()["errors"], answer.headers["Retry-After"]) == (["API request limit exceeded"], "1")


def test_a_call_that_waits_a_third_of_a_second_passes(limited: Gong):
    statuses(limited, 3)
    limited.turn("clock", {"advance_seconds": 0.334})

    assert statuses(limited, 2) == [400, 429]


def test_companies_have_budgets_of_their_own(limited: Gong):
    assert statuses(limited, 4)[-1] == 429
    assert statuses(limited, 1, company="other") == [400]


def test_one_company_shares_its_budget_between_both_apis_and_all_keys(limited: Gong):
    limited.turn("companies/acme", {"keys": [{"access_key": key, "access_key_secret": "s"} for key in "ab"]})
    limited.send({}, auth=("a", "s"))
    limited.put("action", {}, auth=("b", "s"))
    limited.call("users", method="GET", auth=("a", "s"))

    assert limited.send({}, auth=("b", "s")).status_code == 429


def test_a_spent_rolling_day_frees_when_its_oldest_call_is_24_hours_old(limited: Gong):
    limited.turn("companies/acme", {"per_day": 2, "burst": 5})
    first = statuses(limited, 2)
    limited.turn("clock", {"advance_seconds": 3600})
    spent = limited.send({})
    limited.turn("clock", {"advance_seconds": 82_799})
    before = statuses(limited, 1)
    limited.turn("clock", {"advance_seconds": 1})

    assert (first, spent.headers["Retry-After"], before) == ([400, 400], "82800", [429])
    assert statuses(limited, 1) == [400]


def test_a_day_that_ends_at_midnight_says_the_seconds_to_midnight(limited: Gong):
    limited.turn("companies/acme", {"per_day": 1, "day_reset": "utc_midnight"})
    statuses(limited, 1)
    spent = limited.send({})
    limited.turn("clock", {"advance_seconds": 43_200})

    assert spent.headers["Retry-After"] == "43200"
    assert statuses(limited, 1) == [400]


@pytest.mark.parametrize(("count_rejected", "day"), [("true", 5), ("false", 1)])
def test_refused_calls_count_against_the_day_unless_that_is_off(limited: Gong, count_rejected: str, day: int):
    """One accepted, two refused, two throttled."""
    limited.turn("settings", {"count_rejected": count_rejected})
    limited.send(world.interaction())
    statuses(limited, 4)

    assert limited.look("metrics")["companies"]["acme"]["calls_in_day"] == day


FORMS = {"int": "1", "missing": None, "zero": "0", "float": "0.333", "garbage": "soon", "huge": "99999999999"}


@pytest.mark.parametrize("form", FORMS)
def test_retry_after_comes_in_every_form(limited: Gong, form: str):
    limited.turn("settings", {"retry_after_form": form})
    statuses(limited, 3)

    assert limited.send({}).headers.get("Retry-After") == FORMS[form]


def test_retry_after_may_be_a_date(limited: Gong):
    limited.turn("settings", {"retry_after_form": "http_date"})
    statuses(limited, 3)

    assert parsedate_to_datetime(limited.send({}).headers["Retry-After"]).timestamp() == NOON + 1


def test_the_busiest_second_counts_throttled_calls_and_slides(limited: Gong):
    statuses(limited, 2)
    limited.turn("clock", {"advance_seconds": 0.9})
    statuses(limited, 4)
    limited.turn("clock", {"advance_seconds": 0.5})
    statuses(limited, 1)

    assert limited.look("metrics")["companies"]["acme"]["most_calls_in_one_second"] == 6


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60), st.integers(1, 5))
def test_no_more_calls_pass_than_burst_and_rate_allow(pauses: list[float], burst: int):
    limits, budget, now, passed = Limits(3, burst, 10_000, DayReset.ROLLING), Budget(), float(NOON), []
    for pause in pauses:
        now += pause
        if not spend(budget, limits, now, count_rejected=True).wait_seconds:
            passed.append(now)

    for start in passed:
        for end in (stamp for stamp in passed if stamp >= start):
            calls = sum(start <= stamp <= end for stamp in passed)
            assert calls <= burst + (end - start) * 3 + 0.01 * calls


@given(st.lists(st.floats(0, 40_000), min_size=1, max_size=60), st.sampled_from(DayReset))
def test_waiting_as_long_as_told_is_enough(pauses: list[float], reset: DayReset):
    """At most twice: once for the second, once for the day."""
    limits, budget, now = Limits(3, 3, 5, reset), Budget(), float(NOON)
    for pause in pauses:
        now += pause
        waits = 0
        while wait := spend(budget, limits, now, count_rejected=False).wait_seconds:
            now += math.ceil(wait)
            waits += 1
            assert waits <= 2


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=60))
def test_the_busiest_second_is_what_a_count_of_every_window_finds(pauses: list[float]):
    budget, now, stamps = Budget(), float(NOON), []
    for pause in pauses:
        now += pause
        stamps.append(now)
        arrive(budget, now)

    assert budget.most_in_one_second == max(sum(end - 1 < stamp <= end for stamp in stamps) for end in stamps)
