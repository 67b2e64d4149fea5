"""`probe`: the result is printed with its remedy, and the exit status reports whether it passed."""

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

Answer = Callable[[ProbeResult], None]


@pytest.fixture
def answer(redis: Redis) -> Iterator[Answer]:
    """A worker that runs the next probe of acme, with this result."""

    def answer_probe(probed: ProbeResult) -> None:
        eventually(lambda: redis.hdel(keys.PROBE_REQUESTS, "acme"), within=10, what="the queued probe")
        save_probe_result(redis, "acme", probed)

    with ThreadPoolExecutor(1) as pool:
        futures = []
        yield lambda probed: futures.append(pool.submit(answer_probe, probed))
        for future in futures:
            future.result()


def test_a_probe_that_passes_exits_with_0(run: Run, answer: Answer):
    answer(ProbeResult("passed", 400))

    result = run("probe", "acme")

    assert (result.code, result.out) == (0, "acme passed: Gong accepts its credentials.\n")


def test_a_probe_that_does_not_pass_shows_gongs_answer_and_the_remedy(run: Run, answer: Answer):
    answer(BLOCKED)

    result = run("probe", "acme")

    assert result.code == 1
    assert result.out.splitlines() == [
        "acme did not pass: blocked, HTTP 401.",
        "token\\x1b[2J expired",
        CAUSES[HoldCause.INVALID_CREDENTIALS].text,
    ]


def test_the_result_of_an_earlier_probe_is_ignored(run: Run, redis: Redis, answer: Answer):
    save_probe_result(redis, "acme", BLOCKED)
    answer(ProbeResult("passed", 400))

    assert run("probe", "acme", "--json").document["result"]["outcome"] == "passed"


def test_a_probe_stays_queued_without_a_worker(run: Run, redis: Redis):
    result = run("probe", "acme", "--wait", "0")

    assert result.code == 1
    assert "There is no result yet." in result.out
    assert redis.hgetall(keys.PROBE_REQUESTS) == {b"acme": b"acme"}


def test_a_probe_without_a_result_as_json(run: Run, redis: Redis):
    save_probe_result(redis, "acme", BLOCKED)

    result = run("probe", "acme", "--wait", "0", "--json")

    assert result.code == 1
    assert (result.document["queued"], result.document["result"]) == (True, None)
    assert result.document["previous"]["outcome"] == "blocked"
