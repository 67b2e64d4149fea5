"""Every operation that the API's description tells of, asked of a relay that has something to tell: it answers as told."""

from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from relay.web.openapi.document import list_operations
from tests.web.conftest import ADMIN
from tests.web.test_access_matrix import TABLE, rows
from tests.web.whole_world import KEY, PAYLOAD, World, event, open_world


@pytest.fixture
def world(redis: Redis) -> World:
    return open_world(redis)


Asking = Callable[[World], TestResponse]


def get(path: str) -> Asking:
    return lambda world: world.ask("GET", path.format_map(world.ids))


def post(path: str, told: Any = None, *, key: str = ADMIN, method: str = "POST") -> Asking:
    return lambda world: world.ask(method, path.format_map(world.ids), json=told, key=key)


_GONGS = {each.name: each for each in list_operations() if each.path.startswith("/v2/")}
_EXAMPLES = {name: next(iter(each.body.examples.values())) for name, each in _GONGS.items() if each.body}

ASKED: dict[str, Asking] = {
    "sendEvents": post("/v1/events", [event("a"), event("dead"), {"id": "wrong"}], key=KEY),
    "listEvents": get("/v1/events"),
    "askWhy": get("/v1/why?id={dead}"),
    "explainEvent": get("/v1/events/{dead}?reveal=true"),
    "replayEvent": post("/v1/events/{dead}/replay"),
    "discardEvent": post("/v1/events/{queued}/discard"),
    "takeWebhook": World.webhook,
    "takeWebhookByPut": lambda world: world.webhook("PUT"),
    "answerHandshake": get("/v1/webhooks/asked"),
    "answerProbe": lambda world: world.ask("HEAD", "/v1/webhooks/asked"),
    "showOverview": get("/v1/overview"),
    "showSeries": get("/v1/series?window=24h&source=site"),
    "listAudit": get("/v1/audit"),
    "showScale": get("/v1/scale"),
    "showMetrics": get("/metrics"),
    "listDestinations": get("/v1/destinations"),
    "showDestination": get("/v1/destinations/umbra"),
    "showQueues": get("/v1/queues"),
    "pauseDestination": post("/v1/destinations/acme/pause"),
    "resumeDestination": post("/v1/destinations/acme/resume"),
    "probeDestination": post("/v1/destinations/acme/probe"),
    "makeLink": post("/v1/destinations/globex/connect", {"account": "7"}),
    "listSources": get("/v1/sources"),
    "showSource": get("/v1/sources/site"),
    "previewPayload": post("/v1/sources/site/preview", PAYLOAD),
    "listDeadLetters": get("/v1/dead-letters"),
    "showCluster": get("/v1/dead-letters/{cluster}"),
    "tryCluster": post("/v1/dead-letters/{cluster}/preview", {}),
    "beginReplay": post("/v1/replays", {"dry_run": True}),
    "listReplays": get("/v1/replays"),
    "showReplay": get("/v1/replays/{replay}"),
    "cancelReplay": post("/v1/replays/{replay}/cancel"),
    "listAlerts": get("/v1/alerts"),
    "testReceiver": post("/v1/alerts/receivers/pager/test"),
    "beginErasure": post("/v1/erasures", {"email": "jane@globex.example"}),
    "listErasures": get("/v1/erasures"),
    "showErasure": get("/v1/erasures/{erasure}"),
    "isAlive": get("/livez"),
    "isReady": get("/readyz"),
    "showVersion": get("/version"),
    "showDocument": get("/openapi.json"),
    "startConsent": get("/connect/gong?destination=umbra"),
    "finishConsent": get("/connect/gong/callback?state=none"),
    "showConsent": get("/connect/gong/done?id=none"),
} | {name: post(each.path, _EXAMPLES[name], key=KEY, method=each.method) for name, each in _GONGS.items()}

REFUSED = {"finishConsent", "showConsent"}
"""Pages that follow a consent: without one they say so."""


@pytest.mark.parametrize("name", [each.name for each in list_operations()])
def test_each_operation_answers_as_it_is_told(world: World, name: str):
    [operation] = [each for each in list_operations() if each.name == name]

    response = ASKED[name](world)

    good = {answer.status for answer in operation.answers if answer.status < 400}
    assert response.status_code in good or name in REFUSED, response.text


def test_the_document_is_sent_once_to_who_keeps_it(world: World):
    first = world.ask("GET", "/openapi.json")
    again = world.ask("GET", "/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code, again.get_data()) == (200, 304, b"")


ROLES = {"anyone": "", "own": "ingest", "own list": "ingest"} | {
    name: name for name in ("ingest", "viewer", "operator", "admin")
}


def test_the_role_that_is_told_is_the_one_that_is_asked_for():
    told = {
        (each.method, each.path.replace("{", "<").replace("}", ">")): each.role for each in list_operations()
    }
    asked = {row: ROLES[least] for least in ROLES for row in rows(least) if row in told}
    asked.pop(("GET", "/connect/gong"))  # a link's ticket opens it too

    assert {row: told[row] for row in asked} == asked
    assert set(TABLE) - set(ROLES) == {"entrance"}
