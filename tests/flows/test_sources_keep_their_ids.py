"""Whatever one source sends, another source's event is accepted and reaches Gong, also one that counts ids per company."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
import requests
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis import Redis

from relay.app import create_app
from relay.config.load import read_config
from relay.core.call import Call, Operation
from relay.core.config import Config
from relay.core.event.model import EventType
from relay.core.visit_session import AggregateOptions
from relay.ingest.prepare import assign_sessions
from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import DedupeScope, Fidelity, SandboxSettings
from relay.settings import Settings
from relay.store.engine.scripts import Scripts
from tests.flows.delivering import deliver_all, received

KEYS = {name: f"the-key-of-the-source-{name}-of-some-length" for name in ("ada", "bob")}
STRICT = SandboxSettings(
    fidelity=Fidelity.STRICT, dedupe_scope=DedupeScope.COMPANY, per_second=10_000, burst=10_000
)
WHEN = "2026-11-20T10:00:00Z"
JANE = {"email": "jane@globex.example"}


@dataclass(frozen=True, slots=True)
class Message:
    """One event of a source, by one of the paths on which the relay accepts it."""

    path: str
    id: str
    case: str = "same"
    """The Idempotency-Key of the event."""


PATHS = ("events", "gong", "engagement", "webhook", "routed")


@pytest.fixture(scope="module")
def gong() -> Iterator[str]:
    with serve_sandbox(STRICT) as url:
        yield url


def load_config(gong: str) -> Config:
    text = f"""
        destinations:
          acme:
            auth: {{basic: {{access_key: sandbox-key, access_key_secret: sandbox-secret}}}}
            base_url: {gong}/c/acme
        sources: {{{", ".join(_source_text(name) for name in KEYS)}}}
    """
    return read_config(text, environ=KEYS, allow_hosts={gong.removeprefix("http://")})


def _source_text(name: str) -> str:
    rule = (
        "{name: viewed, to: digital-interaction, map: {eventId: '{{ item.id }}', timestamp: '"
        + WHEN
        + "', eventType: page viewed, content: {contentTitle: '{{ item.title }}'}, "
        "person: {email: jane@globex.example}}}"
    )
    webhook = f"verify: {{scheme: none}}, rules: [{rule}]"
    return (
        f'{name}: {{destination: acme, keys: ["${{{name}}}"], {webhook}}}, '
        f"{name}-routed: {{destination: \"{{{{ item.account }}}}\", accounts: {{'1': acme, 'a:{name}': acme}}, {webhook}}}"
    )


@dataclass(frozen=True, slots=True)
class World:
    client: FlaskClient
    redis: Redis
    config: Config
    gong: str

    def post(self, source: str, message: Message, *, title: str) -> int:
        """Send a message as a source, and return the status."""
        return getattr(self, f"_post_{message.path}")(source, message, title)

    def _post_events(self, source: str, message: Message, title: str) -> int:
        event = {
            "id": message.id,
            "type": "link_click",
            "occurred_at": WHEN,
            "content": {"title": title},
            "person": JANE,
        }
        headers = {"X-API-Key": KEYS[source], "Idempotency-Key": message.case}
        return self.client.post("/v1/events", json=event, headers=headers).status_code

    def _post_gong(self, source: str, message: Message, title: str) -> int:
        body = {
            "eventId": message.id,
            "timestamp": WHEN,
            "eventType": "link clicked",
            "content": {"contentTitle": title},
            "person": JANE,
        }
        headers = {"X-API-Key": KEYS[source]}
        return self.client.post("/v2/digital-interaction", json=body, headers=headers).status_code

    def _post_engagement(self, source: str, message: Message, title: str) -> int:
        body = {
            "eventId": message.id,
            "eventTimestamp": WHEN,
            "reportingSystem": "theirs",
            "actionName": title,
            "actor": JANE,
        }
        headers = {"X-API-Key": KEYS[source]}
        return self.client.put("/v2/customer-engagement/action", json=body, headers=headers).status_code

    def _post_webhook(self, source: str, message: Message, title: str) -> int:
        item = {"id": message.id, "title": title}
        return self.client.post(f"/v1/webhooks/{source}", json=item).status_code

    def _post_routed(self, source: str, message: Message, title: str) -> int:
        item = {"id": message.id, "title": title, "account": "1"}
        return self.client.post(f"/v1/webhooks/{source}-routed", json=item).status_code

    def deliver(self) -> None:
        deliver_all(Scripts(self.redis), self.config)

    def start_again(self) -> None:
        self.redis.flushall()
        requests.post(f"{self.gong}/__sandbox/reset", timeout=10).raise_for_status()

    def titles(self) -> list[str]:
        """What each event in Gong is called."""
        bodies = [event["body"] for event in received(self.gong)]
        return [body.get("actionName") or body["content"]["contentTitle"] for body in bodies]


@pytest.fixture
def world(redis: Redis, gong: str) -> World:
    config = load_config(gong)
    return World(create_app(Settings(), config, redis).test_client(), redis, config, gong)


IDS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "ada:", "bob:", "ADA:", " ada:", "ada@1:", "ada-routed:", "ada:ada:", "urn:"]),
    st.sampled_from(["", "ada:", "bob:"]),
    st.sampled_from(["1", "x-1", "X-1", "jane@globex.example-1"]),
)
MESSAGES = st.builds(Message, st.sampled_from(PATHS), IDS)


@given(victim=MESSAGES, attack=st.lists(MESSAGES, min_size=1, max_size=4), sent_first=st.booleans())
@example(victim=Message("events", "1"), attack=[Message("gong", "ada:1")], sent_first=True)
@example(victim=Message("webhook", "1"), attack=[Message("engagement", "ada:1")], sent_first=True)
@example(victim=Message("routed", "1"), attack=[Message("gong", "ada-routed:1")], sent_first=True)
@example(victim=Message("gong", "1"), attack=[Message("gong", "1")], sent_first=True)
@example(
    victim=Message("gong", "jane@globex.example"),
    attack=[Message("gong", "jane@globex.example")],
    sent_first=True,
)
@example(victim=Message("engagement", "1"), attack=[Message("gong", "1")], sent_first=True)
@example(victim=Message("gong", "x-1"), attack=[Message("gong", "X-1")], sent_first=False)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_one_source_sends_never_changes_the_outcome_of_another_sources_event(
    world: World, victim: Message, attack: Sequence[Message], *, sent_first: bool
):
    world.start_again()
    alone = world.post("ada", victim, title="Victim")
    world.deliver()
    alone_in_gong = world.titles().count("Victim")

    world.start_again()
    for message in attack:
        world.post("bob", message, title="Attack")
    if sent_first:
        world.deliver()
    together = world.post("ada", victim, title="Victim")
    world.deliver()

    assert together == alone
    assert world.titles().count("Victim") == alone_in_gong
    assert world.redis.zcard("relay:by_state:acme:duplicate") == 0


def test_an_id_without_a_foreign_prefix_reaches_gong_as_its_sender_chose_it(world: World):
    world.start_again()
    assert world.post("ada", Message("gong", "urn:1"), title="Victim") == 200
    world.deliver()

    assert [event["event_id"] for event in received(world.gong)] == ["urn:1"]


def test_an_id_that_another_source_has_sent_gets_the_prefix_of_its_own_source(world: World):
    world.start_again()
    assert world.post("bob", Message("gong", "42"), title="Attack") == 200
    assert world.post("ada", Message("gong", "42"), title="Victim") == 200
    # A repeated request is recognized, although Gong knows the event under another id.
    assert world.post("ada", Message("gong", "42"), title="Victim") == 409
    world.deliver()

    assert sorted(event["event_id"] for event in received(world.gong)) == ["42", "ada:42"]


def test_an_event_with_a_prefix_that_its_sender_did_not_send_is_found_by_the_senders_own_id(world: World):
    world.start_again()
    world.post("bob", Message("gong", "42"), title="Attack")
    world.post("ada", Message("gong", "42"), title="Victim")

    key = {"X-API-Key": KEYS["ada"]}
    [event] = world.client.get("/v1/events?event_id=42", headers=key).get_json()["events"]
    assert (event["event_id"], event["source"]) == ("ada:42", "ada")
    assert world.client.get("/v1/why?event_id=42", headers=key).get_json()["why"]["cause"] == "queued"


def test_a_source_may_send_its_own_prefix_itself(world: World):
    world.start_again()
    assert world.post("bob", Message("gong", "bob:42"), title="Victim") == 200
    world.deliver()

    assert [event["event_id"] for event in received(world.gong)] == ["bob:42"]


def test_no_source_joins_the_session_of_another(world: World):
    call = Call(
        Operation.DIGITAL_INTERACTION,
        "x",
        {"sessionId": "s-1", "timestamp": WHEN, "person": JANE},
    )
    aggregate = {EventType.LINK_CLICK: AggregateOptions()}
    sources = [replace(world.config.sources[name], aggregate=aggregate) for name in KEYS]
    names = {
        session.name
        for source in sources
        for session in assign_sessions(source, EventType.LINK_CLICK, [call, call])
        if session
    }

    assert len(names) == len(KEYS)
