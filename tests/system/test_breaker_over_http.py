"""The circuit breaker: calls stop, one event tries whether Gong is up, and then every event arrives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis import Redis

from relay.store.engine import keys
from tests.harness.accounts import Account
from tests.harness.ageing import end_breaker_pause
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

EVENTS = 30
FAILURES_THAT_OPEN = 5
TRIALS = 4
FIRST_REST = 15.0


@dataclass(frozen=True, slots=True)
class Outage:
    """How Gong responds while it is down."""

    name: str
    fault: str
    with_: Mapping[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        return Account(self.name)


OUTAGES = (
    Outage("unavailable", "status", {"status": 503}),
    Outage("edge", "cloudflare_html", {"status": 502}),
    Outage("broken", "status", {"status": 500}),
    Outage("cut", "reset_before"),
)
UP = Account("up")
EVERY = pytest.mark.parametrize("name", [outage.name for outage in OUTAGES])


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    accounts = [UP, *(outage.account for outage in OUTAGES)]
    with launch(Plan(accounts, FAST, workers=2)) as stack:
        for outage in OUTAGES:
            stack.sandbox.arm(outage.fault, company=outage.name, **outage.with_)
            stack.relay.accept(outage.account, [page_view(f"e{number}") for number in range(EVENTS)])
        yield stack


@pytest.fixture(scope="module")
def redis(stack: Stack) -> Redis:
    return Redis.from_url(stack.store.url)


def base_url(stack: Stack, name: str) -> str:
    return f"{stack.gong_url}/c/{name}"


def times_opened(redis: Redis, stack: Stack, name: str) -> int:
    """Return how many times the breaker has opened since a call passed."""
    return int(redis.hget(keys.BREAKER + base_url(stack, name), "times_opened") or 0)


def attempts(stack: Stack, name: str) -> int:
    """Return the number of attempts that all its events have spent."""
    events = [stack.relay.event(event["id"]) for event in stack.relay.events(destination=name)]
    return sum(event.get("attempts", 0) for event in events)


def calls(stack: Stack, name: str) -> int:
    return len(stack.sandbox.log(name))


@dataclass(frozen=True, slots=True)
class Observation:
    """A destination whose Gong is down: calls made, attempts spent, and the length of the pause in seconds."""

    calls: int
    attempts: int
    rests_for: float


def rests_for(redis: Redis, stack: Stack, name: str) -> float:
    seconds, microseconds = redis.time()
    until = int(redis.hget(keys.BREAKER + base_url(stack, name), "open_until") or 0)
    return until / 1_000_000 - seconds - microseconds / 1_000_000


def look_at(stack: Stack, redis: Redis, name: str) -> Observation:
    resting = rests_for(redis, stack, name)
    return Observation(calls(stack, name), attempts(stack, name), resting)


def await_rest(stack: Stack, redis: Redis, name: str, times: int) -> Observation:
    """Return the destination after that many pauses, once no call is in flight."""

    def is_at_rest() -> bool:
        assert times_opened(redis, stack, name) == times
        return stack.relay.destinations()[name]["states"]["sending"] == 0

    eventually(is_at_rest, within=20, what=f"the rest of {name}")
    return look_at(stack, redis, name)


@pytest.fixture(scope="module")
def opened(stack: Stack, redis: Redis) -> dict[str, Observation]:
    return {outage.name: await_rest(stack, redis, outage.name, 1) for outage in OUTAGES}


@pytest.fixture(scope="module")
def tried(stack: Stack, redis: Redis, opened: Mapping[str, Observation]) -> dict[str, Observation]:
    """A few pauses have ended, and Gong was still down."""
    for trial in range(TRIALS):
        for name in opened:
            end_breaker_pause(redis, base_url(stack, name), name)
        for name in opened:
            await_rest(stack, redis, name, trial + 2)
    return {name: look_at(stack, redis, name) for name in opened}


@EVERY
def test_calls_stop_after_a_handful(opened: Mapping[str, Observation], name: str) -> None:
    per_second = Account(name).per_second

    assert FAILURES_THAT_OPEN <= opened[name].calls <= FAILURES_THAT_OPEN + per_second


@EVERY
def test_then_no_call_is_made_for_a_while(opened: Mapping[str, Observation], name: str) -> None:
    assert 0.8 * FIRST_REST < opened[name].rests_for <= FIRST_REST


@EVERY
def test_one_trial_call_is_made_after_each_pause(
    opened: Mapping[str, Observation], tried: Mapping[str, Observation], name: str
) -> None:
    assert tried[name].calls == opened[name].calls + TRIALS


@EVERY
def test_a_trial_call_spends_no_attempt(
    opened: Mapping[str, Observation], tried: Mapping[str, Observation], name: str
) -> None:
    assert tried[name].attempts == opened[name].attempts
    # All accounts share a host, so some calls are cut on kept connections: the first such loss spends no attempt either.
    least = 1 if name == "cut" else opened[name].calls
    assert least <= opened[name].attempts <= opened[name].calls


@EVERY
def test_each_pause_is_twice_as_long_as_the_last(tried: Mapping[str, Observation], name: str) -> None:
    longest = FIRST_REST * 2**TRIALS

    assert 0.8 * longest < tried[name].rests_for <= longest


@pytest.mark.usefixtures("tried")
def test_operators_see_which_base_url_is_down(stack: Stack) -> None:
    down = [outage["base_url"] for outage in stack.relay.get("/v1/queues")["outages"]]

    assert sorted(down) == sorted(base_url(stack, outage.name) for outage in OUTAGES)


@pytest.mark.usefixtures("tried")
def test_events_of_other_base_urls_do_not_wait(stack: Stack) -> None:
    stack.relay.accept(UP, page_view("one"))

    eventually(lambda: stack.sandbox.event_ids("up") == ["up:one"], within=10, what="the event")


@pytest.mark.usefixtures("tried")
def test_when_gong_is_up_again_every_event_arrives_once_and_none_is_dead(stack: Stack, redis: Redis) -> None:
    stack.sandbox.disarm()
    for outage in OUTAGES:
        end_breaker_pause(redis, base_url(stack, outage.name), outage.name)
    eventually(lambda: stack.relay.open_events() == 0, within=40, what="the drain")

    rows = stack.relay.destinations()
    for outage in OUTAGES:
        expected = sorted(f"{outage.name}:e{number}" for number in range(EVENTS))
        assert sorted(stack.sandbox.event_ids(outage.name)) == expected
        assert rows[outage.name]["states"]["dead"] == 0
