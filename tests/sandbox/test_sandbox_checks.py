"""The order of Gong's checks, its error bodies and headers, and which events are accepted."""

import re

import pytest

from tests.sandbox import bodies, client
from tests.sandbox.bodies import CATALOG_INTERACTION, CATALOG_SHARE
from tests.sandbox.client import Gong


def test_the_response_to_an_accepted_event_has_only_its_request_id(gong: Gong):
    response = gong.send(bodies.interaction())

    assert response.status_code == 200
    assert list(response.json()) == ["requestId"]


def test_the_request_id_is_base_36_and_is_also_in_the_trace_header(gong: Gong):
    responses = [gong.send(bodies.interaction()), gong.send({}), gong.send({}, auth=None)]

    for response in responses:
        assert re.fullmatch("[0-9a-z]{12,20}", response.json()["requestId"])
        assert response.headers["x-traceid"] == response.json()["requestId"]
        assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
        assert response.headers["x-gong-service-version"] == "PublicApiServer:sandbox"


def test_a_seed_makes_request_ids_repeatable():
    ids = []
    for _ in range(2):
        with client.run_gong(seed=7) as gong:
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
def test_access_is_denied_without_a_valid_key(gong: Gong, headers: dict[str, str]):
    response = gong.send(bodies.interaction(), auth=lambda request: request, headers=headers)

    assert (response.status_code, response.json()["errors"]) == (401, ["Access denied"])


ORDER = {
    "authentication comes before the path": ({"auth": ("x", "y"), "path": "nowhere"}, 401),
    "the path comes before the content type": ({"path": "nowhere", "data": b"{"}, 404),
    "the verb comes before the content type": ({"method": "PATCH", "data": b"{"}, 405),
    "the content type comes before the body": ({"data": b"{"}, 415),
    "the body comes last": ({}, 400),
}


@pytest.mark.parametrize("rule", ORDER)
def test_checks_run_in_gongs_order(gong: Gong, rule: str):
    options, status = ORDER[rule]
    response = gong.call(**{"path": "digital-interaction", "body": {}} | options)

    assert response.status_code == status


@pytest.mark.parametrize(
    ("status", "path", "method", "text"),
    [(404, "nowhere", "POST", "Not Found"), (405, "digital-interaction", "PUT", "Method Not Allowed")],
)
def test_an_unknown_path_or_method_gets_gongs_error(
    gong: Gong, status: int, path: str, method: str, text: str
):
    response = gong.call(path, {}, method=method)

    assert (response.status_code, response.json()["errors"]) == (status, [text])


def test_the_rate_limit_is_checked_before_the_body():
    with client.run_gong(burst=1, per_second=0.001) as gong:
        assert [gong.send({}).status_code for _ in range(2)] == [400, 429]


def test_a_key_without_the_scope_gets_401_with_the_missing_scope(gong: Gong):
    key = {"access_key": "k", "access_key_secret": "s", "scopes": ["api:users:read"]}
    gong.control("companies/acme", {"keys": [key]})

    response = gong.send(bodies.interaction(), auth=("k", "s"))

    message = "You don't have permission to use 'api:digital-interactions:write' in your app."
    assert (response.status_code, response.json()["errors"]) == (401, [message])
    assert gong.call("users", method="GET", auth=("k", "s")).ok


def test_a_key_is_rejected_outside_its_trusted_addresses(gong: Gong):
    key = {"access_key": "k", "access_key_secret": "s"}
    statuses = []
    for network in ("10.0.0.0/8", "127.0.0.0/8"):
        gong.control("companies/acme", {"keys": [key | {"trusted_ips": [network]}]})
        statuses.append(gong.send(bodies.interaction(), auth=("k", "s")).status_code)

    assert statuses == [403, 200]


def test_a_key_expires_after_its_time_to_live(gong: Gong):
    gong.control(
        "companies/acme", {"keys": [{"access_key": "k", "access_key_secret": "s", "ttl_seconds": 3600}]}
    )
    before = gong.send(bodies.interaction(), auth=("k", "s"))
    gong.control("clock", {"advance_seconds": 3601})

    assert before.ok
    assert gong.send(bodies.interaction(), auth=("k", "s")).status_code == 401


def test_a_company_without_the_engagement_api_gets_403(gong: Gong):
    gong.control("companies/acme", {"engagement_api": False})

    response = gong.put("action", bodies.custom_action())

    assert response.status_code == 403
    assert response.json()["errors"][0].startswith("This API endpoint is in Limited release")
    assert gong.put("action", bodies.custom_action(), company="other").ok


@pytest.mark.parametrize(
    ("host", "company"),
    [
        ("company-17.api.gong.localhost", "company-17"),
        ("api.gong.localhost", "default"),
        ("localhost:80", "default"),
    ],
)
def test_the_host_selects_the_company_if_the_path_does_not(gong: Gong, host: str, company: str):
    gong.session.post(
        f"{gong.url}/v2/digital-interaction",
        json=bodies.interaction(),
        auth=client.KEY,
        headers={"Host": host},
    )

    assert gong.inspect("events")["events"][0]["company"] == company


def test_a_company_can_have_its_own_host(gong: Gong):
    gong.control("companies/acme", {"host": "gong.acme.test"})
    gong.session.post(
        f"{gong.url}/v2/digital-interaction",
        json=bodies.interaction(),
        auth=client.KEY,
        headers={"Host": "Gong.Acme.Test:80"},
    )

    assert gong.inspect("events")["events"][0]["company"] == "acme"


def test_an_unknown_company_gets_404_if_companies_are_not_created():
    with client.run_gong(create_companies=False) as gong:
        before = gong.send(bodies.interaction())
        gong.control("companies/acme", {})

        assert before.status_code == 404
        assert gong.send(bodies.interaction()).ok


def test_the_catalog_dialect_answers_201_with_an_interaction_id(gong: Gong):
    response = gong.call("digital-interactions", CATALOG_INTERACTION)

    assert response.status_code == 201
    assert set(response.json()) == {"requestId", "interactionId"}


@pytest.mark.parametrize(
    ("dialects", "statuses"), [("both", [200, 200]), ("gong", [200, 404]), ("catalog", [404, 200])]
)
def test_a_disabled_dialect_has_no_paths(dialects: str, statuses: list[int]):
    with client.run_gong(dialects=dialects) as gong:
        responses = [gong.send(bodies.interaction()), gong.put("share", CATALOG_SHARE)]

    assert [response.status_code for response in responses] == statuses


def test_engagement_responses_can_include_an_integration_id_too_large_for_a_float():
    with client.run_gong(engagement_integration_id=True) as gong:
        integration_id = gong.put("action", bodies.custom_action()).json()["integrationId"]

    assert int(float(integration_id)) != integration_id


def test_only_a_200_has_the_remaining_calls_header():
    with client.run_gong(burst=3, per_second=0.001) as gong:
        accepted, rejected = gong.send(bodies.interaction()), gong.send({})

    assert accepted.headers["X-RateLimit-Remaining"] == "2"
    assert "X-RateLimit-Remaining" not in rejected.headers


def test_an_event_is_read_back_by_the_address_of_its_person(gong: Gong):
    gong.send(bodies.interaction(sourceSystemName="Hub"))
    gong.put("content/shared", bodies.content_shared(eventId="hub:2"))
    gong.send(bodies.interaction("web:other", person={"email": "joe@acme.com"}))

    response = gong.call(
        "data-privacy/data-for-email-address?emailAddress=Jane@acme.com", method="GET"
    ).json()

    first, second = response["customerEngagement"]
    assert first == {
        "eventType": "digitalInteraction",
        "timestamp": bodies.TIMESTAMP,
        "reportingSystem": "Hub",
        "eventName": "page viewed",
        "sourceEventId": "web:1",
    }
    assert (second["eventType"], second["sourceEventId"]) == ("contentShared", "hub:2")
    assert response["emails"] == response["calls"] == response["meetings"] == response["customerData"] == []


def test_workspaces_and_users_can_be_listed(gong: Gong):
    assert gong.call("workspaces", method="GET").json()["workspaces"][0]["name"] == "Main"
    assert gong.call("users", method="GET").json()["users"][0]["active"] is True
