"""Every operation of the OpenAPI document, called on a relay with data: it answers with a described status."""

from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from relay.core.roles import Role
from relay.web.openapi.document import Endpoint
from tests.api_document import ENDPOINTS
from tests.web.conftest import ADMIN
from tests.web.test_access_matrix import TABLE, rows
from tests.web.whole_world import KEY, PAYLOAD, World, event, open_world


@pytest.fixture
def world(redis: Redis) -> World:
    return open_world(redis)


Request = Callable[[World], TestResponse]


def get(path: str) -> Request:
    return lambda world: world.request("GET", path.format_map(world.ids))


def post(path: str, body: Any = None, *, key: str = ADMIN, method: str = "POST") -> Request:
    return lambda world: world.request(method, path.format_map(world.ids), json=body, key=key)


GONG_ENDPOINTS = {
    endpoint.operation.id: endpoint for endpoint in ENDPOINTS if endpoint.path.startswith("/v2/")
}


def post_example(endpoint: Endpoint) -> Request:
    """Send the first example of the endpoint's request body."""
    assert endpoint.operation.body
    example = next(iter(endpoint.operation.body.examples.values()))
    return post(endpoint.path, example, key=KEY, method=endpoint.method)


REQUESTS: dict[str, Request] = {
    "sendEvents": post("/v1/events", [event("a"), event("dead"), {"id": "wrong"}], key=KEY),
    "listEvents": get("/v1/events"),
    "explainByName": get("/v1/why?id={dead}"),
    "explainEvent": get("/v1/events/{dead}?reveal=true"),
    "replayEvent": post("/v1/events/{dead}/replay"),
    "discardEvent": post("/v1/events/{queued}/discard"),
    "purgeEvents": post("/v1/purges", {"filter": {"status": "dead"}}),
    "receiveWebhook": World.webhook,
    "receiveWebhookByPut": lambda world: world.webhook("PUT"),
    "answerHandshake": get("/v1/webhooks/asked"),
    "answerHandshakeHead": lambda world: world.request("HEAD", "/v1/webhooks/asked"),
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
    "createConnectLink": post("/v1/destinations/globex/connect", {"account": "7"}),
    "listSources": get("/v1/sources"),
    "showSource": get("/v1/sources/site"),
    "previewPayload": post("/v1/sources/site/preview", PAYLOAD),
    "listDeadLetters": get("/v1/dead-letters"),
    "showCluster": get("/v1/dead-letters/{cluster}"),
    "previewCluster": post("/v1/dead-letters/{cluster}/preview", {}),
    "startReplay": post("/v1/replays", {"dry_run": True}),
    "listReplays": get("/v1/replays"),
    "showReplay": get("/v1/replays/{replay}"),
    "cancelReplay": post("/v1/replays/{replay}/cancel"),
    "listAlerts": get("/v1/alerts"),
    "testReceiver": post("/v1/alerts/receivers/pager/test"),
    "startErasure": post("/v1/erasures", {"email": "jane@globex.example"}),
    "listErasures": get("/v1/erasures"),
    "showErasure": get("/v1/erasures/{erasure}"),
    "isAlive": get("/livez"),
    "isReady": get("/readyz"),
    "showVersion": get("/version"),
    "showDocument": get("/openapi.json"),
    "startConsent": get("/connect/gong?destination=umbra"),
    "finishConsent": get("/connect/gong/callback?state=none"),
    "showConsent": get("/connect/gong/done?id=none"),
} | {name: post_example(endpoint) for name, endpoint in GONG_ENDPOINTS.items()}

WITHOUT_CONSENT = {"finishConsent", "showConsent"}
"""Pages that need a consent in progress. Without one they answer with an error page."""


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation.id)
def test_each_operation_answers_with_a_described_status(world: World, endpoint: Endpoint):
    name = endpoint.operation.id

    response = REQUESTS[name](world)

    successful = {answer.status for answer in endpoint.operation.responses if answer.status < 400}
    assert response.status_code in successful or name in WITHOUT_CONSENT, response.text


def test_a_client_with_the_current_document_gets_304(world: World):
    first = world.request("GET", "/openapi.json")
    second = world.request("GET", "/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, second.status_code, second.get_data()) == (200, 304, b"")


ROLES = {"anyone": None, "own": Role.INGEST, "own list": Role.INGEST} | {
    role.value: role for role in (Role.INGEST, Role.VIEWER, Role.OPERATOR, Role.ADMIN)
}


def test_the_described_role_is_the_required_role():
    described = {
        (endpoint.method, endpoint.path.replace("{", "<").replace("}", ">")): endpoint.operation.role
        for endpoint in ENDPOINTS
    }
    required = {row: ROLES[least] for least in ROLES for row in rows(least) if row in described}
    required.pop(("GET", "/connect/gong"))  # the ticket of a link is enough, too

    assert {row: described[row] for row in required} == required
    assert set(TABLE) - set(ROLES) == {"sign-in"}
