"""Every page has an API route with the same data, and every action of a page has one too."""

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

PAGES = {
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
"""Each page with the API route that returns the same data."""

ACTIONS = {
    "/ops/destinations/<name>/pause": "/v1/destinations/<name>/pause",
    "/ops/destinations/<name>/resume": "/v1/destinations/<name>/resume",
    "/ops/destinations/<name>/probe": "/v1/destinations/<name>/probe",
    "/ops/destinations/<name>/connect": "/v1/destinations/<name>/connect",
    "/ops/sources/<name>/try": "/v1/sources/<name>/preview",
    "/ops/events/<event_id>/replay": "/v1/events/<event_id>/replay",
    "/ops/events/<event_id>/discard": "/v1/events/<event_id>/discard",
    "/ops/dead-letters/<cluster>/preview": "/v1/dead-letters/<cluster>/preview",
    "/ops/dead-letters/<cluster>/replay": "/v1/replays",
    "/ops/dead-letters/<cluster>/purge": "/v1/purges",
    "/ops/replays/<replay_id>/cancel": "/v1/replays/<replay_id>/cancel",
    "/ops/erasures": "/v1/erasures",
}
REVEAL = "/ops/events/<event_id>/reveal"
"""A POST only because it is audited. In the API it is `GET /v1/events/<event_id>?reveal=true`."""

BROWSER_ONLY = ("/ops/sign-", "/ops/static/")


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return create_app(Settings(admin_key=ADMIN, secret_keys=SECRETS), config(), redis).test_client()


@pytest.fixture
def names(client: FlaskClient, operator: dict[str, str], kill: Callable[..., list[str]]) -> dict[str, str]:
    """A relay with one object of each kind; returns its name or id by the route of its page."""
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
        rule for rule in rules(app, method) if rule.startswith("/ops/") and not rule.startswith(BROWSER_ONLY)
    }


def test_every_page_is_listed_here(client: FlaskClient):
    assert pages(client.application, "GET") == set(PAGES)


def test_every_action_of_a_page_is_listed_here(client: FlaskClient):
    assert pages(client.application, "POST") == {*ACTIONS, REVEAL}


def test_every_listed_api_route_exists(client: FlaskClient):
    assert set(PAGES.values()) <= rules(client.application, "GET")
    assert set(ACTIONS.values()) <= rules(client.application, "POST")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_the_data_of_its_api_route(
    client: FlaskClient, operator: dict[str, str], names: dict[str, str], page: str
):
    with captured_pages(client.application) as captured:
        response = client.get(fill_path(page, names.get(page)), headers=operator)
    data = client.get(fill_path(PAGES[page], names.get(page)), headers=operator)

    assert (response.status_code, data.status_code) == (200, 200), data.text
    assert without_times(captured[0]) == without_times(data.get_json())


def fill_path(path: str, name: str | None) -> str:
    return f"{path[: path.index('<')]}{name}" if "<" in path else path


@contextmanager
def captured_pages(app: Flask) -> Iterator[list[Any]]:
    """Collect the `page` variable of every template that is rendered in the block."""
    pages: list[Any] = []

    def collect(_: Flask, template: Any, context: dict[str, Any], **__: Any) -> None:  # noqa: ARG001 - the signal passes it by name
        pages.append(context["page"])

    with template_rendered.connected_to(collect, app):
        yield pages


def without_times(value: Any) -> Any:
    """Return the value without timestamps and durations, which differ between two requests."""
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if not is_duration(key)}
    if isinstance(value, list | tuple):
        return [without_times(inner) for inner in value]
    return "a timestamp" if is_timestamp(value) else value


def is_duration(key: str) -> bool:
    return key.endswith("seconds") or key == "points"


def is_timestamp(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
