"""Every route of the application, for every role, by key and by session: who gets through, and who does not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.web.access_world import KEYS, OURS, relay, sign_in

TABLE = {
    # Whoever asks, all are answered alike: probes, pages for everybody, and endpoints with a proof of their own.
    "anyone": """
        GET /                       GET /livez              GET /readyz             GET /version
        GET /openapi.json           GET /ops/static/<digest>/<path:name>
        GET /docs                   GET /docs/<group>       GET /docs/schemas
        GET /connect/gong/callback  GET /connect/gong/done
        GET /v1/webhooks/<name>     POST /v1/webhooks/<name>                        PUT /v1/webhooks/<name>
    """,
    # The way in and out is told in tests of its own.
    "entrance": """
        GET /ops/sign-in            POST /ops/sign-in       POST /ops/sign-out
        GET /ops/sign-in/account    GET /ops/sign-in/back   GET /ops/sign-in/wait
    """,
    "ingest": """
        POST /v1/events
        POST /v2/digital-interaction                        POST /v2/digital-interactions
        PUT /v2/customer-engagement/content/shared          PUT /v2/customer-engagement/content/viewed
        PUT /v2/customer-engagement/share                   PUT /v2/customer-engagement/view
        PUT /v2/customer-engagement/action
    """,
    # A source sees its own; whoever looks after the relay sees all.
    "own": """
        GET /v1/events/<event_id>
    """,
    "own list": """
        GET /v1/events              GET /v1/why
    """,
    "viewer": """
        GET /v1/alerts              GET /v1/dead-letters    GET /v1/overview        GET /v1/queues
        GET /v1/replays             GET /v1/replays/<replay_id>                     GET /v1/scale
        GET /v1/series              GET /v1/sources         GET /v1/sources/<name>
        GET /v1/destinations        GET /v1/destinations/<name>                     GET /metrics
        GET /v1/dead-letters/<cluster>
        GET /ops/events             GET /ops/events/<event_id>
        GET /ops/dead-letters       GET /ops/dead-letters/<cluster>
        GET /ops/replays            GET /ops/replays/<replay_id>
        GET /ops/                   GET /ops/destinations   GET /ops/destinations/<name>
        GET /ops/sources            GET /ops/sources/<name>
    """,
    "operator": """
        POST /v1/alerts/receivers/<name>/test
        POST /v1/destinations/<name>/pause                  POST /ops/destinations/<name>/pause
        POST /v1/destinations/<name>/probe                  POST /ops/destinations/<name>/probe
        POST /v1/destinations/<name>/resume                 POST /ops/destinations/<name>/resume
        POST /v1/events/<event_id>/discard                  POST /v1/events/<event_id>/replay
        POST /v1/replays                                    POST /v1/replays/<replay_id>/cancel
        POST /v1/sources/<name>/preview                     POST /ops/sources/<name>/try
        POST /v1/dead-letters/<cluster>/preview
        POST /ops/events/<event_id>/discard                 POST /ops/events/<event_id>/replay
        POST /ops/dead-letters/<cluster>/preview            POST /ops/dead-letters/<cluster>/replay
        POST /ops/replays/<replay_id>/cancel
        GET /v1/erasures            GET /v1/erasures/<erasure_id>
        GET /ops/erasures           GET /ops/erasures/<erasure_id>
    """,
    "admin": """
        GET /connect/gong           GET /v1/audit
        POST /v1/destinations/<name>/connect                POST /ops/destinations/<name>/connect
        GET /ops/audit              POST /ops/erasures
        POST /v1/erasures                                   POST /ops/events/<event_id>/reveal
    """,
}

BY_KEY = ("nobody", "stranger", *KEYS)
PEOPLE = ("viewer", "operator", "admin")

PASSES = {
    "ingest": {"own", "other"},
    "own": {"own", *PEOPLE},
    "own list": {"own", "other", *PEOPLE},
    "viewer": {*PEOPLE},
    "operator": {"operator", "admin"},
    "admin": {"admin"},
}


def rows(least: str) -> list[tuple[str, str]]:
    words = TABLE[least].split()
    return list(zip(words[::2], words[1::2], strict=True))


def held() -> list[tuple[str, str, str]]:
    """Method, path and who passes, for every route that is not open to all."""
    return [(*row, least) for least in PASSES for row in rows(least)]


@dataclass(frozen=True)
class World:
    """One relay with an event of the source `web`, and a signed-in browser of each person."""

    client: FlaskClient
    browsers: dict[str, FlaskClient]
    event_id: str

    def path(self, rule: str) -> str:
        """The rule with its blanks filled in: with what there is, else with a name of nothing."""
        name = "acme" if "destinations" in rule else "web"
        known = {"<event_id>": self.event_id, "<name>": name}
        return re.sub(r"<[^>]+>", lambda blank: known.get(blank[0], "none"), rule)

    def by_key(self, who: str, method: str, rule: str) -> TestResponse:
        key = KEYS.get(who, "a-key-that-nobody-ever-had")
        headers = {} if who == "nobody" else {"X-API-Key": key}
        return self.client.open(self.path(rule), method=method, headers=headers, json=_body(method))

    def by_session(self, who: str, method: str, rule: str, headers: dict[str, str]) -> TestResponse:
        return self.browsers[who].open(self.path(rule), method=method, headers=headers, json=_body(method))


def _body(method: str) -> dict[str, str] | None:
    return None if method == "GET" else {}


@pytest.fixture
def world(redis: Redis, page_view) -> World:
    client = relay(redis)
    sent = client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["own"]})
    browsers = {who: client.application.test_client() for who in PEOPLE}
    for who, browser in browsers.items():
        sign_in(browser, who)
    return World(client, browsers, sent.get_json()["id"])


def passed(answer: TestResponse) -> bool:
    """Whether somebody got as far as the thing itself, whatever state it is in."""
    led_to_the_endpoint = answer.status_code == 303 and "/ops/sign-in" in answer.headers["Location"]
    not_theirs = (
        answer.status_code == 404
        and answer.get_json(silent=True, force=True) is not None
        and (answer.get_json(force=True)["code"] == "no_such_event")
    )
    return answer.status_code not in {401, 403} and not led_to_the_endpoint and not not_theirs


def routes(client: FlaskClient) -> Iterator[tuple[str, str]]:
    rule: Rule
    for rule in client.application.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, rule.rule


def test_every_route_has_its_row_and_no_row_is_without_a_route(world: World):
    table = [row for least in TABLE for row in rows(least)]

    assert sorted(table) == sorted(set(routes(world.client)))


@pytest.mark.parametrize(("method", "rule", "least"), held())
def test_just_these_pass_by_key_and_by_session(world: World, method: str, rule: str, least: str):
    by_key = {who for who in BY_KEY if passed(world.by_key(who, method, rule))}
    by_session = {who for who in PEOPLE if passed(world.by_session(who, method, rule, OURS))}

    assert (by_key, by_session) == (PASSES[least], PASSES[least] & {*PEOPLE})


@pytest.mark.parametrize(("method", "rule", "least"), [row for row in held() if row[0] != "GET"])
def test_no_change_passes_by_session_from_another_site(world: World, method: str, rule: str, least: str):
    assert PASSES[least]
    for who in PEOPLE:
        answer = world.by_session(who, method, rule, {"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403


@pytest.mark.parametrize(("method", "rule"), rows("anyone"))
def test_what_is_open_to_all_is_the_same_for_all(world: World, method: str, rule: str):
    told = {world.by_key(who, method, rule).status_code for who in BY_KEY}
    told |= {world.by_session(who, method, rule, OURS).status_code for who in PEOPLE}

    assert len(told) == 1


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_a_stranger_learns_nothing_but_that_a_key_is_needed(world: World, who: str):
    answers = [world.by_key(who, *row) for least in PASSES for row in rows(least) if row[1].startswith("/v1")]

    assert {answer.get_json()["code"] for answer in answers} == {"unauthorized"}
    assert len({answer.get_json()["detail"] for answer in answers}) == 1
