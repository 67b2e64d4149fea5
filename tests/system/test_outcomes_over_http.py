"""What happens to an event for every response of Gong, over real connections."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Case:
    """A fault of an event's first call, and what happens to the event. `attempt_history` are the attempts' outcomes."""

    name: str
    fault: str
    with_: Mapping[str, Any] = field(default_factory=dict)
    tries: tuple[str, ...] = ("delivered",)
    status: str = "delivered"
    in_gong: int = 1

    @property
    def account(self) -> Account:
        return Account(self.name)


TWICE, DOUBTED = ("failed", "delivered"), ("failed", "already_reported")
CASES = (
    Case("bad-request", "status", {"status": 400}, ("rejected",), "dead", 0),
    Case("too-large", "status", {"status": 413}, ("rejected",), "dead", 0),
    Case("wrong-type", "status", {"status": 415}, ("rejected",), "dead", 0),
    Case("error-500", "status", {"status": 500}, TWICE),
    Case("error-500-html", "status", {"status": 500, "body": "html"}, TWICE),
    Case("error-500-empty", "status", {"status": 500, "body": "empty"}, TWICE),
    Case("edge-503", "cloudflare_html", {"status": 503}, TWICE),
    Case("early-425", "status", {"status": 425}, TWICE),
    Case("reset-before", "reset_before", {}, TWICE),
    Case("hang-after-accept", "hang_after_accept", {"seconds": 0.2}, DOUBTED),
    Case("slow-body", "slow_body", {"seconds": 20}, DOUBTED),
    Case("silent", "hang_after_accept", {"seconds": 6}, DOUBTED),
    Case("truncated-json", "truncate_json", {}, DOUBTED),
    Case("gzip", "gzip"),
    Case("rate_limited", "429_storm", {"seconds": 1}, ("rate_limited", "delivered")),
)


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    accounts = [*(case.account for case in CASES), Account("reported-before")]
    with launch(Plan(accounts, FAST, gong={"FIDELITY": "strict"})) as stack:
        yield stack


@pytest.fixture(scope="module")
def posted(stack: Stack) -> dict[str, str]:
    """The ids of every case's event by case. All are posted at once, so that their waits overlap."""
    for case in CASES:
        stack.sandbox.arm(case.fault, company=case.name, count=1, **case.with_)
    return {case.name: stack.relay.accept(case.account, page_view("one"))["id"] for case in CASES}


def ended(stack: Stack, event_id: str) -> dict[str, Any]:
    """Wait until the event has ended, and return it."""

    def look() -> dict[str, Any] | None:
        event = stack.relay.event(event_id)
        assert event["status"] in {"delivered", "duplicate", "dead"}, event
        return event

    return eventually(look, within=30, what="the event's end")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_response_has_its_outcome(stack: Stack, posted: Mapping[str, str], case: Case) -> None:
    event = ended(stack, posted[case.name])
    tries = tuple(attempt["outcome"] for attempt in event["attempt_history"])
    assert (tries, event["status"]) == (case.tries, case.status), event


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gong_has_the_event_once_or_not_at_all(stack: Stack, posted: Mapping[str, str], case: Case) -> None:
    ended(stack, posted[case.name])
    assert len(stack.sandbox.event_ids(case.name)) == case.in_gong


def test_a_rejected_event_is_a_dead_letter_with_gongs_error_text(
    stack: Stack, posted: Mapping[str, str]
) -> None:
    event = ended(stack, posted["bad-request"])
    assert (event["reason"], event["detail"]) == ("rejected", "Rejected")


def test_a_rejected_body_is_never_sent_again(stack: Stack, posted: Mapping[str, str]) -> None:
    ended(stack, posted["bad-request"])
    assert [call["status"] for call in stack.sandbox.log("bad-request")] == [400]


def test_a_429_spends_no_attempt(stack: Stack, posted: Mapping[str, str]) -> None:
    assert ended(stack, posted["rate_limited"])["attempts"] == 1


def test_a_slow_response_is_cut_off_at_the_deadline(stack: Stack, posted: Mapping[str, str]) -> None:
    first = ended(stack, posted["slow-body"])["attempt_history"][0]
    assert first["seconds"] < float(FAST["RELAY_CALL_TIMEOUT_SECONDS"]) + 1.5, first


def test_every_attempt_with_a_response_has_gongs_request_id(stack: Stack, posted: Mapping[str, str]) -> None:
    request_ids = [attempt["request_id"] for attempt in ended(stack, posted["error-500"])["attempt_history"]]
    assert request_ids == [call["request_id"] for call in stack.sandbox.log("error-500")]


def test_an_event_that_another_application_reported_first_is_a_duplicate(stack: Stack) -> None:
    account, event = Account("reported-before"), page_view("one")
    call = stack.relay.post(account, event, dry_run="true").json()["calls"][0]
    assert stack.sandbox.call(account.name, call).status_code == 200
    event_id = stack.relay.accept(account, event)["id"]
    assert ended(stack, event_id)["status"] == "duplicate"
