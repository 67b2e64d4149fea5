"""Looking inside a running sandbox and changing it."""

import json
from typing import Any

import pytest

from tests.sandbox import world
from tests.sandbox.world import Gong


def test_events_come_newest_first_with_their_whole_bodies(gong: Gong):
    for number in (1, 2, 3):
        gong.send(world.interaction(f"web:{number}"))

    found = gong.look("events?limit=2")
    assert found["received"] == 3
    assert [event["number"] for event in found["events"]] == [3, 2]
    assert found["events"][0]["body"] == world.interaction("web:3")


def test_events_can_be_had_of_one_company(gong: Gong):
    for company in ("acme", "globex", "acme"):
        gong.send(world.interaction(f"{company}:{len(gong.event_ids())}"), company=company)

    assert [event["event_id"] for event in gong.look("events?company=acme")["events"]] == ["acme:2", "acme:0"]


def test_the_log_tells_every_request_with_what_came_of_it(gong: Gong):
    gong.send(world.interaction())
    gong.fault("status", status=503)
    gong.put("action", world.action(), company="globex")

    second, first = gong.look("log")["log"]
    assert (first["company"], first["route"], first["status"]) == ("acme", "digital-interaction", 200)
    assert (second["route"], second["status"], second["faults"]) == ("custom-action", 503, ["status"])
    assert second["event_id"] == "hub:1"
    assert first["request_id"] == gong.look("events")["events"][0]["request_id"]


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("Basic c2FuZGJveC1rZXk6c2FuZGJveC1zZWNyZXQ=", "Basic [redacted]"),
        ("Bearer sandbox-secret", "Bearer [redacted]"),
        ("sandbox-secret", "[redacted]"),
        ("sandbox-secret twice", "[redacted]"),
    ],
)
def test_the_log_holds_no_secret(gong: Gong, header: str, shown: str):
    gong.send(world.interaction(), auth=lambda request: request, headers={"Authorization": header})

    line = gong.look("log")["log"][0]
    assert line["authorization"] == shown
    assert header.rsplit(maxsplit=1)[-1] not in json.dumps(line)


def test_the_log_shows_that_a_request_had_no_authorization(gong: Gong):
    gong.send(world.interaction(), auth=None)

    assert gong.look("log")["log"][0]["authorization"] is None


def test_metrics_count_what_came_of_each_companys_calls():
    with world.gong(burst=4, per_second=0.001) as gong:
        for body in (world.interaction(), world.interaction(), {}, {}, {}):
            gong.send(body)
        metrics = gong.look("metrics")

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
        "most_calls_in_one_second": 5,
    }


def test_a_reset_forgets_everything_but_settings_and_clock(gong: Gong):
    gong.send(world.interaction())
    gong.fault("status")
    gong.turn("settings", {"fidelity": "schema"})
    gong.turn("reset")

    assert gong.look("events") == {"received": 0, "events": []}
    assert gong.look("log")["log"] == gong.look("faults")["faults"] == []
    assert gong.look("metrics")["companies"] == {}
    assert gong.look("settings")["fidelity"] == "schema"


def test_settings_change_while_it_runs(gong: Gong):
    changed = {
        "fidelity": "strict",
        "latency_seconds": 0.01,
        "burst": 1,
        "per_second": 0.5,
        "legacy_enabled": False,
    }
    gong.turn("settings", changed)

    assert gong.look("settings").items() >= changed.items()
    assert gong.send(world.interaction(surprise=1)).json()["errors"] == ["surprise: unknown field"]
    assert gong.send(world.interaction()).status_code == 429


def test_settings_are_shown_without_the_secret(gong: Gong):
    assert "sandbox-secret" not in json.dumps(gong.look("settings"))


WRONG = [
    ("settings", {"fidelty": "strict"}, "fidelty: no such setting; did you mean fidelity?"),
    ("settings", {"journal": "x"}, "journal: cannot be changed while the sandbox runs: set it at the start"),
    ("settings", {"burst": 0}, "burst: write a whole number, 1 or more"),
    ("settings", [], "write a JSON object"),
    (
        "clock",
        {"forward": 3},
        "forward: no such key; write any of advance_seconds, frozen, now, offset_seconds",
    ),
    ("clock", {"advance_seconds": "1 h"}, "advance_seconds: write a number of seconds"),
    ("companies/-", {}, "-: no name for a company; write letters, digits, dots and dashes, 63 at most"),
    ("companies/acme", {"rps": 3}, "rps: no such key"),
    ("companies/acme", {"keys": [{"access_key": "k"}]}, "keys: write objects with"),
    ("companies/acme", {"per_second": 0}, "per_second: write a number above 0"),
]


@pytest.mark.parametrize(("path", "body", "message"), WRONG)
def test_a_change_that_cannot_be_made_says_why(gong: Gong, path: str, body: Any, message: str):
    answer = gong.turn(path, body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(message)


def test_a_companys_own_limits_leave_the_others_alone(gong: Gong):
    gong.turn("companies/acme", {"burst": 1, "per_second": 0.001})

    assert [gong.send({}).status_code for _ in range(2)] == [400, 429]
    assert [gong.send({}, company="globex").status_code for _ in range(2)] == [400, 400]


def test_revoking_denies_one_company_until_it_is_restored(gong: Gong):
    statuses = []
    for act in ("revoke", "restore"):
        gong.turn(f"companies/acme/{act}")
        statuses.append([gong.send({}).status_code, gong.send({}, company="globex").status_code])

    assert statuses == [[401, 400], [400, 400]]


def test_the_clock_advances_and_returns(gong: Gong):
    gong.turn("clock", {"frozen": True, "now": 1_800_000_000})
    advanced = gong.turn("clock", {"advance_seconds": 90}).json()
    running = gong.turn("clock", {"frozen": False, "offset_seconds": 0}).json()

    assert (advanced["now"], advanced["time"]) == (1_800_000_090, "2027-01-15T08:01:30.000+00:00")
    assert (running["frozen"], running["offset_seconds"]) == (False, 0)
