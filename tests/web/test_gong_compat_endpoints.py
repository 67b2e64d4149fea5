"""Gong's own paths at the relay: the same statuses, the same envelope, the same words as Gong."""

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


def in_envelope(response: TestResponse) -> dict[str, Any]:
    """What an answer says, once its form is Gong's."""
    told = response.get_json()
    assert response.content_type == "application/json;charset=UTF-8"
    assert response.headers["x-traceid"] == told["requestId"]
    assert id_timestamp(told["requestId"])
    return dict(told)


def errors(response: TestResponse, status: int) -> list[str]:
    assert response.status_code == status, response.text
    told = in_envelope(response)
    assert told.keys() == {"requestId", "errors"}
    assert all(isinstance(error, str) for error in told["errors"])
    return list(told["errors"])


def kept(redis: Redis) -> int:
    return int(redis.zcard(keys.EVENTS))


@pytest.mark.parametrize("operation", [one for one in Operation if not one.startswith("catalog")])
@pytest.mark.parametrize("bodies", [MINIMAL, MAXIMAL], ids=["least", "most"])
def test_a_call_that_gong_takes_is_answered_with_its_request_id(
    client: FlaskClient, sender: Headers, operation: Operation, bodies: Any
):
    response = report(client, operation, bodies[operation], sender)

    assert response.status_code == 200
    assert in_envelope(response).keys() == {"requestId"}


@pytest.mark.parametrize(
    ("operation", "status", "told"),
    [
        (Operation.CATALOG_INTERACTION, 201, {"requestId", "interactionId"}),
        (Operation.CATALOG_SHARE, 200, {"requestId"}),
        (Operation.CATALOG_VIEW, 200, {"requestId"}),
        (Operation.CATALOG_ACTION, 200, {"requestId"}),
    ],
)
def test_a_call_of_the_catalogue_is_answered_as_it_says(
    client: FlaskClient, sender: Headers, operation: Operation, status: int, told: set[str]
):
    response = report(client, operation, MAXIMAL[operation], sender)

    assert response.status_code == status
    assert in_envelope(response).keys() == told


def test_the_request_id_leads_to_the_event(client: FlaskClient, sender: Headers):
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
def test_gongs_two_ways_to_sign_in_take_the_sources_key(client: FlaskClient, authorization: str):
    assert send(client, {"Authorization": authorization}).status_code == 200


@pytest.mark.parametrize(
    "authorization", ["", "Basic Og==", "Basic !", "Bearer wrong", "Basic d3Jvbmc6d3Jvbmc="]
)
def test_without_a_sources_key_it_is_401(client: FlaskClient, authorization: str, redis: Redis):
    response = send(client, {"Authorization": authorization})

    assert errors(response, 401)
    assert "Basic" in response.headers["WWW-Authenticate"]
    assert kept(redis) == 0


def test_everything_that_is_wrong_is_said_at_once_in_gongs_words(
    client: FlaskClient, sender: Headers, redis: Redis
):
    body = {"timestamp": "today", "eventTyp": "page viewed", "content": {}, "trackingId": None}
    told = errors(client.post(INTERACTION, json=body, headers=sender), 400)

    assert {
        "content.contentTitle: must not be null",
        "eventId: must not be null",
        "eventType: must not be null",
    } < set(told)
    unknown = next(error for error in told if error.startswith("eventTyp: "))
    assert unknown.endswith("did you mean eventType?")
    assert {error.partition(":")[0] for error in told} >= {"timestamp", "person"}
    assert kept(redis) == 0


def test_a_repeated_event_id_is_409_with_the_first_ones_request_id(client: FlaskClient, sender: Headers):
    first = send(client, sender, eventId="ev-1").get_json()
    again = send(client, sender, eventId="ev-1")

    assert errors(again, 409) == ["Event was already reported in the past"]
    assert again.get_json()["requestId"] == first["requestId"]


def test_another_sources_event_id_is_no_repetition(client: FlaskClient):
    statuses = [send(client, {"X-API-Key": key}, eventId="ev-1").status_code for key in KEYS.values()]

    assert statuses == [200, 200]


@pytest.mark.parametrize("operation", [Operation.CUSTOM_ACTION, Operation.CATALOG_ACTION])
def test_the_same_body_without_an_id_is_kept_once_and_answered_alike(
    client: FlaskClient, sender: Headers, operation: Operation, redis: Redis
):
    first, again = (report(client, operation, MINIMAL[operation], sender) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.get_json() == first.get_json()
    assert kept(redis) == 1


def test_the_catalogue_knows_no_409(client: FlaskClient, sender: Headers):
    body = MAXIMAL[Operation.CATALOG_INTERACTION]
    first, again = (report(client, Operation.CATALOG_INTERACTION, body, sender) for _ in range(2))

    assert (again.status_code, again.get_json()) == (201, first.get_json())


def test_a_colleagues_event_is_answered_and_kept_as_filtered(client: FlaskClient, sender: Headers):
    response = send(client, sender, person={"email": "me@acme.example"}, trackingId=None)
    event = client.get(f"/v1/events/{response.get_json()['requestId']}", headers=sender).get_json()

    assert response.status_code == 200
    assert (event["status"], event["call"]) == ("filtered", None)
    assert "own people" in event["detail"]


def test_keys_that_leaked_into_gongs_schema_are_dropped_and_told_to_the_operator(
    client: FlaskClient, sender: Headers
):
    body = with_changes(MAXIMAL[Operation.CONTENT_VIEWED], {"moreInfoUrl": "https://acme.com/more"})
    request_id = report(client, Operation.CONTENT_VIEWED, body, sender).get_json()["requestId"]
    revealed = client.get(f"/v1/events/{request_id}?reveal=true", headers={"X-API-Key": ADMIN})
    event = revealed.get_json()

    assert event["call"]["body"] == MAXIMAL[Operation.CONTENT_VIEWED]
    assert ("moreInfoUrl", "dropped") in [(told["path"], told["code"]) for told in event["warnings"]]


@pytest.mark.parametrize("raw", [b"{", b"[]", b"null", b'{"eventId": "1", "eventId": "2"}', b'"\xff"'])
def test_a_body_that_is_no_object_is_400(client: FlaskClient, sender: Headers, raw: bytes):
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
def test_another_type_is_415(client: FlaskClient, sender: Headers, headers: Headers, status: int):
    assert errors(client.post(INTERACTION, data=b"{}", headers=sender | headers), status)


def test_too_many_bytes_are_413(client: FlaskClient, sender: Headers):
    assert errors(send(client, sender, eventType="x" * 1_100_000), 413)


def test_another_method_is_405_and_another_path_404(client: FlaskClient, sender: Headers):
    wrong = client.put(INTERACTION, json={}, headers=sender)

    assert errors(wrong, 405)
    assert "POST" in wrong.headers["Allow"]
    assert errors(client.get("/v2/calls", headers=sender), 404)


def test_a_nearly_full_store_is_503_with_its_retry_after(client: FlaskClient, sender: Headers, redis: Redis):
    redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] * 1.1))
    try:
        response = send(client, sender)
    finally:
        redis.config_set("maxmemory", 0)

    assert errors(response, 503)
    assert int(response.headers["Retry-After"]) >= 1
    assert kept(redis) == 0


def test_the_operators_key_reports_nothing(client: FlaskClient, operator: Headers):
    assert errors(send(client, operator), 403)


def test_the_log_says_the_status_that_was_sent(
    client: FlaskClient, sender: Headers, capsys: pytest.CaptureFixture[str]
):
    client.post(INTERACTION, json={}, headers=sender)

    assert '"status":400' in capsys.readouterr().out.replace(" ", "")
