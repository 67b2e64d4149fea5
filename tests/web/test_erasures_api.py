"""The erasures API: finding a person's events, erasing them, and the signed report."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.actions.erasure_job import ErasureContext, step
from relay.app import create_app
from relay.core.call import Operation
from relay.core.signed_document import Signer
from relay.settings import Settings
from relay.store.engine import keys
from relay.store.stores import Stores
from tests.core.gong_bodies import MINIMAL
from tests.store_world import text_of_the_store
from tests.web.conftest import ADMIN, config

PageView = Callable[..., dict[str, Any]]
JANE = "jane@globex.example"
SECRETS = ("a-key-of-thirty-two-characters-at-least",)


@pytest.fixture
def client_with_secret_keys(redis: Redis) -> FlaskClient:
    """An application with RELAY_SECRET_KEYS."""
    return create_app(Settings(admin_key=ADMIN, secret_keys=SECRETS), config(), redis).test_client()


def run(redis: Redis, settings: Settings | None = None) -> None:
    """Run one step, as a worker does every second."""
    redis.delete(keys.ERASURES_LOCK)
    step(ErasureContext(Stores(redis, settings=settings).main, lambda: datetime.now(UTC), 600, 600))


def post_json(client: FlaskClient, path: str, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    response = client.post(path, json=body, headers=headers)
    assert response.status_code in {200, 202}, response.get_json()
    return dict(response.get_json())


def get(client: FlaskClient, path: str, headers: dict[str, str]) -> dict[str, Any]:
    response = client.get(path, headers=headers)
    assert response.status_code == 200, response.get_json()
    return dict(response.get_json())


@pytest.fixture
def event_ids(client: FlaskClient, sender: dict[str, str], page_view: PageView) -> list[str]:
    """The ids of two events of Jane and one of Joe."""
    people = [
        {"email": "Jane@Globex.example"},
        {"email": JANE, "phone": "+1 555 010 0199"},
        {"email": "joe@x.example"},
    ]
    return [
        post_json(client, "/v1/events", sender, **page_view(f"ev-{number}", person=person))["id"]
        for number, person in enumerate(people)
    ]


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ("email=JANE@globex.example", [1, 0]),
        ("email=jane@globex.example&limit=1", [1]),
        ("email=jane@globex.example&status=dead", []),
        ("email=jane@globex.example&destination=acme&source=web", [1, 0]),
        ("email=jane@globex.example&event_id=web:ev-0", [0]),
        ("phone=%2B15550100199", [1]),
        ("email=nowhere@globex.example", []),
    ],
)
def test_events_are_found_by_person(
    client: FlaskClient, operator: dict[str, str], event_ids: list[str], query: str, indexes: list[int]
):
    page = get(client, f"/v1/events?{query}", operator)

    assert [event["id"] for event in page["events"]] == [event_ids[index] for index in indexes]


def test_the_events_of_a_person_are_paged(
    client: FlaskClient, operator: dict[str, str], event_ids: list[str]
):
    first = get(client, f"/v1/events?email={JANE}&limit=1", operator)
    second = get(client, f"/v1/events?email={JANE}&limit=1&cursor={first['cursor']}", operator)

    assert [event["id"] for page in (first, second) for event in page["events"]] == [
        event_ids[1],
        event_ids[0],
    ]


def test_a_sources_key_finds_only_its_own_events(
    client: FlaskClient, sender: dict[str, str], event_ids: list[str]
):
    shop = {"X-API-Key": "the-shop-sources-own-key1"}

    assert len(get(client, f"/v1/events?email={JANE}", sender)["events"]) == 2
    assert get(client, f"/v1/events?email={JANE}", shop)["events"] == []
    assert len(event_ids) == 3


@pytest.mark.parametrize("query", ["email=jane", "phone=12", "email=a@b.example&phone=15550100199"])
def test_an_invalid_person_is_rejected(client: FlaskClient, operator: dict[str, str], query: str):
    assert client.get(f"/v1/events?{query}", headers=operator).status_code == 422


def test_a_person_is_erased_and_the_report_lists_the_events(
    client: FlaskClient, redis: Redis, operator: dict[str, str], event_ids: list[str]
):
    erasure = post_json(client, "/v1/erasures", operator, email="Jane@globex.example")
    assert (erasure["status"], erasure["signature"]) == ("running", None)
    run(redis)

    report = get(client, f"/v1/erasures/{erasure['id']}", operator)

    assert (report["status"], report["erased"], report["identified_by"]) == ("done", 2, "email")
    assert report["stores"][0]["events"] == {"queued": 2}
    assert [event["id"] for event in report["events"]] == event_ids[:2]
    assert JANE not in text_of_the_store(redis)
    assert JANE not in str(report).lower()
    assert get(client, "/v1/erasures", operator)["erasures"][0]["id"] == erasure["id"]
    assert get(client, f"/v1/events/{event_ids[0]}", operator)["status"] == "erased"


@pytest.mark.parametrize("path", ["/v1/events", "/v2/digital-interaction"])
def test_the_content_type_of_a_request_is_erased(
    client: FlaskClient, redis: Redis, sender: dict[str, str], page_view: PageView, path: str
):
    is_gongs = path.startswith("/v2/")
    body = (
        MINIMAL[Operation.DIGITAL_INTERACTION] if is_gongs else page_view(person={"email": "joe@x.example"})
    )
    headers = sender | {"Content-Type": f"application/json; sender={JANE}"}
    assert client.post(path, data=json.dumps(body), headers=headers).status_code < 300
    assert JANE in text_of_the_store(redis)

    post_json(client, "/v1/erasures", {"X-API-Key": ADMIN}, email=JANE)
    run(redis)

    assert JANE not in text_of_the_store(redis)


def test_a_dry_run_counts_and_changes_nothing(
    client: FlaskClient, redis: Redis, operator: dict[str, str], event_ids: list[str]
):
    page = post_json(client, "/v1/erasures", operator, email=JANE, dry_run=True)

    [store] = page["stores"]
    assert (page["dry_run"], store["events"], store["receipts"]) == (True, {"queued": 2}, 2)
    assert redis.exists(keys.ERASURES, keys.ERASED_PEOPLE) == 0
    assert len(event_ids) == 3


def test_a_person_is_erased_by_phone_number(
    client: FlaskClient, redis: Redis, operator: dict[str, str], event_ids: list[str]
):
    erasure = post_json(client, "/v1/erasures", operator, phone="+1 (555) 010-0199")
    run(redis)

    report = get(client, f"/v1/erasures/{erasure['id']}", operator)
    assert [event["id"] for event in report["events"]] == [event_ids[1]]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "email"),
        ({"email": "jane"}, "email"),
        ({"email": 7}, "email"),
        ({"phone": "x"}, "phone"),
        ({"email": JANE, "phone": "15550100199"}, "email"),
        ({"email": JANE, "dry_run": 1}, "dry_run"),
        ({"mail": JANE, "email": JANE}, "mail"),
        ([], ""),
    ],
)
def test_an_invalid_request_is_rejected_with_its_path(
    client: FlaskClient, redis: Redis, operator: dict[str, str], body: Any, path: str
):
    response = client.post("/v1/erasures", json=body, headers=operator)

    assert response.status_code == 422
    assert [error["path"] for error in response.get_json()["errors"]] == [path]
    assert redis.exists(keys.ERASURES) == 0


def test_a_sources_key_cannot_erase(client: FlaskClient, sender: dict[str, str]):
    assert client.post("/v1/erasures", json={"email": JANE}, headers=sender).status_code == 403
    assert client.get("/v1/erasures", headers=sender).status_code == 403


def test_an_unknown_erasure_is_404(client: FlaskClient, operator: dict[str, str]):
    response = client.get("/v1/erasures/01KAG7X5T5M7Q2V8B4N6C0D1EF", headers=operator)

    assert (response.status_code, response.get_json()["code"]) == (404, "no_such_erasure")


def test_a_changed_report_fails_verification(
    client_with_secret_keys: FlaskClient,
    redis: Redis,
    operator: dict[str, str],
    sender: dict[str, str],
    page_view: PageView,
):
    post_json(client_with_secret_keys, "/v1/events", sender, **page_view("ev-1"))
    erasure = post_json(client_with_secret_keys, "/v1/erasures", operator, email=JANE)
    run(redis, Settings(secret_keys=SECRETS))
    report = get(client_with_secret_keys, f"/v1/erasures/{erasure['id']}", operator)

    signer = Signer(("a-newer-key-of-thirty-two-characters", *SECRETS))
    assert report["erased"] == 1
    assert signer.verify(report)
    assert not signer.verify(report | {"erased": 2})
    assert not Signer(("another-key-of-thirty-two-characters",)).verify(report)


def test_the_audit_entry_of_an_erasure_does_not_name_the_person(
    client: FlaskClient, redis: Redis, operator: dict[str, str]
):
    erasure = post_json(client, "/v1/erasures", operator, email=JANE)

    [(_, fields)] = redis.xrange(keys.AUDIT)
    assert (fields[b"did"], fields[b"target"].decode()) == (b"person.erase", erasure["id"])
    assert JANE not in text_of_the_store(redis)


def test_a_repeated_request_does_not_restore_erased_data(
    client: FlaskClient, redis: Redis, operator: dict[str, str], sender: dict[str, str], page_view: PageView
):
    headers = sender | {"Idempotency-Key": "k-1"}
    first = post_json(client, "/v1/events", headers, **page_view("ev-1"))
    post_json(client, "/v1/erasures", operator, email=JANE)
    run(redis)

    second = post_json(client, "/v1/events", headers, **page_view("ev-1"))
    late = post_json(client, "/v1/events", sender, **page_view("ev-2"))

    assert second["id"] == first["id"]
    assert late["status"] == "erased"
    assert JANE not in text_of_the_store(redis)


def test_a_rejected_key_that_names_a_person_is_masked_in_what_is_stored_and_answered(
    client: FlaskClient, redis: Redis, sender: dict[str, str], page_view: Any
):
    batch = [page_view("1", person={"email": "joe@other.example"}), {JANE: 1, "+1 555 010 0199": 2}]
    for _ in range(2):
        response = client.post("/v1/events", json=batch, headers=sender | {"Idempotency-Key": "k"})
        assert response.status_code == 202
        assert JANE not in response.text
        assert "0199" not in response.text

    stored = b"".join(redis.hget(key, "rejections") or b"" for key in redis.keys("relay:receipt:*"))
    assert b"rejected" in stored
    assert JANE.encode() not in stored
