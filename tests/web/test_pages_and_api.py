"""Each page of the dashboard renders the same data that its API route returns."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from flask import template_rendered
from redis import Redis

from relay.web.context import context_of, install
from tests.web.whole_world import World, open_world

NOW = datetime.now(UTC)

API_ROUTES = {
    "/ops/": "/v1/overview",
    "/ops/destinations": "/v1/destinations",
    "/ops/destinations/<name>": "/v1/destinations/umbra",
    "/ops/sources": "/v1/sources",
    "/ops/sources/<name>": "/v1/sources/site",
    "/ops/events": "/v1/events",
    "/ops/events/<event_id>": "/v1/events/{dead}",
    "/ops/dead-letters": "/v1/dead-letters",
    "/ops/dead-letters/<cluster>": "/v1/dead-letters/{cluster}",
    "/ops/replays": "/v1/replays",
    "/ops/replays/<replay_id>": "/v1/replays/{replay}",
    "/ops/audit": "/v1/audit",
    "/ops/erasures": "/v1/erasures",
    "/ops/erasures/<erasure_id>": "/v1/erasures/{erasure}",
}
"""The API route of every page."""

WITHOUT_DATA = {
    "/ops/static/<digest>/<path:name>",
    "/ops/sign-in",
    "/ops/sign-in/account",
    "/ops/sign-in/back",
    "/ops/sign-in/wait",
}
"""Files, and the sign-in pages."""


@pytest.fixture
def world(redis: Redis) -> World:
    """A relay with a stopped clock, so that two responses have the same time."""
    world = open_world(redis)
    install(world.app, replace(context_of(world.app), now=lambda: NOW))
    return world


def page_data(world: World, path: str) -> dict[str, Any]:
    """Return the data that the template of the page at `path` gets, as JSON values."""
    pages: list[Any] = []

    def collect(_: Any, context: dict[str, Any], **__: Any) -> None:
        pages.append(orjson.loads(orjson.dumps(context["page"])))

    with template_rendered.connected_to(collect):
        response = world.request("GET", path)
    assert response.status_code == 200, response.text
    return dict(pages[0])


@pytest.mark.parametrize("route", API_ROUTES)
def test_a_page_has_the_data_of_its_api_route(world: World, route: str):
    api_path = API_ROUTES[route].format_map(world.ids)
    path = api_path.replace("/v1/overview", "/ops/").replace("/v1/", "/ops/")
    data = world.request("GET", api_path).get_json()

    assert page_data(world, path) == data
    assert data


def test_every_page_has_an_api_route(world: World):
    pages = {
        rule.rule
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/ops") and "GET" in (rule.methods or set())
    }

    assert pages - WITHOUT_DATA == set(API_ROUTES)


def test_every_action_of_a_page_has_an_api_route(world: World):
    """Except signing in and out. Some actions have another name in the API."""
    renamed = {
        "/ops/sources/<name>/try": "/v1/sources/<name>/preview",
        "/ops/dead-letters/<cluster>/replay": "/v1/replays",
        "/ops/dead-letters/<cluster>/purge": "/v1/purges",
        "/ops/events/<event_id>/reveal": "/v1/events/<event_id>",
    }
    posts = {rule.rule for rule in world.app.url_map.iter_rules() if "POST" in (rule.methods or set())}
    routes = {rule.rule for rule in world.app.url_map.iter_rules()}
    pages = {rule for rule in posts if rule.startswith("/ops/") and not rule.startswith("/ops/sign-")}

    assert {rule for rule in pages if renamed.get(rule, rule.replace("/ops/", "/v1/")) not in routes} == set()
