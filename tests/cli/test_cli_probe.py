"""`probe`: what a worker tells is printed with the remedy, and the exit code says whether it passed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from relay.core.lifecycle import CAUSES, HoldCause
from relay.store.engine import keys
from relay.store.holds import ProbeResult, save_probe_result
from tests.cli.conftest import Run
from tests.harness.waiting import eventually

BLOCKED = ProbeResult("blocked", 401, "token\x1b[2J expired", HoldCause.INVALID_CREDENTIALS)

Tell = Callable[[ProbeResult], None]


@pytest.fixture
def tell(redis: Redis) -> Iterator[Tell]:
    """A worker that takes up the next probe of acme, and tells this of it."""

    def told(probed: ProbeResult) -> None:
        eventually(lambda: redis.hdel(keys.PROBE_REQUESTS, "acme"), within=10, what="the wish for a probe")
        save_probe_result(redis, "acme", probed)

    with ThreadPoolExecutor(1) as pool:
        begun = []
        yield lambda probed: begun.append(pool.submit(told, probed))
        for one in begun:
            one.result()


def test_a_probe_that_passes_ends_with_0(run: Run, tell: Tell):
    tell(ProbeResult("passed", 400))

    ended = run("probe", "acme")

    assert (ended.code, ended.out) == (0, "acme passed: Gong accepts its credentials.\n")


def test_a_probe_that_does_not_pass_says_what_gong_said_and_what_to_do(run: Run, tell: Tell):
    tell(BLOCKED)

    ended = run("probe", "acme")

    assert ended.code == 1
    assert ended.out.splitlines() == [
        "acme did not pass: blocked, HTTP 401.",
        "token\\x1b[2J expired",
        CAUSES[HoldCause.INVALID_CREDENTIALS].text,
    ]


def test_the_result_of_an_earlier_probe_is_not_taken_for_this_ones(run: Run, redis: Redis, tell: Tell):
    save_probe_result(redis, "acme", BLOCKED)
    tell(ProbeResult("passed", 400))

    assert run("probe", "acme", "--json").document["result"]["outcome"] == "passed"


def test_a_probe_that_no_worker_takes_up_stays_asked_for(run: Run, redis: Redis):
    ended = run("probe", "acme", "--wait", "0")

    assert ended.code == 1
    assert "There is no result yet." in ended.out
    assert redis.hgetall(keys.PROBE_REQUESTS) == {b"acme": b"acme"}


def test_as_json_a_probe_without_result_has_no_last(run: Run, redis: Redis):
    save_probe_result(redis, "acme", BLOCKED)

    ended = run("probe", "acme", "--wait", "0", "--json")

    assert ended.code == 1
    assert (ended.document["queued"], ended.document["result"]) == (True, None)
    assert ended.document["previous"]["outcome"] == "blocked"
