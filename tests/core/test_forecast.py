"""Forecasts of backlogs, compared with a simulation second by second."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.destination import Limits
from relay.core.forecast import CompanyLoad, SourceLoad, forecast_backlog

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
BUCKET = timedelta(minutes=10)
DAY = timedelta(hours=24)


def ago(**times: float) -> datetime:
    return NOW - timedelta(**times)


def test_a_backlog_within_the_budget_is_sent_at_full_pace():
    forecast = forecast_backlog(CompanyLoad(backlog=300, buckets={}), Limits(), NOW)

    assert (forecast.clears_at, forecast.budget_exhausted_at) == (NOW + timedelta(seconds=100), None)


def test_an_empty_backlog_is_cleared_now():
    assert forecast_backlog(CompanyLoad(backlog=0, buckets={}), Limits(), NOW).clears_at == NOW


def test_a_pause_delays_the_backlog():
    paused_until = NOW + timedelta(hours=1)

    assert forecast_backlog(
        CompanyLoad(backlog=3, buckets={}, frozen_until=paused_until), Limits(), NOW
    ).clears_at == paused_until + timedelta(seconds=1)


def test_a_backlog_beyond_the_budget_waits_until_earlier_calls_expire():
    limits = Limits(per_second=1, per_day=10, high_priority_share=0.0)
    earlier = ago(hours=20)

    forecast = forecast_backlog(CompanyLoad(backlog=8, buckets={earlier: 6}), limits, NOW)

    assert forecast.budget_exhausted_at == NOW + timedelta(seconds=4)
    assert forecast.clears_at == earlier + DAY + BUCKET + timedelta(seconds=4)


def test_the_reserve_of_priority_high_is_not_used_by_others():
    limits = Limits(per_second=1, per_day=10, high_priority_share=0.2)

    assert forecast_backlog(
        CompanyLoad(backlog=9, buckets={}), limits, NOW
    ).budget_exhausted_at == NOW + timedelta(seconds=8)
    assert (
        forecast_backlog(CompanyLoad(backlog=9, buckets={}, only_high=True), limits, NOW).budget_exhausted_at
        is None
    )


def test_a_budget_of_zero_never_clears():
    forecast = forecast_backlog(CompanyLoad(backlog=1, buckets={}), Limits(daily_share=0.0), NOW)

    assert (forecast.clears_at, forecast.budget_exhausted_at) == (None, NOW)


@pytest.mark.parametrize("days", [1, 40, 4000])
def test_a_backlog_of_many_days_takes_that_many_days(days: int):
    limits = Limits(per_day=1000, high_priority_share=0.0)

    forecast = forecast_backlog(CompanyLoad(backlog=1000 * days, buckets={}), limits, NOW)

    assert forecast.clears_at is not None
    spread = (days - 1) * (DAY + BUCKET + timedelta(hours=1))
    assert NOW + (days - 1) * DAY <= forecast.clears_at <= NOW + spread + timedelta(hours=1)


@given(
    backlog=st.integers(1, 3000),
    calls=st.dictionaries(st.integers(0, 143), st.integers(1, 200), max_size=20),
    budget=st.integers(1, 500),
)
def test_a_bigger_backlog_or_more_spent_calls_never_clear_earlier(
    backlog: int, calls: dict[int, int], budget: int
):
    limits = Limits(per_second=3, per_day=budget, high_priority_share=0.0)
    buckets = {NOW - number * BUCKET: count for number, count in calls.items()}

    clears_at = forecast_backlog(CompanyLoad(backlog=backlog, buckets=buckets), limits, NOW).clears_at
    more = forecast_backlog(CompanyLoad(backlog=backlog + 1, buckets=buckets), limits, NOW).clears_at
    fresh = forecast_backlog(CompanyLoad(backlog=backlog, buckets={}), limits, NOW).clears_at

    assert clears_at is not None
    assert more is not None
    assert fresh is not None
    assert fresh <= clears_at <= more


def test_a_source_beyond_its_share_waits_longer_than_its_companys_budget_lasts():
    limits = Limits(per_second=1, per_day=100, high_priority_share=0.0)
    earlier = ago(hours=20)
    flood = SourceLoad(backlog=9, budget=10, buckets={earlier: 10})

    forecast = forecast_backlog(CompanyLoad(backlog=12, buckets={earlier: 10}, sources=(flood,)), limits, NOW)

    assert forecast.clears_at == earlier + DAY + BUCKET + timedelta(seconds=9)
    assert forecast.budget_exhausted_at is None


def test_a_source_within_its_share_changes_no_forecast():
    limits = Limits(per_second=1, per_day=100)
    flood = SourceLoad(backlog=9, budget=80, buckets={})

    assert forecast_backlog(
        CompanyLoad(backlog=12, buckets={}, sources=(flood,)), limits, NOW
    ) == forecast_backlog(CompanyLoad(backlog=12, buckets={}), limits, NOW)


def test_what_the_sources_may_send_can_still_use_up_the_budget():
    limits = Limits(per_second=1, per_day=10, high_priority_share=0.0)
    flood = SourceLoad(backlog=50, budget=8, buckets={})

    forecast = forecast_backlog(CompanyLoad(backlog=55, buckets={}, sources=(flood,)), limits, NOW)

    assert forecast.budget_exhausted_at == NOW + timedelta(seconds=10)
