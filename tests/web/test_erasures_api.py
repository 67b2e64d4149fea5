"""Erasing a person over HTTP: found by address or number, begun by administrators, told in a signed report."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.actions.erasure_job import ErasureContext, step
from relay.app import create_app
from relay.core.signed_document import Signer
from relay.settings import Settings
from relay.store.engine import keys
from relay.store.stores import Stores
from tests.store_world import text_of_the_store
from tests.web.conftest import ADMIN, config

PageView = Callable[..., dict[str, Any]]
JANE = "jane@globex.example"
SECRETS = ("a-key-of-thirty-two-characters-at-least",)


@pytest.fixture
def sealed(redis: Redis) -> FlaskClient:
    """An application with RELAY_SECRET_KEYS."""
    return create_app(Settings(admin_key=ADMIN, secret_keys=SECRETS), config(), redis).test_client()


def run(redis: Redis, settings: Settings | None = None) -> None:
    """What a worker does within a second."""
    redis.delete(keys.ERASURES_LOCK)
    step(ErasureContext(Stores(redis, settings=settings).main, lambda: datetime.now(UTC), 600, 600))


def post(client: FlaskClient, path: str, who: dict[str, str], **told: Any) -> dict[str, Any]:
    response = client.post(path, json=told, headers=who)
    assert response.status_code in {200, 202}, response.get_json()
    return dict(response.get_json())


def get(client: FlaskClient, path: str, who: dict[str, str]) -> dict[str, Any]:
    response = client.get(path, headers=who)
    assert response.status_code == 200, response.get_json()
    return dict(response.get_json())


@pytest.fixture
def sent(client: FlaskClient, sender: dict[str, str], page_view: PageView) -> list[str]:
    """The ids of two events of Jane's, and of one of Joe's."""
    people = [
        {"email": "Jane@Globex.example"},
        {"email": JANE, "phone": "+1 555 010 0199"},
        {"email": "joe@x.example"},
    ]
    return [
        post(client, "/v1/events", sender, **page_view(f"ev-{number}", person=person))["id"]
        for number, person in enumerate(people)
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("email=JANE@globex.example", [1, 0]),
        ("email=jane@globex.example&limit=1", [1]),
        ("email=jane@globex.example&status=dead", []),
        ("email=jane@globex.example&destination=acme&source=web", [1, 0]),
        ("email=jane@globex.example&event_id=web:ev-0", [0]),
        ("phone=%2B15550100199", [1]),
        ("email=nobody@globex.example", []),
    ],
)
def test_events_are_found_by_their_person(
    client: FlaskClient, operator: dict[str, str], sent: list[str], query: str, found: list[int]
):
    page = get(client, f"/v1/events?{query}", operator)

    assert [event["id"] for event in page["events"]] == [sent[at] for at in found]


def test_pages_of_a_persons_events_follow_one_another(
    client: FlaskClient, operator: dict[str, str], sent: list[str]
):
    first = get(client, f"/v1/events?email={JANE}&limit=1", operator)
    second = get(client, f"/v1/events?email={JANE}&limit=1&cursor={first['cursor']}", operator)

    assert [event["id"] for page in (first, second) for event in page["events"]] == [sent[1], sent[0]]


def test_a_sources_key_finds_its_own_events_only(
    client: FlaskClient, sender: dict[str, str], sent: list[str]
):
    shop = {"X-API-Key": "the-shop-sources-own-key1"}

    assert len(get(client, f"/v1/events?email={JANE}", sender)["events"]) == 2
    assert get(client, f"/v1/events?email={JANE}", shop)["events"] == []
    assert len(sent) == 3


@pytest.mark.parametrize("query", ["email=jane", "phone=12", "email=a@b.example&phone=15550100199"])
def test_a_person_that_cannot_be_is_refused(client: FlaskClient, operator: dict[str, str], query: str):
    assert client.get(f"/v1/events?{query}", headers=operator).status_code == 422


def test_a_person_is_erased_and_the_report_says_what_was(
    client: FlaskClient, redis: Redis, operator: dict[str, str], sent: list[str]
):
    begun = post(client, "/v1/erasures", operator, email="Jane@globex.example")
    assert (begun["status"], begun["signature"]) == ("running", None)
    run(redis)

    report = get(client, f"/v1/erasures/{begun['id']}", operator)

    assert (report["status"], report["erased"], report["identified_by"]) == ("done", 2, "email")
    assert report["stores"][0]["events"] == {"queued": 2}
    assert [event["id"] for event in report["events"]] == sent[:2]
    assert JANE not in text_of_the_store(redis)
    assert JANE not in str(report).lower()
    assert get(client, "/v1/erasures", operator)["erasures"][0]["id"] == begun["id"]
    assert get(client, f"/v1/events/{sent[0]}", operator)["status"] == "erased"


def test_a_dry_run_counts_and_changes_nothing(
    client: FlaskClient, redis: Redis, operator: dict[str, str], sent: list[str]
):
    page = post(client, "/v1/erasures", operator, email=JANE, dry_run=True)

    [part] = page["stores"]
    assert (page["dry_run"], part["events"], part["receipts"]) == (True, {"queued": 2}, 0)
    assert redis.exists(keys.ERASURES, keys.ERASED_PEOPLE) == 0
    assert len(sent) == 3


def test_a_phone_number_erases_as_well(
    client: FlaskClient, redis: Redis, operator: dict[str, str], sent: list[str]
):
    erasure = post(client, "/v1/erasures", operator, phone="+1 (555) 010-0199")
    run(redis)

    report = get(client, f"/v1/erasures/{erasure['id']}", operator)
    assert [event["id"] for event in report["events"]] == [sent[1]]


@pytest.mark.parametrize(
    ("told", "path"),
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
def test_what_names_no_person_is_refused_with_its_path(
    client: FlaskClient, redis: Redis, operator: dict[str, str], told: Any, path: str
):
    response = client.post("/v1/erasures", json=told, headers=operator)

    assert response.status_code == 422
    assert [error["path"] for error in response.get_json()["errors"]] == [path]
    assert redis.exists(keys.ERASURES) == 0


def test_a_sources_key_erases_nobody(client: FlaskClient, sender: dict[str, str]):
    assert client.post("/v1/erasures", json={"email": JANE}, headers=sender).status_code == 403
    assert client.get("/v1/erasures", headers=sender).status_code == 403


def test_an_erasure_that_is_not_there_is_said_to_be_so(client: FlaskClient, operator: dict[str, str]):
    response = client.get("/v1/erasures/01KAG7X5T5M7Q2V8B4N6C0D1EF", headers=operator)

    assert (response.status_code, response.get_json()["code"]) == (404, "no_such_erasure")


def test_the_report_is_signed_and_a_changed_one_is_known(
    sealed: FlaskClient, redis: Redis, operator: dict[str, str], sender: dict[str, str], page_view: PageView
):
    post(sealed, "/v1/events", sender, **page_view("ev-1"))
    erasure = post(sealed, "/v1/erasures", operator, email=JANE)
    run(redis, Settings(secret_keys=SECRETS))
    report = get(sealed, f"/v1/erasures/{erasure['id']}", operator)

    signer = Signer(("a-newer-key-of-thirty-two-characters", *SECRETS))
    assert report["erased"] == 1
    assert signer.verify(report)
    assert not signer.verify(report | {"erased": 2})
    assert not Signer(("another-key-of-thirty-two-characters",)).verify(report)


def test_an_erasure_leaves_its_line_in_the_audit_without_the_person(
    client: FlaskClient, redis: Redis, operator: dict[str, str]
):
    erasure = post(client, "/v1/erasures", operator, email=JANE)

    [(_, fields)] = redis.xrange(keys.AUDIT)
    assert (fields[b"did"], fields[b"target"].decode()) == (b"person.erase", erasure["id"])
    assert JANE not in text_of_the_store(redis)


def test_a_repeated_request_after_an_erasure_brings_nothing_back(
    client: FlaskClient, redis: Redis, operator: dict[str, str], sender: dict[str, str], page_view: PageView
):
    known = sender | {"Idempotency-Key": "k-1"}
    first = post(client, "/v1/events", known, **page_view("ev-1"))
    post(client, "/v1/erasures", operator, email=JANE)
    run(redis)

    again = post(client, "/v1/events", known, **page_view("ev-1"))
    late = post(client, "/v1/events", sender, **page_view("ev-2"))

    assert again["id"] == first["id"]
    assert late["status"] == "erased"
    assert JANE not in text_of_the_store(redis)
