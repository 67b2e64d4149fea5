"""Every kind of fault over real HTTP, and which calls it strikes."""

import time
from typing import Any

import pytest
import requests

from relay.sandbox.faults import FaultKind
from tests.sandbox import world
from tests.sandbox.world import Gong

ANSWERED = {
    "status": (500, ["Internal server error occurred"]),
    "ip_blocked": (403, ["Access from this IP address is not allowed"]),
    "scope_removed": (
        401,
        ["You don't have permission to use 'api:digital-interactions:write' in your app."],
    ),
    "wrong_region": (401, ["access token has been revoked"]),
    "revoke": (401, ["Access denied"]),
    "429_storm": (429, ["API request limit exceeded"]),
    "day_quota_spent": (429, ["API request limit exceeded"]),
}


@pytest.mark.parametrize("kind", ANSWERED)
def test_a_refusing_fault_answers_in_gongs_envelope_and_keeps_nothing(gong: Gong, kind: str):
    gong.fault(kind)
    answer = gong.send(world.interaction())

    assert (answer.status_code, answer.json()["errors"]) == ANSWERED[kind]
    assert gong.event_ids() == []


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("json", "application/json;charset=UTF-8", '"errors"'),
        ("html", "text/html; charset=UTF-8", "<h1>503</h1>"),
        ("empty", "application/json;charset=UTF-8", ""),
    ],
)
def test_a_status_comes_with_the_body_asked_for(gong: Gong, body: str, content_type: str, text: str):
    gong.fault("status", status=503, body=body)
    answer = gong.send(world.interaction())

    assert (answer.status_code, answer.headers["Content-Type"]) == (503, content_type)
    assert text in answer.text
    assert bool(answer.text) is bool(text)


@pytest.mark.parametrize("status", [403, 502, 520])
def test_cloudflare_answers_with_a_page_of_its_own(gong: Gong, status: int):
    gong.fault("cloudflare_html", status=status)
    answer = gong.send(world.interaction())

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=UTF-8")
    assert "cf-ray" in answer.headers


def test_a_redirect_points_to_another_host(gong: Gong):
    gong.fault("redirect", location="https://us-1.api.gong.localhost/")
    answer = gong.send(world.interaction())

    assert (answer.status_code, answer.headers["Location"]) == (302, "https://us-1.api.gong.localhost/")


def test_an_event_whose_answer_hangs_is_kept_and_its_repetition_is_409(gong: Gong):
    gong.fault("hang_after_accept", seconds=0, count=1)

    with pytest.raises(requests.ConnectionError):
        gong.send(world.interaction())
    assert gong.event_ids() == ["web:1"]
    assert gong.send(world.interaction()).status_code == 409


def test_a_refused_event_does_not_hang(gong: Gong):
    gong.fault("hang_after_accept", seconds=0)

    assert gong.send({}).status_code == 400


def test_a_connection_reset_before_keeps_nothing(gong: Gong):
    gong.fault("reset_before", count=1)

    with pytest.raises(requests.ConnectionError):
        gong.send(world.interaction())
    assert gong.event_ids() == []
    assert gong.send(world.interaction()).ok


def test_truncated_json_cannot_be_read_though_the_event_is_kept(gong: Gong):
    gong.fault("truncate_json")
    answer = gong.send(world.interaction())

    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert gong.event_ids() == ["web:1"]


def test_a_slow_body_arrives_whole_over_the_time_set(gong: Gong):
    gong.fault("slow_body", seconds=0.2)
    started = time.monotonic()
    answer = gong.send(world.interaction())

    assert "requestId" in answer.json()
    assert time.monotonic() - started >= 0.19


def test_a_delayed_call_is_answered_after_it(gong: Gong):
    gong.fault("delay", seconds=0.2)
    started = time.monotonic()

    assert gong.send(world.interaction()).ok
    assert time.monotonic() - started >= 0.19


def test_a_client_that_gives_up_on_a_slow_answer_was_heard_all_the_same(gong: Gong):
    gong.turn("settings", {"latency_seconds": 0.5})

    with pytest.raises(requests.ReadTimeout):
        gong.send(world.interaction(), timeout=0.1)
    assert gong.event_ids() == ["web:1"]


def test_a_compressed_answer_says_so(gong: Gong):
    gong.fault("gzip")
    answer = gong.send(world.interaction())

    assert answer.headers["Content-Encoding"] == "gzip"
    assert list(answer.json()) == ["requestId"]


@pytest.mark.parametrize("seconds", [17, 3600, 86_400])
def test_a_storm_tells_the_seconds_set(gong: Gong, seconds: int):
    gong.fault("429_storm", seconds=seconds)

    assert gong.send(world.interaction()).headers["Retry-After"] == str(seconds)


def test_a_spent_day_stays_spent_when_the_fault_is_gone(gong: Gong):
    gong.fault("day_quota_spent", count=1)
    first, second = gong.send(world.interaction()), gong.send(world.interaction())

    assert [int(answer.headers["Retry-After"]) > 80_000 for answer in (first, second)] == [True, True]


def test_a_revoked_company_is_denied_until_it_is_restored(gong: Gong):
    gong.fault("revoke", count=1)
    denied = [gong.send(world.interaction()).status_code for _ in range(2)]
    gong.turn("companies/acme/restore")

    assert (denied, gong.send(world.interaction()).status_code) == ([401, 401], 200)


def test_every_kind_of_fault_is_tried_here():
    own = {
        "cloudflare_html",
        "redirect",
        "hang_after_accept",
        "reset_before",
        "truncate_json",
        "slow_body",
        "delay",
        "gzip",
        "token_expired_now",
        "refresh_lost",
    }

    assert set(FaultKind) == own | set(ANSWERED)


def struck(gong: Gong, fault: dict[str, Any]) -> list[str]:
    """Which of six different calls a fault of status 500 strikes."""
    gong.fault("status", **fault)
    calls = {
        f"{company} {event_id}": gong.send(world.interaction(event_id), company=company)
        for company in ("acme", "globex")
        for event_id in ("web:1", "web:2")
    }
    calls |= {
        f"{company} action": gong.put("action", world.action(), company=company)
        for company in ("acme", "globex")
    }
    return [name for name, answer in calls.items() if answer.status_code == 500]


MATCHING = [
    ({"company": "globex"}, ["globex web:1", "globex web:2", "globex action"]),
    ({"route": "custom-action"}, ["acme action", "globex action"]),
    ({"event_id": "^web:2$"}, ["acme web:2", "globex web:2"]),
    ({"event_id": "web", "company": "acme", "nth": 2}, ["acme web:2"]),
    ({"count": 3}, ["acme web:1", "acme web:2", "globex web:1"]),
    ({"probability": 0}, []),
]


@pytest.mark.parametrize(("fault", "names"), MATCHING)
def test_a_fault_strikes_only_the_calls_it_is_meant_for(gong: Gong, fault: dict[str, Any], names: list[str]):
    assert struck(gong, fault) == names


def test_a_seeded_probability_strikes_the_same_calls_each_time(gong: Gong):
    runs = []
    for _ in range(2):
        gong.turn("reset")
        runs.append(struck(gong, {"probability": 0.5, "seed": 1}))

    assert runs[0] == runs[1]
    assert 0 < len(runs[0]) < 6


def test_disarmed_faults_strike_no_more(gong: Gong):
    gong.fault("status")
    gong.session.delete(f"{gong.url}/__sandbox/faults", timeout=10)

    assert gong.send(world.interaction()).ok


def test_armed_faults_tell_how_often_they_struck(gong: Gong):
    gong.turn("faults", [{"kind": "status", "nth": 2}, {"kind": "delay", "seconds": 0, "company": "other"}])
    for _ in range(3):
        gong.send({})

    counts = [(fault["matched"], fault["fired"]) for fault in gong.look("faults")["faults"]]
    assert counts == [(3, 1), (0, 0)]


WRONG = [
    ([1], "write a fault as an object"),
    ({}, "kind: missing; write one of status, delay"),
    ({"kind": "statsu"}, "kind: "),
    ({"kind": "status", "staus": 500}, "staus: no such key; did you mean status?"),
    ({"kind": "status", "probability": 2}, "probability: write a number from 0 to 1"),
    ({"kind": "status", "route": "shared"}, "route: write one of digital-interaction"),
    ({"kind": "status", "event_id": "("}, "event_id: "),
    ({"kind": "status", "seconds": None}, "seconds: "),
]


@pytest.mark.parametrize(("fault", "message"), WRONG)
def test_a_fault_that_cannot_be_armed_says_why(gong: Gong, fault: Any, message: str):
    answer = gong.turn("faults", fault)

    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(message)
    assert gong.look("faults")["faults"] == []
