"""A Gong that is down: after a handful of calls it is left alone, one event tries it, and when it is up all arrives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis import Redis

from relay.store.engine import keys
from tests.harness.accounts import Account
from tests.harness.ageing import a_rest_ends
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
    """How a Gong that is down answers."""

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
    known = [UP, *(outage.account for outage in OUTAGES)]
    with launch(Plan(known, FAST, workers=2)) as stack:
        for outage in OUTAGES:
            stack.sandbox.arm(outage.fault, company=outage.name, **outage.with_)
            stack.relay.accept(outage.account, [page_view(f"e{number}") for number in range(EVENTS)])
        yield stack


@pytest.fixture(scope="module")
def redis(stack: Stack) -> Redis:
    return Redis.from_url(stack.store.url)


def base_url(stack: Stack, name: str) -> str:
    return f"{stack.gong_url}/c/{name}"


def trips(redis: Redis, stack: Stack, name: str) -> int:
    """How often the breaker has opened since calls passed."""
    return int(redis.hget(keys.BREAKER + base_url(stack, name), "trips") or 0)


def attempts(stack: Stack, name: str) -> int:
    """How many attempts its events have spent, all together."""
    found = [stack.relay.event(event["id"]) for event in stack.relay.events(destination=name)]
    return sum(event.get("attempts", 0) for event in found)


def calls(stack: Stack, name: str) -> int:
    return len(stack.sandbox.log(name))


@dataclass(frozen=True, slots=True)
class Seen:
    """A destination whose Gong is down: the calls made, the attempts spent, the seconds that it is left alone."""

    calls: int
    attempts: int
    rests_for: float


def rests_for(redis: Redis, stack: Stack, name: str) -> float:
    seconds, microseconds = redis.time()
    until = int(redis.hget(keys.BREAKER + base_url(stack, name), "open_until") or 0)
    return until / 1_000_000 - seconds - microseconds / 1_000_000


def look_at(stack: Stack, redis: Redis, name: str) -> Seen:
    resting = rests_for(redis, stack, name)
    return Seen(calls(stack, name), attempts(stack, name), resting)


def await_rest(stack: Stack, redis: Redis, name: str, times: int) -> Seen:
    """The destination, once its Gong is left alone for that many times and nothing is under way any more."""

    def is_at_rest() -> bool:
        assert trips(redis, stack, name) == times
        return stack.relay.destinations()[name]["states"]["sending"] == 0

    eventually(is_at_rest, within=20, what=f"the rest of {name}")
    return look_at(stack, redis, name)


@pytest.fixture(scope="module")
def opened(stack: Stack, redis: Redis) -> dict[str, Seen]:
    return {outage.name: await_rest(stack, redis, outage.name, 1) for outage in OUTAGES}


@pytest.fixture(scope="module")
def tried(stack: Stack, redis: Redis, opened: Mapping[str, Seen]) -> dict[str, Seen]:
    """Each rest has ended a few times, and found Gong still down."""
    for trial in range(TRIALS):
        for name in opened:
            a_rest_ends(redis, base_url(stack, name), name)
        for name in opened:
            await_rest(stack, redis, name, trial + 2)
    return {name: look_at(stack, redis, name) for name in opened}


@EVERY
def test_calls_stop_after_a_handful(opened: Mapping[str, Seen], name: str) -> None:
    per_second = Account(name).per_second

    assert FAILURES_THAT_OPEN <= opened[name].calls <= FAILURES_THAT_OPEN + per_second


@EVERY
def test_then_it_is_left_alone_for_a_while(opened: Mapping[str, Seen], name: str) -> None:
    assert 0.8 * FIRST_REST < opened[name].rests_for <= FIRST_REST


@EVERY
def test_one_call_tries_it_after_each_rest(
    opened: Mapping[str, Seen], tried: Mapping[str, Seen], name: str
) -> None:
    assert tried[name].calls == opened[name].calls + TRIALS


@EVERY
def test_trying_spends_no_attempt(opened: Mapping[str, Seen], tried: Mapping[str, Seen], name: str) -> None:
    assert tried[name].attempts == opened[name].attempts == opened[name].calls


@EVERY
def test_each_rest_is_twice_as_long_as_the_last(tried: Mapping[str, Seen], name: str) -> None:
    longest = FIRST_REST * 2**TRIALS

    assert 0.8 * longest < tried[name].rests_for <= longest


@pytest.mark.usefixtures("tried")
def test_operators_are_told_which_gong_is_down(stack: Stack) -> None:
    down = [told["base_url"] for told in stack.relay.get("/v1/queues")["outages"]]

    assert sorted(down) == sorted(base_url(stack, outage.name) for outage in OUTAGES)


@pytest.mark.usefixtures("tried")
def test_where_gong_is_up_nothing_waits(stack: Stack) -> None:
    stack.relay.accept(UP, page_view("one"))

    eventually(lambda: stack.sandbox.event_ids("up") == ["up:one"], within=10, what="the event")


@pytest.mark.usefixtures("tried")
def test_when_gong_is_up_again_all_arrives_once_and_none_is_dead(stack: Stack, redis: Redis) -> None:
    stack.sandbox.disarm()
    for outage in OUTAGES:
        a_rest_ends(redis, base_url(stack, outage.name), outage.name)
    eventually(lambda: stack.relay.open_events() == 0, within=40, what="the drain")

    rows = stack.relay.destinations()
    for outage in OUTAGES:
        expected = sorted(f"{outage.name}:e{number}" for number in range(EVENTS))
        assert sorted(stack.sandbox.event_ids(outage.name)) == expected
        assert rows[outage.name]["states"]["dead"] == 0
