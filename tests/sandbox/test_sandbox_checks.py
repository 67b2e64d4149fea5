"""The order of Gong's checks, its envelopes and headers, and what it keeps."""

import re

import pytest

from tests.sandbox import world
from tests.sandbox.world import CATALOG_INTERACTION, CATALOG_SHARE, Gong


def test_an_accepted_event_is_answered_with_its_request_id_alone(gong: Gong):
    answer = gong.send(world.interaction())

    assert answer.status_code == 200
    assert list(answer.json()) == ["requestId"]


def test_the_request_id_is_base_36_and_stands_in_the_trace_header_too(gong: Gong):
    answers = [gong.send(world.interaction()), gong.send({}), gong.send({}, auth=None)]

    for answer in answers:
        assert re.fullmatch("[0-9a-z]{12,20}", answer.json()["requestId"])
        assert answer.headers["x-traceid"] == answer.json()["requestId"]
        assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
        assert answer.headers["x-gong-service-version"] == "PublicApiServer:sandbox"


def test_a_seed_repeats_the_request_ids():
    ids = []
    for _ in range(2):
        with world.gong(seed=7) as gong:
            ids.append([gong.send({}).json()["requestId"] for _ in range(3)])

    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic c2FuZGJveC1rZXk6d3Jvbmc="},
        {"Authorization": "Basic %%%"},
        {"Authorization": "Basic"},
        {"Authorization": "Bearer sandbox-secret"},
    ],
)
def test_without_a_good_key_access_is_denied(gong: Gong, headers: dict[str, str]):
    answer = gong.send(world.interaction(), auth=lambda request: request, headers=headers)

    assert (answer.status_code, answer.json()["errors"]) == (401, ["Access denied"])


ORDER = {
    "authentication comes before the path": ({"auth": ("x", "y"), "path": "nowhere"}, 401),
    "the path comes before the content type": ({"path": "nowhere", "data": b"{"}, 404),
    "the verb comes before the content type": ({"method": "PATCH", "data": b"{"}, 405),
    "the content type comes before the body": ({"data": b"{"}, 415),
    "the body comes last": ({}, 400),
}


@pytest.mark.parametrize("told", ORDER)
def test_checks_come_in_gongs_order(gong: Gong, told: str):
    options, status = ORDER[told]
    answer = gong.call(**{"path": "digital-interaction", "body": {}} | options)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("status", "path", "method", "text"),
    [(404, "nowhere", "POST", "Not Found"), (405, "digital-interaction", "PUT", "Method Not Allowed")],
)
def test_what_does_not_exist_is_said_in_gongs_words(
    gong: Gong, status: int, path: str, method: str, text: str
):
    answer = gong.call(path, {}, method=method)

    assert (answer.status_code, answer.json()["errors"]) == (status, [text])


def test_the_rate_limit_comes_before_the_body():
    with world.gong(burst=1, per_second=0.001) as gong:
        assert [gong.send({}).status_code for _ in range(2)] == [400, 429]


def test_a_key_without_the_scope_is_told_which_and_by_401(gong: Gong):
    key = {"access_key": "k", "access_key_secret": "s", "scopes": ["api:users:read"]}
    gong.turn("companies/acme", {"keys": [key]})

    answer = gong.send(world.interaction(), auth=("k", "s"))

    told = "You don't have permission to use 'api:digital-interactions:write' in your app."
    assert (answer.status_code, answer.json()["errors"]) == (401, [told])
    assert gong.call("users", method="GET", auth=("k", "s")).ok


def test_a_key_is_refused_from_elsewhere_than_its_trusted_addresses(gong: Gong):
    key = {"access_key": "k", "access_key_secret": "s"}
    statuses = []
    for network in ("10.0.0.0/8", "127.0.0.0/8"):
        gong.turn("companies/acme", {"keys": [key | {"trusted_ips": [network]}]})
        statuses.append(gong.send(world.interaction(), auth=("k", "s")).status_code)

    assert statuses == [403, 200]


def test_a_key_ends_with_its_time_to_live(gong: Gong):
    gong.turn(
        "companies/acme", {"keys": [{"access_key": "k", "access_key_secret": "s", "ttl_seconds": 3600}]}
    )
    before = gong.send(world.interaction(), auth=("k", "s"))
    gong.turn("clock", {"advance_seconds": 3601})

    assert before.ok
    assert gong.send(world.interaction(), auth=("k", "s")).status_code == 401


def test_the_engagement_api_is_closed_to_a_company_that_was_not_let_in(gong: Gong):
    gong.turn("companies/acme", {"legacy_enabled": False})

    answer = gong.put("action", world.action())

    assert answer.status_code == 403
    assert answer.json()["errors"][0].startswith("This API endpoint is in Limited release")
    assert gong.put("action", world.action(), company="other").ok


@pytest.mark.parametrize(
    ("host", "company"),
    [
        ("company-17.api.gong.localhost", "company-17"),
        ("api.gong.localhost", "default"),
        ("localhost:80", "default"),
    ],
)
def test_the_host_names_the_company_where_the_path_does_not(gong: Gong, host: str, company: str):
    gong.session.post(
        f"{gong.url}/v2/digital-interaction", json=world.interaction(), auth=world.KEY, headers={"Host": host}
    )

    assert gong.look("events")["events"][0]["company"] == company


def test_a_company_may_have_a_host_of_its_own(gong: Gong):
    gong.turn("companies/acme", {"host": "gong.acme.test"})
    gong.session.post(
        f"{gong.url}/v2/digital-interaction",
        json=world.interaction(),
        auth=world.KEY,
        headers={"Host": "Gong.Acme.Test:80"},
    )

    assert gong.look("events")["events"][0]["company"] == "acme"


def test_unknown_companies_are_not_found_where_none_may_be_created():
    with world.gong(create_companies=False) as gong:
        before = gong.send(world.interaction())
        gong.turn("companies/acme", {})

        assert before.status_code == 404
        assert gong.send(world.interaction()).ok


def test_the_catalogue_dialect_answers_201_with_an_interaction_id(gong: Gong):
    answer = gong.call("digital-interactions", CATALOG_INTERACTION)

    assert answer.status_code == 201
    assert set(answer.json()) == {"requestId", "interactionId"}


@pytest.mark.parametrize(
    ("dialects", "statuses"), [("both", [200, 200]), ("gong", [200, 404]), ("catalog", [404, 200])]
)
def test_a_dialect_that_is_off_has_no_paths(dialects: str, statuses: list[int]):
    with world.gong(dialects=dialects) as gong:
        answers = [gong.send(world.interaction()), gong.put("share", CATALOG_SHARE)]

    assert [answer.status_code for answer in answers] == statuses


def test_engagement_answers_may_carry_an_integration_id_that_no_float_holds():
    with world.gong(legacy_integration_id=True) as gong:
        found = gong.put("action", world.action()).json()["integrationId"]

    assert int(float(found)) != found


def test_the_remaining_calls_are_told_with_a_200_only():
    with world.gong(burst=3, per_second=0.001) as gong:
        accepted, refused = gong.send(world.interaction()), gong.send({})

    assert accepted.headers["X-RateLimit-Remaining"] == "2"
    assert "X-RateLimit-Remaining" not in refused.headers


def test_an_event_is_read_back_by_the_address_of_its_person(gong: Gong):
    gong.send(world.interaction(sourceSystemName="Hub"))
    gong.put("content/shared", world.shared(eventId="hub:2"))
    gong.send(world.interaction("web:other", person={"email": "joe@acme.com"}))

    answer = gong.call("data-privacy/data-for-email-address?emailAddress=Jane@acme.com", method="GET").json()

    first, second = answer["customerEngagement"]
    assert first == {
        "eventType": "digitalInteraction",
        "timestamp": world.STAMP,
        "reportingSystem": "Hub",
        "eventName": "page viewed",
        "sourceEventId": "web:1",
    }
    assert (second["eventType"], second["sourceEventId"]) == ("contentShared", "hub:2")
    assert answer["emails"] == answer["calls"] == answer["meetings"] == answer["customerData"] == []


def test_workspaces_and_users_can_be_listed(gong: Gong):
    assert gong.call("workspaces", method="GET").json()["workspaces"][0]["name"] == "Main"
    assert gong.call("users", method="GET").json()["users"][0]["active"] is True
