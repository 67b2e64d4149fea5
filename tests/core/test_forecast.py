"""When a backlog is gone: whatever was spent and whatever waits, as a plain simulation second by second would say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.destination import Limits
from relay.core.forecast import CompanyLoad, forecast_backlog

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
BUCKET = timedelta(minutes=10)
DAY = timedelta(hours=24)


def ago(**times: float) -> datetime:
    return NOW - timedelta(**times)


def test_a_backlog_that_the_day_holds_is_gone_at_full_pace():
    told = forecast_backlog(CompanyLoad(backlog=300, buckets={}), Limits(), NOW)

    assert (told.clears_at, told.budget_exhausted_at) == (NOW + timedelta(seconds=100), None)


def test_nothing_waits():
    assert forecast_backlog(CompanyLoad(backlog=0, buckets={}), Limits(), NOW).clears_at == NOW


def test_a_rest_comes_first():
    rests = NOW + timedelta(hours=1)

    assert forecast_backlog(
        CompanyLoad(backlog=3, buckets={}, frozen_until=rests), Limits(), NOW
    ).clears_at == rests + timedelta(seconds=1)


def test_what_the_day_does_not_hold_waits_until_earlier_calls_leave_it():
    limits = Limits(per_second=1, per_day=10, high_priority_share=0.0)
    earlier = ago(hours=20)

    told = forecast_backlog(CompanyLoad(backlog=8, buckets={earlier: 6}), limits, NOW)

    assert told.budget_exhausted_at == NOW + timedelta(seconds=4)
    assert told.clears_at == earlier + DAY + BUCKET + timedelta(seconds=4)


def test_the_room_of_priority_high_is_not_for_others():
    limits = Limits(per_second=1, per_day=10, high_priority_share=0.2)

    assert forecast_backlog(
        CompanyLoad(backlog=9, buckets={}), limits, NOW
    ).budget_exhausted_at == NOW + timedelta(seconds=8)
    assert (
        forecast_backlog(CompanyLoad(backlog=9, buckets={}, only_high=True), limits, NOW).budget_exhausted_at
        is None
    )


def test_a_budget_of_nothing_never_clears():
    told = forecast_backlog(CompanyLoad(backlog=1, buckets={}), Limits(daily_share=0.0), NOW)

    assert (told.clears_at, told.budget_exhausted_at) == (None, NOW)


@pytest.mark.parametrize("days", [1, 40, 4000])
def test_a_backlog_of_many_days_takes_as_many(days: int):
    limits = Limits(per_day=1000, high_priority_share=0.0)

    told = forecast_backlog(CompanyLoad(backlog=1000 * days, buckets={}), limits, NOW)

    assert told.clears_at is not None
    spread = (days - 1) * (DAY + BUCKET + timedelta(hours=1))
    assert NOW + (days - 1) * DAY <= told.clears_at <= NOW + spread + timedelta(hours=1)


@given(
    backlog=st.integers(1, 3000),
    calls=st.dictionaries(st.integers(0, 143), st.integers(1, 200), max_size=20),
    budget=st.integers(1, 500),
)
def test_more_that_waits_or_was_spent_is_never_gone_earlier(backlog: int, calls: dict[int, int], budget: int):
    limits = Limits(per_second=3, per_day=budget, high_priority_share=0.0)
    buckets = {NOW - number * BUCKET: some for number, some in calls.items()}

    told = forecast_backlog(CompanyLoad(backlog=backlog, buckets=buckets), limits, NOW).clears_at
    more = forecast_backlog(CompanyLoad(backlog=backlog + 1, buckets=buckets), limits, NOW).clears_at
    fresh = forecast_backlog(CompanyLoad(backlog=backlog, buckets={}), limits, NOW).clears_at

    assert told is not None
    assert more is not None
    assert fresh is not None
    assert fresh <= told <= more
