"""`/v1/sources` and previews of their mappings, which store nothing."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from relay.app import create_app
from relay.config.load import read_config
from relay.settings import Settings
from relay.web.api.sources import PREVIEW_TYPE
from tests.web.conftest import ADMIN

SECRET = "a-shared-secret-of-enough-length"
KEY = "an-api-key-of-enough-length"
OPERATOR = {"X-API-Key": ADMIN}
RULE: dict[str, Any] = {
    "name": "page viewed",
    "when": "item.event == 'page_view'",
    "to": "digital-interaction",
    "priority": "low",
    "map": {
        "eventId": "{{ item.id }}",
        "timestamp": "{{ item.at }}",
        "eventType": "page viewed",
        "content": {"contentTitle": '{{ item.title || query.title || headers."x-title" }}'},
        "person": {"email": "{{ item.email }}"},
    },
}
DESTINATIONS = {"acme": {"auth": {"basic": {"access_key": "k", "access_key_secret": "s"}}}}
SOURCES: dict[str, dict[str, Any]] = {
    "site": {
        "destination": "acme",
        "keys": ["${KEY}"],
        "verify": {"scheme": "github", "secrets": ["${SECRET}"]},
        "rules": [RULE],
    },
    "open": {"destination": "acme", "verify": {"scheme": "none"}, "rules": [RULE]},
    "plain": {"destination": "acme", "keys": ["sha256:" + "0" * 64]},
}


def application(redis: Redis, **rules: Any) -> FlaskClient:
    """Return the relay with other rules for some sources."""
    sources = {
        name: source | ({"rules": rules[name]} if name in rules else {}) for name, source in SOURCES.items()
    }
    text = json.dumps({"destinations": DESTINATIONS, "sources": sources})
    config = read_config(text, environ={"SECRET": SECRET, "KEY": KEY}, allow_hosts=frozenset())
    return create_app(Settings(admin_key=ADMIN), config, redis).test_client()


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return application(redis)


def page_viewed(**fields: Any) -> dict[str, Any]:
    payload = {"event": "page_view", "id": "1", "at": "2026-11-20T10:00:00Z", "title": "Pricing"}
    return payload | {"email": "jane@globex.example"} | fields


def preview(client: FlaskClient, payload: Any, path: str = "site/preview", **headers: str) -> TestResponse:
    return client.post(f"/v1/sources/{path}", json=payload, headers=OPERATOR | headers)


def preview_mapping(client: FlaskClient, body: Any, source: str = "site") -> TestResponse:
    headers = OPERATOR | {"Content-Type": PREVIEW_TYPE}
    return client.post(f"/v1/sources/{source}/preview", data=json.dumps(body), headers=headers)


def list_sources(client: FlaskClient) -> dict[str, dict[str, Any]]:
    page = client.get("/v1/sources", headers=OPERATOR).get_json()
    return {source["source"]: source for source in page["sources"]}


def title_of(response: TestResponse) -> str:
    [item] = response.get_json()["items"]
    return str(item["body"]["content"]["contentTitle"])


def errors(response: TestResponse) -> set[tuple[str, str]]:
    return {(error["path"], error["code"]) for error in response.get_json()["errors"]}


def test_a_preview_shows_the_result_of_each_item_and_stores_nothing(client: FlaskClient, redis: Redis):
    response = preview(client, [page_viewed(extra=1), {"event": "other"}, page_viewed(title=None)])

    page = response.get_json()
    assert (response.status_code, page["source"]) == (200, "site")
    assert [item["status"] for item in page["items"]] == ["ready", "filtered", "dead"]
    assert (page["items"][0]["rule"], page["items"][0]["unused"]) == ("page viewed", ["item.extra"])
    assert redis.dbsize() == 0


def test_a_preview_reads_content_type_headers_and_query(client: FlaskClient):
    form = {name: value for name, value in page_viewed().items() if name != "title"}

    by_query = client.post("/v1/sources/site/preview?title=Asked", data=form, headers=OPERATOR)
    by_header = preview(client, page_viewed(title=None), **{"X-Title": "Headed"})

    assert (title_of(by_query), title_of(by_header)) == ("Asked", "Headed")


def test_a_mapping_never_sees_credentials(redis: Redis):
    title = '{{ headers."x-api-key" || headers."x-hub-signature-256" || \'hidden\' }}'
    rule = RULE | {"map": RULE["map"] | {"content": {"contentTitle": title}}}

    response = preview(application(redis, site=[rule]), page_viewed(), **{"X-Hub-Signature-256": "sha256=00"})

    assert title_of(response) == "hidden"


def test_another_mapping_can_be_previewed(client: FlaskClient):
    changed = RULE | {"map": RULE["map"] | {"content": {"contentTitle": '{{ headers."x-a" }} {{ query.b }}'}}}

    body = {"payload": page_viewed(), "headers": {"X-A": "One"}, "query": {"b": "two"}, "mapping": [changed]}

    assert title_of(preview_mapping(client, body)) == "One two"
    assert title_of(preview_mapping(client, body, source="plain")) == "One two"


def test_without_a_mapping_the_sources_own_is_previewed(client: FlaskClient):
    assert title_of(preview_mapping(client, {"payload": page_viewed()})) == "Pricing"


def test_a_previewed_mapping_can_use_a_preset(client: FlaskClient):
    click = {
        "event": "click",
        "email": "jane@globex.example",
        "timestamp": 1795168800,
        "url": "https://a.example/x",
    }

    [item] = preview_mapping(client, {"payload": click, "mapping": {"preset": "sendgrid"}}).get_json()[
        "items"
    ]

    assert (item["status"], item["rule"]) == ("ready", "email link clicked")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], {("", "type")}),
        ({"headers": {"a": 1}, "query": 1, "body": {}},
         {("payload", "required"), ("headers", "type"), ("query", "type"), ("body", "unknown")}),
    ],
    ids=["not an object", "every key"],
)  # fmt: skip
def test_all_problems_of_a_preview_request_are_reported_together(
    client: FlaskClient, body: Any, expected: set[tuple[str, str]]
):
    response = preview_mapping(client, body)

    assert (response.status_code, errors(response)) == (422, expected)


def test_an_error_in_a_previewed_mapping_has_its_path(client: FlaskClient):
    response = preview_mapping(
        client, {"payload": page_viewed(), "mapping": [RULE | {"to": "digital-interacton"}]}
    )

    assert response.status_code == 422
    assert [path for path, _ in errors(response)] == ["mapping.rules[0].to"]


def test_a_large_mapping_is_not_previewed(client: FlaskClient):
    rules = [{"name": "a" * 1_000}] * 101
    response = preview_mapping(client, {"payload": page_viewed(), "mapping": rules})

    assert (response.status_code, errors(response)) == (422, {("mapping", "length")})


@pytest.mark.parametrize("source", ["unknown", "plain"])
def test_a_source_without_a_mapping_has_no_preview(client: FlaskClient, source: str):
    response = preview(client, page_viewed(), f"{source}/preview")

    assert (response.status_code, response.get_json()["code"]) == (404, "no_such_source")


def test_an_unreadable_payload_is_rejected(client: FlaskClient):
    headers = OPERATOR | {"Content-Type": "application/json"}

    response = client.post("/v1/sources/site/preview", data=b'{"event": ', headers=headers)

    assert (response.status_code, response.get_json()["code"]) == (400, "not_json")


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/sources"), ("POST", "/v1/sources/site/preview")])
def test_sources_need_an_operators_key(client: FlaskClient, method: str, path: str):
    assert client.open(path, method=method, json={}).status_code == 401
    assert client.open(path, method=method, json={}, headers={"X-API-Key": KEY}).status_code == 403


def test_sources_are_listed_with_destination_verification_and_rules(client: FlaskClient):
    sources = list_sources(client)

    assert list(sources) == ["open", "plain", "site"]
    assert (sources["site"]["destination"], sources["plain"]["webhook"]) == ("acme", None)
    webhook = sources["site"]["webhook"]
    assert (webhook["verify"], webhook["verified"], webhook["preset"]) == ("github", True, None)
    assert webhook["rules"] == [{"name": "page viewed", "to": "digital-interaction", "priority": "low"}]
    assert SECRET not in json.dumps(sources)


def test_no_rule_gives_a_higher_priority_than_its_source_may_use(redis: Redis):
    limits = {"max_priority": "low", "daily_share": "40%"}
    sources = {"open": SOURCES["open"] | {"limits": limits, "rules": [RULE | {"priority": "high"}]}}
    text = json.dumps({"destinations": DESTINATIONS, "sources": sources})
    config = read_config(text, environ={}, allow_hosts=frozenset())
    client = create_app(Settings(admin_key=ADMIN), config, redis).test_client()

    row = list_sources(client)["open"]
    assert (row["limits"]["max_priority"], row["limits"]["daily_share"]) == ("low", 0.4)
    assert [rule["priority"] for rule in row["webhook"]["rules"]] == ["low"]
    page = client.get("/ops/sources/open", headers=OPERATOR).get_data(as_text=True)
    assert "up to 40 % of each company's daily calls" in page
    assert "<dt>Highest priority</dt><dd>low</dd>" in page
    assert client.post("/v1/webhooks/open", json=page_viewed()).status_code == 202
    [event] = client.get("/v1/events", headers=OPERATOR).get_json()["events"]
    assert client.get(f"/v1/events/{event['id']}", headers=OPERATOR).get_json()["priority"] == "low"


def test_the_page_of_a_source_counts_the_requests_above_its_event_rate(redis: Redis):
    sources = {"open": SOURCES["open"] | {"limits": {"events_per_minute": 1}}}
    text = json.dumps({"destinations": DESTINATIONS, "sources": sources})
    config = read_config(text, environ={}, allow_hosts=frozenset())
    client = create_app(Settings(admin_key=ADMIN), config, redis).test_client()

    responses = [client.post("/v1/webhooks/open", json=page_viewed(id=str(number))) for number in range(3)]
    # The counts are written when a response is closed.
    responses[-1].close()

    assert [response.status_code for response in responses] == [202, 429, 429]
    page = client.get("/ops/sources/open", headers=OPERATOR).get_data(as_text=True)
    assert "up to 1 event per minute" in page
    assert "2 requests above it in the last day" in page


def test_an_unverified_source_has_a_warning(client: FlaskClient):
    sources = list_sources(client)

    assert sources["open"]["webhook"]["verified"] is False
    assert sources["open"]["webhook"]["warning"].startswith("NOT VERIFIED")
    assert "warning" not in sources["site"]["webhook"]


def test_each_key_has_its_last_use(client: FlaskClient):
    raw = json.dumps(page_viewed()).encode()
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    signed = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": "d1"}
    response = client.post(
        "/v1/webhooks/site", data=raw, headers=signed | {"Content-Type": "application/json"}
    )
    assert response.status_code == 202

    sources = list_sources(client)

    [unused], [used] = sources["site"]["keys"], sources["site"]["webhook"]["keys"]
    assert unused == {"id": hashlib.sha256(KEY.encode()).hexdigest()[:8], "last_used_at": None}
    assert used["last_used_at"] == sources["site"]["last_used_at"] is not None
    assert sources["open"]["last_used_at"] is None
