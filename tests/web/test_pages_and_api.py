"""Each page of the dashboard is made of the very answer that the API gives at that moment: one view, two renderings."""

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

TWINS = {
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
"""Every page by its route, and the answer that it is made of."""

WITHOUT = {
    *("/ops/static/<digest>/<path:name>", "/ops/sign-in"),
    *("/ops/sign-in/account", "/ops/sign-in/back", "/ops/sign-in/wait"),
}
"""What has nothing to tell: files, and the way in."""


@pytest.fixture
def world(redis: Redis) -> World:
    """A relay for which time stands still, so that two answers are of one moment."""
    made = open_world(redis)
    install(made.app, replace(context_of(made.app), now=lambda: NOW))
    return made


def rendered(world: World, path: str) -> dict[str, Any]:
    """The page at a path, as its template was given it, in the form that the API would send."""
    given: list[Any] = []

    def keep(_: Any, context: dict[str, Any], **__: Any) -> None:
        given.append(orjson.loads(orjson.dumps(context["page"])))

    with template_rendered.connected_to(keep):
        answer = world.ask("GET", path)
    assert answer.status_code == 200, answer.text
    return dict(given[0])


@pytest.mark.parametrize("route", TWINS)
def test_a_page_tells_what_the_api_answers(world: World, route: str):
    twin = TWINS[route].format_map(world.ids)
    path = twin.replace("/v1/overview", "/ops/").replace("/v1/", "/ops/")
    answered = world.ask("GET", twin).get_json()

    assert rendered(world, path) == answered
    assert answered


def test_every_page_has_a_twin(world: World):
    pages = {
        rule.rule
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/ops") and "GET" in (rule.methods or set())
    }

    assert pages - WITHOUT == set(TWINS)


def test_every_change_that_a_page_makes_can_be_made_over_the_api(world: World):
    """Of a page's own are only signing in and out, and those that the API has under another name."""
    renamed = {
        "/ops/sources/<name>/try": "/v1/sources/<name>/preview",
        "/ops/dead-letters/<cluster>/replay": "/v1/replays",
        "/ops/events/<event_id>/reveal": "/v1/events/<event_id>",
    }
    posts = {rule.rule for rule in world.app.url_map.iter_rules() if "POST" in (rule.methods or set())}
    known = {rule.rule for rule in world.app.url_map.iter_rules()}
    pages = {rule for rule in posts if rule.startswith("/ops/") and not rule.startswith("/ops/sign-")}

    assert {rule for rule in pages if renamed.get(rule, rule.replace("/ops/", "/v1/")) not in known} == set()
