"""Every kind of fault over real HTTP, and the calls that it applies to."""

import time
from typing import Any

import pytest
import requests

from relay.sandbox.faults import FaultKind
from tests.sandbox import bodies
from tests.sandbox.client import Gong

ERRORS_BY_KIND = {
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


@pytest.mark.parametrize("kind", ERRORS_BY_KIND)
def test_a_rejecting_fault_returns_gongs_error_and_stores_nothing(gong: Gong, kind: str):
    gong.arm(kind)
    response = gong.send(bodies.interaction())

    assert (response.status_code, response.json()["errors"]) == ERRORS_BY_KIND[kind]
    assert gong.event_ids() == []


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("json", "application/json;charset=UTF-8", '"errors"'),
        ("other_json", "application/json;charset=UTF-8", '{"message":"Forbidden"}'),
        ("html", "text/html; charset=UTF-8", "<h1>503</h1>"),
        ("empty", "application/json;charset=UTF-8", ""),
    ],
)
def test_a_status_fault_sends_the_configured_body(gong: Gong, body: str, content_type: str, text: str):
    gong.arm("status", status=503, body=body)
    response = gong.send(bodies.interaction())

    assert (response.status_code, response.headers["Content-Type"]) == (503, content_type)
    assert text in response.text
    assert bool(response.text) is bool(text)


@pytest.mark.parametrize("body", ["json", "other_json", "html", "empty"])
def test_a_status_fault_sends_the_configured_retry_after(gong: Gong, body: str):
    gong.arm("status", status=503, body=body, retry_after="2, 5")

    assert gong.send(bodies.interaction()).headers["Retry-After"] == "2, 5"


@pytest.mark.parametrize("status", [403, 502, 520])
def test_cloudflare_html_sends_an_html_page(gong: Gong, status: int):
    gong.arm("cloudflare_html", status=status)
    response = gong.send(bodies.interaction())

    assert (response.status_code, response.headers["Content-Type"]) == (status, "text/html; charset=UTF-8")
    assert "cf-ray" in response.headers


def test_a_redirect_points_to_another_host(gong: Gong):
    gong.arm("redirect", location="https://us-1.api.gong.localhost/")
    response = gong.send(bodies.interaction())

    assert (response.status_code, response.headers["Location"]) == (302, "https://us-1.api.gong.localhost/")


def test_an_event_without_a_response_is_stored_and_its_retry_gets_409(gong: Gong):
    gong.arm("hang_after_accept", seconds=0, count=1)

    with pytest.raises(requests.ConnectionError):
        gong.send(bodies.interaction())
    assert gong.event_ids() == ["web:1"]
    assert gong.send(bodies.interaction()).status_code == 409


def test_a_rejected_event_does_not_hang(gong: Gong):
    gong.arm("hang_after_accept", seconds=0)

    assert gong.send({}).status_code == 400


def test_reset_before_stores_nothing(gong: Gong):
    gong.arm("reset_before", count=1)

    with pytest.raises(requests.ConnectionError):
        gong.send(bodies.interaction())
    assert gong.event_ids() == []
    assert gong.send(bodies.interaction()).ok


def test_truncated_json_cannot_be_parsed_but_the_event_is_stored(gong: Gong):
    gong.arm("truncate_json")
    response = gong.send(bodies.interaction())

    assert response.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert gong.event_ids() == ["web:1"]


def test_a_slow_body_arrives_complete_over_the_configured_time(gong: Gong):
    gong.arm("slow_body", seconds=0.2)
    started = time.monotonic()
    response = gong.send(bodies.interaction())

    assert "requestId" in response.json()
    assert time.monotonic() - started >= 0.19


def test_a_delayed_call_is_answered_after_the_delay(gong: Gong):
    gong.arm("delay", seconds=0.2)
    started = time.monotonic()

    assert gong.send(bodies.interaction()).ok
    assert time.monotonic() - started >= 0.19


def test_an_event_is_stored_even_if_its_client_times_out(gong: Gong):
    gong.control("settings", {"latency_seconds": 0.5})

    with pytest.raises(requests.ReadTimeout):
        gong.send(bodies.interaction(), timeout=0.1)
    assert gong.event_ids() == ["web:1"]


def test_a_compressed_response_has_a_content_encoding(gong: Gong):
    gong.arm("gzip")
    response = gong.send(bodies.interaction())

    assert response.headers["Content-Encoding"] == "gzip"
    assert list(response.json()) == ["requestId"]


@pytest.mark.parametrize("seconds", [17, 3600, 86_400])
def test_a_429_storm_sends_the_configured_retry_after(gong: Gong, seconds: int):
    gong.arm("429_storm", seconds=seconds)

    assert gong.send(bodies.interaction()).headers["Retry-After"] == str(seconds)


def test_a_used_up_day_stays_used_up_after_the_fault(gong: Gong):
    gong.arm("day_quota_spent", count=1)
    first, second = gong.send(bodies.interaction()), gong.send(bodies.interaction())

    assert [int(response.headers["Retry-After"]) > 80_000 for response in (first, second)] == [True, True]


def test_a_company_that_a_fault_revoked_is_denied_until_it_is_restored(gong: Gong):
    gong.arm("revoke", count=1)
    denied = [gong.send(bodies.interaction()).status_code for _ in range(2)]
    gong.control("companies/acme/restore")

    assert (denied, gong.send(bodies.interaction()).status_code) == ([401, 401], 200)


def test_every_kind_of_fault_is_tested_here():
    tested_separately = {
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

    assert set(FaultKind) == tested_separately | set(ERRORS_BY_KIND)


def find_failed_calls(gong: Gong, fault: dict[str, Any]) -> list[str]:
    """Arm a fault of status 500, make six different calls, and return the names of those that fail."""
    gong.arm("status", **fault)
    calls = {
        f"{company} {event_id}": gong.send(bodies.interaction(event_id), company=company)
        for company in ("acme", "globex")
        for event_id in ("web:1", "web:2")
    }
    calls |= {
        f"{company} action": gong.put("action", bodies.custom_action(), company=company)
        for company in ("acme", "globex")
    }
    return [name for name, response in calls.items() if response.status_code == 500]


MATCHING = [
    ({"company": "globex"}, ["globex web:1", "globex web:2", "globex action"]),
    ({"route": "custom-action"}, ["acme action", "globex action"]),
    ({"event_id": "^web:2$"}, ["acme web:2", "globex web:2"]),
    ({"event_id": "web", "company": "acme", "nth": 2}, ["acme web:2"]),
    ({"count": 3}, ["acme web:1", "acme web:2", "globex web:1"]),
    ({"probability": 0}, []),
]


@pytest.mark.parametrize(("fault", "names"), MATCHING)
def test_a_fault_applies_only_to_matching_calls(gong: Gong, fault: dict[str, Any], names: list[str]):
    assert find_failed_calls(gong, fault) == names


def test_a_seeded_probability_selects_the_same_calls_every_time(gong: Gong):
    runs = []
    for _ in range(2):
        gong.control("reset")
        runs.append(find_failed_calls(gong, {"probability": 0.5, "seed": 1}))

    assert runs[0] == runs[1]
    assert 0 < len(runs[0]) < 6


def test_a_disarmed_fault_no_longer_applies(gong: Gong):
    gong.arm("status")
    gong.session.delete(f"{gong.url}/__sandbox/faults", timeout=10)

    assert gong.send(bodies.interaction()).ok


def test_armed_faults_count_their_matches_and_uses(gong: Gong):
    gong.control(
        "faults", [{"kind": "status", "nth": 2}, {"kind": "delay", "seconds": 0, "company": "other"}]
    )
    for _ in range(3):
        gong.send({})

    counts = [(fault["matched"], fault["fired"]) for fault in gong.inspect("faults")["faults"]]
    assert counts == [(3, 1), (0, 0)]


INVALID_FAULTS = [
    ([1], "a fault must be an object"),
    ({}, "kind: missing; use one of status, delay"),
    ({"kind": "statsu"}, "kind: "),
    ({"kind": "status", "staus": 500}, "staus: unknown key; did you mean status?"),
    ({"kind": "status", "probability": 2}, "probability: must be a number from 0 to 1"),
    ({"kind": "status", "route": "shared"}, "route: must be one of digital-interaction"),
    ({"kind": "status", "event_id": "("}, "event_id: "),
    ({"kind": "status", "seconds": None}, "seconds: "),
]


@pytest.mark.parametrize(("fault", "message"), INVALID_FAULTS)
def test_an_invalid_fault_is_rejected_with_the_reason(gong: Gong, fault: Any, message: str):
    response = gong.control("faults", fault)

    assert response.status_code == 400
    assert response.json()["errors"][0].startswith(message)
    assert gong.inspect("faults")["faults"] == []
