"""The Gong-compatible endpoints: statuses, format and messages are the same as Gong's."""

import base64
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from relay.core.call import Operation
from relay.core.ids import id_timestamp
from relay.store.engine import keys
from tests.core.gong_bodies import MAXIMAL, MINIMAL, with_changes
from tests.web.conftest import ADMIN, KEYS

Headers = dict[str, str]
INTERACTION = "/v2/digital-interaction"


def report(client: FlaskClient, operation: Operation, body: Any, headers: Headers) -> TestResponse:
    return client.open(operation.path, method=operation.method, json=body, headers=headers)


def send(client: FlaskClient, headers: Headers, **fields: Any) -> TestResponse:
    return client.post(INTERACTION, json=MINIMAL[Operation.DIGITAL_INTERACTION] | fields, headers=headers)


def read_gong_body(response: TestResponse) -> dict[str, Any]:
    """Check that a response has Gong's format, and return its body."""
    body = response.get_json()
    assert response.content_type == "application/json;charset=UTF-8"
    assert response.headers["x-traceid"] == body["requestId"]
    assert id_timestamp(body["requestId"])
    return dict(body)


def errors(response: TestResponse, status: int) -> list[str]:
    assert response.status_code == status, response.text
    body = read_gong_body(response)
    assert body.keys() == {"requestId", "errors"}
    assert all(isinstance(error, str) for error in body["errors"])
    return list(body["errors"])


def count_events(redis: Redis) -> int:
    return int(redis.zcard(keys.EVENTS))


@pytest.mark.parametrize(
    "operation", [operation for operation in Operation if not operation.startswith("catalog")]
)
@pytest.mark.parametrize("bodies", [MINIMAL, MAXIMAL], ids=["minimal", "maximal"])
def test_a_call_that_gong_would_accept_gets_a_request_id(
    client: FlaskClient, sender: Headers, operation: Operation, bodies: Any
):
    response = report(client, operation, bodies[operation], sender)

    assert response.status_code == 200
    assert read_gong_body(response).keys() == {"requestId"}


@pytest.mark.parametrize(
    ("operation", "status", "members"),
    [
        (Operation.CATALOG_INTERACTION, 201, {"requestId", "interactionId"}),
        (Operation.CATALOG_SHARE, 200, {"requestId"}),
        (Operation.CATALOG_VIEW, 200, {"requestId"}),
        (Operation.CATALOG_ACTION, 200, {"requestId"}),
    ],
)
def test_a_catalog_call_gets_the_catalogs_response(
    client: FlaskClient, sender: Headers, operation: Operation, status: int, members: set[str]
):
    response = report(client, operation, MAXIMAL[operation], sender)

    assert response.status_code == status
    assert read_gong_body(response).keys() == members


def test_the_request_id_is_the_events_id(client: FlaskClient, sender: Headers):
    request_id = send(client, sender, eventId="ev-1").get_json()["requestId"]
    event = client.get(f"/v1/events/{request_id}", headers=sender).get_json()

    assert (event["event_id"], event["status"], event["source"]) == ("ev-1", "queued", "web")


@pytest.mark.parametrize(
    "authorization",
    [
        f"Bearer {KEYS['web']}",
        "Basic " + base64.b64encode(f"any name:{KEYS['web']}".encode()).decode(),
        "Basic " + base64.b64encode(f"{KEYS['web']}:".encode()).decode(),
        "Basic " + base64.b64encode(f"{KEYS['web']}:any secret".encode()).decode(),
    ],
)
def test_both_of_gongs_authentication_methods_accept_the_sources_key(client: FlaskClient, authorization: str):
    assert send(client, {"Authorization": authorization}).status_code == 200


@pytest.mark.parametrize(
    "authorization", ["", "Basic Og==", "Basic !", "Bearer wrong", "Basic d3Jvbmc6d3Jvbmc="]
)
def test_without_a_valid_key_the_response_is_401(client: FlaskClient, authorization: str, redis: Redis):
    response = send(client, {"Authorization": authorization})

    assert errors(response, 401)
    assert "Basic" in response.headers["WWW-Authenticate"]
    assert count_events(redis) == 0


def test_all_problems_are_reported_together_in_gongs_wording(
    client: FlaskClient, sender: Headers, redis: Redis
):
    body = {"timestamp": "today", "eventTyp": "page viewed", "content": {}, "trackingId": None}
    messages = errors(client.post(INTERACTION, json=body, headers=sender), 400)

    assert {
        "content.contentTitle: must not be null",
        "eventId: must not be null",
        "eventType: must not be null",
    } < set(messages)
    unknown = next(error for error in messages if error.startswith("eventTyp: "))
    assert unknown.endswith("did you mean eventType?")
    assert {error.partition(":")[0] for error in messages} >= {"timestamp", "person"}
    assert count_events(redis) == 0


def test_a_repeated_event_id_is_409_with_the_first_request_id(client: FlaskClient, sender: Headers):
    first = send(client, sender, eventId="ev-1").get_json()
    second = send(client, sender, eventId="ev-1")

    assert errors(second, 409) == ["Event was already reported in the past"]
    assert second.get_json()["requestId"] == first["requestId"]


def test_the_same_event_id_of_another_source_is_accepted(client: FlaskClient):
    statuses = [send(client, {"X-API-Key": key}, eventId="ev-1").status_code for key in KEYS.values()]

    assert statuses == [200, 200]


@pytest.mark.parametrize("operation", [Operation.CUSTOM_ACTION, Operation.CATALOG_ACTION])
def test_the_same_body_without_an_id_is_stored_once(
    client: FlaskClient, sender: Headers, operation: Operation, redis: Redis
):
    first, second = (report(client, operation, MINIMAL[operation], sender) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.get_json() == first.get_json()
    assert count_events(redis) == 1


def test_the_catalog_has_no_409(client: FlaskClient, sender: Headers):
    body = MAXIMAL[Operation.CATALOG_INTERACTION]
    first, second = (report(client, Operation.CATALOG_INTERACTION, body, sender) for _ in range(2))

    assert (second.status_code, second.get_json()) == (201, first.get_json())


def test_an_internal_persons_event_is_accepted_and_filtered(client: FlaskClient, sender: Headers):
    response = send(client, sender, person={"email": "me@acme.example"}, trackingId=None)
    event = client.get(f"/v1/events/{response.get_json()['requestId']}", headers=sender).get_json()

    assert response.status_code == 200
    assert (event["status"], event["call"]) == ("filtered", None)
    assert "own people" in event["detail"]


def test_keys_that_gongs_schema_lists_by_mistake_are_dropped_with_a_warning(
    client: FlaskClient, sender: Headers
):
    body = with_changes(MAXIMAL[Operation.CONTENT_VIEWED], {"moreInfoUrl": "https://acme.com/more"})
    request_id = report(client, Operation.CONTENT_VIEWED, body, sender).get_json()["requestId"]
    revealed = client.get(f"/v1/events/{request_id}?reveal=true", headers={"X-API-Key": ADMIN})
    event = revealed.get_json()

    assert event["call"]["body"] == MAXIMAL[Operation.CONTENT_VIEWED]
    assert ("moreInfoUrl", "dropped") in [(warning["path"], warning["code"]) for warning in event["warnings"]]


@pytest.mark.parametrize("raw", [b"{", b"[]", b"null", b'{"eventId": "1", "eventId": "2"}', b'"\xff"'])
def test_a_body_that_is_not_an_object_is_400(client: FlaskClient, sender: Headers, raw: bytes):
    headers = sender | {"Content-Type": "application/json"}

    assert errors(client.post(INTERACTION, data=raw, headers=headers), 400)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-ndjson"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "application/json; charset=latin-1"}, 415),
    ],
)
def test_an_unsupported_type_is_415(client: FlaskClient, sender: Headers, headers: Headers, status: int):
    assert errors(client.post(INTERACTION, data=b"{}", headers=sender | headers), status)


def test_a_body_that_is_too_large_is_413(client: FlaskClient, sender: Headers):
    assert errors(send(client, sender, eventType="x" * 1_100_000), 413)


def test_an_unsupported_method_is_405_and_an_unknown_path_404(client: FlaskClient, sender: Headers):
    response = client.put(INTERACTION, json={}, headers=sender)

    assert errors(response, 405)
    assert "POST" in response.headers["Allow"]
    assert errors(client.get("/v2/calls", headers=sender), 404)


def test_a_nearly_full_store_is_503_with_retry_after(client: FlaskClient, sender: Headers, redis: Redis):
    redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] * 1.1))
    try:
        response = send(client, sender)
    finally:
        redis.config_set("maxmemory", 0)

    assert errors(response, 503)
    assert int(response.headers["Retry-After"]) >= 1
    assert count_events(redis) == 0


def test_an_operators_key_is_403(client: FlaskClient, operator: Headers):
    assert errors(send(client, operator), 403)


def test_the_log_has_the_status_that_was_sent(
    client: FlaskClient, sender: Headers, capsys: pytest.CaptureFixture[str]
):
    client.post(INTERACTION, json={}, headers=sender)

    assert '"status":400' in capsys.readouterr().out.replace(" ", "")
