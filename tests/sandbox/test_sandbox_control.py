"""The control endpoints: inspecting a running sandbox and changing it."""

import json
from typing import Any

import pytest

from tests.sandbox import bodies, client
from tests.sandbox.client import Gong


def test_events_are_listed_newest_first_with_their_bodies(gong: Gong):
    for number in (1, 2, 3):
        gong.send(bodies.interaction(f"web:{number}"))

    page = gong.inspect("events?limit=2")
    assert page["received"] == 3
    assert [event["number"] for event in page["events"]] == [3, 2]
    assert page["events"][0]["body"] == bodies.interaction("web:3")


def test_events_can_be_filtered_by_company(gong: Gong):
    for company in ("acme", "globex", "acme"):
        gong.send(bodies.interaction(f"{company}:{len(gong.event_ids())}"), company=company)

    assert [event["event_id"] for event in gong.inspect("events?company=acme")["events"]] == [
        "acme:2",
        "acme:0",
    ]


def test_the_log_lists_every_request_with_its_status(gong: Gong):
    gong.send(bodies.interaction())
    gong.arm("status", status=503)
    gong.put("action", bodies.custom_action(), company="globex")

    second, first = gong.inspect("log")["log"]
    assert (first["company"], first["route"], first["status"]) == ("acme", "digital-interaction", 200)
    assert (second["route"], second["status"], second["faults"]) == ("custom-action", 503, ["status"])
    assert second["event_id"] == "hub:1"
    assert first["request_id"] == gong.inspect("events")["events"][0]["request_id"]


@pytest.mark.parametrize(
    ("header", "redacted"),
    [
        ("Basic c2FuZGJveC1rZXk6c2FuZGJveC1zZWNyZXQ=", "Basic [redacted]"),
        ("Bearer sandbox-secret", "Bearer [redacted]"),
        ("sandbox-secret", "[redacted]"),
        ("sandbox-secret twice", "[redacted]"),
    ],
)
def test_the_log_contains_no_secrets(gong: Gong, header: str, redacted: str):
    gong.send(bodies.interaction(), auth=lambda request: request, headers={"Authorization": header})

    entry = gong.inspect("log")["log"][0]
    assert entry["authorization"] == redacted
    assert header.rsplit(maxsplit=1)[-1] not in json.dumps(entry)


def test_the_log_shows_that_a_request_had_no_authorization(gong: Gong):
    gong.send(bodies.interaction(), auth=None)

    assert gong.inspect("log")["log"][0]["authorization"] is None


def test_metrics_count_the_calls_of_each_company_by_result():
    with client.run_gong(burst=4, per_second=0.001) as gong:
        for body in (bodies.interaction(), bodies.interaction(), {}, {}, {}):
            gong.send(body)
        metrics = gong.inspect("metrics")

    assert metrics["received"] == 1
    assert metrics["companies"]["acme"] == {
        "calls": 5,
        "accepted": 1,
        "duplicates": 1,
        "rejected": 2,
        "rate_limited": 1,
        "exchanges": 0,
        "refreshes": 0,
        "calls_in_day": 5,
        "peak_calls_per_second": 5,
    }


def test_a_reset_keeps_only_settings_and_clock(gong: Gong):
    gong.send(bodies.interaction())
    gong.arm("status")
    gong.control("settings", {"fidelity": "schema"})
    gong.control("reset")

    assert gong.inspect("events") == {"received": 0, "events": []}
    assert gong.inspect("log")["log"] == gong.inspect("faults")["faults"] == []
    assert gong.inspect("metrics")["companies"] == {}
    assert gong.inspect("settings")["fidelity"] == "schema"


def test_settings_can_be_changed_at_run_time(gong: Gong):
    changed = {
        "fidelity": "strict",
        "latency_seconds": 0.01,
        "burst": 1,
        "per_second": 0.5,
        "engagement_api": False,
    }
    gong.control("settings", changed)

    assert gong.inspect("settings").items() >= changed.items()
    assert gong.send(bodies.interaction(surprise=1)).json()["errors"] == ["surprise: unknown field"]
    assert gong.send(bodies.interaction()).status_code == 429


def test_settings_are_shown_without_secrets(gong: Gong):
    assert "sandbox-secret" not in json.dumps(gong.inspect("settings"))


INVALID_CHANGES = [
    ("settings", {"fidelty": "strict"}, "fidelty: unknown setting; did you mean fidelity?"),
    ("settings", {"journal": "x"}, "journal: cannot be changed while the sandbox runs; set it at start"),
    ("settings", {"burst": 0}, "burst: must be a whole number, 1 or more"),
    ("settings", [], "the body must be a JSON object"),
    (
        "clock",
        {"forward": 3},
        "forward: unknown key; valid keys are advance_seconds, frozen, now, offset_seconds",
    ),
    ("clock", {"advance_seconds": "1 h"}, "advance_seconds: must be a number of seconds"),
    (
        "companies/-",
        {},
        "-: not a valid company name; use letters, digits, dots, dashes and underscores, 63 at most",
    ),
    ("companies/acme", {"rps": 3}, "rps: unknown key"),
    ("companies/acme", {"keys": [{"access_key": "k"}]}, "keys: each key must be an object with"),
    ("companies/acme", {"per_second": 0}, "per_second: must be a number greater than 0"),
]


@pytest.mark.parametrize(("path", "body", "message"), INVALID_CHANGES)
def test_an_invalid_change_is_rejected_with_the_reason(gong: Gong, path: str, body: Any, message: str):
    response = gong.control(path, body)

    assert response.status_code == 400
    assert response.json()["errors"][0].startswith(message)


def test_a_companys_own_limits_do_not_affect_other_companies(gong: Gong):
    gong.control("companies/acme", {"burst": 1, "per_second": 0.001})

    assert [gong.send({}).status_code for _ in range(2)] == [400, 429]
    assert [gong.send({}, company="globex").status_code for _ in range(2)] == [400, 400]


def test_a_revoked_company_is_denied_until_it_is_restored(gong: Gong):
    statuses = []
    for action in ("revoke", "restore"):
        gong.control(f"companies/acme/{action}")
        statuses.append([gong.send({}).status_code, gong.send({}, company="globex").status_code])

    assert statuses == [[401, 400], [400, 400]]


def test_the_clock_can_be_frozen_advanced_and_reset(gong: Gong):
    gong.control("clock", {"frozen": True, "now": 1_800_000_000})
    advanced = gong.control("clock", {"advance_seconds": 90}).json()
    running = gong.control("clock", {"frozen": False, "offset_seconds": 0}).json()

    assert (advanced["now"], advanced["time"]) == (1_800_000_090, "2027-01-15T08:01:30.000+00:00")
    assert (running["frozen"], running["offset_seconds"]) == (False, 0)
