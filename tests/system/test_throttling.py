"""Repeated 429s and every form of Retry-After: no call before its time, no attempt spent, no other company delayed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from redis import Redis

from tests.harness.accounts import Account
from tests.harness.ageing import end_freeze, seconds_until_due
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

HOUR, DAY = 3600.0, 24 * 3600.0
FREEZE_SECONDS = 1.5
EVENTS, STORMY_EVENTS, STORM = 3, 9, 8


@dataclass(frozen=True, slots=True)
class Odd:
    """A form of Retry-After in a 429, and the minimum pause of its company."""

    form: str
    least_seconds: float

    @property
    def account(self) -> Account:
        """One call per second, so that no other call of the company is in flight when a 429 arrives."""
        return Account(f"odd-{self.form.replace('_', '-')}", per_second=1)


ODD = (
    Odd("int", 2.0),
    Odd("http_date", 1.0),  # whole seconds: up to one less than was meant
    Odd("float", FREEZE_SECONDS),
    Odd("zero", 1.0),
    Odd("missing", 1.0),
    Odd("garbage", 1.0),
)
HUGE = Odd("huge", DAY)
STORMY, UNTOLD, HOURLY, SPENT, CALM, LOCKED = map(
    Account, ("stormy", "untold", "hourly", "spent", "calm", "locked")
)
LONG = {HOURLY.name: HOUR, SPENT.name: DAY, HUGE.account.name: DAY}
RESTS_UNTOLD = (1.0, 2.0)
PER_SECOND = STORMY.per_second


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    accounts = [*(odd.account for odd in (*ODD, HUGE)), STORMY, UNTOLD, HOURLY, SPENT, CALM, LOCKED]
    with launch(Plan(accounts, FAST, workers=2)) as stack:
        yield stack


@pytest.fixture(scope="module")
def redis(stack: Stack) -> Redis:
    return Redis.from_url(stack.store.url)


def post(stack: Stack, account: Account, events: int) -> None:
    stack.relay.accept(account, [page_view(f"e{number}") for number in range(events)])


def throttle(stack: Stack, account: Account, events: int, **fault: object) -> None:
    """Post events whose first call is answered 429."""
    stack.sandbox.arm(str(fault.pop("kind", "429_storm")), company=account.name, **fault)
    post(stack, account, events)
    eventually(lambda: 429 in statuses(stack, account.name), within=10, what=f"{account.name} throttled")


def statuses(stack: Stack, company: str) -> list[int]:
    return [line["status"] for line in stack.sandbox.log(company)]


@pytest.fixture(scope="module")
def rested(stack: Stack) -> None:
    """Every company with a pause of seconds has paused, and all its events have arrived."""
    throttle(stack, STORMY, STORMY_EVENTS, count=STORM, seconds=2)
    eventually(lambda: statuses(stack, STORMY.name).count(429) == STORM, within=10, what="the storm's end")
    for odd in ODD:
        stack.sandbox.post("settings", {"retry_after_form": odd.form})
        throttle(stack, odd.account, EVENTS, count=1, seconds=FREEZE_SECONDS)
    stack.sandbox.post("settings", {"retry_after_form": "missing"})
    throttle(stack, UNTOLD, STORMY_EVENTS, count=len(RESTS_UNTOLD) * PER_SECOND)
    eventually(lambda: stack.relay.open_events() == 0, within=40, what="the drain")


@pytest.fixture(scope="module")
def resting(stack: Stack, redis: Redis, rested: None) -> Mapping[str, dict[str, Any]]:  # noqa: ARG001 - one after the other
    """Every company with a pause of an hour or more, as operators see it, with its calls until then."""
    stack.sandbox.post("settings", {"retry_after_form": "int"})
    throttle(stack, HOURLY, EVENTS, seconds=HOUR)
    throttle(stack, SPENT, EVENTS, kind="day_quota_spent", count=1)
    stack.sandbox.post("settings", {"retry_after_form": "huge"})
    throttle(stack, HUGE.account, EVENTS, count=1)
    rows = {name: eventually(lambda n=name: at_rest(stack, n), within=10, what=name) for name in LONG}
    post(stack, CALM, EVENTS)
    eventually(
        lambda: statuses(stack, CALM.name) == [200] * EVENTS, within=10, what="another company's calls"
    )
    return {
        name: row | {"calls": len(statuses(stack, name)), "seconds_until_due": seconds_until_due(redis, name)}
        for name, row in rows.items()
    }


def at_rest(stack: Stack, name: str) -> dict[str, Any]:
    row = stack.relay.destinations()[name]
    states = row["states"]
    assert states["queued"] + states["delivered"] == EVENTS, states
    return row


def frozen_until(stack: Stack, name: str) -> str | None:
    until: str | None = stack.relay.destinations()[name]["budget"]["rate_limited_until"]
    return until


def moments(stack: Stack, company: str) -> list[float]:
    return [datetime.fromisoformat(call["at"]).timestamp() for call in stack.sandbox.log(company)]


def bursts(stack: Stack, company: str, apart_seconds: float) -> list[list[float]]:
    """Split a company's calls wherever none was made for this number of seconds."""
    parted: list[list[float]] = []
    for moment in moments(stack, company):
        if parted and moment - parted[-1][-1] < apart_seconds:
            parted[-1].append(moment)
        else:
            parted.append([moment])
    return parted


@pytest.mark.usefixtures("rested")
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.form)
def test_no_call_is_made_before_its_time_whatever_form_retry_after_has(stack: Stack, odd: Odd) -> None:
    calls = moments(stack, odd.account.name)

    assert statuses(stack, odd.account.name) == [429, *[200] * EVENTS]
    assert calls[1] - calls[0] >= odd.least_seconds


@pytest.mark.usefixtures("rested")
def test_under_repeated_429s_a_company_makes_at_most_one_seconds_calls_between_pauses(
    stack: Stack,
) -> None:
    first, second, third, *_ = bursts(stack, STORMY.name, apart_seconds=1.9)

    assert (len(first), len(second)) == (PER_SECOND, PER_SECOND)
    assert (second[0] - first[-1], third[0] - second[-1]) >= (2.0, 2.0)
    assert statuses(stack, STORMY.name).count(200) == STORMY_EVENTS


@pytest.mark.usefixtures("rested")
def test_without_a_retry_after_the_pauses_double(stack: Stack) -> None:
    first, second, third, *_ = bursts(stack, UNTOLD.name, apart_seconds=0.99)
    rests = (second[0] - first[-1], third[0] - second[-1])

    assert all(least <= rest < 2 * least for rest, least in zip(rests, RESTS_UNTOLD, strict=True)), rests


@pytest.mark.parametrize("name", LONG)
def test_a_pause_of_hours_costs_only_the_calls_in_flight(
    resting: Mapping[str, dict[str, Any]], name: str
) -> None:
    assert resting[name]["calls"] <= PER_SECOND
    assert resting[name]["seconds_until_due"] > 0.99 * LONG[name]


@pytest.mark.parametrize("name", LONG)
def test_operators_see_until_when_a_company_pauses(resting: Mapping[str, dict[str, Any]], name: str) -> None:
    assert resting[name]["budget"]["rate_limited_until"]


def test_operators_see_that_others_have_used_up_the_daily_limit(
    resting: Mapping[str, dict[str, Any]],
) -> None:
    assert resting[SPENT.name]["budget"]["other_integrations"]["estimated_calls"] > 0.99 * SPENT.per_day


@pytest.mark.usefixtures("resting")
def test_a_probe_that_is_answered_429_pauses_its_company(stack: Stack) -> None:
    stack.sandbox.post("settings", {"retry_after_form": "int"})
    stack.sandbox.arm("ip_blocked", company=LOCKED.name, count=1)
    post(stack, LOCKED, 1)
    eventually(lambda: stack.relay.destinations()[LOCKED.name]["hold"], within=10, what="the hold")
    stack.sandbox.arm("429_storm", company=LOCKED.name, count=1, seconds=HOUR)
    stack.relay.act(f"/v1/destinations/{LOCKED.name}/probe")
    eventually(lambda: frozen_until(stack, LOCKED.name), within=10, what="the rest")
    stack.relay.act(f"/v1/destinations/{LOCKED.name}/resume")


@pytest.mark.usefixtures("resting")
def test_after_the_pause_every_event_arrives_and_429s_have_spent_no_attempt(
    stack: Stack, redis: Redis
) -> None:
    stack.sandbox.disarm()
    stack.sandbox.post("clock", {"advance_seconds": DAY + 1})
    for name in (*LONG, LOCKED.name):
        end_freeze(redis, name)
    eventually(lambda: stack.relay.open_events() == 0, within=20, what="the drain")

    events = [stack.relay.event(event["id"]) for event in stack.relay.events()]
    throttled = [event for event in events if event["attempt_history"][0]["outcome"] == "rate_limited"]
    assert {(event["status"], event["attempts"]) for event in events} == {("delivered", 1)}
    assert {event["destination"] for event in throttled} == {account.name for account in throttled_accounts()}


def throttled_accounts() -> list[Account]:
    return [*(odd.account for odd in (*ODD, HUGE)), STORMY, UNTOLD, HOURLY, SPENT]
