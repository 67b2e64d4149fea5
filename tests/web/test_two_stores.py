"""A web process with two real stores: each company in its own store, and pages over both."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.actions.oauth_invitations import check_connectable
from relay.actions.remap import make_replay_context
from relay.app import create_app
from relay.config.load import read_config
from relay.core.errors import Conflict
from relay.core.lifecycle import DeadLetterReason
from relay.ingest.accept_events import IngestContext
from relay.settings import Settings
from relay.store.accept import Retention
from relay.store.delivery import dead_letter, finish
from relay.store.destinations import DestinationDirectory
from relay.store.engine import keys
from relay.store.engine.connection import WORKER, Client, open_redis
from relay.store.engine.scripts import Scripts
from relay.store.oauth_consents import Invitation
from relay.store.stores import Stores
from tests.store_world import take_events
from tests.web.conftest import ADMIN, KEYS
from tests.web.replay_world import now, read_replay, run_steps, start_replay
from tests.web.test_routing import event, view

TEXT = """
destinations:
  acme: {auth: &auth {basic: {access_key: k, access_key_secret: s}}}
  globex: {auth: *auth, company: tps, store: eu}
stores: {eu: {url: "redis://eu.example:6379/0"}}
sources:
  hub:
    destination: "{{ item.account || item.properties.account }}"
    keys: ["${KEY}"]
    verify: {scheme: none}
    rules:
      - name: viewed
        when: item.event == 'view'
        to: digital-interaction
        map:
          eventId: "{{ item.id }}"
          timestamp: "2026-11-20T10:00:00Z"
          eventType: page viewed
          content: {contentTitle: Pricing}
          person: {email: "{{ item.email }}"}
"""
OPERATOR = {"X-API-Key": ADMIN}
CONFIG = read_config(TEXT, environ={"KEY": KEYS["web"]}, allow_hosts=frozenset())
UNREACHABLE = "unix:///nowhere/at/all"


def process(main: Client, eu: Client) -> FlaskClient:
    return create_app(Settings(admin_key=ADMIN), CONFIG, main, other_stores={"eu": eu}).test_client()


@pytest.fixture
def client(redis: Redis, second_redis: Redis) -> FlaskClient:
    return process(redis, second_redis)


def send(client: FlaskClient, *events: dict[str, Any], **headers: str) -> Any:
    return client.post("/v1/events", json=list(events), headers={"X-API-Key": KEYS["web"]} | headers)


def sent_events(redis: Redis) -> list[str]:
    return sorted(leased.event_id for leased in take_events(Scripts(redis)))


def find_words(redis: Redis, words: tuple[str, ...]) -> list[str]:
    """Return every key that contains one of the words, in its name or its value. The audit log is excluded."""
    matches = []
    for key in (key for key in redis.scan_iter() if key != keys.AUDIT.encode()):
        dump = str(key) + str(_content(redis, key))
        matches += [f"{key}: {word}" for word in words if word in dump]
    return matches


def _content(redis: Redis, key: bytes) -> object:
    readers: dict[bytes, Callable[[bytes], object]] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda name: redis.lrange(name, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda name: redis.zrange(name, 0, -1),
    }
    return readers[redis.type(key)](key)


def test_nothing_of_a_company_is_in_another_store(client: FlaskClient, redis: Redis, second_redis: Redis):
    send(client, event("1", "acme"))
    send(client, event("2", "globex"))
    client.post("/v1/destinations/globex/pause", headers=OPERATOR)
    client.post("/v1/destinations/globex/probe", headers=OPERATOR)
    client.post("/v1/destinations/globex/resume", headers=OPERATOR)

    assert find_words(redis, ("globex", "tps")) == []
    assert find_words(second_redis, ("acme",)) == []
    assert find_words(redis, ("acme",))
    assert find_words(second_redis, ("globex", "tps"))
    assert (sent_events(redis), sent_events(second_redis)) == (["hub:1"], ["hub:2"])


@pytest.mark.parametrize("endpoint", ["events", "webhook"])
def test_a_request_is_split_between_the_stores_under_one_receipt(
    endpoint: str, client: FlaskClient, redis: Redis, second_redis: Redis
):
    if endpoint == "events":
        body = send(client, event("2", "globex"), event("1", "acme"), event("3", "unknown")).get_json()
        assert [result["event_id"] for result in body["results"]] == ["hub:2", "hub:1", "hub:3"]
        assert [result["status"] for result in body["results"]] == ["queued", "queued", "dead"]
    else:
        payload = [view("2", "globex"), view("1", "acme"), view("3", "unknown")]
        body = client.post("/v1/webhooks/hub", json=payload).get_json()
    assert (body["queued"], body["dead"]) == (2, 1)
    assert redis.keys(keys.RECEIPT + "*") == second_redis.keys(keys.RECEIPT + "*") != []
    assert (sent_events(redis), sent_events(second_redis)) == (["hub:1"], ["hub:2"])


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a-key"}], ids=["by event", "by key"])
def test_a_request_that_one_store_rejects_can_be_repeated_and_each_event_is_sent_once(
    headers: dict[str, str], client: FlaskClient, redis: Redis, second_redis: Redis
):
    batch = [event("1", "acme"), event("2", "globex")]

    second_redis.config_set("min-replicas-to-write", 1)  # it responds, but rejects every write
    try:
        first = send(client, *batch, **headers)
    finally:
        second_redis.config_set("min-replicas-to-write", 0)
    counts = redis.zcard(keys.EVENTS), second_redis.zcard(keys.EVENTS)
    second, third = send(client, *batch, **headers), send(client, *batch, **headers)

    assert (first.status_code, first.get_json()["code"], counts) == (503, "store_failed", (1, 0))
    assert [result["event_id"] for result in second.get_json()["results"]] == ["hub:1", "hub:2"]
    assert (third.status_code, third.headers.get("Idempotent-Replayed")) == (202, "true" if headers else None)
    receipts = set(redis.keys(keys.RECEIPT + "*"))
    assert receipts >= set(second_redis.keys(keys.RECEIPT + "*"))
    assert (sent_events(redis), sent_events(second_redis)) == (["hub:1"], ["hub:2"])


def test_nothing_is_stored_if_one_store_is_known_to_be_unavailable(redis: Redis):
    response = send(process(redis, open_redis(UNREACHABLE, WORKER)), event("1", "acme"), event("2", "globex"))

    assert (response.status_code, response.get_json()["code"]) == (503, "store_unavailable")
    assert redis.zcard(keys.EVENTS) == 0


@pytest.mark.parametrize("unavailable", ["main", "eu"])
def test_an_unavailable_store_affects_only_its_own_companies(
    unavailable: str, redis: Redis, second_redis: Redis
):
    unreachable = open_redis(UNREACHABLE, WORKER)
    client = process(unreachable, second_redis) if unavailable == "main" else process(redis, unreachable)

    statuses = {name: send(client, event("1", name)).status_code for name in ("acme", "globex")}

    expected = {"acme": 503, "globex": 202} if unavailable == "main" else {"acme": 202, "globex": 503}
    assert statuses == expected


def test_a_full_store_affects_only_its_own_companies(client: FlaskClient, second_redis: Redis):
    second_redis.config_set("maxmemory", int(second_redis.info("memory")["used_memory"] * 1.1))
    try:
        statuses = {name: send(client, event("1", name)).status_code for name in ("acme", "globex")}
    finally:
        second_redis.config_set("maxmemory", 0)

    assert statuses == {"acme": 202, "globex": 503}


def test_readiness_depends_on_the_main_store_and_lists_all_stores(redis: Redis):
    client = process(redis, open_redis(UNREACHABLE, WORKER))

    ready = client.get("/readyz")
    queues = client.get("/v1/queues", headers=OPERATOR).get_json()

    assert ready.status_code == 200
    assert (
        ready.get_json()["stores"][1]
        == queues["stores"][1]
        == {"name": "eu", "unavailable": "store_unavailable"}
    )
    assert process(open_redis(UNREACHABLE, WORKER), redis).get("/readyz").status_code == 503


def test_an_operator_finds_and_changes_events_in_every_store(client: FlaskClient, second_redis: Redis):
    [result] = send(client, event("1", "globex")).get_json()["results"]

    page = client.get("/v1/events?destination=globex", headers=OPERATOR).get_json()
    discarded = client.post(f"/v1/events/{result['id']}/discard?keep_data=true", headers=OPERATOR).get_json()
    replayed = client.post(f"/v1/events/{result['id']}/replay", headers=OPERATOR).get_json()
    rows = client.get("/v1/queues", headers=OPERATOR).get_json()["destinations"]

    assert [listed["id"] for listed in page["events"]] == [result["id"]]
    assert (discarded["status"], replayed["status"]) == ("discarded", "queued")
    assert {row["destination"]: (row["store"], row["open"]) for row in rows} == {
        "acme": ("main", 0),
        "globex": ("eu", 1),
    }
    assert sent_events(second_redis) == ["hub:1"]


def test_a_dead_letter_of_main_does_not_move_to_another_store(client: FlaskClient, redis: Redis):
    [result] = send(client, event("1", "later")).get_json()["results"]
    changed = read_config(
        TEXT.replace("    keys:", "    accounts: {later: globex}\n    keys:"),
        environ={"KEY": KEYS["web"]},
        allow_hosts=frozenset(),
    )
    client_with_change = create_app(
        Settings(admin_key=ADMIN), changed, redis, other_stores={"eu": redis}
    ).test_client()

    response = client_with_change.post(f"/v1/events/{result['id']}/replay", headers=OPERATOR)

    assert (response.status_code, response.get_json()["code"]) == (409, "store_mismatch")
    assert redis.zcard(f"{keys.BY_STATE}unrouted:dead") == 1


def test_a_replay_runs_in_each_store_and_is_reported_as_one(
    client: FlaskClient, redis: Redis, second_redis: Redis
):
    send(client, event("1", "acme"), event("2", "globex"), event("3", "globex"))
    stores = Stores(redis, {"eu": second_redis})
    for store in stores:
        for leased in take_events(store.scripts):
            assert finish(
                store.scripts,
                leased,
                dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600),
            )
    letters = client.get("/v1/dead-letters", headers=OPERATOR).get_json()

    preview = start_replay(client, filter={"status": "dead"}, dry_run=True)
    replay_id = start_replay(client, filter={"status": "dead"})["id"]
    ingest = IngestContext(
        config=CONFIG,
        directory=DestinationDirectory(CONFIG.destinations, redis, lambda: 0.0),
        stores=stores,
        retention=Retention(),
        now=now,
    )
    for store in stores:
        run_steps(store.redis, make_replay_context(store, lambda: ingest, now), steps=3)

    assert [(cluster["count"], cluster["destinations"]) for cluster in letters["clusters"]] == [
        (3, {"acme": 1, "globex": 2})
    ]
    assert preview["matched"] == 3
    replay = read_replay(client, replay_id)
    assert (replay["status"], replay["replayed"]) == ("done", 3)
    assert (sent_events(redis), sent_events(second_redis)) == (["hub:1"], ["hub:2", "hub:3"])


def test_a_customer_of_a_company_in_another_store_cannot_connect(redis: Redis):
    oauth = "oauth: {client_id: an-id, client_secret: a-secret}\n"
    config = read_config(TEXT + oauth, environ={"KEY": KEYS["web"]}, allow_hosts=frozenset())

    with pytest.raises(Conflict) as caught:
        check_connectable(config, redis, Invitation(destination="another", company="tps"))
    assert caught.value.code == "store_mismatch"
