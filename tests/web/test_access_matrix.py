"""Every route with every role, by key and by session: who is allowed and who is not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.web.access_world import KEYS, SAME_ORIGIN, relay, sign_in

TABLE = {
    # The same response for everyone: probes, public pages, and endpoints that verify requests in their own way.
    "anyone": """
        GET /                       GET /livez              GET /readyz             GET /version
        GET /openapi.json           GET /ops/static/<digest>/<path:name>
        GET /docs                   GET /docs/<group>       GET /docs/schemas
        GET /connect/gong/callback  GET /connect/gong/done
        GET /v1/webhooks/<name>     POST /v1/webhooks/<name>                        PUT /v1/webhooks/<name>
    """,
    # Sign-in and sign-out have their own tests.
    "sign-in": """
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
    # A source sees its own events; operators see all.
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
        POST /v1/dead-letters/<cluster>/preview             POST /v1/purges
        POST /ops/dead-letters/<cluster>/purge
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

CALLERS = ("anonymous", "unknown key", *KEYS)
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


def protected_routes() -> list[tuple[str, str, str]]:
    """Method, path and required role of every route that is not public."""
    return [(*row, least) for least in PASSES for row in rows(least)]


@dataclass(frozen=True)
class World:
    """A relay with an event of the source `web`, and a signed-in browser of each operator."""

    client: FlaskClient
    browsers: dict[str, FlaskClient]
    event_id: str

    def path(self, rule: str) -> str:
        """Return the rule's path with the names of existing objects, or `none` if there is no such object."""
        name = "acme" if "destinations" in rule else "web"
        names = {"<event_id>": self.event_id, "<name>": name}
        return re.sub(r"<[^>]+>", lambda match: names.get(match[0], "none"), rule)

    def by_key(self, who: str, method: str, rule: str) -> TestResponse:
        key = KEYS.get(who, "a-key-that-does-not-exist")
        headers = {} if who == "anonymous" else {"X-API-Key": key}
        return self.client.open(self.path(rule), method=method, headers=headers, json=_body(method))

    def by_session(self, who: str, method: str, rule: str, headers: dict[str, str]) -> TestResponse:
        return self.browsers[who].open(self.path(rule), method=method, headers=headers, json=_body(method))


def _body(method: str) -> dict[str, str] | None:
    return None if method == "GET" else {}


@pytest.fixture
def world(redis: Redis, page_view) -> World:
    client = relay(redis)
    response = client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["own"]})
    browsers = {who: client.application.test_client() for who in PEOPLE}
    for who, browser in browsers.items():
        sign_in(browser, who)
    return World(client, browsers, response.get_json()["id"])


def is_allowed(response: TestResponse) -> bool:
    """True if the request got past authorization, whatever its result."""
    redirected_to_sign_in = response.status_code == 303 and "/ops/sign-in" in response.headers["Location"]
    is_hidden = (
        response.status_code == 404
        and response.get_json(silent=True, force=True) is not None
        and response.get_json(force=True)["code"] == "no_such_event"
    )
    return response.status_code not in {401, 403} and not redirected_to_sign_in and not is_hidden


def routes(client: FlaskClient) -> Iterator[tuple[str, str]]:
    rule: Rule
    for rule in client.application.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, rule.rule


def test_every_route_is_in_the_table_and_no_other(world: World):
    table = [row for least in TABLE for row in rows(least)]

    assert sorted(table) == sorted(set(routes(world.client)))


@pytest.mark.parametrize(("method", "rule", "least"), protected_routes())
def test_only_these_roles_are_allowed_by_key_and_by_session(world: World, method: str, rule: str, least: str):
    by_key = {who for who in CALLERS if is_allowed(world.by_key(who, method, rule))}
    by_session = {who for who in PEOPLE if is_allowed(world.by_session(who, method, rule, SAME_ORIGIN))}

    assert (by_key, by_session) == (PASSES[least], PASSES[least] & {*PEOPLE})


@pytest.mark.parametrize(("method", "rule", "least"), [row for row in protected_routes() if row[0] != "GET"])
def test_no_change_is_allowed_by_session_from_another_site(world: World, method: str, rule: str, least: str):
    assert PASSES[least]
    for who in PEOPLE:
        response = world.by_session(who, method, rule, {"Sec-Fetch-Site": "cross-site"})
        assert response.status_code == 403


@pytest.mark.parametrize(("method", "rule"), rows("anyone"))
def test_a_public_route_answers_everyone_alike(world: World, method: str, rule: str):
    statuses = {world.by_key(who, method, rule).status_code for who in CALLERS}
    statuses |= {world.by_session(who, method, rule, SAME_ORIGIN).status_code for who in PEOPLE}

    assert len(statuses) == 1


@pytest.mark.parametrize("who", ["anonymous", "unknown key"])
def test_without_a_valid_key_every_route_returns_the_same_error(world: World, who: str):
    responses = [
        world.by_key(who, *row) for least in PASSES for row in rows(least) if row[1].startswith("/v1")
    ]

    assert {response.get_json()["code"] for response in responses} == {"unauthorized"}
    assert len({response.get_json()["detail"] for response in responses}) == 1
