"""A store that is stopped, frozen or full: the web answers 503 with Retry-After, never 202, and recovers quickly."""

import secrets
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest
import requests

from tests.harness.accounts import Account, accounts
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACCOUNT = Account("web")
ANSWER_SECONDS = 2.0
BACK_SECONDS = 5.0
MANY = accounts(60)
CROWD = 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """The response while the store failed, its duration in seconds, and how long recovery took."""

    answer: requests.Response
    seconds: float
    back_after: float


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    with launch(Plan([ACCOUNT], FAST)) as stack:
        stack.relay.accept(ACCOUNT, page_view("before"))
        yield stack


def post(stack: Stack, name: str) -> tuple[requests.Response, float]:
    started = time.monotonic()
    answer = stack.relay.post(ACCOUNT, page_view(name))
    return answer, time.monotonic() - started


def back_after(stack: Stack, name: str) -> float:
    """Return the seconds until events are accepted again."""
    started = time.monotonic()
    eventually(lambda: post(stack, name)[0].status_code == 202, within=30, what="service")
    return time.monotonic() - started


@pytest.fixture(scope="module")
def stopped(stack: Stack) -> Refusal:
    stack.store.kill()
    answer, seconds = post(stack, "while-stopped")
    stack.store.start()
    return Refusal(answer, seconds, back_after(stack, "after-stop"))


@pytest.fixture(scope="module")
def frozen(stack: Stack) -> Refusal:
    stack.store.signal(signal.SIGSTOP)
    try:
        answer, seconds = post(stack, "while-frozen")
    finally:
        stack.store.signal(signal.SIGCONT)
    return Refusal(answer, seconds, back_after(stack, "after-freeze"))


def test_a_frozen_store_delays_no_request_that_does_not_need_it(stack: Stack) -> None:
    stack.store.signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(CROWD) as senders:
            posts = [senders.submit(post, stack, f"crowd-{number}") for number in range(CROWD)]
            started = time.monotonic()
            assert requests.get(f"{stack.url}/livez", timeout=5).ok
            alive_after = time.monotonic() - started
            answers = [future.result() for future in posts]
    finally:
        stack.store.signal(signal.SIGCONT)
    assert alive_after < 1
    assert {answer.status_code for answer, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < ANSWER_SECONDS


@pytest.fixture(scope="module", params=["stopped", "frozen"])
def refusal(request: pytest.FixtureRequest) -> Refusal:
    result: Refusal = request.getfixturevalue(request.param)
    return result


def test_requests_are_answered_503_while_the_store_fails(refusal: Refusal) -> None:
    assert refusal.answer.status_code == 503, refusal.answer.text


def test_the_503_has_a_problem_document_and_retry_after(refusal: Refusal) -> None:
    headers = refusal.answer.headers
    assert headers["Content-Type"] == "application/problem+json"
    assert int(headers["Retry-After"]) >= 1


def test_the_503_comes_within_two_seconds(refusal: Refusal) -> None:
    assert refusal.seconds < ANSWER_SECONDS


def test_service_is_back_within_five_seconds_of_the_store(refusal: Refusal) -> None:
    assert refusal.back_after < BACK_SECONDS


@pytest.mark.usefixtures("stopped")
def test_nothing_is_stored_of_events_that_a_stopped_store_did_not_accept(stack: Stack) -> None:
    assert stack.relay.events(event_id="web:while-stopped") == []


@pytest.mark.usefixtures("frozen")
def test_events_that_a_frozen_store_may_have_accepted_are_sent_once_when_posted_again(stack: Stack) -> None:
    stack.relay.accept(ACCOUNT, page_view("while-frozen"))
    eventually(lambda: stack.relay.open_events() == 0, within=20, what="the drain")
    assert stack.sandbox.event_ids().count("web:while-frozen") == 1


@pytest.mark.usefixtures("stopped")
def test_events_accepted_before_the_failure_are_not_lost(stack: Stack) -> None:
    eventually(lambda: "web:before" in stack.sandbox.event_ids(), within=20, what="the first event")


def bulky() -> dict[str, str]:
    """Return 18 KB of properties that do not compress."""
    return {f"note{number}": secrets.token_urlsafe(675) for number in range(20)}


def flood(stack: Stack) -> tuple[requests.Response, int]:
    """Post batches until one is not accepted. Returns that response and the number of accepted events."""
    for batch in range(400):
        events = [page_view(f"{batch}-{number}", properties=bulky()) for number in range(10)]
        answer = stack.relay.post(MANY[batch % len(MANY)], events)
        if answer.status_code != 202:
            return answer, batch * 10
    raise AssertionError("4,000 bulky events filled no store of 12 MB")


@pytest.mark.parametrize("high_water_percent", [60, 100])
def test_a_full_store_keeps_accepted_events_and_accepts_more_once_workers_have_drained_it(
    launch: Launch, high_water_percent: int
) -> None:
    settings = FAST | {
        "RELAY_HIGH_WATER_PERCENT": str(high_water_percent),
        "RELAY_RETENTION_DELIVERED_HOURS": "0",
    }
    with launch(Plan(MANY, settings, store={"maxmemory": "12mb"}, workers=0)) as stack:
        answer, accepted = flood(stack)
        assert (answer.status_code, answer.json()["code"]) in {
            (503, "store_nearly_full"),
            (503, "store_full"),
        }
        assert len(stack.relay.events(status="queued")) == accepted > 0
        stack.workers.append(stack.new_worker())
        stack.workers[0].start()
        again = partial(stack.relay.post, MANY[0], page_view("after"))
        eventually(lambda: again().status_code == 202, within=30, what="room")
        eventually(lambda: stack.relay.open_events() == 0, within=30, what="the drain")
        assert len(stack.sandbox.event_ids()) == accepted + 1
