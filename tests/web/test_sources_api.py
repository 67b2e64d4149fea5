"""`/v1/sources` and a preview of one: what the operator is told, and that nothing is kept."""

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
    """The relay with these sources' rules in place of the usual one."""
    sources = {
        name: told | ({"rules": rules[name]} if name in rules else {}) for name, told in SOURCES.items()
    }
    text = json.dumps({"destinations": DESTINATIONS, "sources": sources})
    config = read_config(text, environ={"SECRET": SECRET, "KEY": KEY}, allow_hosts=frozenset())
    return create_app(Settings(admin_key=ADMIN), config, redis).test_client()


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return application(redis)


def viewed(**fields: Any) -> dict[str, Any]:
    told = {"event": "page_view", "id": "1", "at": "2026-11-20T10:00:00Z", "title": "Pricing"}
    return told | {"email": "jane@globex.example"} | fields


def previewed(client: FlaskClient, payload: Any, place: str = "site/preview", **headers: str) -> TestResponse:
    return client.post(f"/v1/sources/{place}", json=payload, headers=OPERATOR | headers)


def tried(client: FlaskClient, told: Any, source: str = "site") -> TestResponse:
    headers = OPERATOR | {"Content-Type": PREVIEW_TYPE}
    return client.post(f"/v1/sources/{source}/preview", data=json.dumps(told), headers=headers)


def titled(response: TestResponse) -> str:
    [item] = response.get_json()["items"]
    return str(item["body"]["content"]["contentTitle"])


def wrong(response: TestResponse) -> set[tuple[str, str]]:
    return {(error["path"], error["code"]) for error in response.get_json()["errors"]}


def test_a_preview_tells_what_each_item_becomes_and_keeps_nothing(client: FlaskClient, redis: Redis):
    response = previewed(client, [viewed(extra=1), {"event": "other"}, viewed(title=None)])

    told = response.get_json()
    assert (response.status_code, told["source"]) == (200, "site")
    assert [item["status"] for item in told["items"]] == ["ready", "filtered", "dead"]
    assert (told["items"][0]["rule"], told["items"][0]["unused"]) == ("page viewed", ["item.extra"])
    assert redis.dbsize() == 0


def test_a_preview_reads_the_type_the_headers_and_the_query_of_the_request(client: FlaskClient):
    form = {name: value for name, value in viewed().items() if name != "title"}

    by_query = client.post("/v1/sources/site/preview?title=Asked", data=form, headers=OPERATOR)
    by_header = previewed(client, viewed(title=None), **{"X-Title": "Headed"})

    assert (titled(by_query), titled(by_header)) == ("Asked", "Headed")


def test_a_mapping_never_sees_what_proves_the_sender_or_the_operator(redis: Redis):
    title = '{{ headers."x-api-key" || headers."x-hub-signature-256" || \'hidden\' }}'
    curious = RULE | {"map": RULE["map"] | {"content": {"contentTitle": title}}}

    response = previewed(application(redis, site=[curious]), viewed(), **{"X-Hub-Signature-256": "sha256=00"})

    assert titled(response) == "hidden"


def test_another_mapping_is_tried_without_the_file(client: FlaskClient):
    changed = RULE | {"map": RULE["map"] | {"content": {"contentTitle": '{{ headers."x-a" }} {{ query.b }}'}}}

    told = {"payload": viewed(), "headers": {"X-A": "One"}, "query": {"b": "two"}, "mapping": [changed]}

    assert titled(tried(client, told)) == "One two"
    assert titled(tried(client, told, source="plain")) == "One two"


def test_a_trial_without_a_mapping_is_by_the_sources_own(client: FlaskClient):
    assert titled(tried(client, {"payload": viewed()})) == "Pricing"


def test_a_trial_may_build_on_a_preset(client: FlaskClient):
    click = {
        "event": "click",
        "email": "jane@globex.example",
        "timestamp": 1795168800,
        "url": "https://a.example/x",
    }

    [item] = tried(client, {"payload": click, "mapping": {"preset": "sendgrid"}}).get_json()["items"]

    assert (item["status"], item["rule"]) == ("ready", "email link clicked")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], {("", "type")}),
        ({"headers": {"a": 1}, "query": 1, "body": {}},
         {("payload", "required"), ("headers", "type"), ("query", "type"), ("body", "unknown")}),
    ],
    ids=["no object", "all of it"],
)  # fmt: skip
def test_everything_wrong_with_a_trial_is_told_at_once(
    client: FlaskClient, told: Any, expected: set[tuple[str, str]]
):
    response = tried(client, told)

    assert (response.status_code, wrong(response)) == (422, expected)


def test_a_mistake_in_a_tried_mapping_is_told_with_its_path(client: FlaskClient):
    response = tried(client, {"payload": viewed(), "mapping": [RULE | {"to": "digital-interacton"}]})

    assert response.status_code == 422
    assert [path for path, _ in wrong(response)] == ["mapping.rules[0].to"]


@pytest.mark.parametrize("source", ["nobody", "plain"])
def test_a_source_without_a_mapping_has_no_preview(client: FlaskClient, source: str):
    response = previewed(client, viewed(), f"{source}/preview")

    assert (response.status_code, response.get_json()["code"]) == (404, "no_such_source")


def test_a_payload_that_cannot_be_read_is_refused_with_the_remedy(client: FlaskClient):
    headers = OPERATOR | {"Content-Type": "application/json"}

    response = client.post("/v1/sources/site/preview", data=b'{"event": ', headers=headers)

    assert (response.status_code, response.get_json()["code"]) == (400, "not_json")


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/sources"), ("POST", "/v1/sources/site/preview")])
def test_only_the_operator_looks_at_sources(client: FlaskClient, method: str, path: str):
    assert client.open(path, method=method, json={}).status_code == 401
    assert client.open(path, method=method, json={}, headers={"X-API-Key": KEY}).status_code == 403


def test_sources_are_listed_with_their_way_and_their_rules(client: FlaskClient):
    told = {one["source"]: one for one in client.get("/v1/sources", headers=OPERATOR).get_json()["sources"]}

    assert list(told) == ["open", "plain", "site"]
    assert (told["site"]["destination"], told["plain"]["webhook"]) == ("acme", None)
    webhook = told["site"]["webhook"]
    assert (webhook["verify"], webhook["verified"], webhook["preset"]) == ("github", True, None)
    assert webhook["rules"] == [{"name": "page viewed", "to": "digital-interaction", "priority": "low"}]
    assert SECRET not in json.dumps(told)


def test_a_source_that_anybody_may_post_to_is_shouted(client: FlaskClient):
    told = {one["source"]: one for one in client.get("/v1/sources", headers=OPERATOR).get_json()["sources"]}

    assert told["open"]["webhook"]["verified"] is False
    assert told["open"]["webhook"]["warning"].startswith("NOT VERIFIED")
    assert "warning" not in told["site"]["webhook"]


def test_each_key_says_when_it_was_last_used(client: FlaskClient):
    raw = json.dumps(viewed()).encode()
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    signed = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": "d1"}
    posted = client.post("/v1/webhooks/site", data=raw, headers=signed | {"Content-Type": "application/json"})
    assert posted.status_code == 202

    told = {one["source"]: one for one in client.get("/v1/sources", headers=OPERATOR).get_json()["sources"]}

    [unused], [used] = told["site"]["keys"], told["site"]["webhook"]["keys"]
    assert unused == {"id": hashlib.sha256(KEY.encode()).hexdigest()[:8], "last_used_at": None}
    assert used["last_used_at"] == told["site"]["last_used_at"] is not None
    assert told["open"]["last_used_at"] is None
