"""Every page shows the very dict that its twin in the API answers, and every deed of a page is one of the API's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.settings import Settings
from tests.web.conftest import ADMIN, config

SECRETS = ("a-key-of-thirty-two-characters-at-least",)

LOOKS = {
    "/ops/": "/v1/overview",
    "/ops/destinations": "/v1/destinations",
    "/ops/destinations/<name>": "/v1/destinations/<name>",
    "/ops/sources": "/v1/sources",
    "/ops/sources/<name>": "/v1/sources/<name>",
    "/ops/events": "/v1/events",
    "/ops/events/<event_id>": "/v1/events/<event_id>",
    "/ops/dead-letters": "/v1/dead-letters",
    "/ops/dead-letters/<cluster>": "/v1/dead-letters/<cluster>",
    "/ops/replays": "/v1/replays",
    "/ops/replays/<replay_id>": "/v1/replays/<replay_id>",
    "/ops/audit": "/v1/audit",
    "/ops/erasures": "/v1/erasures",
    "/ops/erasures/<erasure_id>": "/v1/erasures/<erasure_id>",
}
"""Each page, and what answers the same as JSON."""

DEEDS = {
    "/ops/destinations/<name>/pause": "/v1/destinations/<name>/pause",
    "/ops/destinations/<name>/resume": "/v1/destinations/<name>/resume",
    "/ops/destinations/<name>/probe": "/v1/destinations/<name>/probe",
    "/ops/destinations/<name>/connect": "/v1/destinations/<name>/connect",
    "/ops/sources/<name>/try": "/v1/sources/<name>/preview",
    "/ops/events/<event_id>/replay": "/v1/events/<event_id>/replay",
    "/ops/events/<event_id>/discard": "/v1/events/<event_id>/discard",
    "/ops/dead-letters/<cluster>/preview": "/v1/dead-letters/<cluster>/preview",
    "/ops/dead-letters/<cluster>/replay": "/v1/replays",
    "/ops/replays/<replay_id>/cancel": "/v1/replays/<replay_id>/cancel",
    "/ops/erasures": "/v1/erasures",
}
REVEAL = "/ops/events/<event_id>/reveal"
"""A deed only because it is audited: its twin is `GET /v1/events/<event_id>?reveal=true`."""

OF_BROWSERS = ("/ops/sign-", "/ops/static/")


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return create_app(Settings(admin_key=ADMIN, secret_keys=SECRETS), config(), redis).test_client()


@pytest.fixture
def held(client: FlaskClient, operator: dict[str, str], kill: Callable[..., list[str]]) -> dict[str, str]:
    """A relay on which there is one of everything: what stands for each name in an address."""
    [event_id] = kill(1)
    clusters = client.get("/v1/dead-letters", headers=operator).get_json()["clusters"]
    replay = client.post("/v1/replays", json={"filter": {"source": "web"}}, headers=operator).get_json()
    erasure = client.post("/v1/erasures", json={"email": "jane@globex.example"}, headers=operator).get_json()
    return {
        "/ops/destinations/<name>": "acme",
        "/ops/sources/<name>": "web",
        "/ops/events/<event_id>": event_id,
        "/ops/dead-letters/<cluster>": clusters[0]["cluster"],
        "/ops/replays/<replay_id>": replay["id"],
        "/ops/erasures/<erasure_id>": erasure["id"],
    }


def rules(app: Flask, method: str) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules() if method in (rule.methods or set())}


def pages(app: Flask, method: str) -> set[str]:
    return {
        rule for rule in rules(app, method) if rule.startswith("/ops/") and not rule.startswith(OF_BROWSERS)
    }


def test_every_page_is_told_of_here(client: FlaskClient):
    assert pages(client.application, "GET") == set(LOOKS)


def test_every_deed_of_a_page_is_told_of_here(client: FlaskClient):
    assert pages(client.application, "POST") == {*DEEDS, REVEAL}


def test_every_twin_is_there(client: FlaskClient):
    assert set(LOOKS.values()) <= rules(client.application, "GET")
    assert set(DEEDS.values()) <= rules(client.application, "POST")


@pytest.mark.parametrize("page", LOOKS)
def test_a_page_shows_what_its_twin_answers(
    client: FlaskClient, operator: dict[str, str], held: dict[str, str], page: str
):
    with shown(client.application) as found:
        answer = client.get(filled(page, held.get(page)), headers=operator)
    twin = client.get(filled(LOOKS[page], held.get(page)), headers=operator)

    assert (answer.status_code, twin.status_code) == (200, 200), twin.text
    assert still(found[0]) == still(twin.get_json())


def filled(path: str, name: str | None) -> str:
    return f"{path[: path.index('<')]}{name}" if "<" in path else path


@contextmanager
def shown(app: Flask) -> Iterator[list[Any]]:
    """What the templates that are drawn in here are given as `page`."""
    found: list[Any] = []

    def note(_: Flask, template: Any, context: dict[str, Any], **__: Any) -> None:  # noqa: ARG001 - the signal's names
        found.append(context["page"])

    with template_rendered.connected_to(note, app):
        yield found


def still(value: Any) -> Any:
    """The value without what passes between two looks: moments and spans."""
    if isinstance(value, dict):
        return {key: still(each) for key, each in value.items() if not passing(key)}
    if isinstance(value, list | tuple):
        return [still(each) for each in value]
    return "a moment" if is_moment(value) else value


def passing(key: str) -> bool:
    return key.endswith("seconds") or key == "points"


def is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
