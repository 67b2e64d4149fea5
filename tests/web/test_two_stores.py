"""A web process over two real stores: each company in its own, whatever came in one request, and pages over both."""

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
from tests.web.replay_world import begin, look, now, run_all
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
AWAY = "unix:///nowhere/at/all"


def process(main: Client, eu: Client) -> FlaskClient:
    return create_app(Settings(admin_key=ADMIN), CONFIG, main, other_stores={"eu": eu}).test_client()


@pytest.fixture
def client(redis: Redis, second_redis: Redis) -> FlaskClient:
    return process(redis, second_redis)


def send(client: FlaskClient, *events: dict[str, Any], **headers: str) -> Any:
    return client.post("/v1/events", json=list(events), headers={"X-API-Key": KEYS["web"]} | headers)


def gone(redis: Redis) -> list[str]:
    return sorted(taken.event_id for taken in take_events(Scripts(redis)))


def holds(redis: Redis, words: tuple[str, ...]) -> list[str]:
    """What in a server names one of these: a key, a field, a member, a value. The audit is of operators."""
    found = []
    for key in (key for key in redis.scan_iter() if key != keys.AUDIT.encode()):
        dump = str(key) + str(_content(redis, key))
        found += [f"{key}: {word}" for word in words if word in dump]
    return found


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

    assert holds(redis, ("globex", "tps")) == []
    assert holds(second_redis, ("acme",)) == []
    assert holds(redis, ("acme",))
    assert holds(second_redis, ("globex", "tps"))
    assert (gone(redis), gone(second_redis)) == (["hub:1"], ["hub:2"])


@pytest.mark.parametrize("endpoint", ["events", "webhook"])
def test_one_request_is_kept_in_part_by_each_store_under_one_receipt(
    endpoint: str, client: FlaskClient, redis: Redis, second_redis: Redis
):
    if endpoint == "events":
        told = send(client, event("2", "globex"), event("1", "acme"), event("3", "nobody")).get_json()
        assert [result["event_id"] for result in told["results"]] == ["hub:2", "hub:1", "hub:3"]
        assert [result["status"] for result in told["results"]] == ["queued", "queued", "dead"]
    else:
        payload = [view("2", "globex"), view("1", "acme"), view("3", "nobody")]
        told = client.post("/v1/webhooks/hub", json=payload).get_json()
    assert (told["queued"], told["dead"]) == (2, 1)
    assert redis.keys(keys.RECEIPT + "*") == second_redis.keys(keys.RECEIPT + "*") != []
    assert (gone(redis), gone(second_redis)) == (["hub:1"], ["hub:2"])


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a-key"}], ids=["by event", "by key"])
def test_a_request_of_which_the_second_store_takes_nothing_is_repeated_and_each_event_goes_once(
    headers: dict[str, str], client: FlaskClient, redis: Redis, second_redis: Redis
):
    batch = [event("1", "acme"), event("2", "globex")]

    second_redis.config_set("min-replicas-to-write", 1)  # it answers, and refuses every write
    try:
        first = send(client, *batch, **headers)
    finally:
        second_redis.config_set("min-replicas-to-write", 0)
    kept = redis.zcard(keys.EVENTS), second_redis.zcard(keys.EVENTS)
    second, third = send(client, *batch, **headers), send(client, *batch, **headers)

    assert (first.status_code, first.get_json()["code"], kept) == (503, "store_failed", (1, 0))
    assert [result["event_id"] for result in second.get_json()["results"]] == ["hub:1", "hub:2"]
    assert (third.status_code, third.headers.get("Idempotent-Replayed")) == (202, "true" if headers else None)
    receipts = set(redis.keys(keys.RECEIPT + "*"))
    assert receipts >= set(second_redis.keys(keys.RECEIPT + "*"))
    assert (gone(redis), gone(second_redis)) == (["hub:1"], ["hub:2"])


def test_nothing_is_kept_anywhere_of_a_request_whose_second_store_is_known_to_be_away(redis: Redis):
    answer = send(process(redis, open_redis(AWAY, WORKER)), event("1", "acme"), event("2", "globex"))

    assert (answer.status_code, answer.get_json()["code"]) == (503, "store_unavailable")
    assert redis.zcard(keys.EVENTS) == 0


@pytest.mark.parametrize("away", ["main", "eu"])
def test_a_store_that_is_away_holds_up_its_own_companies_only(away: str, redis: Redis, second_redis: Redis):
    gone_away = open_redis(AWAY, WORKER)
    client = process(gone_away, second_redis) if away == "main" else process(redis, gone_away)

    statuses = {name: send(client, event("1", name)).status_code for name in ("acme", "globex")}

    expected = {"acme": 503, "globex": 202} if away == "main" else {"acme": 202, "globex": 503}
    assert statuses == expected


def test_a_full_store_refuses_its_own_companies_only(client: FlaskClient, second_redis: Redis):
    second_redis.config_set("maxmemory", int(second_redis.info("memory")["used_memory"] * 1.1))
    try:
        told = {name: send(client, event("1", name)).status_code for name in ("acme", "globex")}
    finally:
        second_redis.config_set("maxmemory", 0)

    assert told == {"acme": 202, "globex": 503}


def test_readiness_is_the_main_store_s_and_tells_of_each(redis: Redis):
    client = process(redis, open_redis(AWAY, WORKER))

    ready = client.get("/readyz")
    queues = client.get("/v1/queues", headers=OPERATOR).get_json()

    assert ready.status_code == 200
    assert (
        ready.get_json()["stores"][1]
        == queues["stores"][1]
        == {"name": "eu", "unavailable": "store_unavailable"}
    )
    assert process(open_redis(AWAY, WORKER), redis).get("/readyz").status_code == 503


def test_an_operator_finds_and_acts_on_an_event_wherever_it_is(client: FlaskClient, second_redis: Redis):
    [told] = send(client, event("1", "globex")).get_json()["results"]

    page = client.get("/v1/events?destination=globex", headers=OPERATOR).get_json()
    discarded = client.post(f"/v1/events/{told['id']}/discard", headers=OPERATOR).get_json()
    replayed = client.post(f"/v1/events/{told['id']}/replay", headers=OPERATOR).get_json()
    rows = client.get("/v1/queues", headers=OPERATOR).get_json()["destinations"]

    assert [each["id"] for each in page["events"]] == [told["id"]]
    assert (discarded["status"], replayed["status"]) == ("discarded", "queued")
    assert {row["destination"]: (row["store"], row["open"]) for row in rows} == {
        "acme": ("main", 0),
        "globex": ("eu", 1),
    }
    assert gone(second_redis) == ["hub:1"]


def test_a_dead_letter_of_main_does_not_move_to_another_store(client: FlaskClient, redis: Redis):
    [told] = send(client, event("1", "later")).get_json()["results"]
    mended = read_config(
        TEXT.replace("    keys:", "    accounts: {later: globex}\n    keys:"),
        environ={"KEY": KEYS["web"]},
        allow_hosts=frozenset(),
    )
    again = create_app(Settings(admin_key=ADMIN), mended, redis, other_stores={"eu": redis}).test_client()

    answer = again.post(f"/v1/events/{told['id']}/replay", headers=OPERATOR)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "store_mismatch")
    assert redis.zcard(f"{keys.BY_STATE}unrouted:dead") == 1


def test_a_replay_is_done_in_each_store_and_told_as_one(
    client: FlaskClient, redis: Redis, second_redis: Redis
):
    send(client, event("1", "acme"), event("2", "globex"), event("3", "globex"))
    stores = Stores(redis, {"eu": second_redis})
    for store in stores:
        for taken in take_events(store.scripts):
            assert finish(
                store.scripts,
                taken,
                dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600),
            )
    letters = client.get("/v1/dead-letters", headers=OPERATOR).get_json()

    foreseen = begin(client, filter={"status": "dead"}, dry_run=True)
    replay_id = begin(client, filter={"status": "dead"})["id"]
    intake = IngestContext(
        config=CONFIG,
        directory=DestinationDirectory(CONFIG.destinations, redis, lambda: 0.0),
        stores=stores,
        retention=Retention(),
        now=now,
    )
    for store in stores:
        run_all(store.redis, make_replay_context(store, lambda: intake, now), steps=3)

    assert [(each["count"], each["destinations"]) for each in letters["clusters"]] == [
        (3, {"acme": 1, "globex": 2})
    ]
    assert foreseen["matched"] == 3
    told = look(client, replay_id)
    assert (told["status"], told["replayed"]) == ("done", 3)
    assert (gone(redis), gone(second_redis)) == (["hub:1"], ["hub:2", "hub:3"])


def test_a_customer_of_a_company_that_is_elsewhere_cannot_be_connected(redis: Redis):
    oauth = "oauth: {client_id: an-id, client_secret: a-secret}\n"
    known = read_config(TEXT + oauth, environ={"KEY": KEYS["web"]}, allow_hosts=frozenset())

    with pytest.raises(Conflict) as caught:
        check_connectable(known, redis, Invitation("another", company="tps"))
    assert caught.value.code == "store_mismatch"
