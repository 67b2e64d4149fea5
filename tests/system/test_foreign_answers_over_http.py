"""Answers that are not Gong's, over real connections: no event is lost by them, and none becomes a dead letter."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.raw_gong import Answer, RawGong, envelope, raw_gong, response
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

HTML = b"<html><body>Proxy Authentication Required</body></html>"
EVENTS = 20


@dataclass(frozen=True, slots=True)
class Doubt:
    """An answer to an event's first call that looks like success, while Gong may or may not have the event."""

    name: str
    raw: bytes
    closes: bool = False


OK = envelope(200)
DOUBTS = (
    Doubt("error-in-200", response(200, b'{"error":"quota exceeded"}')),
    Doubt("empty-object", response(200, b"{}")),
    Doubt("empty-200", response(200, b"")),
    Doubt("message-in-200", response(200, b'{"message":"Forbidden"}')),
    Doubt("page-in-200", response(200, HTML, "Content-Type: text/html")),
    Doubt("accepted-202", envelope(202)),
    Doubt("no-content-204", b"HTTP/1.1 204 No Content\r\n\r\n"),
    Doubt("partial-206", envelope(206)),
    Doubt("multi-207", envelope(207)),
    Doubt("switch-101", b"HTTP/1.1 101 Switching\r\n\r\n" + envelope(503, "down")),
    Doubt("hints-103", b"HTTP/1.1 103 Early Hints\r\n\r\n" + envelope(503, "down")),
    Doubt("cut-head", OK[:40], closes=True),
    Doubt("two-lengths", response(200, b'{"requestId":"1"}', "Content-Length: 5")),
)

BLOCKS = {
    "page-407": response(407, HTML, "Content-Type: text/html"),
    "page-400": response(400, HTML, "Content-Type: text/html"),
    "page-413": response(413, HTML, "Content-Type: text/html"),
    "page-409": response(409, HTML, "Content-Type: text/html"),
    "json-403": response(403, b'{"message":"Forbidden"}', "Content-Type: application/json"),
    "page-401": response(401, HTML, "Content-Type: text/html"),
    "gone-410": envelope(410, "gone"),
}


@pytest.fixture(scope="module")
def gong() -> Iterator[RawGong]:
    script = {
        f"{doubt.name}-stored": [Answer(doubt.raw, stores=True, closes=doubt.closes)] for doubt in DOUBTS
    }
    script |= {f"{doubt.name}-lost": [Answer(doubt.raw, closes=doubt.closes)] for doubt in DOUBTS}
    script["blip"] = [Answer(BLOCKS["page-407"])]
    script["answered-by-proxy"] = [Answer(BLOCKS["page-400"], stores=True)]
    script["busy"] = [Answer(response(503, b"", "Retry-After: 600"))] * EVENTS
    with raw_gong(script) as gong:
        gong.always |= {name: Answer(raw) for name, raw in BLOCKS.items()}
        gong.always["impatient"] = Answer(closes=True, after=0.05)
        gong.most_requests["forgetful"] = 1
        yield gong


def post(stack: Stack, name: str, count: int) -> list[str]:
    accepted = stack.relay.accept(Account(name), [page_view(f"e{number}") for number in range(count)])
    return [event["id"] for event in accepted["results"]]


@pytest.fixture(scope="module")
def stack(launch: Launch, gong: RawGong) -> Iterator[Stack]:
    names = [f"{doubt.name}-{end}" for doubt in DOUBTS for end in ("stored", "lost")]
    names += [*BLOCKS, "blip", "answered-by-proxy", "busy", "impatient", "forgetful"]
    accounts = [Account(name, base_url=f"{gong.url}/c/{name}") for name in names]
    with launch(Plan(accounts, FAST)) as stack:
        yield stack


@pytest.fixture(scope="module")
def posted(stack: Stack) -> dict[str, list[str]]:
    """The ids of each account's events. All are posted at once, so that their waits overlap."""
    counts = dict.fromkeys([*BLOCKS, "busy", "impatient", "forgetful"], EVENTS)
    return {
        account.name: post(stack, account.name, counts.get(account.name, 1))
        for account in stack.plan.accounts
    }


def all_delivered(stack: Stack, name: str, count: int) -> dict[str, Any]:
    def look() -> dict[str, Any]:
        row = stack.relay.destinations()[name]
        assert row["states"]["delivered"] == count, row
        return row

    return eventually(look, within=60, what=f"the events of {name}")


@pytest.mark.parametrize("doubt", DOUBTS, ids=lambda doubt: doubt.name)
@pytest.mark.parametrize(("end", "last"), [("stored", "already_reported"), ("lost", "delivered")])
def test_an_answer_in_doubt_is_settled_by_the_next_attempt(
    stack: Stack, gong: RawGong, posted: dict[str, list[str]], doubt: Doubt, end: str, last: str
) -> None:
    name = f"{doubt.name}-{end}"
    all_delivered(stack, name, 1)
    event = stack.relay.event(posted[name][0])

    assert [attempt["outcome"] for attempt in event["attempt_history"]] == ["failed", last]
    assert len(gong.event_ids(name)) == 1


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.usefixtures("posted")
def test_a_proxys_refusal_holds_a_backlog_and_makes_no_dead_letter(
    stack: Stack, gong: RawGong, name: str
) -> None:
    def look() -> dict[str, Any]:
        row = stack.relay.destinations()[name]
        assert row["hold"], row
        assert row["states"]["on_hold"] == EVENTS, row["states"]
        return row

    hold = eventually(look, within=30, what=f"the hold of {name}")["hold"]
    assert hold["cause"] == "not_gong"
    assert hold["detail"].startswith(f"not an answer of Gong's API: HTTP {name[-3:]}")
    # Those in flight, and a probe.
    assert 1 <= gong.count_calls(name) <= 5

    gong.always.pop(name)
    stack.relay.act(f"/v1/destinations/{name}/probe")
    assert all_delivered(stack, name, EVENTS)["states"]["dead"] == 0
    assert len(gong.event_ids(name)) == EVENTS


@pytest.mark.usefixtures("posted")
def test_a_short_disturbance_ends_without_an_operator(stack: Stack, gong: RawGong) -> None:
    all_delivered(stack, "blip", 1)

    # The refusal, the probe, and the event itself.
    assert gong.count_calls("blip") == 3


def test_an_event_that_gong_has_behind_a_proxys_refusal_is_delivered_and_no_duplicate(
    stack: Stack, posted: dict[str, list[str]]
) -> None:
    all_delivered(stack, "answered-by-proxy", 1)
    event = stack.relay.event(posted["answered-by-proxy"][0])

    assert [attempt["outcome"] for attempt in event["attempt_history"]] == ["blocked", "already_reported"]


@pytest.mark.usefixtures("posted")
def test_the_retry_after_of_a_503_stops_the_whole_company(stack: Stack, gong: RawGong) -> None:
    def look() -> dict[str, Any]:
        row = stack.relay.destinations()["busy"]
        assert row["budget"]["retry_after_until"], row
        assert row["states"]["sending"] == 0
        return row

    row = eventually(look, within=20, what="the pause")
    calls = gong.count_calls("busy")
    assert row["states"]["queued"] + row["states"]["retrying"] == EVENTS
    assert 1 <= calls <= 3
    # Others deliver a backlog meanwhile.
    all_delivered(stack, "impatient", EVENTS)
    assert gong.count_calls("busy") == calls


@pytest.mark.parametrize("name", ["impatient", "forgetful"])
def test_a_peer_that_closes_kept_connections_costs_no_attempt(
    stack: Stack, posted: dict[str, list[str]], name: str
) -> None:
    all_delivered(stack, name, EVENTS)

    assert {stack.relay.event(event_id)["attempts"] for event_id in posted[name]} == {1}
