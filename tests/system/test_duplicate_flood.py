"""One event posted a hundred times by eight senders at once: every request is answered, and Gong is called once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.harness.accounts import Account
from tests.harness.clients import Relay, page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACCOUNT = Account("web")
SENDERS, POSTS = 8, 100


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    with launch(Plan([ACCOUNT], FAST)) as stack:
        yield stack


@pytest.fixture(scope="module")
def answers(stack: Stack) -> list[requests.Response]:
    def send(_: int) -> requests.Response:
        relay = Relay(stack.url)
        try:
            return relay.post(ACCOUNT, page_view("same"))
        finally:
            relay.close()

    with ThreadPoolExecutor(SENDERS) as senders:
        return list(senders.map(send, range(POSTS)))


def values_of(answers: list[requests.Response], name: str) -> list[Any]:
    return [answer.json()[name] for answer in answers]


def test_every_post_is_accepted(answers: list[requests.Response]) -> None:
    assert {answer.status_code for answer in answers} == {202}


def test_all_responses_but_the_first_say_duplicate(answers: list[requests.Response]) -> None:
    assert values_of(answers, "duplicate").count(False) == 1


def test_all_responses_have_the_first_events_id(answers: list[requests.Response]) -> None:
    assert len(set(values_of(answers, "id"))) == 1


@pytest.mark.usefixtures("answers")
def test_gong_is_called_once(stack: Stack) -> None:
    eventually(lambda: stack.relay.open_events() == 0, within=20, what="the drain")
    assert [call["status"] for call in stack.sandbox.log(ACCOUNT.name)] == [200]
