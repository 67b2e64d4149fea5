"""A source that routes by a value: each event goes to its destination, or becomes a dead letter."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from relay.app import create_app
from relay.config.load import read_config
from relay.settings import Settings
from relay.store.destinations import ConnectedDestination, save_connected_destination
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from tests.store_world import take_events
from tests.web.conftest import ADMIN, KEYS

TEXT = """
destinations:
  acme: {auth: &auth {basic: {access_key: k, access_key_secret: s}}, internal_domains: [acme.example]}
  globex: {auth: *auth, company: tps, source_system_name: Globex Hub}
sources:
  hub:
    destination: "{{ item.account || item.properties.account }}"
    accounts: {"17": acme}
    keys: ["${KEY}"]
    verify: {scheme: none}
    priorities: {form_submit: low}
    rules:
      - name: viewed
        when: item.event == 'view'
        to: digital-interaction
        priority: high
        map:
          eventId: "{{ item.id }}"
          timestamp: "2026-11-20T10:00:00Z"
          eventType: page viewed
          content: {contentTitle: Pricing}
          person: {email: "{{ item.email }}"}
"""
OPERATOR = {"X-API-Key": ADMIN}


def process(redis: Redis) -> FlaskClient:
    """Return one of several web processes. Each looks up unknown names in the store once a second at most."""
    config = read_config(TEXT, environ={"KEY": KEYS["web"]}, allow_hosts=frozenset())
    return create_app(Settings(admin_key=ADMIN), config, redis).test_client()


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return process(redis)


def view(sender_id: str, account: str) -> dict[str, str]:
    return {"event": "view", "id": sender_id, "account": account, "email": "jane@initech.example"}


def event(sender_id: str, account: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": sender_id,
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": "jane@initech.example"},
        "properties": {"account": account},
    } | fields


def post(client: FlaskClient, payload: Any) -> TestResponse:
    return client.post("/v1/webhooks/hub", json=payload)


def send(client: FlaskClient, payload: Any, query: str = "") -> TestResponse:
    return client.post(f"/v1/events{query}", json=payload, headers={"X-API-Key": KEYS["web"]})


def connect(scripts: Scripts, name: str, account: str | None = None) -> None:
    connected_at = datetime(2026, 11, 21, 10, tzinfo=UTC)
    save_connected_destination(
        scripts,
        ConnectedDestination(
            name=name,
            company=name,
            base_url=f"https://{name}.api.gong.io",
            connected_at=connected_at,
            account=account,
        ),
    )


def sent_events(scripts: Scripts) -> dict[str, tuple[str, str]]:
    """Return destination and company of the events that can be sent now, by eventId."""
    return {leased.event_id: (leased.destination, leased.company) for leased in take_events(scripts)}


def dead_letters(client: FlaskClient) -> list[dict[str, Any]]:
    page: list[dict[str, Any]] = client.get("/v1/events?status=dead", headers=OPERATOR).get_json()["events"]
    return page


def test_the_items_of_one_request_go_to_different_destinations(
    client: FlaskClient, scripts: Scripts, redis: Redis
):
    response = post(client, [view("1", "17"), view("2", "globex"), view("3", "unknown")])

    assert {**response.get_json(), "receipt": ""} == {
        "receipt": "",
        "queued": 2,
        "duplicates": 0,
        "filtered": 0,
        "dead": 1,
    }
    assert sent_events(scripts) == {"hub:1": ("acme", "acme"), "hub:2": ("globex", "tps")}
    assert len(redis.keys(keys.RECEIPT + "*")) == 1


def test_a_newly_connected_customer_is_routed_to_without_a_restart(client: FlaskClient, scripts: Scripts):
    post(client, view("1", "17"))
    connect(scripts, "initech", "18")

    assert post(client, view("2", "18")).get_json()["queued"] == 1
    assert sent_events(scripts)["hub:2"] == ("initech", "initech")


def test_an_event_without_a_destination_is_a_dead_letter_with_a_remedy(client: FlaskClient):
    post(client, view("1", "unknown"))

    [letter] = dead_letters(client)
    assert (letter["reason"], letter["destination"]) == ("no_destination", "unrouted")
    assert "'unknown'" in letter["detail"]


@pytest.mark.parametrize("endpoint", [post, send], ids=["webhook", "events"])
def test_a_dead_letter_is_routed_again_when_it_is_replayed(
    endpoint: Any, client: FlaskClient, scripts: Scripts, redis: Redis
):
    endpoint(client, view("1", "18") if endpoint is post else event("1", "18"))
    [letter] = dead_letters(client)
    too_early = client.post(f"/v1/events/{letter['id']}/replay", headers=OPERATOR)
    connect(scripts, "initech", "18")
    replayed = process(redis).post(f"/v1/events/{letter['id']}/replay", headers=OPERATOR)

    assert (too_early.status_code, too_early.get_json()["code"]) == (422, "mapping_still_fails")
    assert (replayed.status_code, replayed.get_json()["destination"]) == (202, "initech")
    assert redis.zcard(keys.BY_STATE + "unrouted:dead") == 0
    assert sent_events(scripts) == {"hub:1": ("initech", "initech")}


def test_the_events_of_an_array_are_routed_one_by_one(client: FlaskClient, scripts: Scripts):
    body = send(client, [event("1", "17"), event("2", "globex"), event("3", "unknown")]).get_json()

    assert (body["queued"], body["dead"]) == (2, 1)
    assert [result["destination"] for result in body["results"]] == ["acme", "globex", "unrouted"]
    assert body["results"][2]["errors"][0]["code"] == "no_destination"
    assert set(sent_events(scripts)) == {"hub:1", "hub:2"}


def test_each_call_of_a_share_is_a_dead_letter_of_its_own(
    client: FlaskClient, scripts: Scripts, redis: Redis
):
    recipients = [{"email": f"{name}@initech.example"} for name in ("ann", "bob")]
    share = event("1", "18", type="content_share", share={"recipients": recipients})
    share.pop("person")
    send(client, share)
    connect(scripts, "initech", "18")

    letters, other_process = dead_letters(client), process(redis)
    for letter in letters:
        other_process.post(f"/v1/events/{letter['id']}/replay", headers=OPERATOR)

    leased_events = take_events(scripts)
    people = {json.loads(leased.body)["person"]["email"] for leased in leased_events}
    assert (len(letters), len(leased_events), people) == (
        2,
        2,
        {"ann@initech.example", "bob@initech.example"},
    )


@pytest.mark.parametrize("endpoint", [post, send], ids=["webhook", "events"])
def test_an_id_is_unique_per_destination(endpoint: Any, client: FlaskClient, redis: Redis):
    make = view if endpoint is post else event
    for account in ("17", "globex", "unknown", "17", "globex", "unknown"):
        endpoint(client, [make("1", account)])

    events = client.get("/v1/events?event_id=hub:1", headers=OPERATOR).get_json()["events"]
    assert sorted(listed["destination"] for listed in events) == ["acme", "globex", "unrouted"]
    assert redis.zcard(keys.EVENTS) == 3


def test_a_dry_run_has_the_destination(client: FlaskClient):
    ready = send(client, event("1", "globex"), "?dry_run=true").get_json()
    unrouted = send(client, event("1", "unknown"), "?dry_run=true").get_json()

    assert (ready["status"], ready["destination"]) == ("ready", "globex")
    assert (unrouted["status"], unrouted["destination"]) == ("dead", "unrouted")


def test_a_preview_has_the_destination_of_each_item(client: FlaskClient):
    batch = [view("1", "17"), view("2", "unknown")]
    page = client.post("/v1/sources/hub/preview", json=batch, headers=OPERATOR).get_json()

    assert [item["destination"] for item in page["items"]] == ["acme", "unrouted"]
    assert page["items"][1]["errors"][0]["code"] == "no_destination"


def test_a_gong_call_names_no_customer_and_is_rejected(client: FlaskClient, redis: Redis):
    body = {"eventId": "1", "timestamp": "2026-11-20T10:00:00Z", "eventType": "x"}
    response = client.post("/v2/digital-interaction", json=body, headers={"X-API-Key": KEYS["web"]})

    assert response.status_code == 403
    assert "/v1/events" in response.get_json()["errors"][0]
    assert redis.zcard(keys.EVENTS) == 0


def test_a_connected_destination_is_listed_and_can_be_paused(client: FlaskClient, scripts: Scripts):
    connect(scripts, "initech", "18")

    paused = client.post("/v1/destinations/initech/pause", headers=OPERATOR)
    rows = client.get("/v1/queues", headers=OPERATOR).get_json()["destinations"]

    assert paused.status_code == 200
    [row] = [row for row in rows if row["destination"] == "initech"]
    assert (row["configured"], row["hold"]["cause"]) == (True, "paused")


def test_a_source_has_its_routing(client: FlaskClient):
    [source] = client.get("/v1/sources", headers=OPERATOR).get_json()["sources"]

    assert source["destination"] == "{{ item.account || item.properties.account }}"
    assert source["accounts"] == {"17": "acme"}
